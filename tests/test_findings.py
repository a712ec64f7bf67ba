"""The codebook's tables, row by row."""

from datetime import UTC, datetime

import pytest

from tracker.assessment import deeds, rules
from tracker.coding.codebook import load_codebook
from tracker.findings import (
    Evidence,
    SearchRecord,
    absence,
    acted,
    at_least,
    coverage,
    protocol,
    spoken,
)
from tracker.findings.evidence import HOSTED
from tracker.flat import element_said
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
        (["china", "surveillance"], Stance.CRITICAL, True, "mentioned_critically"),
        (["china", "surveillance", "human_rights"], Stance.SUPPORTIVE, False, "defends_engagement"),
        (["china", "partnership"], Stance.REPORTED, False, "discussed"),
        (["china", "human_rights"], Stance.REPORTED, True, "discussed"),
        (["china"], Stance.REPORTED, False, "none_found"),
        (["china"], Stance.CONDEMNS, False, "security_concern"),
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


@pytest.mark.parametrize(
    ("genre", "voice", "counts"),
    [
        (genre, voice, voice in {Voice.INSTITUTION, Voice.UNIT} and genre not in HOSTED)
        for genre in Genre
        for voice in Voice
    ],
)
def test_hosted_and_relayed_genres_and_others_voices_never_count(genre, voice, counts):
    item = evidence("china", "human_rights", stance=Stance.CONDEMNS, genre=genre, voice=voice)

    assert (spoken([item], READ).result == "condemned") is counts
    assert (item.standing == "") is counts


def test_an_attributed_statement_counts_whatever_its_genre():
    item = evidence(
        "china",
        "human_rights",
        stance=Stance.CONDEMNS,
        genre=Genre.EVENT,
        attributed="jointly with Birch",
    )

    assert spoken([item], READ).result == "condemned"


def test_statements_are_told_apart_by_the_reports_day_and_by_stated_dates_only():
    days = [(2025, 12, 7), (2025, 12, 8), (2025, 12, 9)]
    items = [
        evidence(
            "china",
            "human_rights",
            stance=Stance.CRITICAL,
            document_id=n,
            stated_date=datetime(*d, tzinfo=UTC),
        )
        for n, d in enumerate(days)
    ]
    inferred = evidence(
        "china",
        "human_rights",
        stance=Stance.CRITICAL,
        document_id=9,
        stated_basis=DateBasis.INFERRED,
    )

    found = spoken([*items, inferred], READ)

    assert (found.count, found.by_report, found.after_report, found.undated) == (4, 2, 1, 1)


def test_a_statement_that_vanished_keeps_its_result_and_says_so():
    gone = {
        "on_page": False,
        "gone_from": datetime(2026, 1, 1, tzinfo=UTC),
        "gone_to": datetime(2026, 1, 3, tzinfo=UTC),
    }

    found = spoken([evidence("china", "human_rights", stance=Stance.CONDEMNS, **gone)], READ)

    assert found.result == "condemned"
    assert found.rule.endswith(
        "not at its address since between 2026-01-01 and 2026-01-03; reason unknown"
    )


RULES = rules(load_codebook())
R3 = RULES[Recommendation.R3]
UNIVERSITY, INSTITUTE = InstitutionKind.UNIVERSITY, InstitutionKind.ETHICS_INSTITUTE


def held(code: Recommendation, *missing: str, quote: str = "q", **fields) -> Evidence:
    """A passage that shows every element of a recommendation but the ones named."""
    names = [n for n in (*RULES[code].required, *RULES[code].optional) if n not in missing]
    return evidence(str(code), elements={str(code): names}, quote=quote, **fields)


