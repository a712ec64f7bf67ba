"""A passage has the date and the captures that are its own, the same ones wherever it is shown."""

import csv
import io
import json
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from builders import NOON, read_page
from routing import routes_served
from sqlmodel import select
from typer.testing import CliRunner

from tracker import queries
from tracker.cli import app
from tracker.coding.codebook import load_codebook
from tracker.dating import dated
from tracker.export import freeze
from tracker.model import SPOKEN, Version, VersionOrigin
from tracker.store import Store
from tracker.views import profile

BEFORE = "The institute studies how technology and society meet, and publishes on both every year."
CONDEMNS = (
    "We condemn the mass surveillance of Uyghurs in Xinjiang by the Chinese government, which is an abuse of human "
    "rights that no researcher of ours may take part in."
)
LATER = "document dated 1 May 2024; passage first seen between 2 and 4 Mar 2026"


def page(*paragraphs, day="2024-05-01"):
    said = "".join(f"<h2>Part {n}</h2><p>{text}</p>" for n, text in enumerate(paragraphs))
    return (
        f'<html><head><meta property="article:published_time" content="{day}"></head>'
        f"<body><main><h1>Position</h1>{said}</main></body></html>"
    )


def days(number):
    return NOON + timedelta(days=number)


@pytest.fixture
def added(tmp_path, monkeypatch):
    """A page of 2024 that took in a condemnation after 2 March 2026, and later another sentence."""
    monkeypatch.setenv("TRACKER_DATA_DIR", str(tmp_path))
    store = Store.open(f"sqlite:///{tmp_path / 'tracker.db'}")
    read_page(store, page(BEFORE))
    read_page(store, page(BEFORE, CONDEMNS), at=days(2))
    read_page(store, page(BEFORE, CONDEMNS, "Contact us on any weekday of the year."), at=days(5))
    yield store
    store.close()


def get(address):
    with urllib.request.urlopen(address) as answer:
        return answer.read().decode()


def spoken(store):
    with store.transaction() as session:
        return queries.finding_rows(session, questions=[SPOKEN])[0]


def test_a_passage_that_was_added_later_has_its_own_first_capture_and_no_date_of_its_document(
    added,
):
    row = spoken(added)
    [item] = row.to_json()["evidence"]

    assert (row.result, row.since, row.latest, row.undated) == ("condemned", None, None, 1)
    assert (item["first_version"], item["version"]) == (2, 3)
    assert item["first_seen_from"] == days(0).isoformat()
    assert item["first_seen_to"] == days(2).isoformat()
    assert (item["stated_date"][:10], item["statement_date"]) == ("2024-05-01", None)
    assert item["dated"] == LATER


def test_every_way_out_tells_the_same_date_of_a_passage(added):
    with added.transaction() as session:
        sheet = profile.sheet(profile.load(session, "alder"), profile.APP)
        steps = profile.statements(profile.load(session, "alder"))
        frozen = freeze(session, codebook={}, at=days(6))
    explained = CliRunner().invoke(app, ["explain", "alder", "spoken"]).stdout
    found = CliRunner().invoke(app, ["search", "uyghurs", "--json"]).stdout
    table = CliRunner().invoke(app, ["spoken", "--json"]).stdout
    with routes_served() as port:
        printed = get(f"http://127.0.0.1:{port}/p/institution/alder")
        rows = csv.DictReader(io.StringIO(get(f"http://127.0.0.1:{port}/data/evidence.csv")))

    for shown in (sheet, printed, explained, found, table):
        assert LATER in shown
    assert f"“Position”, {LATER}, http://alder.example/policy, version 3" in printed  # to cite it
    assert "Document dated 1 May 2024; passage first seen between 2 and 4 Mar 2026" in steps
    assert frozen["tables"]["evidence"][0]["dated"] == LATER
    assert [row["dated"] for row in rows if row["question"] == "spoken"] == [LATER]


def test_a_passage_that_stood_in_the_first_version_keeps_the_date_it_was_published_under(store):
    read_page(store, page(CONDEMNS))
    read_page(store, page(CONDEMNS, BEFORE, day="2026-03-03"), at=days(2))

    row = spoken(store)

    assert (row.since.date().isoformat(), row.undated) == ("2024-05-01", 0)
    assert row.to_json()["evidence"][0]["dated"] == "stated date 1 May 2024"
    assert row.to_json()["evidence"][0]["first_seen_to"] == days(0).isoformat()


def test_an_edit_that_says_the_same_does_not_take_a_statement_its_date(store):
    read_page(store, page(CONDEMNS))
    read_page(store, page(CONDEMNS.replace("no researcher", "nobody")), at=days(2))

    row = spoken(store)

    assert row.since.date().isoformat() == "2024-05-01"
    assert row.to_json()["evidence"][0]["first_seen_from"] == days(0).isoformat()  # of these words


def test_a_passage_that_grew_still_says_what_it_said_under_its_date_and_nothing_left_the_page(
    store,
):
    read_page(store, page(CONDEMNS))
    read_page(store, page(f"{CONDEMNS} {BEFORE}"), at=days(2))

    row = spoken(store)

    assert row.since.date().isoformat() == "2024-05-01"
    assert [item["on_page"] for item in row.evidence] == [True]


def test_a_passage_that_returns_was_first_seen_when_it_first_stood(store):
    for number, text in enumerate([CONDEMNS, BEFORE, CONDEMNS]):
        read_page(store, page(text), at=days(number))

    item = spoken(store).to_json()["evidence"][0]

    assert (item["first_version"], item["first_seen_to"]) == (1, days(0).isoformat())


def test_what_only_a_better_reading_shows_stood_in_the_capture_that_was_read_again(added):
    with added.transaction() as session:
        for version in session.exec(select(Version).where(Version.number > 1)):
            version.origin = VersionOrigin.TECHNICAL
        firsts = queries.search(session, words=["uyghurs"])

    assert firsts[0].evidence["in_first_version"]


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"stated_date": None}, "undated"),
        ({"stated_date": "2024-05-01T00:00:00+00:00"}, "stated date 1 May 2024"),
        (
            {"stated_date": "2024-05-01T00:00:00+00:00", "stated_basis": "inferred"},
            "stated date 1 May 2024 (inferred)",
        ),
        (
            {"stated_date": None, "first_seen_to": datetime(2026, 3, 2, tzinfo=UTC)},
            "undated, first seen 2 Mar 2026",
        ),
        (
            {
                "stated_date": None,
                "in_first_version": False,
                "first_seen_from": "2026-03-02T00:00:00+00:00",
                "first_seen_to": "2026-03-02T09:00:00+00:00",
            },
            "document undated; passage first seen on 2 Mar 2026",
        ),
    ],
)
def test_dates_in_words(item, said):
    assert dated(item) == said


def test_an_explanation_and_an_export_name_version_hash_and_cue_words(added):
    explained = CliRunner().invoke(app, ["explain", "alder", "spoken", "--json"]).stdout
    [passage] = json.loads(explained)["passages"]
    [item] = spoken(added).to_json()["evidence"]

    assert load_codebook().version in explained
    assert len(passage["text_sha256"]) == 64
    assert passage["text_sha256"] == item["text_sha256"]
    assert item["cues"] == passage["cues"]
