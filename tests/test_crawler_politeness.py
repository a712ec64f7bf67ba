"""The crawler waits when it is told to, keeps what robots.txt says, and writes down what sites ask for."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from crawls import PROXIED, a_page
from scrapy.http import Response

from crawler.middlewares.backoff import retry_after
from crawler.middlewares.politeness import preferences
from crawler.settings import user_agent
from tracker.model import Fetch, Reason, RobotsFile
from tracker.settings import Settings

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0),
        ("Mon, 02 Mar 2026 12:01:00 GMT", 60.0),
        ("Mon, 02 Mar 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(said: str, seconds: float | None):
    response = Response("http://alder.example/", headers={"Retry-After": said} if said else None)

    assert retry_after(response, now=lambda: NOW) == seconds


def test_the_user_agent_says_where_to_read_about_us_and_whom_to_write_to():
    settings = Settings(public_url="https://tracker.example/", contact="mailto:us@tracker.example")

    said = user_agent(settings)

    assert said.startswith("PolicyEthicsTracker/")
    assert said.endswith(" (+https://tracker.example/; +mailto:us@tracker.example)")
    assert "127.0.0.1" not in user_agent(Settings(public_url="http://127.0.0.1:8501"))


@pytest.mark.parametrize("status", [429, 503])
def test_the_whole_host_waits_as_long_as_a_server_asks(crawl, site, status):
    site.put("/a", "<p>busy</p>", status=status, headers={"Retry-After": "2"}, once=True)
    for path in ("/a", "/b", "/c"):
        site.put(path, f"<p>{path}</p>", behind=path == "/a")
    crawl.declare(a_page("/a"), a_page("/b"), a_page("/c"))
    crawl.environment["TRACKER_DOWNLOAD_DELAY"] = "0.2"

    counts = crawl()

    assert counts["fetched"] == 3
    told = site.at[f"{PROXIED}/a"][0]
    assert all(at - told >= 1.9 for times in site.at.values() for at in times if at > told)


def test_a_host_that_asks_for_too_long_is_left_alone_for_the_run(crawl, site):
    site.put("/0", "<p>busy</p>", status=429, headers={"Retry-After": "86400"})
    for number in range(1, 6):
        site.put(f"/{number}", "<p>text</p>")
    crawl.declare(*[a_page(f"/{number}") for number in range(6)])
    crawl.environment["TRACKER_DOWNLOAD_DELAY"] = "0.2"

    began = time.monotonic()
    failed = crawl()["failed"]

    assert failed == {Reason.RATE_LIMITED: 6}
    assert len(site.urls()) <= 3
    assert time.monotonic() - began < 60


def test_requests_to_a_host_are_a_delay_apart(crawl, site):
    for number in range(6):
        site.put(f"/{number}", "<p>text</p>")
    crawl.declare(*[a_page(f"/{number}") for number in range(6)])
    crawl.environment["TRACKER_DOWNLOAD_DELAY"] = "0.4"

    crawl()

    times = sorted(at for times in site.at.values() for at in times)
    assert len(times) == 7
    assert times[-1] - times[0] > 6 * 0.4 * 0.85


def test_robots_txt_is_asked_for_once_a_day(crawl, site):
    site.put("/robots.txt", "User-agent: *\nDisallow: /secret")
    site.put("/policy", "<p>Policy</p>")
    crawl.declare(a_page(), a_page("/secret"))

    for hours in (0, 20, 26):
        assert crawl("--at", (NOW + timedelta(hours=hours)).isoformat())["failed"] == {"robots": 1}

    assert site.urls().count(f"{PROXIED}/robots.txt") == 2


def test_a_robots_txt_that_fails_for_now_leaves_yesterdays_in_force(crawl, site):
    site.put("/robots.txt", "User-agent: *\nDisallow: /secret")
    site.put("/policy", "<p>Policy</p>")
    crawl.declare(a_page(), a_page("/secret"))
    crawl("--at", NOW.isoformat())
    site.put("/robots.txt", "down", status=503)

    counts = crawl("--at", (NOW + timedelta(days=2)).isoformat())

    assert (counts["fetched"], counts["failed"]) == (1, {"robots": 1})
    assert crawl.rows_of(RobotsFile)[0].status == 200


def test_a_robots_txt_that_nobody_ever_had_and_that_fails_means_wait(crawl, site):
    site.put("/robots.txt", "down", status=500)
    site.put("/policy", "<p>Policy</p>")
    crawl.declare(a_page())

    assert crawl()["failed"] == {"robots": 1}
    assert "cannot be had now" in crawl.rows(Fetch)[0].detail
    assert f"{PROXIED}/policy" not in site.urls()


def test_what_a_site_asks_of_archives_and_ai_is_kept_with_the_fetch(crawl, site):
    site.put("/robots.txt", "User-agent: *\nContent-Signal: search=yes, ai-train=no\nAllow: /")
    site.put(
        "/policy",
        '<meta name="robots" content="index, noarchive"><p>Policy</p>',
        headers={
            "Content-Type": "text/html",
            "X-Robots-Tag": "noai",
            "Content-Usage": "train-ai=n",
        },
    )
    crawl.declare(a_page())

    crawl()

    assert sorted(crawl.rows(Fetch)[0].signals) == [
        "content-usage: train-ai=n",
        "meta: index, noarchive",
        "robots.txt content-signal: search=yes, ai-train=no",
        "x-robots-tag: noai",
    ]


def test_preferences_for_other_robots_are_not_ours():
    body = b"User-agent: SomeBot\nContent-Signal: ai-train=no\n\nUser-agent: *\nContent-Usage: train-ai=y"

    assert list(preferences(body, "PolicyEthicsTracker")) == [
        "robots.txt content-usage: train-ai=y"
    ]