@pytest.mark.parametrize(
    ("code", "kind", "missing", "expected"),
    [
        ("R1", UNIVERSITY, (), "stated"),
        ("R1", UNIVERSITY, ("rights_named",), "partial"),
        ("R1", UNIVERSITY, ("before_start",), "partial"),
        ("R1", UNIVERSITY, ("unfunded_work", "escalation", "recheck"), "stated"),
        ("R1", InstitutionKind.FUNDER, (), "stated"),
        ("R1", INSTITUTE, (), "stated"),
        ("R1", InstitutionKind.GOVERNMENT, (), "not_applicable"),
        ("R2", UNIVERSITY, ("what_is_disclosed",), "partial"),
        ("R2", UNIVERSITY, ("to_whom",), "partial"),
        ("R2", UNIVERSITY, ("made_public", "non_financial", "sanction"), "stated"),
        ("R3", UNIVERSITY, ("trigger",), "partial"),
        ("R3", UNIVERSITY, ("who_decides",), "partial"),
        ("R3", UNIVERSITY, ("end_use", "contract_terms", "informal_collaboration", "no_nationality_ground"), "stated"),
        ("R4", INSTITUTE, ("own_commitment",), "stated"),
        ("R4", INSTITUTE, ("abuse_and_state",), "partial"),
        ("R4", UNIVERSITY, (), "not_applicable"),
        ("R5", INSTITUTE, ("labs_named",), "stated"),
        ("R5", INSTITUTE, ("china_named",), "partial"),
        ("R5", INSTITUTE, ("rights_risk",), "partial"),
        ("R5", INSTITUTE, ("concrete_steps",), "partial"),
        ("R5", InstitutionKind.ASSOCIATION, (), "not_applicable"),
        ("R6", InstitutionKind.GOVERNMENT, ("status", "sanction"), "stated"),
        ("R6", InstitutionKind.FUNDER, ("own_rule",), "partial"),
        ("R6", InstitutionKind.FUNDER, ("foreign_misuse",), "partial"),
        ("R6", UNIVERSITY, (), "not_applicable"),
    ],
)  # fmt: skip
def test_a_recommendation_is_stated_with_its_starred_elements_for_whom_it_addresses(
    code, kind, missing, expected
):
    rule = RULES[Recommendation(code)]

    found = coverage(rule, kind, [held(rule.code, *missing)], READ)

    assert found.result == expected
    assert not (expected == "partial" and missing) or missing[0].replace("_", " ") in found.rule


def test_advice_alone_to_disclose_is_partial():
    weak = held(Recommendation.R2, quote="Staff should report foreign funding to the register.")
    strong = held(Recommendation.R2, quote="Staff must report foreign funding to the register.")
    plain = held(Recommendation.R2, quote="Foreign funding is listed in a public register.")

    found = [
        coverage(RULES[Recommendation.R2], UNIVERSITY, [item], READ).result
        for item in (weak, strong, plain)
    ]

    assert found == ["partial", "stated", "stated"]


def test_each_element_says_how_strongly_it_binds_and_whom():
    quote = "All staff must ask the committee about military partners. Contracts may say how to end them."

    found = coverage(R3, UNIVERSITY, [held(Recommendation.R3, "end_use", quote=quote)], READ)

    rows = {row["name"]: row for row in found.elements}
    assert (rows["trigger"]["force"], rows["trigger"]["reach"]) == ("must", "all staff")
    assert (rows["contract_terms"]["force"], rows["contract_terms"]["held"]) == ("may", True)
    assert (rows["end_use"]["held"], rows["end_use"]["required"]) == (False, False)


def test_an_element_is_quoted_where_it_is_set_and_not_where_it_is_asked_about():
    asks = "When must partners be reported to the office? Staff must report foreign funding to the office."
    vague = "This policy tells staff what must be done before an agreement is made. " + asks

    rows = [
        {row["name"]: row["words"] for row in coverage(RULES[code], UNIVERSITY, [held(code, quote=quote)], READ).elements}
        for code, quote in ((Recommendation.R2, asks), (Recommendation.R2, vague))
    ]  # fmt: skip

    for row in rows:
        assert row["what_is_disclosed"] == "Staff must report foreign funding to the office."
        assert row["to_whom"] == "Staff must report foreign funding to the office."


@pytest.mark.parametrize(
    ("texts", "status", "result"),
    [
        (["This rule is in force."], "in force", "stated"),
        (["The bill would require disclosure."], "proposed", "partial"),
        (["The bill would require disclosure.", "This rule is in force."], "in force", "stated"),
        (["It has been superseded by a later list."], "superseded", "stated"),
        (["The guidance was withdrawn on Monday."], "withdrawn", "stated"),
        (["Grant holders must disclose."], None, "stated"),
    ],
)
def test_a_public_rule_carries_its_status_and_a_proposal_is_never_stated(texts, status, result):
    items = [held(Recommendation.R6, quote=text) for text in texts]

    found = coverage(RULES[Recommendation.R6], InstitutionKind.GOVERNMENT, items, READ)

    assert (found.status, found.result) == (status, result)


def test_a_university_that_applies_a_public_rule_cites_it():
    item = held(Recommendation.R6, cues={"R6": ["NSPM-33"]})

    found = coverage(RULES[Recommendation.R6], UNIVERSITY, [item], READ)

    assert "cites rule: NSPM-33" in found.rule


