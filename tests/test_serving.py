"""`tracker serve` and `demo`: the port is free before anything is announced, and links name it."""

import socket
import urllib.request

import pytest
from browsing import free_port, serving
from test_bad_input import tracker

from tracker.commands.upkeep import _own_url


@pytest.mark.parametrize("verb", ["serve", "demo"])
def test_a_port_in_use_is_said_before_anything_is_announced_or_played(tmp_path, verb):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = tracker(tmp_path, verb, "--port", str(port))

    assert done.returncode == 2
    assert done.stderr == (
        f"port {port} of 127.0.0.1 is in use by another program; choose another, such as --port {port + 1}\n"
    )
    assert done.stdout == ""
    assert not (tmp_path / "tracker.db").exists()


def test_an_address_of_another_machine_is_said_too(tmp_path):
    done = tracker(tmp_path, "serve", "--address", "192.0.2.1", "--port", str(free_port()))

    assert done.returncode == 2
    assert "of 192.0.2.1 cannot be used" in done.stderr


@pytest.mark.parametrize(
    ("settings", "begins"),
    [({}, "http://127.0.0.1:{port}/"), ({"TRACKER_PUBLIC_URL": "https://t.example"}, "https://t.example/")],
)  # fmt: skip
def test_links_name_the_port_that_is_served_unless_a_public_address_is_set(
    tmp_path, settings, begins
):
    port = free_port()
    with serving(tmp_path, port=port, **settings) as (base, _):
        said = urllib.request.urlopen(f"{base}/sitemap.xml", timeout=30).read().decode()

    assert f"<loc>{begins.format(port=port)}" in said


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8600"),
        ("0.0.0.0", "http://127.0.0.1:8600"),
        ("::1", "http://[::1]:8600"),
        ("::", "http://[::1]:8600"),
    ],
)
def test_an_address_is_announced_as_a_browser_takes_it(address, url):
    assert _own_url(8600, address) == url
