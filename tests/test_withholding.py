"""Where institutions may answer first, no way out of the store tells what a person found before they could.

One table walks every way out. Each that tells it while the gate is open must keep it while the gate is shut.
"""

import json
import re
import shutil
import urllib.error
import urllib.request
import zipfile
from collections import Counter
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
import streamlit as st
from builders import NOON, read_page
from routing import routes_served
from sqlmodel import col, select
from sqlmodel import update as update_rows
from streamlit import config
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from tracker.alerts.facts import newest_facts
from tracker.alerts.messages import as_event, compose
from tracker.cli import app
from tracker.coding.codebook import load_codebook
from tracker.commands.shared import WrongInputError
from tracker.export import freeze
from tracker.model import (
    SPOKEN,
    Cadence,
    Change,
    ChangeKind,
    Channel,
    Finding,
    MeaningState,
    Stance,
    SubscriptionState,
    Verdict,
)
from tracker.queries import finding_rows
from tracker.replies import correct
from tracker.reviews import record_review
from tracker.settings import Settings
from tracker.standing import Gate
from tracker.store import Store
from tracker.store.confirming import record_about, settle_meaning
from tracker.store.corrections import corrections
from tracker.store.subscriptions import Recipient
from tracker.update import update
from tracker.views import main
from tracker.views.routes import MEANT, ROUTES
from tracker.waiting import waiting

BODY = """<main><h1>Position</h1><p>We condemn the mass surveillance of Uyghurs in Xinjiang by the Chinese government,
which is an abuse of human rights that no researcher of ours may take part in{more}.</p></main>"""
#: What only a person's work puts there: that one judged, what they found, what they take an edit to mean.
TELLS = re.compile(
    r"confirmed by (?:one|two|a) pe\w+|\bcriticised\b|\bcritical\b|[\"'>]reviewed\W{1,4}(?:one|two)\b|a person found no change"
)


RECIPIENT = Recipient(
    id=1, name="mine", channel=Channel.OUTBOX, target="", cadence=Cadence.INSTANT, timezone="UTC", rule={},
    state=SubscriptionState.ACTIVE, token="t",
)  # fmt: skip


def fill(folder, *, judging: bool):
    """A page that was edited once; where people judge, one finds that it criticises, and what the edit means."""
    store = Store.open(f"sqlite:///{folder / 'tracker.db'}")
    read_page(store, BODY.format(more=""))
    read_page(
        store,
        BODY.format(more=", nor in the forced labour of Uyghurs"),
        at=NOON + timedelta(days=1),
    )
    read_page(
        store,
        BODY.format(more=", nor in the forced labour of Uyghurs"),
        at=NOON + timedelta(days=2),
    )  # seen twice
    with store.transaction() as session:
        if judging:
            _judge(session)
    update(store, Settings(), at=NOON + timedelta(days=2))
    store.close()


def _judge(session) -> None:
    [item, *_] = waiting(session, coder=load_codebook().coder_name, reviewer="ada")
    record_review(
        session, passage_id=item.passage_id, document_id=item.document_id, reviewer="ada", verdict=Verdict.AMEND,
        labels={"china", "surveillance", "human_rights"}, stance=Stance.CRITICAL, coder="coder 1", quote=item.text, at=NOON,
    )  # fmt: skip
    [change] = session.exec(select(Change).where(col(Change.kind) == ChangeKind.TEXT_CHANGED))
    assert change.id is not None
    change.meaning = "a passage is now coded china"
    settle_meaning(session, change.id, state=MeaningState.CONFIRMED, by="ada", at=NOON)
    said = f"meaning of change {change.id}, confirmed by a person: {change.meaning}"
    record_about(
        session, change.id, kind=ChangeKind.CODING, summary=said, at=NOON + timedelta(days=1)
    )


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = {judging: tmp_path_factory.mktemp("store") for judging in (True, False)}
    for judging, folder in made.items():
        fill(folder, judging=judging)
    return made