@pytest.mark.parametrize(("reviewed", "cites"), [(Reviewed.NONE, False), (Reviewed.TWO, True)])
def test_a_rule_is_cited_only_where_it_is_named_or_people_say_so(reviewed, cites):
    item = held(Recommendation.R6, cues={"R6": ["foreign gifts", "disclose"]}, reviewed=reviewed)

    found = coverage(RULES[Recommendation.R6], UNIVERSITY, [item], READ)

    assert ("cites rule" in found.rule, bool(found.evidence)) == (cites, cites)


def test_an_institute_without_research_partners_is_not_asked_about_them():
    with_partners = SearchRecord(**{**READ.to_json(), "partnership_passages": 1})

    assert coverage(R3, INSTITUTE, [], READ).result == "not_applicable"
    assert coverage(R3, INSTITUTE, [], with_partners).result == "none_found"
    assert coverage(R3, UNIVERSITY, [], READ).result == "none_found"


def test_a_clause_that_was_taken_out_states_nothing_any_more():
    gone = held(Recommendation.R3, on_page=False)

    assert coverage(R3, UNIVERSITY, [gone], READ).result == "none_found"


@pytest.mark.parametrize(
    ("quote", "what", "partner", "reason"),
    [
        ("In 2020 we ended our collaboration with iFlytek following a review.", "ended", "iFlytek", "following a review"),
        ("The university has suspended its agreement with Huawei.", "suspended", "Huawei", None),
        ("The council ruled out any new partnership with Beihang University because of its ties.", "refused", "Beihang University", "because of its ties"),
        ("We have reviewed the joint laboratory; the review of our work with SenseTime goes on.", "reviewed", "SenseTime", None),
    ],
)  # fmt: skip
def test_what_was_done_with_a_named_partner_is_told(quote, what, partner, reason):
    (row,) = acted([evidence("china", quote=quote)], deeds(load_codebook()))

    assert (row["what"], row["partner"], row["reason"]) == (what, partner, reason)
    assert row["stated_date"].startswith("2024-01-01")


@pytest.mark.parametrize(
    "quote",
    [
        "Partnerships with Huawei must be ended at once.",
        "We have not ended our collaboration with iFlytek.",
        "We ended our collaboration with a company.",
        "Huawei is a partner.",
    ],
)
def test_a_rule_a_denial_or_a_nameless_partner_is_no_deed(quote: str):
    assert acted([evidence("china", quote=quote)], deeds(load_codebook())) == []


def test_only_the_institutions_own_words_tell_its_deeds():
    quote = "The university has suspended its agreement with Huawei."

    assert acted([evidence("china", quote=quote, voice=Voice.GUEST)], deeds(load_codebook())) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "none_found"),
        ({"archive_read": False}, "not_checked"),
        ({"documents_read": 7}, "not_checked"),
        ({"uncovered_languages": ["zh"]}, "not_checked"),
        ({"period_from": None}, "not_checked"),
        ({"sources_failed": 1}, "unreachable"),
        ({"sources_declared": 5, "sources_tried": 5, "sources_failed": 1}, "none_found"),
        ({"sources_declared": 4, "sources_tried": 4, "sources_failed": 1}, "unreachable"),
        ({"sources_declared": 4, "sources_tried": 2}, "not_checked"),
        ({"sources_gone": 1}, "none_found"),
        ({"documents_read": 8}, "none_found"),
        ({"documents_read": 0, "sources_failed": 2}, "unreachable"),
        ({"documents_read": 0, "sources_tried": 0}, "not_checked"),
    ],
)
def test_absence_is_a_finding_only_with_its_full_search_record(fields, expected):
    given = {**READ.to_json(), **fields}

    assert absence(SearchRecord(**given))[0] == expected


def test_every_condition_of_the_protocol_is_told_with_what_was_there():
    checks = protocol(
        SearchRecord(**{**READ.to_json(), "documents_read": 5, "archive_read": False})
    )

    assert [check.asked for check in checks if not check.held] == [
        "an archive listing, sitemap, site search or archived history was read",
        "four fifths of the known documents were read",
    ]
    assert "5 of 10 documents read" in [check.said for check in checks]


@pytest.mark.parametrize("people", [Reviewed.NONE, Reviewed.ONE])
def test_a_coding_too_unsure_for_a_verdict_waits_until_a_person_confirms_it(people):
    item = evidence("china", "human_rights", stance=Stance.CONDEMNS, unsure=True, reviewed=people)

    found = spoken([item], READ)

    expected = ("not_checked", 1) if people is Reviewed.NONE else ("condemned", 0)
    assert (found.result, found.possible_quotes) == expected
    assert found.evidence == (item,)


