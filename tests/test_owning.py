"""A document speaks for the most specific institution, and what was searched is told for each."""

from datetime import timedelta
from pathlib import Path

import pytest
from builders import NOON, a_failure, a_page, a_source, a_sources_file, an_institution
from sqlmodel import select

from tracker import queries
from tracker.addresses import Owners
from tracker.archive import Candidate
from tracker.assessment import assessed
from tracker.coding.codebook import load_codebook
from tracker.explaining import explain, in_words
from tracker.model import (
    SPOKEN,
    Document,
    DocumentState,
    Genre,
    Reason,
    SourceKind,
    Voice,
)
from tracker.settings import Settings
from tracker.shares import shares
from tracker.sources import SourcesError, parse_sources
from tracker.store import Store, assessing
from tracker.store.crawling import finish_run, start_run, sync_sources
from tracker.store.planning import plan
from tracker.store.recorder import Recorder
from tracker.update import update

CONDEMNS = (
    "We condemn the mass surveillance and arbitrary detention of Uyghurs by the Chinese government in Xinjiang. "
    "Facial recognition has been turned against a whole people, and these are grave violations of human rights."
)
UNIVERSITY = {
    "key": "birch",
    "name": "Birch University",
    "kind": "university",
    "homepage": "http://birch.example/",
    "hosts": ("birch.example",),
}
LAB = {
    "key": "lab",
    "name": "Ethics Lab",
    "parent": "birch",
    "homepage": "http://birch.example/ethics-lab",
    "hosts": ("birch.example/ethics-lab",),
}
SITEMAP = a_source(key="all", kind=SourceKind.SITEMAP, url="http://birch.example/sitemap.xml")
LABS = a_source(
    key="own", kind=SourceKind.SITEMAP, url="http://birch.example/ethics-lab/sitemap.xml"
)


def statement(text: str = CONDEMNS, day: str = "2024-05-04") -> str:
    filler = (
        "<p>The committee meets twice a year and its minutes are kept in the office for whoever asks.</p>"
        * 8
    )
    return (
        f"<html lang=en><head><meta property='article:published_time' content='{day}'></head>"
        f"<body><main><article><h1>Statement on rights</h1><p>{text}</p>{filler}</article></main></body></html>"
    )  # fmt: skip


class World:
    """A store with institutions, into which pages come without a network."""

    def __init__(self, store: Store, *institutions) -> None:
        self.store, self.at = store, NOON
        self.file = a_sources_file(*institutions)

    def read(self, source: str, pages: dict[str, str | Reason]) -> None:
        """One run in which a source names these addresses and each answers."""
        self.at += timedelta(days=1)
        with self.store.transaction() as session:
            sync_sources(session, self.file)
            run_id = start_run(session, verb="crawl", scope={}, tool="t", at=self.at)
            (task,) = [t for t in plan(session, at=self.at) if f"{t.institution}/{t.key}" == source]
        recorder = Recorder(self.store, run_id)
        if task.kind is SourceKind.SITEMAP:
            recorder.source(task.id, a_page("<urlset/>", url=task.url, at=self.at))
        fresh = recorder.candidates(task.id, [Candidate(url) for url in pages], at=self.at)
        for document in [*task.documents, *fresh]:
            answer = pages.get(document.url, Reason.NOT_FOUND)
            given = {"url": document.url, "at": self.at}
            recorder.document(
                document,
                a_failure(answer, **given)
                if isinstance(answer, Reason)
                else a_page(answer, **given),
            )
        recorder.flush()
        with self.store.transaction() as session:
            finish_run(session, run_id, at=self.at, counts={})
        update(self.store, Settings(), at=self.at)

    def owners(self) -> dict[str, str]:
        with self.store.transaction() as session:
            names = {row.id: row.key for row in assessing.subjects(session)}
            return {d.url: names[d.institution_id] for d in session.exec(select(Document))}

    def finding(self, institution: str, question: str = SPOKEN) -> queries.FindingRow:
        with self.store.transaction() as session:
            (row,) = queries.finding_rows(session, questions=[question], institutions=[institution])
            return row

    def explained(self, institution: str, question: str = SPOKEN):
        with self.store.transaction() as session:
            (subject,) = assessing.subjects(session, key=institution)
            found = assessed(session, subject, load_codebook())
        return explain(
            institution=subject.key, name=subject.name, question=question, evidence=found.evidence,
            record=found.record, result=found.results[question], unconfirmed=subject.unconfirmed, deeds=found.deeds,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("url", "owner"),
    [
        ("http://birch.example/news/1", "birch"),
        ("http://birch.example/ethics-lab", "lab"),
        ("http://birch.example/ethics-lab/statement", "lab"),
        ("http://www.birch.example/ethics-lab/x", "lab"),
        ("http://birch.example/ethics-laboratory", "birch"),
        ("http://birch.example/ethics-lab/../news", "birch"),
        ("http://law.birch.example/x", "law"),
        ("http://birch.example:8080/x", "birch"),
        ("http://notbirch.example/x", None),
        ("http://[broken", None),
    ],
)
def test_host_and_then_path_tell_whose_an_address_is(url: str, owner: str | None):
    owners = Owners(
        {
            "birch": ["birch.example"],
            "lab": ["birch.example/ethics-lab/"],
            "law": ["law.birch.example"],
        }
    )

    assert owners.of(url) == owner