@pytest.fixture
def told(folders, monkeypatch):
    """Count what a way out tells, in a store where people judged or not, through a gate that is shut or open."""
    before = config.get_option("server.address")
    config.set_option("server.address", "0.0.0.0")

    def count(way, *, judging: bool, shut: bool) -> Counter[str]:
        monkeypatch.setenv("TRACKER_DATA_DIR", str(folders[judging]))
        monkeypatch.setenv("TRACKER_WITHHOLD_UNTIL_REPLY", str(shut).lower())
        st.cache_resource.clear()
        return Counter(TELLS.findall(way()))

    yield count
    config.set_option("server.address", before)


def screen(name: str, **asked: str):
    def draw(name: str) -> None:
        from importlib import import_module  # noqa: PLC0415  (runs as a script of its own)

        import_module(f"tracker.views.{name}").render()

    def look() -> str:
        app = AppTest.from_function(draw, args=(name,), default_timeout=30)
        for key, value in asked.items():
            app.query_params[key] = value
        app.run()
        assert not app.exception
        return "\n".join([*(e.proto.body for e in app.get("html")), *(e.value for e in app.code)])

    look.shows = name
    return look


def route(path: str):
    def get() -> str:
        with routes_served() as port:
            try:
                body = urllib.request.urlopen(f"http://127.0.0.1:{port}{path}").read()
            except urllib.error.HTTPError as error:  # the record that only people's work makes
                body = error.read()
        if path.endswith(".xlsx"):
            book = zipfile.ZipFile(BytesIO(body))
            return "\n".join(book.read(name).decode() for name in book.namelist())
        return body.decode()

    return get


def command(*words: str):
    def run() -> str:
        done = CliRunner().invoke(app, list(words))
        assert done.exit_code == 0, done.output
        return done.output

    return run


def message(kind: str):
    def write() -> str:
        settings = Settings()
        with Store.open(settings.store_url, gate=settings.gate).transaction() as session:
            facts = list(newest_facts(session))
        chosen = (
            facts if kind == "digest" else [f for f in facts if f.kind == ChangeKind.TEXT_CHANGED]
        )
        found = compose("m", RECIPIENT, chosen, public_url=settings.public_url, at=NOON)
        return "\n".join((found.subject, found.text, found.html, json.dumps(as_event(found))))

    return write


def package() -> str:
    settings = Settings()
    with Store.open(settings.store_url, gate=settings.gate).transaction() as session:
        return json.dumps(freeze(session, codebook={}, at=NOON))


