"""Answers and failures of the downloader as what the store records."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from scrapy import exceptions
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawler import links
from crawler.middlewares.guard import Refused
from crawler.resolver import REFUSED
from tracker.addresses import identity, is_home, on_official_host
from tracker.archive import Fetched, NotFetched, charset, evidence
from tracker.extraction import media
from tracker.extraction.normalise import normalise
from tracker.model import Reason

Headers = tuple[tuple[str, str], ...]
RENDERED_BY = "X-Rendered-By"  # ours: a server's own header of that name is not kept
LOGIN = re.compile(
    r"/(login|signin|sign-in|sso|saml2?|shibboleth|cas|adfs|idp)([/.?]|$)", re.IGNORECASE
)
STATUS_REASONS = {
    401: Reason.LOGIN,
    403: Reason.HTTP_ERROR,
    404: Reason.NOT_FOUND,
    410: Reason.NOT_FOUND,
    429: Reason.RATE_LIMITED,
}


def fetched(url: str, response: Response, *, at: datetime) -> Fetched | NotFetched:
    """Return what an answer brought; a redirect to a login page brought nothing."""
    headers = kept_headers(response)
    if response.status == 304:
        return Fetched(url, url, at, 304, headers, body=None)
    if LOGIN.search(urlsplit(response.url).path) and not LOGIN.search(urlsplit(url).path):
        return NotFetched(
            url,
            at,
            Reason.LOGIN,
            "redirected to a login page",
            response.status,
            response.url,
            headers,
        )
    content_type = (response.headers.get(b"Content-Type") or b"").decode("latin-1")
    kind = media_type(content_type, response.body, response.url)
    html = response.body if kind in HTML else b""
    return Fetched(
        url=url,
        final_url=response.url,
        at=at,
        status=response.status,
        headers=headers,
        body=response.body,
        media_type=kind,
        charset=charset(content_type),
        moved_for_good=PERMANENT.issuperset(response.meta.get("redirect_reasons", ())),
        canonical=_canonical(html, response, headers),
        signals=signals(html, headers, response.meta.get("robots_signals", ())),
    )


HTML = frozenset({"text/html", "application/xhtml+xml"})
PERMANENT = frozenset({301, 308})


def is_html(result: Fetched) -> bool:
    """Tell whether an answer is a page."""
    return result.media_type in HTML


def _canonical(html: bytes, response: Response, headers: Headers) -> str | None:
    """What a page says its address is, where that is plausible: official, another, no front page."""
    header = ", ".join(value for name, value in headers if name.lower() == "link")
    named = links.linked(header, "canonical", response.url) if header else None
    named = named or links.canonical_in(html, url=response.url)
    if named is None or is_home(named) or identity(named) == identity(response.url):
        return None
    return named if on_official_host(named, response.meta.get("hosts", ())) else None


SIGNAL_HEADERS = ("x-robots-tag", "content-usage", "content-signal", "tdm-reservation")
META_ROBOTS = re.compile(
    rb"""<meta\b[^>]{0,200}\bname\s*=\s*["']?(?:robots|tdm-reservation)\b[^>]{0,300}>""",
    re.IGNORECASE,
)
CONTENT = re.compile(rb"""\bcontent\s*=\s*["']?([^"'>]{1,200})""", re.IGNORECASE)
TELLING = re.compile(
    r"noarchive|nocache|nosnippet|noai|noimageai|train-|ai-|search=|^[01]$", re.IGNORECASE
)


def signals(html: bytes, headers: Headers, robots: Iterable[str] = ()) -> tuple[str, ...]:
    """Return what a site asks of archives and AI: headers, robots meta tags, robots.txt."""
    said = [(name.lower(), value) for name, value in headers if name.lower() in SIGNAL_HEADERS]
    tags = META_ROBOTS.findall(html[: links.HEAD]) if b"<meta" in html else ()
    contents = [content[1] for tag in tags if (content := CONTENT.search(tag))]
    said += [("meta", content.decode("latin-1").strip()) for content in contents]
    found = [f"{where}: {what[:200]}" for where, what in said if TELLING.search(what)]
    return tuple(dict.fromkeys([*found, *robots]))


def kept_headers(response: Response) -> Headers:
    """Return the headers that are evidence, in order."""
    given = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    ]
    ours = [pair for pair in given if pair[0] == RENDERED_BY and "rendered" in response.flags]
    return (*evidence(given), *ours)


def media_type(content_type: str, body: bytes, url: str = "") -> str:
    """Return the media type by the first bytes where they are telling, else by header and URL."""
    return media.media_type(body, declared=content_type, name=url)


def readable(result: Fetched | NotFetched) -> Fetched | NotFetched:
    """Return a document's answer, or why it is none: the tracker has no reader for its type."""
    if isinstance(result, NotFetched) or result.body is None or result.media_type in media.READABLE:
        return result
    return NotFetched(
        result.url,
        result.at,
        Reason.UNSUPPORTED_TYPE,
        f"is {result.media_type}, which is not read",
        result.status,
        result.final_url,
        result.headers,
    )


def not_fetched(url: str, failure: Failure, *, at: datetime) -> NotFetched:
    """Return why nothing was brought."""
    error = failure.value
    if isinstance(error, HttpError):
        response: Any = error.response
        reason = STATUS_REASONS.get(response.status, Reason.HTTP_ERROR)
        detail = f"status {response.status}"
        return NotFetched(
            url, at, reason, detail, response.status, response.url, kept_headers(response)
        )
    if isinstance(error, Refused):
        return NotFetched(url, at, error.reason, error.detail)
    host = urlsplit(url).hostname or ""
    if host in REFUSED:
        return NotFetched(url, at, Reason.PRIVATE_ADDRESS, REFUSED[host])
    return NotFetched(url, at, _reason(error), _detail(error))


def _reason(error: BaseException | None) -> Reason:
    match error:
        case exceptions.CannotResolveHostError():
            return Reason.DNS
        case exceptions.DownloadTimeoutError():
            return Reason.TIMEOUT
        case exceptions.DownloadCancelledError() | exceptions.IgnoreRequest():
            return Reason.TOO_LARGE
        case exceptions.UnsupportedURLSchemeError():
            return Reason.FOREIGN_HOST
        case _:
            return Reason.TLS if "SSL" in repr(error) else Reason.CONNECTION


#: Twisted puts its failures' whole representation into messages for people.
FAILURE = re.compile(r"<twisted\.python\.failure\.Failure [\w.]+: (.*?)>")


def _detail(error: BaseException | None) -> str:
    said = FAILURE.sub(r"\1", str(error))
    said = normalise(said).strip("[]")[:300] or type(error).__name__
    return said.replace(CLEANLY, "the server hung up without an answer")


#: As Twisted says that nothing came; it would be told as if all were well.
CLEANLY = "Connection was closed cleanly."
