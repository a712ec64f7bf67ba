"""Which addresses are one, official, or forbidden."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.addresses import canonical_url, on_official_host, refusal


@pytest.mark.parametrize(
    ("written", "known_as"),
    [
        ("HTTP://Alder.Example:80", "http://alder.example/"),
        ("https://alder.example:443/a#top", "https://alder.example/a"),
        ("https://alder.example/a?utm_source=x&id=7&fbclid=9", "https://alder.example/a?id=7"),
        ("https://alder.example/a/../b/./c", "https://alder.example/b/c"),
        ("https://alder.example/../../a", "https://alder.example/a"),
        ("https://alder.example./ä b", "https://alder.example/%C3%A4%20b"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://alder.example:8443/", "https://alder.example:8443/"),
    ],
)
def test_one_document_has_one_url(written: str, known_as: str):
    assert canonical_url(written) == known_as


@pytest.mark.parametrize("written", ["ftp://a.example/", "javascript:alert(1)", "/path", "http://"])
def test_what_is_no_web_address_is_refused(written: str):
    with pytest.raises(ValueError, match="not an http or https URL"):
        canonical_url(written)


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_canonical_is_final(path: str):
    try:
        once = canonical_url(f"http://alder.example/{path}")
    except ValueError:
        return

    assert canonical_url(once) == once


@pytest.mark.parametrize(
    ("url", "official"),
    [
        ("https://alder.example/a", True),
        ("https://www.alder.example/a", True),
        ("https://notalder.example/a", False),
        ("https://alder.example.evil.example/", False),
        ("http://127.0.0.1:81/", True),
        ("http://127.0.0.1:82/", False),
        ("http://[broken", False),
    ],
)
def test_only_hosts_of_the_institution_are_official(url: str, official: bool):
    assert on_official_host(url, ["alder.example", "127.0.0.1:81"]) is official


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "255.255.255.255",
    ],
)  # fmt: skip
def test_private_addresses_are_refused_in_every_spelling(address: str):
    assert refusal(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_addresses_are_not_refused(address: str):
    assert refusal(address) is None
