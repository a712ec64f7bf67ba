"""What a person may write in sources.yaml, and what they are told when it is wrong."""

import csv
import re
from pathlib import Path

import pytest

from tracker.addresses import Owners, canonical_url
from tracker.nearness import nearest
from tracker.sources import SourcesError, load_sources, parse_sources

GOOD = """
institutions:
  - key: alder
    name: Alder Institute
    kind: ethics_institute
    country: GB
    homepage: https://www.alder.example/
    sources:
      - {kind: page, url: "https://alder.example/policies/partnerships"}
"""

# One file with many mistakes: each comment names the one that the line makes.
BAD = """
institutions:
  - key: Alder Institute              # not kebab-case
    name: Alder
    kind: ethics_institut             # wrong kind
    country: UK                       # not an ISO code
    homepage: htp://alder.example/    # not a URL
    grup: core                        # unknown field
    sources:
      - {kind: page, url: "https://alder.example/a", selct: main}     # unknown field
      - {kind: page, url: "https://alder.example/b", select: "a[["}   # bad selector
      - {kind: pages, url: "https://alder.example/c"}                 # wrong source kind
      - {kind: page, url: "https://alder.example/d", at_least_words: -1}  # out of range
      - {kind: page, url: "https://alder.example/e", interval: weekly}    # bad interval
      - {kind: page}                                                  # url missing
"""

RULES = """
institutions:
  - key: alder
    name: Alder
    kind: ethics_institute
    country: GB
    homepage: https://alder.example/
    parent: brich
    sources:
      - {kind: page, url: "https://clone.example/a"}
      - {kind: listing, url: "https://alder.example/news"}
      - {kind: page, url: "https://alder.example/a", key: one}
      - {kind: page, url: "https://alder.example/a", key: one}
  - key: birch
    name: Birch
    kind: university
    country: DE
    homepage: https://birch.example/
    parent: birch
"""


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(SourcesError) as caught:
        parse_sources(text, Path("sources.yaml"))
    return caught.value.problems


def test_a_good_file_gets_its_defaults():
    entry = parse_sources(GOOD, Path("s")).institutions[0]

    assert entry.hosts == ("alder.example",)
    assert entry.sources[0].key == "page-policies-partnerships"


def test_every_mistake_is_listed_at_once_with_its_line():
    found = problems(BAD)

    lines = [int(line.split(":")[0].removeprefix("line ")) for line in found]
    assert sorted(set(lines)) == [3, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15]
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    "said",
    [
        'kind: "ethics_institut" is none of ethics_institute, university',
        'country: not a country ("UK")',
        'homepage: not a URL ("htp://alder.example/")',
        'grup: unknown field; did you mean "group"?',
        'selct: unknown field; did you mean "select"?',
        'select: not a CSS selector ("a[[")',
        'did you mean "page"?',
        'interval: "weekly" is not of the form 12h, 7d or 2w',
        "url: is missing",
        'key: "Alder Institute" is not of the form lower-case-words-with-hyphens',
    ],
)
def test_each_mistake_says_place_cause_and_remedy(said: str):
    assert said in "\n".join(problems(BAD))


@pytest.mark.parametrize(
    "said",
    [
        'alder: parent: there is no institution "brich"; did you mean "birch"?',
        "clone.example is none of the official hosts (alder.example)",
        "alder/listing-news: follow: is missing",
        "alder/one: key is used 2 times",
        "alder/one: url: alder/one has the same URL",
        "birch: parent: leads back to itself",
    ],
)
def test_rules_between_entries_are_checked(said: str):
    assert said in "\n".join(problems(RULES))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("institutions: [", "line 2: not YAML"),
        ("", "the file is empty"),
        ("institutions: []\ninstitutions: []", '"institutions" is written twice'),
        ("institution: []", 'unknown field; did you mean "institutions"?'),
        ("- key: alder", "line 1: the list has no name; write `institutions:` on a line above it"),
        ("just words", "the file holds no institutions; it begins with `institutions:`"),
        ("institutions: alder", 'institutions: "alder" is no list'),
        ("a: !!python/object:os.system x", "not YAML"),
    ],
)
def test_a_file_of_the_wrong_shape_is_named(text: str, said: str):
    assert said in "\n".join(problems(text))


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path):
    path = tmp_path / "sources.yaml"
    path.write_bytes(b"institutions: \xff")

    with pytest.raises(SourcesError, match="byte 14: not UTF-8"):
        load_sources(path)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(SourcesError, match="no such file"):
        load_sources(tmp_path / "sources.yaml")