def test_a_sure_passage_decides_and_the_unsure_one_beside_it_is_counted_as_waiting():
    sure = evidence("china", "partnership", stance=Stance.NEUTRAL)
    unsure = evidence("china", "human_rights", stance=Stance.CONDEMNS, unsure=True)

    found = spoken([unsure, sure], READ)

    assert (found.result, found.possible, found.possible_quotes) == ("discussed", "discussed", 2)


def test_elements_that_no_document_alone_holds_are_said_to_be_taken_together():
    rule = rules(load_codebook())[Recommendation.R1]
    named = evidence("R1", document_id=1, elements={"R1": ["rights_named"]})
    before = evidence("R1", document_id=2, elements={"R1": ["before_start"]})
    both = evidence("R1", document_id=3, elements={"R1": ["rights_named", "before_start"]})

    apart = coverage(rule, InstitutionKind.UNIVERSITY, [named, before], READ)
    alone = coverage(rule, InstitutionKind.UNIVERSITY, [named, both], READ)

    assert (apart.result, alone.result) == ("stated", "stated")
    assert apart.rule == "holds every required element, across 2 documents taken together"
    assert alone.rule == "holds every required element"


R1 = RULES[Recommendation.R1]
NAMED = {"elements": {"R1": ["rights_named"]}}
BEFORE = {"elements": {"R1": ["before_start"]}}


@pytest.mark.parametrize("unsure", [False, True])
def test_an_element_that_a_passage_awaiting_review_holds_is_possible_and_never_lacking(unsure):
    read = evidence("R1", reviewed=Reviewed.ONE, **NAMED)
    unread = evidence("R1", passage_id=2, unsure=unsure, **BEFORE)

    found = coverage(R1, UNIVERSITY, [read, unread], READ)

    rows = {row["name"]: row for row in found.elements}
    assert found.rule == "confirmed so far: rights named; awaiting review: before start"
    assert (rows["before_start"]["state"], rows["before_start"]["awaiting"]) == ("possible", 1)
    assert element_said(rows["before_start"]) == "possible, 1 passage awaits review"
    assert (rows["rights_named"]["state"], rows["recheck"]["state"]) == ("held", "lacks")
    assert (found.result, found.evidence, found.awaiting) == ("partial", (read,), (unread,))
    assert (found.reviewed, found.possible_quotes) == (Reviewed.ONE, 1)


def test_a_partial_that_what_awaits_review_would_complete_is_at_least_partial():
    read = evidence("R1", reviewed=Reviewed.ONE, **NAMED)
    found = [
        coverage(R1, UNIVERSITY, [read, *more], READ)
        for more in ([evidence("R1", **BEFORE)], [evidence("R1", **NAMED)], [])
    ]

    told = [(at_least(f.result, f.reviewed, f.possible), f.possible, f.rule) for f in found]

    assert told[0] == (True, "stated", "confirmed so far: rights named; awaiting review: before start")  # fmt: skip
    assert told[1:] == [(False, "partial", "lacks: before start"), (False, None, "lacks: before start")]  # fmt: skip


def test_what_awaits_review_never_makes_a_confirmed_result_more_than_people_confirmed():
    read = evidence("R1", reviewed=Reviewed.TWO, elements={"R1": ["escalation"]})
    unread = evidence("R1", elements={"R1": ["rights_named", "before_start"]})

    found = coverage(R1, UNIVERSITY, [read, unread], READ)

    assert (found.result, found.possible, found.reviewed) == ("partial", "stated", Reviewed.TWO)
    assert found.rule == (
        "confirmed so far: no required element; awaiting review: rights named, before start"
    )
    assert [row["name"] for row in found.elements if row["held"]] == ["escalation"]


def test_confirmed_advice_is_not_called_all_where_a_rule_awaits_review():
    advice = held(Recommendation.R2, quote="Staff should report foreign funding to the register.", reviewed=Reviewed.ONE)  # fmt: skip
    binding = held(Recommendation.R2, quote="Staff must report foreign funding to the register.")

    found = coverage(RULES[Recommendation.R2], UNIVERSITY, [advice, binding], READ)

    assert found.rule.endswith("but only as advice; what awaits review may say more")
    assert at_least(found.result, found.reviewed, found.possible)


def test_of_who_has_spoken_what_awaits_review_stands_beside_the_confirmed():
    confirmed = evidence("china", "partnership", stance=Stance.NEUTRAL, reviewed=Reviewed.ONE)
    possible = evidence("china", "human_rights", stance=Stance.CONDEMNS)

    found = spoken([possible, confirmed], READ)

    assert (found.evidence, found.awaiting) == ((confirmed,), (possible,))
