"""The demonstration's web: one loopback server, the proxy of all its `.example` hosts.

What a host answers depends on the day of the calendar and on nothing else, so the same day always
gives the same bytes.
"""

import hashlib
import html
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import yaml

from tracker.demo.pdf import write_pdf

WALL = "<html><body><h1>Just a moment...</h1><p>Checking your browser before you go on.</p></body></html>"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    hang_up: bool = False


@cache
def content() -> dict[str, Any]:
    """Return the institutions and pages as they are written down."""
    text = files("tracker.demo").joinpath("site.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def address(place: str) -> str:
    """Return the URL of `key/path`."""
    key, _, path = place.partition("/")
    return f"http://{key}.example/{path}"


def sources() -> dict[str, Any]:
    """Return the demonstration's sources.yaml as plain values."""
    return {"institutions": [_entry(given) for given in content()["institutions"]]}


def _entry(given: dict[str, Any]) -> dict[str, Any]:
    key, base = given["key"], address(given["key"] + "/")
    discover = given.get("discover")
    declared: list[dict[str, Any]] = []
    if discover == "feed":
        declared.append({"kind": "feed", "url": f"{base}feed.xml"})
    elif discover == "sitemap":
        declared.append({"kind": "sitemap", "url": f"{base}sitemap.xml"})
    elif discover == "listing":
        declared.append({"kind": "listing", "url": f"{base}archive", "follow": "main a"})
    else:
        declared += [
            {"kind": "document" if page.get("pdf") else "page", "url": address(page["url"])}
            for page in pages_of(key)
            if not page.get("from")
        ]
    return {
        "key": key,
        "name": given["name"],
        "kind": given["kind"],
        "country": given["country"],
        "homepage": base,
        "why_in_scope": "invented for the demonstration",
        "sources": declared,
    }


def pages_of(key: str) -> list[dict[str, Any]]:
    """Return the pages of one institution."""
    return [page for page in content()["pages"] if page["url"].startswith(f"{key}/")]


def answer(url: str, day: int) -> Answer:
    """Return what an address answers on a day."""
    parts = urlsplit(url)
    key = (parts.hostname or "").removesuffix(".example")
    given = next((i for i in content()["institutions"] if i["key"] == key), None)
    if given is None:
        return Answer(404)
    if day >= given.get("broken", 99):
        return Answer(0, hang_up=True)
    found = _answer(given, parts.path, day)
    return Answer(found.status, found.body, found.headers, float(given.get("slow", 0)))


def _answer(given: dict[str, Any], path: str, day: int) -> Answer:
    key = given["key"]
    there = [page for page in pages_of(key) if page.get("from", 0) <= day < page.get("gone", 99)]
    match path:
        case "/robots.txt":
            refused = "Disallow: /" if given.get("robots") == "refuse" else "Disallow: /private/"
            return _text("text/plain", f"User-agent: *\n{refused}\n")
        case "/feed.xml":
            return _text("application/rss+xml", _feed(given, there))
        case "/sitemap.xml":
            return _text("application/xml", _sitemap(there))
        case "/archive":
            links = "".join(
                f'<li><a href="{address(p["url"])}">{html.escape(p["title"])}</a></li>'
                for p in there
            )
            return _text("text/html", f"<html><body><main><ul>{links}</ul></main></body></html>")
    for page in there:
        if found := _page(given, page, path, day):
            return found
    return Answer(
        404, b"<html><body><h1>Page not found</h1></body></html>", {"Content-Type": "text/html"}
    )


def _page(given: dict[str, Any], page: dict[str, Any], path: str, day: int) -> Answer | None:
    moved = page.get("moved", {"day": 99, "to": ""})
    at_home = path == urlsplit(address(page["url"])).path
    at_new = day >= moved["day"] and path == urlsplit(address(moved["to"])).path
    if not (at_home or at_new):
        return None
    if at_home and day >= moved["day"]:
        return Answer(301, headers={"Location": address(moved["to"])})
    if day >= page.get("wall", 99):
        return _text("text/html", WALL)
    if page.get("pdf"):
        return _binary("application/pdf", write_pdf(page["title"], text_on(page, day)))
    return _text("text/html; charset=utf-8", render(given, page, day))


def _text(media_type: str, text: str) -> Answer:
    return _binary(media_type, text.encode())


def _binary(media_type: str, body: bytes) -> Answer:
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    return Answer(200, body, {"Content-Type": media_type, "ETag": etag})


def _feed(given: dict[str, Any], there: list[dict[str, Any]]) -> str:
    items = "".join(
        f"<item><title>{html.escape(page['title'])}</title><link>{address(page['url'])}</link></item>"
        for page in there
    )
    name = html.escape(given["name"])
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{name}</title>{items}</channel></rss>'


def _sitemap(there: list[dict[str, Any]]) -> str:
    urls = "".join(f"<url><loc>{address(page['url'])}</loc></url>" for page in there)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'


def render(given: dict[str, Any], page: dict[str, Any], day: int) -> str:
    """Return a page as HTML: its text of that day, in furniture that differs from day to day."""
    noise = hashlib.sha256(f"{page['url']} {day}".encode()).hexdigest()
    title, name = html.escape(page["title"]), html.escape(given["name"])
    byline = f'<p class="byline">By {html.escape(page["byline"])}</p>' if "byline" in page else ""
    others = "".join(
        f'<li><a href="{address(other["url"])}">{html.escape(other["title"])}</a></li>'
        for other in sorted(
            pages_of(given["key"]),
            key=lambda p: hashlib.sha256(f"{noise}{p['url']}".encode()).digest(),
        )[:2]
    )
    return f"""<!DOCTYPE html>
<html lang="{page.get("lang", "en")}"><head><meta charset="utf-8"><title>{title} | {name}</title>
<meta property="article:published_time" content="{page["date"]}"><meta name="csrf" content="{noise}"></head>
<body><div class="cookie-banner"><p>This site uses cookies. Choice {noise[:4]}.</p></div>
<header class="site-header"><nav><a href="/">{name}</a> <a href="/about">About</a></nav></header>
<main><article><h1>{title}</h1>{byline}
{_body(text_on(page, day))}
</article></main>
<aside class="related"><h2>Related</h2><ul>{others}</ul></aside>
<footer><p>{name} · served {noise[4:12]}</p></footer></body></html>"""


def text_on(page: dict[str, Any], day: int) -> str:
    """Return the text of a page on a day, with the edits made by then."""
    text: str = page["text"]
    for edit in page.get("edits", ()):
        if edit["day"] <= day:
            text = text.replace(edit["old"], edit["new"].rstrip("\n"))
    return text


def _body(text: str) -> str:
    parts: list[str] = []
    items: list[str] = []
    for line in [*text.split("\n"), ""]:
        if line.startswith("- "):
            items.append(f"<li>{html.escape(line[2:])}</li>")
            continue
        if items:
            parts.append(f"<ul>{''.join(items)}</ul>")
            items.clear()
        if line.startswith("## "):
            parts.append(f"<h2>{html.escape(line[3:])}</h2>")
        elif line.strip():
            parts.append(f"<p>{html.escape(line)}</p>")
    return "\n".join(parts)


class Site(ThreadingHTTPServer):
    """Serves the demonstration; `day` says which day of its calendar it is."""

    daemon_threads = True
    day = 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def proxy(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Site

    def do_GET(self) -> None:
        url = (
            self.path
            if self.path.startswith("http")
            else f"http://{self.headers['Host']}{self.path}"
        )
        found = answer(url, self.server.day)
        time.sleep(found.delay)
        if found.hang_up:
            self.close_connection = True
            return
        etag = found.headers.get("ETag")
        unchanged = etag is not None and self.headers.get("If-None-Match") == etag
        self.send_response(304 if unchanged else found.status)
        for name, value in found.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0" if unchanged else str(len(found.body)))
        self.end_headers()
        if not unchanged:
            self.wfile.write(found.body)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def serving() -> Iterator[Site]:
    """Serve the demonstration on a free loopback port until the block ends."""
    site = Site()
    thread = threading.Thread(
        target=site.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    )
    thread.start()
    try:
        yield site
    finally:
        site.shutdown()
        site.server_close()