def test_the_nearest_word_is_found_or_none():
    assert nearest("standford-hai", ["stanford-hai", "ada-lovelace"]) == "stanford-hai"
    assert nearest("zzzz", ["stanford-hai"]) is None


ROOT = Path(__file__).parent.parent
STARTER = re.search(r"STARTER := (.*?)\n\n", (ROOT / "Makefile").read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def own():
    """The project's own file, by key."""
    return {entry.key: entry for entry in load_sources(ROOT / "sources.yaml").institutions}


def test_the_projects_own_file_is_right_and_large_enough(own):
    assert len(own) >= 200
    assert sum(len(entry.sources) for entry in own.values()) >= 320


def test_those_whom_the_report_names_are_watched_and_of_the_census(own):
    assert STARTER is not None
    starters = STARTER[1].replace("\\", " ").split()

    assert {"darpa", "onr", "nsf", "nih"} <= set(starters)
    assert [key for key in starters if not own[key].sources or own[key].found_by != "census"] == []


def test_units_under_a_university_name_it_and_their_own_part_of_its_host(own):
    owners = Owners({entry.key: entry.hosts for entry in own.values()})
    units = [entry for entry in own.values() if entry.parent]

    assert len(units) >= 16
    for entry in units:
        assert {owners.of(source.url) for source in entry.sources} == {entry.key}


def test_what_was_not_seen_to_answer_is_marked(own):
    listed = ROOT.parent / "shared" / "sources" / "sources.csv"
    if not listed.is_file():
        pytest.skip("the list of sources is not here")
    with listed.open(encoding="utf-8", newline="") as file:
        seen = {canonical_url(row["entry_url"]): row["evidence"] for row in csv.DictReader(file)}

    sources = [source for entry in own.values() for source in entry.sources]
    unsure = [s.url for s in sources if (seen.get(s.url) != "page") is not s.unverified]

    assert unsure == []


WITH_A_DAY_THAT_IS_NONE = """
institutions:
  - key: alder
    name: Alder
    kind: university
    country: NO
    homepage: https://alder.example/
    sources:
      - {kind: page, url: "https://alder.example/a", valid_until: 2026-02-30}
      - {kind: page, url: "https://clone.example/b"}
      - {kind: page, url: "https://alder.example/c", pages: many}
  - key: birch
    name: Birch
    kind: univrsity
    country: DE
    homepage: https://birch.example/
    parent: cedar
    aliases: The Birch
  - just words
"""


@pytest.mark.parametrize(
    "said",
    [
        'line 6: alder: country: "False" is no text as YAML reads it; put what you wrote in quotes',
        'line 9: alder/https://alder.example/a: valid_until: "2026-02-30" is no day of the calendar',
        "line 10: alder/page-b: url: clone.example is none of the official hosts",
        'line 11: alder/https://alder.example/c: pages: "many" is not a whole number',
        'line 14: birch: kind: "univrsity" is none of',
        'line 17: birch: parent: there is no institution "cedar"',
        'line 18: birch: aliases: "The Birch" is no list',
        'line 19: "just words" has no fields',
    ],
)
def test_an_impossible_day_hides_no_other_problem(said: str):
    assert said in "\n".join(problems(WITH_A_DAY_THAT_IS_NONE))


def test_a_mistake_in_one_entry_is_not_held_against_its_neighbours():
    unit = """
  - key: birch
    name: Birch
    kind: university
    country: DE
    homepage: https://birch.example/
    parent: alder
    sources:
      - {kind: page, url: "https://birch.example/a"}
"""

    [only] = problems(GOOD.replace("homepage: https", "homepage: htp") + unit)

    assert "htp://www.alder.example/" in only
