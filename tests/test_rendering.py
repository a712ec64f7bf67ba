"""Pages that scripts write, in a real Chromium that has no network of its own."""

import json
import shutil
from importlib.util import find_spec

import pytest
from crawls import PROXIED, Crawl, a_page
from sqlmodel import select
from webserver import serving

from crawler.browser import NAMES
from crawler.middlewares.render import is_shell
from tracker.model import Document, Fetch, Reason, Snapshot
from tracker.store.payloads import payload_bytes

CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), None)
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None or find_spec("playwright") is None,
    reason="no chromium on this machine: apt-get install chromium",
)
SHELL = "<html><head><title>Policy</title></head><body><main id=app></main><script src=/app.js></script></body></html>"
WRITES = """
fetch('/policy.json').then(r => r.json()).then(said => {
  document.getElementById('app').innerHTML = '<h1>Partners</h1><p>' + said.text + '</p>';
});
"""
TEXT = "We review every research partner for human rights risk before the start."
JAVASCRIPT = {"Content-Type": "text/javascript"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def site():
    with serving() as site:
        yield site


@pytest.fixture
def crawl(tmp_path, site):
    made = Crawl(tmp_path, site)
    yield made
    made.store.close()


def put_app(site, script: str = WRITES, **answers: str) -> None:
    site.put("/policy", SHELL)
    site.put("/app.js", script, headers=JAVASCRIPT)
    site.put("/policy.json", json.dumps({"text": TEXT}), headers=JSON)
    for path, body in answers.items():
        site.put(path, body)


def stored(crawl) -> list[str]:
    with crawl.store.transaction() as session:
        rows = session.exec(select(Snapshot.payload_id))
        return [payload_bytes(session, each).decode() for each in rows]


@needs_chromium
@pytest.mark.parametrize("render", [True, "if_empty"])
def test_what_scripts_write_is_what_is_kept(crawl, site, render):
    put_app(site)
    site.put("/app.js", "", status=302, headers={"Location": "/static/app-1.js"})
    site.put("/static/app-1.js", WRITES, headers=JAVASCRIPT)
    crawl.declare(a_page(render=render))

    assert crawl()["fetched"] == 1
    assert TEXT in stored(crawl)[0]
    headers = dict(crawl.rows(Fetch)[-1].headers)
    assert headers["X-Rendered-By"].startswith("Chromium ")


@needs_chromium
def test_a_page_that_says_something_is_not_rendered_for_being_allowed_to(crawl, site):
    site.put("/policy", f"<html><body><p>{TEXT * 5}</p><script src=/app.js></script></body></html>")
    crawl.declare(a_page(render="if_empty"))

    assert crawl()["fetched"] == 1
    assert not [url for url in site.urls() if url.endswith("app.js")]


@needs_chromium
def test_without_the_source_s_word_no_script_runs(crawl, site):
    put_app(site)
    crawl.declare(a_page())

    crawl()

    assert TEXT not in stored(crawl)[0]


@needs_chromium
def test_the_browser_asks_only_for_what_the_crawler_may_ask_for(crawl, site):
    put_app(
        site,
        """
        const tried = ['http://127.0.0.1:9/secret', 'http://169.254.169.254/latest', '/forbidden.json',
                       'file:///etc/passwd', 'http://[::1]/x', 'http://intranet.example/'];
        Promise.all(tried.map(url => fetch(url).then(r => url + ' answered', e => url + ' refused')))
          .then(said => {
            document.getElementById('app').innerHTML = said.join('<br>');
            new Image().src = '/picture.png';
            new WebSocket('ws://127.0.0.1:9/socket');
            fetch('/posted', {method: 'POST', body: 'x'}).catch(() => 0);
          });
        """,
    )
    site.put(
        "/robots.txt", "User-agent: *\nDisallow: /forbidden", headers={"Content-Type": "text/plain"}
    )
    site.put("/forbidden.json", "{}", headers=JSON)
    crawl.environment["TRACKER_ALLOW_HOSTS"] = "intranet.example"
    crawl.declare(a_page(render=True))

    crawl()

    page = stored(crawl)[0]
    assert page.count(" refused") == 6
    asked = {url.rsplit("/", 1)[-1] for url in site.urls()}
    assert asked == {"robots.txt", "policy", "app.js"}


@needs_chromium
def test_a_redirect_of_a_script_s_request_is_judged_too(crawl, site):
    put_app(
        site,
        """fetch('/away').then(() => 'answered', () => 'refused').then(said => {
             document.getElementById('app').innerHTML = 'The request was ' + said; });""",
    )
    site.put("/away", "", status=302, headers={"Location": "http://10.0.0.1/private"})
    crawl.declare(a_page(render=True))

    crawl()

    assert "The request was refused" in stored(crawl)[0]
    assert not [url for url in site.urls() if "10.0.0.1" in url]


@needs_chromium
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("for (;;) {}", "do not settle"),
        ("setInterval(() => document.body.append('x'), 5)", "settle"),
    ],
)
def test_scripts_without_end_are_an_outcome(crawl, site, script, said):
    put_app(site, script)
    crawl.environment["TRACKER_TIMEOUT"] = "1"
    crawl.declare(a_page(render=True))

    assert crawl()["failed"] == {"unreadable": 1}
    assert said in crawl.rows(Fetch)[-1].detail


@needs_chromium
def test_a_page_that_grows_without_bounds_is_an_outcome(crawl, site):
    put_app(site, "document.body.append('word '.repeat(1_000_000))")
    crawl.environment["TRACKER_MAX_BYTES"] = "1000000"
    crawl.declare(a_page(render=True))

    assert crawl()["failed"] == {"unreadable": 1}
    assert "more than a page should" in crawl.rows(Fetch)[-1].detail


@needs_chromium
def test_a_page_that_leaves_for_another_host_is_not_followed(crawl, site):
    put_app(site, "location.href = 'http://birch.example/'")
    site.put("http://birch.example/", f"<p>{TEXT}</p>")
    crawl.declare(a_page(render=True))

    crawl()

    assert not [url for url in site.urls() if "birch" in url]
    assert all(TEXT not in page for page in stored(crawl))


def test_without_a_browser_the_outcome_names_the_source_and_the_remedy(crawl, site):
    put_app(site)
    crawl.environment["TRACKER_CHROMIUM"] = "/nowhere/chromium"
    crawl.declare(a_page(render=True))

    assert crawl()["failed"] == {"unreadable": 1}
    fetch = crawl.rows(Fetch)[-1]
    assert fetch.reason is Reason.UNREADABLE
    assert "alder/page-policy asks for `render`" in fetch.detail
    assert "TRACKER_CHROMIUM" in fetch.detail
    assert crawl.rows(Document)[0].url == f"{PROXIED}/policy"


@pytest.mark.parametrize(
    ("page", "empty"),
    [
        (SHELL, True),
        (
            "<html><head><script>let words = 'many words here '</script></head><body><p>Loading</p></body>",
            True,
        ),
        (f"<html><body><p>{TEXT * 5}</p><script></script></body></html>", False),
        ("<html><body><p>Short but real.</p></body></html>", False),
    ],
)
def test_a_shell_has_scripts_and_no_words(page, empty):
    assert is_shell(page.encode()) is empty