def test_what_the_universitys_source_finds_of_the_institute_is_the_institutes_and_never_the_reverse(
    store: Store,
):
    world = World(store, an_institution(SITEMAP, **UNIVERSITY), an_institution(LABS, **LAB))

    world.read(
        "birch/all",
        {
            "http://birch.example/ethics-lab/statement": statement(),
            "http://birch.example/news": statement("Term begins."),
        },
    )

    assert world.owners() == {
        "http://birch.example/ethics-lab/statement": "lab",
        "http://birch.example/news": "birch",
    }
    assert world.finding("lab").result == "condemned"
    assert world.finding("birch").result != "condemned"
    with store.transaction() as session:
        assert [unit.institution for unit in queries.units_that_have_spoken(session, "birch")] == [
            "lab"
        ]
        assert queries.units_that_have_spoken(session, "lab") == []


def test_an_institute_that_is_declared_later_gets_what_was_found_before(sqlite_store: Store):
    pages: dict[str, str | Reason] = {
        "http://birch.example/ethics-lab/statement": statement(),
        "http://birch.example/news": statement("Term begins."),
    }
    world = World(sqlite_store, an_institution(SITEMAP, **UNIVERSITY))
    world.read("birch/all", pages)
    assert world.finding("birch").result == "condemned"

    world.file = a_sources_file(an_institution(SITEMAP, **UNIVERSITY), an_institution(LABS, **LAB))
    world.read("birch/all", pages)

    assert (world.finding("lab").result, world.finding("birch").result) == (
        "condemned",
        "none_found",
    )


def test_what_stands_apart_is_nobodys_unless_it_is_declared_itself(sqlite_store: Store):
    apart = {**UNIVERSITY, "apart": ("paper.birch.example",)}
    page = a_source(key="paper", url="http://paper.birch.example/declared")
    world = World(sqlite_store, an_institution(SITEMAP, page, **apart))

    world.read(
        "birch/all",
        {"http://paper.birch.example/x": statement(), "http://birch.example/y": statement()},
    )
    world.read("birch/paper", {"http://paper.birch.example/declared": statement()})

    assert set(world.owners()) == {"http://birch.example/y", "http://paper.birch.example/declared"}


JOINT = {
    "url": "http://cedar.example/joint",
    "role": "joint",
    "partner": "Cedar Centre",
    "proof_url": "http://birch.example/news/joint",
}


@pytest.mark.parametrize(
    ("confirmed_by", "result"), [("R. Fenwick", "condemned"), ("", "not_checked")]
)
def test_a_joint_statement_counts_once_a_person_confirmed_it(
    sqlite_store: Store, confirmed_by, result
):
    attributed = [{**JOINT, "confirmed_by": confirmed_by}]
    world = World(sqlite_store, an_institution(SITEMAP, **UNIVERSITY, attributed=attributed))

    world.read("birch/attributed-joint", {JOINT["url"]: statement()})

    found = world.finding("birch")
    assert found.result == result
    if confirmed_by:
        assert [item["attributed"] for item in found.evidence] == ["jointly with Cedar Centre"]
    else:
        assert world.explained("birch").to_json()["awaiting_confirmation"] == [JOINT["url"]]


