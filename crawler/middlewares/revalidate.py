"""Ask for a document only if it differs from the one we hold (RFC 9110 §13).

Scrapy's own cache is not used: it takes a page that was old when fetched for fresh, and misses edits.
"""

from scrapy.http import Request


class Revalidate:
    """Sends the validators of the last good fetch."""

    def process_request(self, request: Request) -> None:
        etag, last_modified = request.meta.get("validators", (None, None))
        if etag:
            request.headers["If-None-Match"] = etag
        if last_modified:
            request.headers["If-Modified-Since"] = last_modified
