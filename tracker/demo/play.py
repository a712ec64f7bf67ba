"""Plays the demonstration: four days of a calendar, people's reviews, and what was sent."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from sqlmodel import Session, col, func, select

from tracker import queries
from tracker.alerts.outbox import send_due
from tracker.coding.codebook import load_codebook
from tracker.demo.site import address, content, serving, sources
from tracker.model import (
    SPOKEN,
    Cadence,
    Channel,
    Document,
    Fact,
    Passage,
    Review,
    Stance,
    Verdict,
    Version,
    VersionPassage,
)
from tracker.reviews import record_review
from tracker.settings import Settings
from tracker.store import BUSY, Store
from tracker.store.crawling import DEMONSTRATION
from tracker.store.subscriptions import add_subscription, recipients
from tracker.update import update
from tracker.wording import number

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAYS = (0, 2, 4, 8)
FOLDER = Path("data/demo")
PATIENCE = 90  # seconds
Say = Callable[[str], None]


class DemoRefusedError(Exception):
    """The demonstration cannot be played here; the message says why."""


def demo_environment() -> dict[str, str]:
    """Return the settings under which the demonstration, and its app, run."""
    folder = Path(os.environ.get("TRACKER_DATA_DIR", FOLDER)).resolve()
    return {
        "TRACKER_DATA_DIR": str(folder),
        "TRACKER_SOURCES": str(folder / "sources.yaml"),
        "TRACKER_DOWNLOAD_DELAY": "0",
        "TRACKER_ALLOW_HOSTS": "",
        "TRACKER_TIMEOUT": "10",
    }


def play(say: Say, *, public_url: str) -> None:
    """Play all days, or only the last where they were played before; say what happens.

    Mails link to the app at `public_url`.

    Raises DemoRefusedError where the store holds real data.
    """
    environment = demo_environment()
    settings = Settings(
        data_dir=Path(environment["TRACKER_DATA_DIR"]),
        sources=Path(environment["TRACKER_SOURCES"]),
        public_url=public_url,
    )
    store = Store.open(settings.store_url)
    played = _claim(store)
    settings.sources.write_text(yaml.safe_dump(sources(), allow_unicode=True), encoding="utf-8")
    _introduce(say)
    with serving() as site:
        proxy = {"http_proxy": site.proxy, "HTTP_PROXY": site.proxy, "no_proxy": "", "NO_PROXY": ""}
        for day in DAYS:
            if day > played or day == DAYS[-1]:
                site.day = day
                _play_day(store, settings, day, {**environment, **proxy}, say)
    _close(store, settings, say)
    store.close()


def _claim(store: Store) -> int:
    """Make the store the demonstration's; return the last day it has seen, -1 for none."""
    with store.transaction() as session:
        known = session.get(Fact, DEMONSTRATION)
        if known is None:
            if session.exec(select(func.count()).select_from(Document)).one():
                raise DemoRefusedError(
                    "this store holds real data; set TRACKER_DATA_DIR to another folder for the demonstration"
                )
            session.add(Fact(key=DEMONSTRATION, value="-1"))
            return -1
        return int(known.value)


def _introduce(say: Say) -> None:
    institutions, pages = content()["institutions"], content()["pages"]
    say(
        f"Demonstration with invented institutions: {len(institutions)} of them publish "
        f"{len(pages)} documents on a site on this machine."
    )


def _play_day(
    store: Store, settings: Settings, day: int, environment: dict[str, str], say: Say
) -> None:
    at = BEGIN + timedelta(days=day)
    counts = _crawl(at, environment)
    with store.transaction() as session:
        _subscribe(session, at=at)
    known = _known_changes(store)
    made = update(store, settings, at=at + timedelta(minutes=30))
    failed = ", ".join(f"{n} {reason.replace('_', ' ')}" for reason, n in counts["failed"].items())
    say(
        f"\nDay {day} ({at.day} {at:%B %Y}): {number(counts['documents'], 'document')} asked for, "
        f"{counts['fetched']} fetched, {counts['not_modified']} not modified"
        f"{f', failed: {failed}' if failed else ''}."
    )
    say(
        f"  {number(made.new_versions, 'new version')}, {number(made.quarantined, 'capture')} set aside, "
        f"{number(made.coded, 'passage')} coded, {number(made.changes, 'change')}."
    )
    _say_changes(store, known, say)
    with store.transaction() as session:
        _review(session, at=at + timedelta(hours=1))
    update(store, settings, at=at + timedelta(hours=1))
    report = send_due(store, settings, at=at + timedelta(hours=2))
    for subject in report.subjects:
        say(f"  sent: {subject}")
    with store.transaction() as session:
        session.get_one(Fact, DEMONSTRATION).value = str(day)