def test_a_statement_hosted_by_a_watched_institution_counts_for_both(sqlite_store: Store):
    cedar = {
        "key": "cedar",
        "name": "Cedar Centre",
        "homepage": "http://cedar.example/",
        "hosts": ("cedar.example",),
    }
    page = a_source(key="joint", url=JOINT["url"])
    attributed = [{**JOINT, "confirmed_by": "R. Fenwick"}]
    world = World(
        sqlite_store,
        an_institution(page, **cedar),
        an_institution(SITEMAP, **UNIVERSITY, attributed=attributed),
    )

    world.read("cedar/joint", {JOINT["url"]: statement()})

    assert world.owners() == {JOINT["url"]: "cedar"}
    assert (world.finding("cedar").result, world.finding("birch").result) == (
        "condemned",
        "condemned",
    )


def test_a_passage_that_left_its_page_keeps_its_result_with_the_days_between(store: Store):
    world = World(store, an_institution(SITEMAP, **UNIVERSITY))
    world.read("birch/all", {"http://birch.example/s": statement()})
    world.read(
        "birch/all",
        {"http://birch.example/s": statement("The term begins in October as it always has.")},
    )

    found = world.finding("birch")

    assert found.result == "condemned"
    assert "not at its address since between 2026-03-03 and 2026-03-04" in found.rule
    assert [item["on_page"] for item in found.evidence] == [False]


def test_a_passage_that_was_merely_reworded_has_not_left(sqlite_store: Store):
    world = World(sqlite_store, an_institution(SITEMAP, **UNIVERSITY))
    world.read("birch/all", {"http://birch.example/s": statement()})
    world.read(
        "birch/all", {"http://birch.example/s": statement(CONDEMNS.replace("grave", "serious"))}
    )

    found = world.finding("birch")

    assert ([item["on_page"] for item in found.evidence], "not at its address" in found.rule) == (
        [True],
        False,
    )


def test_the_search_record_says_what_was_read_in_which_language_and_what_was_not(store: Store):
    feed = a_source(key="news", kind=SourceKind.FEED, url="http://birch.example/feed")
    world = World(store, an_institution(SITEMAP, feed, **UNIVERSITY))
    pages: dict[str, str | Reason] = {
        f"http://birch.example/{n}": statement(f"Term {n} begins.") for n in range(3)
    }
    pages |= {
        "http://birch.example/talk.mp3": Reason.UNSUPPORTED_TYPE,
        "http://birch.example/film.mp4": Reason.UNSUPPORTED_TYPE,
        "http://birch.example/late": Reason.TIMEOUT,
    }

    world.read("birch/all", pages)

    record = world.finding("birch").search_record
    assert (record["documents_known"], record["documents_read"], record["languages"]) == (
        6,
        3,
        {"en": 3},
    )
    assert record["unread"] == {"audio": 1, "video": 1, "timeout": 1}
    assert (record["period_from"], record["period_to"], record["period_basis"]) == (
        "2024-05-04",
        "2024-05-04",
        "stated dates",
    )
    assert (record["sources_declared"], record["sources_tried"], record["archives"]) == (
        2,
        1,
        ["all"],
    )


def test_a_feed_alone_is_no_archive(sqlite_store: Store):
    feed = a_source(key="news", kind=SourceKind.PAGE, url="http://birch.example/one")
    world = World(sqlite_store, an_institution(feed, **UNIVERSITY))
    world.read("birch/news", {"http://birch.example/one": statement("Term begins.")})

    assert world.finding("birch").result == "not_checked"
    assert "no archive listing" in world.finding("birch").rule


def test_a_page_confirmed_gone_is_not_a_failed_starting_point(sqlite_store: Store):
    page = a_source(key="old", url="http://birch.example/old")
    world = World(sqlite_store, an_institution(SITEMAP, page, **UNIVERSITY))
    world.read("birch/all", {"http://birch.example/1": statement("Term begins.")})
    world.read("birch/old", {"http://birch.example/old": Reason.NOT_FOUND})
    assert world.finding("birch").result == "unreachable"

    with sqlite_store.transaction() as session:
        gone = session.exec(
            select(Document).where(Document.url == "http://birch.example/old")
        ).one()
        gone.state = DocumentState.GONE
    update(sqlite_store, Settings(), at=world.at)

    found = world.finding("birch")
    assert (
        found.result,
        found.search_record["sources_gone"],
        found.search_record["documents_gone"],
    ) == ("none_found", 1, 1)


