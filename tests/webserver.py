"""A real HTTP server on loopback, answering as scripted, as origin and as proxy for .example hosts."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass
class Answer:
    body: str | bytes = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    hang_up: bool = False
    once: bool = False  # gone after the first answer; what was put behind it follows


class Site(ThreadingHTTPServer):
    """Answers by URL where one is scripted (`http://host/path`), else by path; logs every request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.at: defaultdict[str, list[float]] = defaultdict(list)  # when each URL was asked for

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def put(self, url: str, body: str | bytes = "", *, behind: bool = False, **fields) -> None:
        fields.setdefault("headers", {"Content-Type": "text/html; charset=utf-8"})
        before = self.answers.get(url, []) if behind else []
        self.answers[url] = [*before, Answer(body, **fields)]

    def answer(self, target: str) -> Answer:
        scripted = self.answers.get(target) or self.answers.get(urlsplit(target).path)
        if not scripted:
            return Answer("none", 404)
        return scripted.pop(0) if scripted[0].once and len(scripted) > 1 else scripted[0]

    def urls(self) -> list[str]:
        return [url for url, _ in self.asked]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Site

    def do_GET(self) -> None:
        target = self.path
        if not target.startswith("http"):
            target = f"http://{self.headers['Host']}{target}"
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((target, headers))
        self.server.at[target].append(time.monotonic())
        answer = self.server.answer(target)
        time.sleep(answer.delay)
        if answer.hang_up:
            self.close_connection = True
            return
        self._answer(answer, headers)

    def _answer(self, answer: Answer, asked: dict[str, str]) -> None:
        etag = answer.headers.get("ETag")
        unchanged = etag is not None and asked.get("if-none-match") == etag
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        body = b"" if unchanged else body
        self.send_response(304 if unchanged else answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def serving() -> Iterator[Site]:
    """Serve on a free loopback port until the block ends."""
    site = Site()
    thread = threading.Thread(
        target=site.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    try:
        yield site
    finally:
        site.shutdown()
        site.server_close()
        thread.join()
