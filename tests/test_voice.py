"""Who speaks in a document, and when: genre, voice, byline, series, disclaimer, stated date."""

import csv
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.addresses import Owners
from tracker.extraction.dates import spelled_day, written_date
from tracker.extraction.reader import read
from tracker.extraction.text import Extracted
from tracker.extraction.voice import who_speaks
from tracker.findings import speaks_for_it
from tracker.model import DateBasis, Genre, Voice
from tracker.sources import load_sources

ROOT = Path(__file__).parent.parent
KNOWN = ROOT.parent / "shared" / "sources" / "known_statements.csv"


def speaker(path: str, title: str = "", byline: str = "", text: str = ""):
    url = f"https://www.alder.example{path}" if path.startswith("/") else path
    return who_speaks(url=url, title=title, byline=byline, text=text)


@pytest.mark.parametrize(
    ("path", "title", "byline", "text", "genre", "voice"),
    [
        ("/policies/x", "Partnership policy", "", "We review.", Genre.POLICY, Voice.INSTITUTION),
        ("/statements/x", "Statement on Xinjiang", "", "", Genre.OFFICIAL_STATEMENT, Voice.INSTITUTION),
        ("/governance/duediligence", "Partners", "", "", Genre.POLICY, Voice.INSTITUTION),
        ("/x", "Stellungnahme zur Zusammenarbeit", "", "", Genre.OFFICIAL_STATEMENT, Voice.INSTITUTION),
        ("/x", "Decision of the Academic Council", "", "", Genre.OFFICIAL_STATEMENT, Voice.INSTITUTION),
        ("/report/x", "AI policy abroad", "Robin Fenwick", "", Genre.REPORT, Voice.INSTITUTION),
        ("/blogs/president/2023/x", "Openness", "", "", Genre.LEADERSHIP_LETTER, Voice.INSTITUTION),
        ("https://chancellor.alder.example/blog/x", "A view", "", "", Genre.LEADERSHIP_LETTER, Voice.INSTITUTION),
        ("/news/x", "Our ties", "Robin Fenwick, Vice-Chancellor", "", Genre.LEADERSHIP_LETTER, Voice.INSTITUTION),
        ("/news/x", "A new building", "Press office", "We announce.", Genre.NEWS, Voice.INSTITUTION),
        ("/news/x", "New checks", "Research Office", "", Genre.NEWS, Voice.UNIT),
        ("/news/x", "New checks", "", "By Research Office\nWe check.", Genre.NEWS, Voice.UNIT),
        ("/blog/x", "What I saw", "Robin Fenwick", "I think.", Genre.BLOG, Voice.NAMED_STAFF),
        ("/news/x", "Labs", "", "By Robin Fenwick\nI think.", Genre.NEWS, Voice.NAMED_STAFF),
        ("/blog/x", "Guest post: labs", "", "I think.", Genre.BLOG, Voice.GUEST),
        ("/comment/x", "Red lines are hard", "", "", Genre.BLOG, Voice.UNKNOWN),
        ("/people/fenwick/x", "Policy notes", "", "", Genre.POLICY, Voice.NAMED_STAFF),
        ("/~fenwick/policy", "Policy notes", "", "", Genre.POLICY, Voice.NAMED_STAFF),
        ("https://eprints.alder.example/1", "Policy and repression", "", "", Genre.POLICY, Voice.THIRD_PARTY),
        ("/student-news/x", "Policy on labs", "", "", Genre.POLICY, Voice.THIRD_PARTY),
        ("/publications/testimony/x", "The spread of control", "", "", Genre.SUBMISSION, Voice.NAMED_STAFF),
        ("/x", "Testimony before the committee", "", "", Genre.SUBMISSION, Voice.NAMED_STAFF),
        ("/submissions/x", "Response", "", "", Genre.SUBMISSION, Voice.INSTITUTION),
        ("/events/x", "Policy seminar", "", "Join us.", Genre.EVENT, Voice.UNKNOWN),
        ("/events/transcripts/x", "Rights crisis", "", "", Genre.EVENT, Voice.UNKNOWN),
        ("/news/x", "Symposium examines rule by data", "", "", Genre.EVENT, Voice.UNKNOWN),
        ("/x", "Episode 4: labs", "", "", Genre.PODCAST_NOTES, Voice.UNKNOWN),
        ("/resources/x", "One month of scans", "", "", Genre.TEACHING_RESOURCE, Voice.UNKNOWN),
        ("/media-coverage/x", "Statement in the Tarn Post", "", "", Genre.PRESS_COVERAGE, Voice.THIRD_PARTY),
        ("/news/x", "Labs", "", "First published in the Tarn Post.", Genre.REPOST, Voice.THIRD_PARTY),
        ("/news/x", "Interview with a dean", "", "", Genre.NEWS, Voice.NAMED_STAFF),
        ("/p/17", "Seventeen", "", "Words.", Genre.UNKNOWN, Voice.UNKNOWN),
    ],
)  # fmt: skip
def test_who_speaks_follows_the_codebook(path, title, byline, text, genre, voice):
    found = speaker(path, title, byline, text)

    assert (found.genre, found.voice) == (genre, voice)
    assert found.voice_because


