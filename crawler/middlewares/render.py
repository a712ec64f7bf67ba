"""Runs the scripts of pages whose source asks for it (`render: true`, or `if_empty`)."""

import re
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlsplit

from scrapy import exceptions, signals
from scrapy.http import Request, Response

from crawler.browser import Browser, Limits, NotRenderedError, chromium, lacks
from crawler.middlewares.guard import Refused
from crawler.outcomes import RENDERED_BY, media_type
from tracker.addresses import on_official_host
from tracker.model import Reason

HTML = "text/html"
IF_EMPTY = "if_empty"
FEW_WORDS = 30
NOT_FETCHED = (
    exceptions.IgnoreRequest,
    exceptions.DownloadConnectionRefusedError,
    exceptions.CannotResolveHostError,
    exceptions.DownloadTimeoutError,
    exceptions.DownloadCancelledError,
    exceptions.DownloadFailedError,
    exceptions.ResponseDataLossError,
    exceptions.UnsupportedURLSchemeError,
    exceptions.NotSupported,
    ValueError,
)
LONGER = 4  # times a download's time: scripts ask for much, one request after the other
#: What was never closed goes on to the end, as in a browser (and is not looked for again and again).
_UNSEEN = re.compile(
    rb"<(script|style|noscript|template|svg|title)\b.*?(?:</\1\s*>|\Z)|<[^<>]*>",
    re.DOTALL | re.IGNORECASE,
)


class Render:
    """Puts what the scripts wrote in place of what the server sent."""

    def __init__(self, crawler: Any) -> None:
        self.crawler = crawler
        self.executable = crawler.settings.get("CHROMIUM", "")
        self.lacking = lacks(self.executable)
        self.browser: Browser | None = None
        crawler.signals.connect(self._close, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        if request.meta.get("render") is True and self.lacking:
            raise Refused(
                Reason.UNREADABLE,
                f"{request.meta.get('source', 'its source')} asks for `render`, but {self.lacking}",
            )

    async def process_response(self, request: Request, response: Response) -> Response:
        wanted = request.meta.get("render")
        if not wanted or self.lacking or not _is_page(response):
            return response
        if wanted == IF_EMPTY and not is_shell(response.body):
            return response
        try:
            return await self._rendered(request, response)
        except NotRenderedError as error:
            raise Refused(Reason.UNREADABLE, f"was not rendered: {error}") from None

    async def _rendered(self, request: Request, response: Response) -> Response:
        browser = self._browser()
        hosts = request.meta.get("hosts")

        async def fetch(url: str, page_itself: bool) -> Response | None:  # noqa: FBT001
            # A page's scripts may come from anywhere public; the page itself stays on its hosts.
            if self._private(url) and not on_official_host(url, hosts or ()):
                return None
            meta = {"hosts": hosts if page_itself else None}
            asked = Request(url, headers={"Accept": "*/*"}, dont_filter=True, priority=5, meta=meta)
            with suppress(*NOT_FETCHED):  # the page goes on without it
                found: Response = await self.crawler.engine.download_async(asked)
                return found
            return None

        found = await browser.render(response.url, response, fetch)
        headers = response.headers.copy()
        headers["Content-Type"] = "text/html; charset=utf-8"
        headers[RENDERED_BY] = browser.name
        return response.replace(
            url=found.url, headers=headers, body=found.html.encode(), flags=["rendered"]
        )

    def _private(self, url: str) -> bool:
        """A private host that we may ask is not one that a stranger's script may have asked."""
        return urlsplit(url).hostname in self.crawler.settings.getlist("ALLOW_HOSTS")

    def _browser(self) -> Browser:
        if self.browser is None:
            settings = self.crawler.settings
            limits = Limits(
                LONGER * settings.getfloat("DOWNLOAD_TIMEOUT"), settings.getint("DOWNLOAD_MAXSIZE")
            )
            self.browser = Browser(
                chromium(self.executable) or "", limits, settings.get("USER_AGENT")
            )
        return self.browser

    async def _close(self) -> None:
        if self.browser is not None:
            await self.browser.close()


def _is_page(response: Response) -> bool:
    content_type = (response.headers.get(b"Content-Type") or b"").decode("latin-1")
    return response.status == 200 and media_type(content_type, response.body) == HTML


def is_shell(body: bytes) -> bool:
    """Tell whether a page has scripts and hardly a word: what it says is yet to be written."""
    return b"<script" in body.lower() and len(_UNSEEN.sub(b" ", body).split()) < FEW_WORDS
