"""The codebook's tables, row by row."""

from datetime import UTC, datetime

import pytest

from tracker.findings import Evidence, Rule, SearchRecord, absence, coverage, spoken
from tracker.model import (
    Basis,
    DateBasis,
    Genre,
    InstitutionKind,
    Recommendation,
    Reviewed,
    Stance,
    Voice,
)

READ = SearchRecord(
    documents_known=10, documents_read=10, sources_declared=2, sources_tried=2, archive_read=True,
    period_from="2020-01-01", period_to="2026-01-01",
)  # fmt: skip


def evidence(*labels: str, stance: Stance = Stance.NONE, **fields) -> Evidence:
    given = {
        "passage_id": 1, "document_id": 1, "version_id": 1, "version": 1, "quote": "q",
        "heading_path": "", "url": "http://alder.example/", "title": "t",
        "stated_date": datetime(2024, 1, 1, tzinfo=UTC), "stated_basis": DateBasis.STATED,
        "voice": Voice.INSTITUTION, "genre": Genre.POLICY, "in_passing": False, "elements": {},
    }  # fmt: skip
    return Evidence(**(given | fields), labels=frozenset(labels), stance=stance)


@pytest.mark.parametrize(
    ("labels", "stance", "in_passing", "expected"),
    [
        (["china", "surveillance"], Stance.CONDEMNS, False, "condemned"),
        (["china", "human_rights"], Stance.CONDEMNS, False, "condemned"),
        (["china", "human_rights"], Stance.CONDEMNS, True, "mentioned_critically"),
        (["china", "human_rights"], Stance.CRITICAL, False, "criticised"),
        (["china"], Stance.CRITICAL, False, "security_concern"),
        (["china", "partnership"], Stance.CRITICAL, False, "security_concern"),
        (["china", "partnership"], Stance.SUPPORTIVE, False, "defends_engagement"),
        (["china", "partnership"], Stance.NEUTRAL, False, "discussed"),
        (["china", "surveillance"], Stance.REPORTED, False, "discussed"),
        (["china"], Stance.NEUTRAL, False, "none_found"),
        (["surveillance"], Stance.NONE, False, "none_found"),
    ],
)
def test_what_a_passage_amounts_to(labels, stance, in_passing, expected):
    assert (
        spoken([evidence(*labels, stance=stance, in_passing=in_passing)], READ).result == expected
    )


@pytest.mark.parametrize(
    "voice", [Voice.NAMED_STAFF, Voice.GUEST, Voice.THIRD_PARTY, Voice.UNKNOWN]
)
def test_only_the_institutions_own_voice_speaks_for_it(voice):
    item = evidence("china", "human_rights", stance=Stance.CONDEMNS, voice=voice)

    assert spoken([item], READ).result == "none_found"


def test_what_people_confirmed_comes_before_what_the_machine_found():
    confirmed = evidence("china", "partnership", stance=Stance.NEUTRAL, reviewed=Reviewed.ONE)
    possible = evidence("china", "human_rights", stance=Stance.CONDEMNS)

    found = spoken([possible, confirmed], READ)

    assert (found.result, found.basis, found.reviewed) == (
        "discussed",
        Basis.REVIEWED,
        Reviewed.ONE,
    )
    assert (found.possible, found.possible_quotes) == ("condemned", 1)


def test_a_rejected_coding_counts_for_nothing():
    item = evidence("china", "human_rights", stance=Stance.CONDEMNS, rejected=True)

    assert spoken([item], READ).result == "none_found"


def test_since_and_latest_are_stated_dates_and_the_undated_are_counted():
    def of(document_id, **fields):
        return evidence(
            "china", "human_rights", stance=Stance.CRITICAL, document_id=document_id, **fields
        )

    found = spoken(
        [of(1), of(2, stated_date=None), of(3, stated_date=datetime(2025, 5, 5, tzinfo=UTC))], READ
    )

    assert (found.since.year, found.latest.year, found.undated) == (2024, 2025, 1)


R3 = Rule(Recommendation.R3, frozenset({InstitutionKind.UNIVERSITY}), ("trigger", "who_decides"))


@pytest.mark.parametrize(
    ("elements", "expected"),
    [(["trigger", "who_decides", "end_use"], "stated"), (["trigger"], "partial"), ([], "partial")],
)
def test_a_recommendation_is_stated_with_all_its_required_elements(elements, expected):
    item = evidence("R3", elements={"R3": elements})

    assert coverage(R3, InstitutionKind.UNIVERSITY, [item], READ).result == expected


def test_a_recommendation_for_others_is_not_applicable():
    assert coverage(R3, InstitutionKind.GOVERNMENT, [], READ).result == "not_applicable"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "none_found"),
        ({"archive_read": False}, "not_checked"),
        ({"documents_read": 7}, "not_checked"),
        ({"uncovered_languages": ["zh"]}, "not_checked"),
        ({"period_from": None}, "not_checked"),
        ({"sources_failed": 1}, "unreachable"),
        ({"documents_read": 0, "sources_failed": 2}, "unreachable"),
        ({"documents_read": 0, "sources_tried": 0}, "not_checked"),
    ],
)
def test_absence_is_a_finding_only_with_its_full_search_record(fields, expected):
    given = {**READ.to_json(), **fields}

    assert absence(SearchRecord(**given))[0] == expected
