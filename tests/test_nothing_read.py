"""Where nothing could be read, what is said leads to what really helps."""

import os
from urllib.parse import urlsplit

import pytest
import yaml
from browsing import free_port
from test_bad_input import tracker

POLICY = f"<main><h1>Policy</h1><p>{'We publish what our partners are asked for. ' * 30}</p></main>"


@pytest.fixture
def watching(tmp_path, monkeypatch):
    """Watch one page of this machine; gives what runs a command on it."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)

    def declare(url):
        host = urlsplit(url).netloc
        entry = {"key": "alder", "name": "Alder", "kind": "university", "country": "GB"}
        entry |= {"homepage": f"http://{host}/", "sources": [{"kind": "page", "url": url}]}
        file = tmp_path / "sources.yaml"
        file.write_text(yaml.safe_dump({"institutions": [entry]}), encoding="utf-8")
        settings = {"TRACKER_SOURCES": str(file), "TRACKER_DOWNLOAD_DELAY": "0"}
        return lambda *verb, **more: tracker(tmp_path, *verb, **settings, **more)

    return declare


def test_a_private_address_names_the_setting_that_lets_it_be_read(watching, site):
    url = f"{site.address}/policy"
    site.put("/policy", POLICY)
    run = watching(url)
    remedy = "name its host, without port, in TRACKER_ALLOW_HOSTS"

    first = run("run")
    said = [run("sources", "health"), run("sources", "check", "--live"), run("sources", "add", f"{site.address}/new")]  # fmt: skip
    crawled = run("crawl")
    second = run("run", TRACKER_ALLOW_HOSTS="127.0.0.1")

    assert "`tracker sources health` says why and what helps" in first.stderr
    assert "network" not in first.stderr
    assert remedy in crawled.stderr
    for done in said:
        assert remedy in done.stdout + done.stderr
    assert "1 new version," in second.stderr  # the remedy is one


def test_a_page_that_is_gone_is_not_put_down_to_the_network(watching, site):
    run = watching(f"{site.address}/gone")

    done = run("run", TRACKER_ALLOW_HOSTS="127.0.0.1")
    status = run("status")

    assert "`tracker sources health` says why" in done.stderr
    assert "`tracker sources health` says why" in status.stdout
    assert "network" not in done.stderr + status.stdout


def test_without_an_answer_from_anywhere_the_network_is_asked_about(watching):
    run = watching(f"http://127.0.0.1:{free_port()}/policy")

    done = run("run", TRACKER_ALLOW_HOSTS="127.0.0.1")

    assert "is there a network? Without one, `make demo` shows an example" in done.stderr
    assert "is there a network?" in run("status").stdout


def test_a_server_that_hangs_up_is_told_as_that_and_not_as_closed_cleanly(watching, site):
    site.put("/policy", hang_up=True)
    run = watching(f"{site.address}/policy")

    run("crawl", TRACKER_ALLOW_HOSTS="127.0.0.1")
    said = run("sources", "health").stdout

    assert "the server hung up without an answer" in " ".join(said.split())
    assert "cleanly" not in said
