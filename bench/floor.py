"""The floor: bare Scrapy and trafilatura on the addresses of a file.

python floor.py URLS BODIES   asks with If-None-Match for what was read before; keeps and extracts what comes
"""

import hashlib
import sys
from pathlib import Path

from pages import watched
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess

URLS, BODIES = Path(sys.argv[1]), Path(sys.argv[2])


class Floor(Spider):
    name = "floor"

    async def start(self):
        for url in URLS.read_text().split():
            tag = (BODIES / hashlib.sha256(url.encode()).hexdigest()).with_suffix(".etag")
            headers = {"If-None-Match": tag.read_text()} if tag.exists() else {}
            yield Request(url, headers=headers, meta={"handle_httpstatus_list": [304]})

    def parse(self, response):
        if response.status == 304:
            return
        kept = BODIES / hashlib.sha256(response.url.encode()).hexdigest()
        kept.write_bytes(response.body)
        kept.with_suffix(".etag").write_bytes(response.headers["ETag"])
        import trafilatura

        kept.with_suffix(".txt").write_text(trafilatura.extract(response.body) or "")


if __name__ == "__main__":
    process = AsyncCrawlerProcess(
        watched(
            {
                "LOG_ENABLED": False,
                "TELNETCONSOLE_ENABLED": False,
                "REMOTE_CONTROL_ENABLED": False,
                "CONCURRENT_REQUESTS": 32,
                "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
                "DOWNLOAD_DELAY": 0,
            },
            str(BODIES / "spent.cpu"),
        )
    )
    process.crawl(Floor)
    process.start()
