"""Workers in processes of their own, at sites on loopback, on one PostgreSQL database."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import yaml
from chain import PLAIN, RULE
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from sqlmodel import select
from webserver import Answer, Site

from tracker.model import (
    Change,
    Coding,
    Delivery,
    Document,
    Finding,
    Institution,
    Passage,
    Subscription,
    Version,
)
from tracker.store import Store

TREES = "alder beech cedar elm fir gorse hazel juniper larch maple oak poplar".split()
#: Shares its sites with the institution it stands under, so that their crawls wait for each other.
INNER = "law-at-oak"
#: Seconds that one gap may seem short: what is measured is when a thread of the server got the request.
JITTER = 0.05


def hosts(institutions: int) -> dict[str, str]:
    found = {f"{tree}-university": f"{tree}.example" for tree in TREES[-institutions:]}
    return {**found, INNER: "law.oak.example"}


def declare(folder: Path, institutions: int) -> None:
    entries = [
        {
            "key": key,
            "name": f"The {key.replace('-', ' ').title()}",
            "kind": "university",
            "country": "GB",
            "homepage": f"http://{host}/",
            "parent": "oak-university" if key == INNER else None,
            "sources": [{"kind": "sitemap", "url": f"http://{host}/sitemap.xml"}],
        }
        for key, host in hosts(institutions).items()
    ]
    (folder / "sources.yaml").write_text(yaml.safe_dump({"institutions": entries}))


def publish(site: Site, institutions: int, pages: int, *, later: bool) -> None:
    """Put the first or the second state of every site in its place."""
    for host in hosts(institutions).values():
        names = [f"policy-{number}" for number in range(pages + later)]
        urls = "".join(f"<url><loc>http://{host}/{name}</loc></url>" for name in names)
        xml = {"Content-Type": "application/xml"}
        site.put(f"http://{host}/robots.txt", "", status=404)
        site.put(f"http://{host}/sitemap.xml", f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{urls}</urlset>", headers=xml)  # fmt: skip
        for number, name in enumerate(names):
            site.answers[f"http://{host}/{name}"] = [_page(host, number, later=later)]


def _page(host: str, number: int, *, later: bool) -> Answer:
    if later and number == 1:
        return Answer("", 301, {"Location": f"http://{host}/moved-1"})
    own = f"This is policy number {number} of {host}, and it holds for all who work there from the first day on."
    said = [own, PLAIN]
    if number % 3 == 0 and not (later and number == 0):
        said.append(RULE)
    if later and number > 1:
        said.append(f"The committee of {host} will look at every such policy again in two years' time.")  # fmt: skip
    body = "".join(f"<p>{each}</p>" for each in said)
    html = f"<!doctype html><html lang=en><title>Policy {number}</title><body><main><h1>Policy {number}</h1><h2>Scope</h2>{body}</main></body></html>"
    return Answer(html, headers={"Content-Type": "text/html; charset=utf-8"})


def in_hours(first: int, last: int) -> str:
    """Hours to watch in that begin and end so many hours from now, by a clock far from UTC."""
    now = datetime.now(ZoneInfo("Asia/Tokyo"))
    return f"{(now.hour + first) % 24}-{(now.hour + last) % 24} Asia/Tokyo"


class Team:
    """A store, the settings of all who work for it, and the workers."""

    def __init__(self, folder: Path, site: Site, url: str, *, delay: float, look: int = 6) -> None:
        self.folder, self.look = folder, look
        kept = {k: v for k, v in os.environ.items() if not k.startswith("TRACKER_")}
        self.environment = {
            **kept,
            "TRACKER_DATABASE_URL": url,
            "TRACKER_DATA_DIR": str(folder),
            "TRACKER_SOURCES": str(folder / "sources.yaml"),
            "TRACKER_DOWNLOAD_DELAY": str(delay),
            "TRACKER_CONFIRM_AFTER_HOURS": "0",
            "http_proxy": site.address,
            "no_proxy": "",
        }
        self("db", "upgrade")
        self.store = Store.open(url)

    def __call__(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "tracker", *arguments],
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == code, done.stderr
        return done.stdout

    @contextmanager
    def workers(self, number: int) -> Iterator[list[subprocess.Popen]]:
        """Workers that each do one job at a time, in sessions of their own, so that a kill takes all."""
        # Nicer than the server, so that the times at which it got a request are right.
        command = [
            "nice",
            "-n",
            "5",
            sys.executable,
            "-m",
            "tracker",
            "worker",
            "--concurrency",
            "1",
        ]
        command += ["--look", str(self.look)]
        log = (self.folder / "workers.log").open("a")
        started = [
            subprocess.Popen(command, env=self.environment, stderr=log, start_new_session=True)
            for _ in range(number)
        ]
        try:
            yield started
        finally:
            for process in started:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
            for process in started:
                process.wait(timeout=60)
            log.close()

    def sql(self, statement: str) -> list:
        return sql(self.store, statement)

    def until(self, query: str) -> None:
        until(self.store, query)

    def wait(self, crawls: int, *, seconds: float = 300) -> None:
        """Wait until so many crawls are done and nothing but looking is left to do."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            states = self.sql("SELECT task_name, CAST(status AS text) FROM procrastinate_jobs WHERE task_name <> 'schedule'")  # fmt: skip
            done = sum(row == ("crawl", "succeeded") for row in states)
            if done >= crawls and not {state for _, state in states} & {"todo", "doing"}:
                return
            time.sleep(0.2)
        log = (self.folder / "workers.log").read_text()[-3000:]
        raise AssertionError(f"not done in {seconds} s: {states}\n{log}")

    def make_due(self) -> None:
        """Let two days pass for every source, document and job, and forget the jobs that are done."""
        self.sql("UPDATE source SET last_tried_at = last_tried_at - interval '2 days'")
        self.sql("UPDATE document SET due_at = due_at - interval '2 days'")
        self.sql("DELETE FROM procrastinate_jobs WHERE task_name <> 'schedule'")