def test_a_disclaimer_makes_a_text_its_authors_and_is_kept():
    said = "The views expressed here are those of the author and not of the institute"

    found = speaker("/reports/x", "A report", "", f"{'word ' * 900}\n{said}.")

    assert (found.voice, found.disclaimer) == (Voice.NAMED_STAFF, said)


@pytest.mark.parametrize(
    ("text", "series"),
    [
        ("This is part two of our Open Labs series.", "Open Labs"),
        ("The third essay in the “Rights at Work” series", "Rights at Work"),
        ("A series of talks on labs.", ""),
    ],
)
def test_a_series_is_named(text: str, series: str):
    assert speaker("/blog/x", "Labs", "", text).series == series


def test_what_is_read_says_who_speaks_and_the_words_that_led_there():
    page = b"<html><head><meta name=author content='Robin Fenwick'></head><body><article><h1>Safe labs</h1>"
    page += b"<p>4 May 2023</p>" + b"<p>We think that partners deserve a careful look. </p>" * 20
    found = read(page, media_type="text/html", url="https://alder.example/blog/x")

    assert isinstance(found, Extracted)
    assert (found.genre_because, found.voice_because) == (
        'address: "blog"',
        'byline: "Robin Fenwick"',
    )
    assert (found.byline, found.voice) == ("Robin Fenwick", Voice.NAMED_STAFF)
    assert (found.stated_date, found.stated_basis) == (
        datetime(2023, 5, 4, tzinfo=UTC),
        DateBasis.STATED,
    )


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("4 May 2023", "2023-05-04"),
        ("May 4th, 2023", "2023-05-04"),
        ("8. Dezember 2025", "2025-12-08"),
        ("le 1er août 2024", "2024-08-01"),
        ("3 de marzo de 2022", "2022-03-03"),
        ("12 mei 2021", "2021-05-12"),
        ("2. desember 2020", "2020-12-02"),
        ("15 oktober 2019", "2019-10-15"),
        ("4.5.2023", "2023-05-04"),
        ("2023-05-04", "2023-05-04"),
        ("03/04/2023", None),
        ("31 February 2023", None),
        ("May 2023", None),
        ("12 monkeys 2023", None),
    ],
)
def test_dates_in_words_are_read_in_every_language_of_the_codebook(written: str, day: str | None):
    found = spelled_day(written)

    assert (found.date().isoformat() if found else None) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Safe labs\n4 May 2023\nWe think.", "2023-05-04"),
        ("Published on 4 May 2023 by the office, after a long debate about what partners owe to each other.", "2023-05-04"),
        ("Last updated: 4 May 2023", None),
        ("Next review 4 May 2027", None),
        ("On 4 May 2019 a long debate began about what partners in a joint laboratory owe to one another.", None),
        ("Safe labs\n" + "We think.\n" * 12 + "4 May 2023", None),
    ],
)  # fmt: skip
def test_only_a_date_near_the_top_is_the_documents(text: str, day: str | None):
    found = written_date(text)

    assert (found.date().isoformat() if found else None) == day


@given(st.text(max_size=300))
def test_no_text_breaks_the_reading_of_dates(text: str):
    found = written_date(text)

    assert found is None or (found.tzinfo is UTC and 1990 <= found.year <= 2100)


@given(st.text(max_size=200), st.text(max_size=60), st.text(max_size=400))
def test_no_text_breaks_the_reading_of_voices(title: str, byline: str, text: str):
    found = who_speaks(url="https://alder.example/a", title=title, byline=byline, text=text)

    assert found.voice in Voice
    assert found.genre in Genre


# Statements that are known: what stands with press, witnesses, events and reposts is no institution's.

NOT_ITS_OWN = re.compile(
    r"\(via|\(press\)|\(NGO\)|\(Delta\)|\(U-Today\)|personal views|third-party|republish|transcript|testimony"
    r"|event series|(?<!Rectors' )Conference|co-?presents|Symposium|Forum|launch-event|Teaching-resource|University paper|/comment/",
    re.IGNORECASE,
)


def known_rows() -> list[dict[str, str]]:
    if not KNOWN.is_file():
        return []
    with KNOWN.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def counts(row: dict[str, str], owners: Owners) -> bool:
    said = who_speaks(url=row["url"], title=row["title"], byline="", text="")
    return bool(owners.of(row["url"])) and speaks_for_it(said.voice, said.genre)


def official_owners() -> Owners:
    file = load_sources(ROOT / "sources.yaml")
    return Owners(
        {entry.key: entry.hosts for entry in file.institutions}
        | {"": [h for e in file.institutions for h in e.apart]}
    )


@pytest.mark.skipif(not KNOWN.is_file(), reason="the list of known statements is not here")
def test_no_transcript_testimony_press_or_repost_becomes_an_institutions_statement():
    owners = official_owners()

    others = [row for row in known_rows() if NOT_ITS_OWN.search(" ".join(row.values()))]
    wrong = [row["url"] for row in others if counts(row, owners)]

    assert len(others) >= 20
    assert wrong == []


@pytest.mark.skipif(not KNOWN.is_file(), reason="the list of known statements is not here")
def test_most_official_statements_are_known_as_the_institutions():
    owners = official_owners()

    own = [
        row
        for row in known_rows()
        if not NOT_ITS_OWN.search(" ".join(row.values())) and owners.of(row["url"])
    ]
    found = [row for row in own if counts(row, owners)]

    assert len(found) / len(own) >= 0.85