#: Every way out, and whether it tells anything of what people found once they may be heard.
WAYS = {
    "Overview": (screen("overview"), True),
    "Statements": (screen("statements"), True),
    "Compare": (screen("compare"), False),
    "Compare, one cell": (screen("compare", cell="alder:R4"), True),
    "Compare, institutions": (screen("compare", institution="alder"), False),
    "Changes": (screen("changes"), True),
    "Change": (screen("change", id="1"), True),
    "Change of our record": (screen("change", id="2"), True),
    "Institutions": (screen("institution"), True),
    "Institution": (screen("institution", inst="alder"), True),
    "Document": (screen("document", id="1"), True),
    "Search": (screen("search", q="Uyghurs"), True),
    "Alerts": (screen("alerts"), True),
    "Sources": (screen("sources"), False),
    "Method": (screen("method"), False),
    **{
        path: (route(path), tells)
        for path, tells in {
            "/p/": True,
            "/p/institution/alder": True,
            "/p/change/1": True,
            "/p/change/2": True,
            "/p/document/1": True,
            "/data/spoken.json": True,
            "/data/spoken.csv": True,
            "/data/spoken.xlsx": True,
            "/data/coverage.json": False,
            "/data/changes.json": True,
            "/data/changes.csv": True,
            "/data/documents.json": False,
            "/data/sources.json": False,
            "/feeds/all.atom": True,
            "/feeds/material.atom": True,
            "/feeds/institution/alder.atom": True,
            "/feeds/topic/china.atom": True,
            "/sitemap.xml": False,
            "/metrics": False,
        }.items()
    },
    "an alert": (message("alert"), True),
    "a digest": (message("digest"), True),
    "the data package": (package, True),
    "tracker spoken": (command("spoken", "--json"), True),
    "tracker coverage": (command("coverage", "--json"), False),
    "tracker changes": (command("changes", "--json"), True),
    "tracker search": (command("search", "Uyghurs", "--json"), True),
    "tracker shares": (command("shares", "--json"), False),
    "tracker diff": (command("diff", "1", "--json"), False),
    "tracker institution": (command("institution", "alder", "--json"), True),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_a_person_found_leaves_no_way_before_the_institution_could_reply(told, way):
    look, tells = WAYS[way]
    of_machine = told(look, judging=False, shut=True)

    assert bool(told(look, judging=True, shut=False) - of_machine) is tells
    assert told(look, judging=True, shut=True) - of_machine == Counter()


#: What tells nothing of an institution, or only what it was told itself behind its own signed link.
APART = {"/healthz", "/confirm/{signed}", "/u/{token}", "/reply/{signed}", "/p/tracker.css", "/p/favicon.png", "/p/{rest:path}",
         "/data/", "/data/{rest:path}", "/data/release/{release}.json",  # the data package as it was: walked
         "/robots.txt", *MEANT}  # fmt: skip


@pytest.mark.parametrize("found", [r for r in ROUTES if r.path not in APART], ids=lambda r: r.path)
def test_every_route_is_walked(found):
    assert any(found.path_regex.match(way) for way in WAYS)


def test_every_screen_is_walked():
    written = Path(main.__file__).read_text("utf-8")
    named = set(re.findall(r"st\.Page\((\w+)\.render", written)) - {
        "review"
    }  # for people with a role

    assert named == {look.shows for look, _ in WAYS.values() if hasattr(look, "shows")}


@pytest.fixture
def shut(folders, tmp_path, monkeypatch):
    """A store of one's own where people judged, read through a gate that is shut."""
    shutil.copy(folders[True] / "tracker.db", tmp_path)
    monkeypatch.setenv("TRACKER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TRACKER_WITHHOLD_UNTIL_REPLY", "true")
    opened = Store.open(Settings().store_url, gate=Settings().gate)
    yield opened
    opened.close()


def test_another_finding_on_the_same_passage_keeps_its_person_and_tells_no_stance(shut):
    with shut.transaction() as session:
        [spoken] = finding_rows(session, questions=[SPOKEN], gate=Gate())
        session.exec(
            update_rows(Finding)
            .where(col(Finding.question) == "R4")
            .values(result="partial", reviewed="one", evidence=[{**item, "labels": [*item["labels"], "R4"]} for item in spoken.evidence])
        )  # fmt: skip
        [row] = finding_rows(session, questions=["R4"])
        [open_row] = finding_rows(session, questions=["R4"], gate=Gate())

    assert (row.reviewed, row.evidence[0]["reviewed"]) == ("one", "one")
    assert {"china", "critical"} <= set(open_row.evidence[0]["labels"])
    assert not {"china", "critical"} & set(row.evidence[0]["labels"])
    assert "R4" in row.evidence[0]["labels"]


def test_a_correction_says_the_result_that_the_public_saw(shut):
    with shut.transaction() as session:
        correct(session, "alder", SPOKEN, note="We had read it wrongly.", by="ada", at=NOON)
        [row] = finding_rows(session, questions=[SPOKEN])
        assert [found.result for found in corrections(session)] == [row.result]
    assert row.result != "criticised"


def test_what_an_edit_means_is_not_confirmed_before_the_finding_may_be_told(shut):
    done = CliRunner().invoke(app, ["alerts", "meaning", "1", "--by", "ada"])

    assert isinstance(done.exception, WrongInputError)
    assert "waits for its reply" in str(done.exception)
