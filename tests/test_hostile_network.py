"""Servers that mean harm: addresses that lead inside, answers without end."""

import socket
import subprocess
import sys
import threading
import time
import zlib
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import brotli
import pytest
import zstandard
from crawls import PROXIED, a_page
from pytest_socket import SocketConnectBlockedError
from scrapy.http import Request

from crawler.middlewares.guard import Guard, Refused
from tracker.addresses import LONGEST_URL, canonical_url, literal, refusal
from tracker.alerts.channels import Chat, target_problem
from tracker.alerts.failure import SendFailedError
from tracker.alerts.messages import trial
from tracker.alerts.webhook import Webhook
from tracker.model import Channel, Document, Fetch, SubscriptionState
from tracker.settings import Settings
from tracker.store.subscriptions import Recipient

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
#: One address of this machine, of a private net, of a carrier's, of a cloud's metadata, in many spellings.
INSIDE = [
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f.0x0.0x0.0x1/", "http://0177.0.0.1/",
    "http://0x7f000001/", "http://127.0.0.1./", "http://0/", "http://10.1.2.3/", "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/", "http://2852039166/latest/", "http://192.0.0.192/",
    "http://[::1]/", "http://[::]/", "http://[::ffff:10.0.0.1]/", "http://[::ffff:a00:1]/", "http://[::127.0.0.1]/",
    "http://[64:ff9b::a00:1]/", "http://[64:ff9b:1::a00:1]/", "http://[2002:a00:1::]/", "http://[2001:0:1::1]/",
    "http://[fd00:ec2::254]/", "http://[fe80::1]/", "http://[fec0::1]/", "http://[ff02::1]/", "http://[5f00::1]/",
    "http://192.0.0.171/", "http://alder.example@169.254.169.254/", "http://alder.example:80@10.0.0.1/", "http://169.254.169.254#alder.example/",
]  # fmt: skip
NO_WEB = ["file:///etc/passwd", "ftp://alder.example/", "gopher://alder.example/_x", "data:text/html,x", "dict://a.example/"]  # fmt: skip


@pytest.mark.parametrize("url", [*INSIDE, *NO_WEB])
def test_no_spelling_of_an_inner_address_is_asked(url: str):
    with pytest.raises(Refused):
        Guard(frozenset()).process_request(Request(url))


@pytest.mark.parametrize("host", ["alder.example", "1.2.3.4.example", "0x.example", "a1", "127.0.0.1.example"])  # fmt: skip
def test_a_name_that_looks_like_an_address_is_a_name(host: str):
    assert literal(host) is None


def test_redirects_lead_neither_inside_nor_out_of_the_web(crawl, site):
    targets = [*INSIDE, *NO_WEB, f"{PROXIED}/{'a' * (LONGEST_URL + 1)}"]
    for at, target in enumerate(targets):
        site.put(f"/r{at}", status=302, headers={"Location": target})
    hosts = ["alder.example", "127.0.0.1", "127.1", "10.1.2.3", "10.0.0.1", "169.254.169.254"]
    crawl.declare(*(a_page(f"/r{at}", key=f"r{at}") for at in range(len(targets))), hosts=hosts)

    done = crawl()

    assert done["fetched"] == 0
    assert done["failed"].keys() <= {"private_address", "foreign_host", "http_error", "too_large"}
    assert {url for url in site.urls() if not url.startswith(f"{PROXIED}/r")} == set()


def test_redirects_in_a_circle_end(crawl, site):
    site.put("/policy", status=302, headers={"Location": f"{PROXIED}/other"})
    site.put("/other", status=302, headers={"Location": f"{PROXIED}/policy"})
    crawl.declare(a_page())

    assert sum(crawl()["failed"].values()) == 1
    assert len(site.urls()) < 30


