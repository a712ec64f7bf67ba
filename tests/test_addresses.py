"""Which addresses are one, official, or forbidden."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.addresses import canonical_url, identity, is_home, on_official_host, refusal


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
        ("https://alder.example/%7euser/caf%c3%a9", "https://alder.example/~user/caf%C3%A9"),
        ("https://alder.example/a;jsessionid=0A1?x=1", "https://alder.example/a?x=1"),
        ("https://alder.example/a?page=2&_hsenc=p2&mkt_tok=9", "https://alder.example/a?page=2"),
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
    "written",
    [
        "http://alder.example/policy", "https://alder.example/policy/", "http://www.alder.example/policy",
        "https://alder.example/policy/index.html", "https://alder.example/policy/default.aspx",
        "https://alder.example/policy?utm_medium=mail#top",
    ],
)  # fmt: skip
def test_spellings_of_one_document_have_one_identity(written: str):
    assert identity(canonical_url(written)) == "alder.example/policy"


@pytest.mark.parametrize(
    "other",
    ["/policy?id=2", "/Policy", "/policy/index.pdf", "/policy.html", "/policy2", "/policy/2"],
)
def test_different_documents_have_different_identities(other: str):
    assert identity(f"http://alder.example{other}") != identity("http://alder.example/policy?id=1")
    assert identity(f"http://alder.example{other}") != identity("http://alder.example/policy")


def test_the_order_of_parameters_tells_no_documents_apart():
    assert identity("http://a.example/p?b=2&a=1") == identity("http://a.example/p?a=1&b=2")


@pytest.mark.parametrize(
    ("url", "home"),
    [
        ("http://www.alder.example/", True),
        ("http://alder.example/index.php", True),
        ("http://alder.example/?page_id=4", False),
        ("http://alder.example/en", False),
    ],
)
def test_a_front_page_is_known_as_one(url: str, home: bool):
    assert is_home(url) is home


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
