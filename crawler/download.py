"""Downloads over http and https as Scrapy does, but takes no endless headers.

DOWNLOAD_MAXSIZE counts bodies only, so a server could fill our memory before its page begins.
"""

from typing import Any

from scrapy.core.downloader.handlers import http11
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS, ParseError

MOST_HEADERS = 256_000  # bytes; browsers stop at about as much


class _Protocol(http11._LenientHTTP11ClientProtocol):  # noqa: SLF001  (neither library has a door here)
    headed = 0  # bytes of the headers that are being received

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        super().dataReceived(data)  # type: ignore[no-untyped-call]
        parser: Any = self._parser
        in_head = parser is not None and parser.state in {STATUS, HEADER}
        self.headed = self.headed + len(data) if in_head else 0
        if self.headed > MOST_HEADERS:
            self.headed = 0
            said = f"headers of more than {MOST_HEADERS} bytes"
            self._giveUp(Failure(ParseError(said, b"")))  # type: ignore[no-untyped-call]


class _Factory(http11._LenientHTTP11ClientFactory):  # noqa: SLF001
    def buildProtocol(self, _addr: Any) -> _Protocol:  # noqa: N802
        return _Protocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class Handler(http11.HTTP11DownloadHandler):
    """Scrapy's handler with bounded headers."""

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self._pool._factory = _Factory  # noqa: SLF001