REBINDING = """
import socket, sys
answers = iter(sys.argv[1:])
socket.gethostbyname = lambda name: next(answers)
from scrapy.utils.reactor import install_reactor
install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
from twisted.internet import reactor
from crawler.resolver import PublicResolver
resolver = PublicResolver(reactor, 100, 5)
def again(found):
    print(found)
    return resolver.getHostByName("rebinds.example")
asked = resolver.getHostByName("rebinds.example").addBoth(again)
asked.addBoth(lambda found: (print(found), reactor.stop()))
reactor.run()
"""


def test_the_address_that_was_checked_is_the_address_connected_to():
    """A name that leads elsewhere by the second question (DNS rebinding) is not asked a second time."""

    def seen(*answers: str) -> list[str]:
        command = [sys.executable, "-c", REBINDING, *answers]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    assert seen("93.184.216.34", "127.0.0.1") == ["93.184.216.34", "93.184.216.34"]
    assert "loopback" in seen("127.0.0.1", "127.0.0.1")


def a_message(target: str, channel: Channel = Channel.WEBHOOK):
    to = Recipient(1, "mine", channel, target, "instant", "UTC", {}, SubscriptionState.ACTIVE, "t")
    return trial(to, public_url="https://tracker.example", at=NOON)


def test_a_webhook_is_posted_to_the_address_that_was_checked(monkeypatch):
    asked = []

    def rebinding(host, port, *_, **__):
        if literal(host):
            return [(2, 1, 6, "", (host, port))]
        asked.append(host)
        return [(2, 1, 6, "", ("93.184.216.34" if len(asked) == 1 else "127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)

    # The tests' own fence warns, and then refuses: nothing leaves this machine.
    with pytest.raises((UserWarning, SocketConnectBlockedError), match=r"93\.184\.216\.34"):
        Webhook("s").send(a_message("https://rebinds.example/hook"))
    assert asked == ["rebinds.example"]


@pytest.mark.parametrize(
    "target", ["https://169.254.169.254/", "https://2130706433/", "https://[::ffff:127.0.0.1]/", "https://[fd00:ec2::254]/",
               "https://reader.example@127.0.0.1/", "http://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/",
               f"https://{'a' * 70}.example/", "https://[::1", "https://a..b/"],
)  # fmt: skip
def test_a_webhook_goes_nowhere_inside(target: str):
    with pytest.raises(SendFailedError) as refused:
        Webhook("s").send(a_message(target))

    assert refused.value.permanent


@contextmanager
def chat_server(family=socket.AF_INET, host="127.0.0.1", location: str = ""):
    taken: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(307 if location else 200)
            if location:
                self.send_header("Location", location)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    class Server(ThreadingHTTPServer):
        address_family = family

    with Server((host, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_port, taken
        server.shutdown()


APPRISE = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@APPRISE
def test_a_chat_service_inside_needs_the_operators_word():
    with chat_server() as (port, taken):
        message = a_message(f"json://127.0.0.1:{port}/", Channel.APPRISE)
        with pytest.raises(SendFailedError, match=r"127\.0\.0\.1 may not be contacted") as refused:
            Chat().send(message)
        assert refused.value.permanent
        assert not taken

        Chat(frozenset({"127.0.0.1"})).send(message)
        assert len(taken) == 1


@APPRISE
def test_a_chat_service_leads_nowhere_inside():
    with (
        chat_server(socket.AF_INET6, "::1") as (inner, reached),
        chat_server(location=f"http://[::1]:{inner}/") as (port, _),
        pytest.raises(SendFailedError, match="::1 may not be contacted"),
    ):
        Chat(frozenset({"127.0.0.1"})).send(a_message(f"json://127.0.0.1:{port}/", Channel.APPRISE))

    assert not reached
    with socket.create_server(("127.0.0.1", 0)) as free:  # and nothing is watched afterwards
        socket.create_connection(free.getsockname()).close()


@pytest.mark.parametrize(
    ("channel", "target"),
    [(Channel.WEBHOOK, "http://reader.example/"), (Channel.WEBHOOK, "ftp://reader.example/"), (Channel.WEBHOOK, "https://"),
     (Channel.EMAIL, "a@b.example\r\nBcc: c@d.example"), (Channel.APPRISE, "reader")],
)  # fmt: skip
def test_targets_are_checked_when_they_are_given(channel, target):
    assert target_problem(channel, target, Settings())


def squeezed(name: str, size: int = 60_000_000) -> bytes:
    whole = bytes(size)
    if name == "br":
        return brotli.compress(whole, quality=3)
    if name == "zstd":
        return zstandard.compress(whole)
    press = zlib.compressobj(6, wbits={"gzip": 31, "deflate": 15}[name])
    return press.compress(whole) + press.flush()


def test_bombs_of_every_encoding_are_outcomes(crawl, site):
    bombs = {name: squeezed(name) for name in ("gzip", "deflate", "br", "zstd")}
    bombs["gzip, gzip"] = zlib.compress(bombs["gzip"], wbits=31)
    bombs["br, gzip"] = brotli.compress(bombs["gzip"])
    for at, (name, body) in enumerate(bombs.items()):
        order = ", ".join(reversed(name.split(", "))) if name == "br, gzip" else name
        site.put(f"/b{at}", body, headers={"Content-Type": "text/html", "Content-Encoding": order})
    crawl.declare(*(a_page(f"/b{at}", key=f"b{at}") for at in range(len(bombs))))

    assert crawl()["failed"] == {"too_large": len(bombs)}


@contextmanager
def dripping(pieces, every: float):
    """A server that answers robots.txt, and everything else with pieces that never end."""
    stop = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection:
            asked = connection.recv(65536).decode("latin-1").split()
            if asked[1].endswith("robots.txt"):
                connection.sendall(b"HTTP/1.1 404 None\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")  # fmt: skip
                return
            try:
                for piece in pieces():
                    connection.sendall(piece)
                    if stop.wait(every):
                        return
            except OSError:
                return

    def accept() -> None:
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        stop.set()
        server.shutdown(socket.SHUT_RDWR)


def a_byte_at_a_time():
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n"
    while True:
        yield b"x"


def headers_byte_by_byte():
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X"


def headers_without_end():
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"".join(b"X-%d: %s\r\n" % (at, b"a" * 1000) for at in range(100))


@pytest.mark.parametrize(
    ("pieces", "every", "reason"),
    [(a_byte_at_a_time, 0.2, "timeout"), (headers_byte_by_byte, 0.2, "timeout"), (headers_without_end, 0, "connection")],
)  # fmt: skip
def test_an_answer_that_never_ends_is_left(crawl, pieces, every, reason):
    with dripping(pieces, every) as home:
        crawl.declare({"kind": "page", "url": home}, homepage=home)
        crawl.environment |= {"TRACKER_ALLOW_HOSTS": "127.0.0.1", "TRACKER_TIMEOUT": "1", "http_proxy": ""}  # fmt: skip
        before = time.monotonic()

        assert crawl()["failed"] == {reason: 1}

    assert time.monotonic() - before < 20
    [row] = [fetch for fetch in crawl.rows_of(Fetch) if fetch.document_id]
    assert row.detail


def test_oversized_names_in_a_source_are_left_out(crawl, site):
    long = f"<url><loc>{PROXIED}/{'a' * 9000}</loc></url><url><loc>{PROXIED}/policy</loc></url>"
    site.put("/sitemap.xml", f"<urlset>{long}</urlset>", headers={"Content-Type": "text/xml"})
    site.put("/policy", f"<title>{'t' * 100_000}</title><p>Words.</p>")
    crawl.declare({"kind": "sitemap", "url": f"{PROXIED}/sitemap.xml"})

    crawl()

    assert [document.url for document in crawl.rows_of(Document)] == [f"{PROXIED}/policy"]


def test_an_address_has_a_longest():
    assert canonical_url(f"http://a.example/{'a' * 1900}")
    with pytest.raises(ValueError, match="more than"):
        canonical_url(f"http://a.example/{'ä' * 400}")
    assert refusal("93.184.216.34") is None