def _crawl(at: datetime, environment: dict[str, str]) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "crawler",
        "crawl",
        "--quiet",
        "--json",
        "--at",
        at.isoformat(),
    ]
    for _ in range(PATIENCE):
        done = subprocess.run(  # noqa: S603  (our own program)
            command,
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, **environment},
        )
        if done.returncode != BUSY:
            break
        time.sleep(1)  # a crawl that outlived a killed demonstration is about to end
    if done.returncode:
        raise DemoRefusedError(done.stderr.strip())
    counts: dict[str, Any] = json.loads(done.stdout)
    return counts


def _say_changes(store: Store, known: set[int], say: Say) -> None:
    with store.transaction() as session:
        rows = queries.change_rows(session)
    for row in rows:
        if row.id not in known:
            say(f"  {row.change_class}: {row.name}, {row.title}: {row.summary}")


def _known_changes(store: Store) -> set[int]:
    with store.transaction() as session:
        return {row.id for row in queries.change_rows(session, folded=True)}


def _people() -> dict[str, Any]:
    text = files("tracker.demo").joinpath("people.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def _subscribe(session: Session, *, at: datetime) -> None:
    known = {recipient.name for recipient in recipients(session)}
    for given in _people()["subscriptions"]:
        if given["name"] not in known:
            add_subscription(
                session,
                name=given["name"],
                channel=Channel.OUTBOX,
                cadence=Cadence(given["cadence"]),
                rule=given["rule"],
                at=at,
            )


def _review(session: Session, *, at: datetime) -> None:
    for given in _people()["reviews"]:
        place = _passage(session, address(given["url"]), given["quote"])
        for reviewer in given["reviewers"] if place else ():
            assert place is not None
            passage_id, document_id = place
            if _reviewed(session, passage_id, document_id, reviewer):
                continue
            record_review(
                session,
                passage_id=passage_id,
                document_id=document_id,
                reviewer=reviewer,
                verdict=Verdict(given["verdict"]),
                labels=given["labels"],
                stance=Stance(given["stance"]),
                coder=load_codebook().coder_name,
                quote=given["quote"],
                note="demonstration",
                at=at,
            )


def _passage(session: Session, url: str, quote: str) -> tuple[int, int] | None:
    found = session.exec(
        select(VersionPassage.passage_id, Version.document_id)
        .join(Version, col(VersionPassage.version_id) == Version.id)
        .join(Document, col(Version.document_id) == Document.id)
        .join(Passage, col(VersionPassage.passage_id) == Passage.id)
        .where(Document.url == url, col(Version.current), col(Passage.text).contains(quote))
    ).first()
    return None if found is None else (found[0], found[1])


def _reviewed(session: Session, passage_id: int, document_id: int, reviewer: str) -> bool:
    query = select(Review.id).where(
        Review.passage_id == passage_id,
        Review.document_id == document_id,
        Review.reviewer == reviewer,
    )
    return session.exec(query).first() is not None


def _close(store: Store, settings: Settings, say: Say) -> None:
    with store.transaction() as session:
        rows = queries.finding_rows(session, questions=[SPOKEN])
        figures = queries.overview(session)
    say("\nWho has spoken:")
    for row in rows:
        people = (
            "possible, not yet reviewed"
            if row.basis == "machine"
            else f"confirmed by {row.reviewed}"
        )
        carried = f" ({people})" if row.evidence else f" ({row.rule})"
        say(f"  {row.name}: {row.result.replace('_', ' ')}{carried}")
    mails = len(list(settings.outbox.glob("*.eml")))
    say(
        f"\n{number(mails, 'message')} sent ({number(figures.deliveries_sent, 'change')} told of in them); "
        f"they lie as mail files in {settings.outbox}. `tracker verify` checks the evidence."
    )