def test_explain_leads_from_the_passages_to_the_result_and_says_what_was_missing(
    sqlite_store: Store,
):
    world = World(sqlite_store, an_institution(SITEMAP, **UNIVERSITY))
    world.read(
        "birch/all",
        {
            "http://birch.example/statements/s": statement(),
            "http://birch.example/events/e": statement(CONDEMNS + " Join us."),
        },
    )

    found = world.explained("birch")
    rows = {row["url"].rsplit("/", 1)[1]: row for row in found.to_json()["passages"]}
    words = in_words(found)

    assert (rows["s"]["counts"], rows["s"]["amounts_to"]) == (True, "condemned")
    assert (rows["e"]["counts"], rows["e"]["because"]) == (False, "hosted")
    assert "Result: possible: condemned (by machine, not yet reviewed)" in words
    assert "1 passage awaits review (possible: condemned)" in words
    assert "starting points: 1 tried of 1 declared, 0 failed" in words


def test_explain_names_the_condition_that_an_empty_search_failed(sqlite_store: Store):
    page = a_source(key="one", url="http://birch.example/one")
    world = World(sqlite_store, an_institution(page, **UNIVERSITY))
    world.read("birch/one", {"http://birch.example/one": statement("Term begins.")})

    told = world.explained("birch", "R3").to_json()

    assert told["result"] == "not_checked"
    assert any(line.startswith("not: an archive listing") for line in told["missing"])


def test_shares_are_of_the_census_for_the_core_and_with_adjacent_ones(sqlite_store: Store):
    def of(key: str, **fields):
        return an_institution(
            a_source(url=f"http://{key}.example/s", kind=SourceKind.PAGE), key=key, name=key,
            homepage=f"http://{key}.example/", hosts=(f"{key}.example",), **fields,
        )  # fmt: skip

    world = World(
        sqlite_store, of("a"), of("b", group="adjacent"), of("c", found_by="topic_search")
    )
    for key in "abc":
        world.read(f"{key}/policy", {f"http://{key}.example/s": statement()})

    with sqlite_store.transaction() as session:
        found = shares(queries.finding_rows(session, questions=[SPOKEN]))

    told = {
        row.scope: (row.census, row.checked, row.spoken, row.possible, row.found_by_topic)
        for row in found
    }
    assert told == {"core": (1, 1, 0, 1, 1), "with adjacent": (2, 2, 0, 2, 1)}


FILE = """
institutions:
  - key: birch
    name: Birch University
    kind: university
    country: DE
    homepage: https://birch.example/
    hosts: [birch.example]
    sources:
      - {{kind: page, url: "https://birch.example/ethics-lab/policy"}}
  - key: lab
    name: Ethics Lab
    kind: ethics_institute
    country: DE
    homepage: https://birch.example/ethics-lab
    hosts: [{hosts}]
    {parent}
"""


@pytest.mark.parametrize(
    ("hosts", "parent", "said"),
    [
        ("birch.example", "parent: birch", "birch.example is birch's too; give one of them a path, as in birch.example/unit"),
        ("birch.example/ethics-lab", "", "birch.example/ethics-lab stands on a host of birch; set `parent: birch`"),
        ("birch.example/ethics-lab", "parent: birch", "page-ethics-lab-policy: url: is lab's by its hosts; declare it there"),
        ('"https://birch.example/"', "", 'not a host ("https://birch.example/"); write it as alder.example'),
    ],
)  # fmt: skip
def test_hosts_that_cannot_tell_whose_a_document_is_are_refused(hosts: str, parent: str, said: str):
    with pytest.raises(SourcesError) as caught:
        parse_sources(FILE.format(hosts=hosts, parent=parent), Path("sources.yaml"))

    assert said in "\n".join(caught.value.problems)


def test_recoding_tells_anew_who_speaks_from_the_texts_that_are_kept(sqlite_store: Store):
    world = World(sqlite_store, an_institution(SITEMAP, **UNIVERSITY))
    world.read("birch/all", {"http://birch.example/s": statement()})
    with sqlite_store.transaction() as session:
        document = session.exec(select(Document)).one()
        document.voice, document.genre, document.voice_because = Voice.UNKNOWN, Genre.UNKNOWN, ""

    update(sqlite_store, Settings(), at=world.at)
    assert world.finding("birch").result == "none_found"
    update(sqlite_store, Settings(), at=world.at, recode=True)

    assert world.finding("birch").result == "condemned"
    with sqlite_store.transaction() as session:
        assert session.exec(select(Document)).one().voice_because == 'title: "Statement"'
