"""The demonstration, whole: what it finds, that it repeats itself, that kills cost nothing."""

import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tracker.demo import site

TRACKER = [sys.executable, "-c", "from tracker.cli import main; main()"]


def run(folder: Path, *arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        [*TRACKER, *arguments],
        env=environment(folder),
        check=False,
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert done.returncode == code, done.stderr
    return done.stdout + (done.stderr if code else "")


def environment(folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TRACKER_")}
    own = {"TRACKER_DATA_DIR": str(folder), "TRACKER_SOURCES": str(folder / "sources.yaml")}
    return {**kept, **own, "COLUMNS": "240"}


@pytest.fixture(scope="module")
def played(tmp_path_factory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("demo")
    return folder, run(folder, "demo", "--no-app")


#: The rows that must be the same however a run came about: ids and times apart.
FINAL = {
    "documents": "SELECT url, title, genre, voice, moved_to_id IS NULL FROM document",
    "versions": "SELECT d.url, v.number, v.text_sha256, v.current FROM version v JOIN document d ON d.id = v.document_id",
    "passages": "SELECT sha256, text FROM passage",
    "codings": "SELECT p.sha256, c.china, c.stance, c.R1, c.R3, c.cues FROM coding c JOIN passage p ON p.id = c.passage_id",
    "changes": "SELECT d.url, c.change_class, c.kind, c.summary, c.confirmed, c.folded_into_id IS NULL FROM change c JOIN document d ON d.id = c.document_id",
    "findings": "SELECT i.key, f.question, f.result, f.reviewed, f.rule FROM finding f JOIN institution i ON i.id = f.institution_id",
    "deliveries": "SELECT s.name, d.url, c.kind, y.state FROM delivery y JOIN subscription s ON s.id = y.subscription_id JOIN change c ON c.id = y.change_id JOIN document d ON d.id = c.document_id",
}


def rows(folder: Path) -> dict[str, list]:
    base = sqlite3.connect(folder / "tracker.db")
    found = {
        name: sorted(map(repr, base.execute(query).fetchall())) for name, query in FINAL.items()
    }
    base.close()
    return found


def test_every_kind_of_result_is_found(played):
    spoken = {row["institution"]: row for row in json.loads(run(played[0], "spoken", "--json"))}

    results = {key: row["result"] for key, row in spoken.items()}
    assert results["alder-institute"] == "condemned"
    assert results["cedar-institut"] == "criticised"
    assert results["gorse-forum"] == "defends_engagement"
    assert results["elm-observatory"] == "none_found"
    assert results["fir-institut"] == "unreachable"
    assert results["larch-university"] == "unreachable"  # one of its two pages is behind a wall
    assert results["maple-university"] == "not_checked"
    assert spoken["alder-institute"]["reviewed"] == "two"
    assert spoken["birchwood-centre"]["reviewed"] == "none"


def test_every_kind_of_change_is_found_and_noise_is_not(played):
    changes = json.loads(run(played[0], "changes", "--json", "--folded"))

    assert sorted((c["class"], c["kind"]) for c in changes) == [
        ("availability", "unreachable"), ("availability", "unreachable"), ("availability", "unreachable"),  # two hosts, one wall
        ("material", "document_added"), ("material", "document_removed"), ("material", "moved"),
        ("material", "passage_added"), ("material", "text_changed"),
        ("minor", "wording"), ("minor", "wording"), ("minor", "wording"), ("minor", "wording"), ("minor", "wording"),
    ]  # fmt: skip
    [flip] = [c for c in changes if c["folded_into"]]
    assert flip["url"].endswith("/flip")


def test_what_is_sent_waits_for_a_second_read(played):
    sent = [line for line in played[1].splitlines() if line.startswith("  sent:")]

    assert any("3 sentences added" in line for line in sent)
    assert not any("Contacts" in line for line in sent)
    assert len(list((played[0] / "outbox").glob("*.eml"))) == len(sent)


def test_playing_again_adds_nothing(played):
    before = rows(played[0])

    run(played[0], "demo", "--no-app")

    assert rows(played[0]) == before
    assert "clean" in run(played[0], "verify")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_kill_costs_nothing(played, tmp_path, seed):
    process = subprocess.Popen([*TRACKER, "demo", "--no-app"], env=environment(tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    time.sleep(random.Random(seed).uniform(2, 14))
    os.killpg(process.pid, 9)
    process.wait()

    run(tmp_path, "demo", "--no-app")

    assert rows(tmp_path) == rows(played[0])
    assert "clean" in run(tmp_path, "verify")


def test_a_store_with_real_data_is_refused(played, tmp_path):
    run(tmp_path, "verify")
    base = sqlite3.connect(tmp_path / "tracker.db")
    base.executescript(
        """INSERT INTO run (id, verb, state, started_at, scope, tool, counts) VALUES (1, 'crawl', 'complete', '2026-01-01', '{}', 't', '{}');
        INSERT INTO institution (id, key, name, kind, country, homepage, hosts, aliases, "group", why_in_scope, found_by, languages, attributed, listed)
          VALUES (1, 'a', 'A', 'university', 'GB', 'http://a.example/', '[]', '[]', 'core', '', 'census', '[]', '[]', 1);
        INSERT INTO source (id, institution_id, key, kind, url, title, options, unverified, listed, state, detail, known)
          VALUES (1, 1, 's', 'page', 'http://a.example/', '', '{}', 0, 1, 'ok', '', 1);
        INSERT INTO document (id, institution_id, source_id, url, title, media_type, state, found_run_id, found_at, hint_title, failures, genre, voice, voice_because, withheld)
          VALUES (1, 1, 1, 'http://a.example/', '', '', 'live', 1, '2026-01-01', '', 0, 'unknown', 'unknown', '', 0);"""
    )
    base.close()

    assert "holds real data" in run(tmp_path, "demo", "--no-app", code=2)


@pytest.mark.parametrize("command", ["spoken", "coverage", "changes"])
def test_answers_come_as_table_json_and_csv(played, command):
    assert json.loads(run(played[0], command, "--json"))
    assert run(played[0], command, "--csv").startswith(
        "institution," if command != "changes" else "id,"
    )
    assert len(run(played[0], command).splitlines()) > 5


def test_the_table_of_changes_says_their_class(played):
    head, *rows = run(played[0], "changes").splitlines()[1:]

    assert "class" in head.split()
    assert any(" material " in row for row in rows)


def test_an_institution_a_difference_and_an_export_are_shown(played, tmp_path):
    assert "Research partnerships policy" in run(played[0], "institution", "hazel-university")
    assert "[added:" in run(played[0], "diff", "http://hazel-university.example/policies/research-partnerships", "--from", "1", "--to", "2")  # fmt: skip
    assert "spoken.csv: 17 rows" in run(played[0], "export", str(tmp_path))


def test_the_readmes_search_for_a_body_finds_it_in_the_demonstration(played):
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    body = re.search(r'its pages name is found by `search --naming "([^"]+)"`', readme)[1]

    assert json.loads(run(played[0], "search", "--naming", body, "--json"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["institution", "hazel-univercity"], 'did you mean "hazel-university"?'),
        (["spoken", "--institution", "hazle-university"], 'did you mean "hazel-university"?'),
        (["crawl", "hazel-univercity"], 'did you mean "hazel-university'),
        (["diff", "http://no.example/"], "no document is known"),
        (["spoken", "--jsn"], "--json"),
        (["spokn"], "spoken"),
        (["alerts", "add", "x", "--rule", '{"contries": []}'], 'did you mean "countries"'),
    ],
)
def test_a_wrong_word_names_the_nearest_right_one(played, arguments, said):
    assert said in run(played[0], *arguments, code=2)


@pytest.mark.parametrize("day", [0, 2, 4, 8])
def test_a_day_of_the_calendar_always_answers_the_same(day):
    urls = [site.address(page["url"]) for page in site.content()["pages"]]

    assert [site.answer(url, day) for url in urls] == [site.answer(url, day) for url in urls]