def sql(store: Store, statement: str) -> list:
    with store.engine.begin() as connection:
        found = connection.execute(text(statement))
        return list(found) if found.returns_rows else []


def until(store: Store, query: str, *, seconds: float = 60) -> None:
    """Wait until a query finds something."""
    end = time.monotonic() + seconds
    while not sql(store, query):
        assert time.monotonic() < end, f"nothing in {seconds} s: {query}"
        time.sleep(0.2)


WROTE = "SELECT 1 FROM snapshot s JOIN document d ON d.id = s.document_id JOIN institution i ON i.id = d.institution_id WHERE i.key = '{}'"


def a_job_of(team: Team, worker_pid: int) -> int:
    """Wait until a worker has a crawl under way that has written something; return its process."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for child in Path(f"/proc/{worker_pid}/task/{worker_pid}/children").read_text().split():
            words = Path(f"/proc/{child}/cmdline").read_text().split("\0")
            if "crawler" in words and team.sql(WROTE.format(words[4])):
                return int(child)
        time.sleep(0.02)
    raise AssertionError("no job began")


def make_due(store: Store) -> None:
    """Let a day pass on an SQLite store."""
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE source SET last_tried_at = datetime(last_tried_at, '-2 days')"))  # fmt: skip
        connection.execute(text("UPDATE document SET due_at = datetime(due_at, '-2 days')"))


@contextmanager
def database(server: str, name: str) -> Iterator[str]:
    """A database of its own on a server."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.replace("/postgres?", f"/{name}?")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def final_rows(store: Store) -> dict[str, list[str]]:
    """The rows that must be the same however they came about: ids and times apart."""
    coded = [name for name in Coding.model_fields if name not in {"id", "passage_id"}]
    queries = {
        "documents": select(Document.url, Document.title, Document.genre, Document.voice, Document.state, Document.moved_to_id.is_(None)),
        "versions": select(Document.url, Version.number, Version.text_sha256, Version.current).join(Version, Version.document_id == Document.id),
        "passages": select(Passage.sha256, Passage.text),
        "codings": select(Passage.sha256, *[getattr(Coding, name) for name in coded]).join(Coding, Coding.passage_id == Passage.id),
        "changes": select(Document.url, Change.change_class, Change.kind, Change.summary, Change.confirmed, Change.folded_into_id.is_(None)).join(Change, Change.document_id == Document.id),
        "findings": select(Institution.key, Finding.question, Finding.result, Finding.reviewed, Finding.rule).join(Finding, Finding.institution_id == Institution.id),
        "deliveries": select(Subscription.name, Document.url, Change.kind, Delivery.state).join(Delivery, Delivery.subscription_id == Subscription.id).join(Change, Delivery.change_id == Change.id).join(Document, Change.document_id == Document.id),
    }  # fmt: skip
    with store.transaction() as session:
        return {
            name: sorted(json.dumps(list(row), default=repr) for row in session.exec(query))
            for name, query in queries.items()
        }


def gaps(site: Site, of: int = 1) -> dict[str, float]:
    """The shortest time in which each host got so many requests after one, as its server saw it."""
    at: defaultdict[str, list[float]] = defaultdict(list)
    for url, times in site.at.items():
        at[urlsplit(url).netloc] += times
    return {
        host: min(b - a for a, b in zip(times, times[of:], strict=False))
        for host, times in ((host, sorted(times)) for host, times in at.items())
        if len(times) > of
    }
