"""Connections that mean harm to the app: opened by pages of other websites, or left open by the hundred."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browsing import serving
from webserver import Site
from webserver import serving as serving_a_site

SLOW = 300  # connections that send a byte and no more
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Site]]:
    """The app, to all machines and under a public name, and the proxy by which it would ask others."""
    folder: Path = tmp_path_factory.mktemp("app")
    with serving_a_site() as proxy, serving(folder, "--address", "0.0.0.0", TRACKER_PUBLIC_URL="https://tracker.example/", http_proxy=proxy.address, https_proxy=proxy.address, no_proxy="") as (base, _):  # fmt: skip
        yield urlsplit(base).netloc, proxy


def opened(netloc: str, host: str, **headers: str) -> int:
    """Ask for the app's own connection; return the status of the answer."""
    connection = HTTPConnection(netloc, timeout=20)
    asked = {"Host": host, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": KEY, "Sec-WebSocket-Version": "13", **headers}  # fmt: skip
    connection.request("GET", "/_stcore/stream", headers=asked)
    try:
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "https://tracker.example.elsewhere.example", "https://[", "http://192.0.2.7:8501", "file://"])  # fmt: skip
def test_no_page_of_another_website_opens_the_apps_connection(app, origin):
    netloc, proxy = app

    assert opened(netloc, "tracker.example", Origin=origin) == 403
    assert proxy.urls() == []  # and nobody is asked who we are


@pytest.mark.parametrize(
    ("host", "origin"),
    [("tracker.example", "https://tracker.example"), ("127.0.0.1:8501", "https://tracker.example"), ("inner.example:81", "http://inner.example:81"), ("127.0.0.1:8501", "http://localhost:8501")],
)  # fmt: skip
def test_its_own_pages_do_by_each_name_it_has(app, host, origin):
    netloc, proxy = app

    assert opened(netloc, host, Origin=origin) == 101
    assert proxy.urls() == []


def test_readers_are_answered_while_hundreds_of_others_are_slow(app):
    netloc, _ = app
    where = urlsplit(f"//{netloc}")
    with ExitStack() as open_ones:
        for at in range(SLOW):
            slow = open_ones.enter_context(socket.create_connection((where.hostname, where.port), timeout=20))  # fmt: skip
            slow.sendall(
                b"GET /p/ HTTP/1.1\r\nHost: tracker.example\r\nX-Slow: " if at % 2 else b"G"
            )
        before = time.monotonic()
        connection = HTTPConnection(netloc, timeout=20)
        connection.request("GET", "/p/", headers={"Host": "tracker.example"})

        assert connection.getresponse().status == 200
        assert opened(netloc, "tracker.example", Origin="https://tracker.example") == 101
        assert time.monotonic() - before < 10
        connection.close()
