"""The screens in a real browser: they draw, stay on this machine, and can be read by everybody."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import feedparser
import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import CHROMIUM
from playwright.sync_api import sync_playwright

pytestmark = pytest.mark.browser

READY = """() => { const app = document.querySelector('[data-testid="stApp"]');
  return !!app && app.dataset.testScriptState === 'notRunning'
    && document.querySelector('[data-testid="stMain"] [data-testid="stElementContainer"]')
    && !document.querySelector('[data-testid="stSkeleton"],[data-testid="stSpinner"],[data-stale="true"]') }"""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
ROOT = Path(__file__).parent.parent
PAGES = {
    "/": "Who has spoken",
    "/statements": "Statements",
    "/changes": "Changes",
    "/compare": "Compare",
    "/institution?inst=dogwood-lab": "Institution",
    "/method": "Method & data",
}


def serve(folder: Path):
    """Start the app on a free port; return its process and address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "TRACKER_DATA_DIR": str(folder)}
    command = [
        sys.executable,
        "-c",
        "from tracker.cli import main; main()",
        "serve",
        "--port",
        str(port),
    ]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    base = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            if urllib.request.urlopen(f"{base}/healthz", timeout=1).read() == b"ok":
                return process, base
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(base)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("app")
    environment = {**os.environ, "TRACKER_DATA_DIR": str(folder)}
    subprocess.run([sys.executable, "-c", "from tracker.cli import main; main()", "demo", "--no-app"], env=environment, check=True, capture_output=True)  # fmt: skip
    process, base = serve(folder)
    yield base
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(10)


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


def visit(browser, base: str, path: str, scheme: str = "light"):
    """Open a page; return it with everything that went wrong on the way."""
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce", locale="en-GB")
    page, wrong = context.new_page(), []
    probed = re.compile(r"/_stcore/(health|host-config)$")
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda m: (
            m.type == "error"
            and not probed.search(m.location.get("url", ""))
            and wrong.append(m.text)
        ),
    )
    page.on(
        "request",
        lambda r: r.url.startswith("http") and not r.url.startswith(base) and wrong.append(r.url),
    )
    page.goto(base + path, wait_until="domcontentloaded")
    page.wait_for_function(READY, timeout=30_000)
    if page.locator('[data-testid="stException"]').count():
        wrong.append("an exception is shown")
    return page, wrong


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_every_screen_draws_stays_here_and_is_accessible(demo, browser, path, scheme):
    page, wrong = visit(browser, demo, path, scheme)

    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert wrong == []
    assert [violation["id"] for violation in found.response["violations"]] == []
    assert page.title().startswith(PAGES[path])
    assert "not a risk rating, sanctions check or clearance" in page.inner_text("body")
    page.context.close()


def test_the_demonstration_is_marked_and_possible_is_told_from_confirmed(demo, browser):
    page, _ = visit(browser, demo, "/")

    text = page.inner_text("body")
    assert "every institution and every word here is invented" in text
    assert "possible: condemned" in text
    assert "two reviewed" in text


def test_a_change_shows_its_difference_in_words_too(demo, browser):
    page, _ = visit(browser, demo, "/changes")
    page.get_by_role("link", name="International engagement policy").first.click()
    page.wait_for_selector(".t-diff")

    assert page.locator(".t-diff del").count() > 0
    assert (
        "[removed:" in page.locator(".t-diff").inner_text()
        or "[removed:" in page.locator(".t-diff").text_content()
    )


@pytest.mark.parametrize("path", ["/institution?inst=nope", "/changes?id=999999", "/changes?id=x"])
def test_an_unknown_id_is_said_and_shows_nobody_else(demo, browser, path):
    page, wrong = visit(browser, demo, path)

    assert "No such" in page.inner_text("body")
    assert wrong == []


def test_the_feed_is_atom_and_leaving_takes_a_post(demo):
    feed = feedparser.parse(urllib.request.urlopen(f"{demo}/feeds/all.atom").read())
    assert (feed.version, bool(feed.bozo)) == ("atom10", False)
    assert any("Larch University" in entry.title for entry in feed.entries)

    page = urllib.request.urlopen(f"{demo}/u/no-such-token")
    assert b'<form method="post"' in page.read()
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{demo}/u/no-such-token", data=b"")


def test_an_empty_store_says_what_to_do(tmp_path, browser):
    process, base = serve(tmp_path)
    try:
        page, wrong = visit(browser, base, "/")
        text = page.inner_text("body")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)

    assert "make demo" in text
    assert wrong == []
