"""From pages to messages: what is told once, what is folded, what waits, what is never told."""

import email
from email.policy import default

import pytest
from builders import NOON
from chain import PLAIN, RULE, Site, days, page
from sqlmodel import select

from tracker.model import (
    ChangeClass,
    ChangeKind,
    Delivery,
    DeliveryState,
    Finding,
    MeaningState,
    Reason,
    Version,
    VersionOrigin,
)
from tracker.rederiving import STAMPS
from tracker.store.confirming import record_about, settle_meaning
from tracker.store.deliveries import owe_told, withdraw

WEAKER = RULE.replace("must", "may")


@pytest.fixture
def site(store, tmp_path) -> Site:
    return Site(store, tmp_path)


def told(site: Site, *, at) -> list[str]:
    return list(site.send(at=at).subjects)


def test_a_material_change_is_told_after_a_second_read_and_once(site):
    site.subscribe()
    site.read({"p": page(PLAIN, RULE)}, at=NOON)
    site.read({"p": page(PLAIN, WEAKER)}, at=NOON + days(1))
    assert told(site, at=NOON + days(1)) == []

    site.read({"p": page(PLAIN, WEAKER)}, at=NOON + days(2))

    assert told(site, at=NOON + days(2)) == [
        "[Tracker] Alder Institute: 1 sentence changed under “Scope” (Partnerships)"
    ]
    assert told(site, at=NOON + days(9)) == []


def test_a_change_seen_once_is_confirmed_by_a_later_text_that_keeps_it(site):
    site.subscribe()
    site.read({"p": page(PLAIN, RULE)}, at=NOON)
    site.read({"p": page(PLAIN, WEAKER)}, at=NOON + days(7))
    site.read({"p": page(PLAIN + " It has a new door.", WEAKER)}, at=NOON + days(14))

    assert len(told(site, at=NOON + days(14))) == 1


OWN_WORD = "We condemn the mass surveillance of Uyghurs in Xinjiang by the Chinese government as a violation of human rights."


def test_findings_from_the_same_evidence_say_when_it_was_read_last(site):
    def findings() -> dict[str, tuple[str, list, str]]:
        with site.store.transaction() as session:
            rows = session.exec(select(Finding)).all()
        return {row.question: (row.result, row.evidence, row.search_record["last_read"]) for row in rows}  # fmt: skip

    site.read({"policy": page(PLAIN, OWN_WORD)}, at=NOON)
    before = findings()
    site.read({"policy": page(PLAIN, OWN_WORD)}, at=NOON + days(1))
    after = findings()

    assert any(evidence for _, evidence, _ in before.values())
    assert {question: found[:2] for question, found in after.items()} == {
        question: found[:2] for question, found in before.items()
    }
    assert {last for *_, last in before.values()} == {NOON.isoformat()}
    assert {last for *_, last in after.values()} == {(NOON + days(1)).isoformat()}


LONG = " ".join(
    f"The {n}th room of the old library opens at {n} in the morning." for n in range(60)
)
SHELL = "This site needs a newer browser to be shown. Please turn on scripts, or ask the desk for help with it."


@pytest.mark.parametrize(
    ("left", "change_class"),
    [(PLAIN, ChangeClass.MATERIAL), (SHELL, ChangeClass.AVAILABILITY)],
)
def test_a_page_that_stays_cut_is_a_change_and_a_lasting_shell_is_out_of_reach(
    site, left, change_class
):
    site.read({"p": page(PLAIN, f"{RULE} {LONG}")}, at=NOON)
    for number in range(1, 5):
        site.read({"p": page(left, left)}, at=NOON + days(number))

    assert [change.change_class for change in site.changes()] == [change_class]


def test_a_page_that_is_short_for_a_day_is_none(site):
    site.read({"p": page(PLAIN, f"{RULE} {LONG}")}, at=NOON)
    for hours in (1, 9, 20, 60):
        site.read({"p": page(PLAIN, PLAIN)}, at=NOON + days(hours / 24))
    site.read({"p": page(PLAIN, f"{RULE} {LONG}")}, at=NOON + days(3))

    assert site.changes() == []


def test_a_text_that_flaps_is_one_item_and_tells_nobody_before_it_is_confirmed(site):
    site.subscribe()
    for number, text in enumerate((RULE, WEAKER, RULE, WEAKER, RULE)):
        site.read({"p": page(PLAIN, text)}, at=NOON + days(number / 100))

    first, *rest = site.changes()
    assert first.summary.endswith("the earlier text is back")
    assert [change.folded_into_id for change in rest] == [first.id] * 3
    assert told(site, at=NOON + days(1)) == []


def test_one_policy_text_on_forty_pages_is_one_message(site):
    site.subscribe()
    names = [f"p{number}" for number in range(40)]
    own = {name: f"{PLAIN} This is page {name} with its own words." for name in names}
    site.read({name: page(own[name]) for name in names}, at=NOON)
    for number in (1, 2):
        site.read({name: page(own[name], RULE) for name in names}, at=NOON + days(number))

    [subject] = told(site, at=NOON + days(2))
    assert "the same on 39 more pages of the site" in subject


def test_one_edit_that_is_found_page_by_page_is_folded_across_updates(site):
    names = [f"p{number}" for number in range(8)]
    site.read({name: page(PLAIN, RULE) for name in names}, at=NOON)
    for number in range(8):
        now = {n: page(PLAIN, WEAKER if at <= number else RULE) for at, n in enumerate(names)}
        site.read(now, at=NOON + days(1 + number / 10))

    first, *rest = site.changes()
    assert [change.folded_into_id for change in rest] == [first.id] * 7


OLD = '<header class="site-header"><nav>Home | About</nav></header>{}<footer>2024 Alder</footer>'
NEW = (
    '<div class="cookie-banner">We use cookies.</div><nav><a href="/">Start</a><a href="/x">Join us</a></nav>'
    '<div class="wrap"><div class="layout-2"><article class="card">{}</article></div>'
    "<aside>Latest news: a party.</aside></div><footer>2026 Alder, all rights reserved</footer>"
)


def test_a_redesign_with_the_same_texts_tells_nobody(site):
    site.subscribe()
    texts = {f"p{n}": [f"{PLAIN} Page {n}.", RULE, f"Ask office {n}."] for n in range(12)}
    site.read({name: page(*text, frame=OLD) for name, text in texts.items()}, at=NOON)
    for number in (1, 2):
        site.read(
            {name: page(*text, frame=NEW) for name, text in texts.items()}, at=NOON + days(number)
        )

    assert told(site, at=NOON + days(2)) == []
    assert [c for c in site.changes() if c.change_class is ChangeClass.MATERIAL] == []


def test_minor_edits_are_listed_and_not_sent(site):
    site.subscribe()
    site.read({"p": page(PLAIN, RULE)}, at=NOON)
    for number in (1, 2):
        site.read({"p": page(PLAIN.replace("weekdays", "weekends"), RULE)}, at=NOON + days(number))

    [change] = site.changes()
    assert (change.change_class, change.kind) == (ChangeClass.MINOR, ChangeKind.WORDING)
    assert told(site, at=NOON + days(2)) == []


def _make_old(site: Site, *, say: str | None = None) -> None:
    """Let the current version look as if an older extractor had made it, of another text if asked."""
    with site.store.transaction() as session:
        [version] = session.exec(select(Version)).all()
        version.extractor = "html 0"
        if say is not None:
            version.text_sha256 = say


def test_kept_bytes_read_anew_are_technical_and_tell_nobody(site):
    site.subscribe(rule={"classes": list(ChangeClass)})
    site.read({"p": page(PLAIN, RULE)}, at=NOON)
    _make_old(site, say="another text")

    site.read({"p": page(PLAIN, RULE)}, at=NOON + days(1), anew=True)

    with site.store.transaction() as session:
        versions = session.exec(select(Version).order_by(Version.number)).all()
        owed = session.exec(select(Delivery)).all()
    assert [v.origin for v in versions] == [VersionOrigin.OBSERVED, VersionOrigin.TECHNICAL]
    assert [v.current for v in versions] == [False, True]
    assert versions[1].extractor in STAMPS
    assert versions[1].seen_to == versions[0].seen_to
    assert owed == []


def test_the_same_text_read_anew_only_gets_its_stamp(site):
    site.read({"p": page(PLAIN, RULE)}, at=NOON)
    _make_old(site)

    site.read({"p": page(PLAIN, RULE)}, at=NOON + days(1), anew=True)

    with site.store.transaction() as session:
        [version] = session.exec(select(Version)).all()
    assert version.extractor in STAMPS


def test_a_new_capture_is_compared_with_the_old_bytes_read_by_the_same_extractor(site):
    site.read({"p": page(PLAIN, RULE)}, at=NOON)
    _make_old(site, say="as an older extractor read it")

    site.read({"p": page(PLAIN, WEAKER)}, at=NOON + days(1))

    [change] = [c for c in site.changes() if c.change_class is not ChangeClass.TECHNICAL]
    assert change.summary == "1 sentence changed under “Scope”"
    with site.store.transaction() as session:
        origins = [v.origin for v in session.exec(select(Version).order_by(Version.number))]
    assert origins == [VersionOrigin.OBSERVED, VersionOrigin.TECHNICAL, VersionOrigin.OBSERVED]


def weakened(site: Site) -> int:
    """A change that may mean something, told to one subscriber and not to a second."""
    site.subscribe("told")
    site.subscribe("elsewhere", rule={"countries": ["DE"]})
    site.read({"p": page(PLAIN, RULE)}, at=NOON)
    for number in (1, 2):
        site.read({"p": page(PLAIN, WEAKER)}, at=NOON + days(number))
    [change] = site.changes()
    return change.id


def mails(site: Site) -> dict[str, str]:
    """What lies in the outbox, as plain text on one line, by name of the file."""
    return {
        file.name: " ".join(
            email.message_from_bytes(file.read_bytes(), policy=default)
            .get_body(["plain"])
            .get_content()
            .split()
        )
        for file in site.settings.outbox.glob("*.eml")
    }


def test_meaning_is_kept_and_told_only_after_a_person_confirmed_it(site):
    change = weakened(site)
    [kept] = site.changes()
    assert "“must” became “may”" in kept.meaning
    assert kept.shifts[0]["direction"] == "weakened"
    site.send(at=NOON + days(2))
    [before] = mails(site).values()
    assert "became" not in before
    assert "meaning not assessed; institution not yet asked" in before

    with site.store.transaction() as session:
        settled = settle_meaning(
            session, change, state=MeaningState.CONFIRMED, by="A. B.", at=NOON + days(3)
        )
        record = record_about(
            session, change, kind=ChangeKind.CODING, summary=settled.meaning, at=NOON + days(3)
        )
        assert owe_told(session, record, change, at=NOON + days(3)) == 1

    [subject] = told(site, at=NOON + days(3))
    assert "became" in subject


def test_with_the_setting_a_machines_reading_is_told_as_such(store, tmp_path):
    site = Site(store, tmp_path, meaning_after_review=False)
    weakened(site)
    site.send(at=NOON + days(2))

    [mail] = mails(site).values()
    assert "by machine, not yet reviewed" in mail


def test_a_correction_goes_to_exactly_those_who_got_the_alert(site):
    change = weakened(site)
    site.send(at=NOON + days(2))
    site.subscribe("later")

    with site.store.transaction() as session:
        record = record_about(
            session,
            change,
            kind=ChangeKind.CORRECTION,
            summary="a mistake of ours",
            at=NOON + days(3),
        )
        owe_told(session, record, change, at=NOON + days(3))

    report = site.send(at=NOON + days(3))
    with site.store.transaction() as session:
        owed = session.exec(select(Delivery).where(Delivery.change_id == record)).all()
    assert (report.sent, len(owed)) == (1, 1)
    assert "a mistake of ours" in report.subjects[0]


def test_a_corrected_alert_that_nobody_got_yet_goes_to_nobody(site):
    change = weakened(site)

    with site.store.transaction() as session:
        record = record_about(
            session, change, kind=ChangeKind.CORRECTION, summary="a mistake", at=NOON + days(2)
        )
        assert owe_told(session, record, change, at=NOON + days(2)) == 0
        assert withdraw(session, change) == 1

    assert told(site, at=NOON + days(3)) == []


def test_beyond_a_rules_most_a_day_the_rest_comes_as_one_message(site):
    site.subscribe(rule={"at_most": 2})
    names = [f"p{number}" for number in range(5)]
    site.read({name: page(f"{PLAIN} Own words of {name}.", RULE) for name in names}, at=NOON)
    for number in (1, 2):
        site.read(
            {n: page(f"{PLAIN} Own words of {n}.", f"{WEAKER} In {n}.") for n in names},
            at=NOON + days(number),
        )

    assert site.send(at=NOON + days(2)).sent == 2
    [rest] = told(site, at=NOON + days(3))
    assert "3 changes" in rest


@pytest.mark.parametrize(
    ("rule", "number"),
    [
        ({"at_least_words": 1}, 1),
        ({"at_least_words": 2}, 0),
        ({"muted_documents": ["http://alder.example/p"]}, 0),
        ({"documents": ["http://alder.example/p"]}, 1),
    ],
)
def test_a_rule_narrows_by_size_and_document(site, rule, number):
    site.subscribe(rule=rule)
    site.read({"p": page(PLAIN, RULE)}, at=NOON)
    for day in (1, 2):
        site.read({"p": page(PLAIN, WEAKER)}, at=NOON + days(day))

    assert len(told(site, at=NOON + days(2))) == number


def test_what_walls_a_whole_site_is_one_item(site):
    site.subscribe(rule={"classes": list(ChangeClass)[:4]})
    names = [f"p{number}" for number in range(6)]
    texts = {name: page(PLAIN * 8, RULE, f"Own words of {name}.") for name in names}
    site.read(texts, at=NOON)
    for number in range(1, 5):
        site.read(dict.fromkeys(names, Reason.LOGIN), at=NOON + days(number))

    walled = [c for c in site.changes() if c.kind is ChangeKind.WALLED]
    assert len(walled) == 6
    assert sum(c.folded_into_id is None for c in walled) == 1
    assert len([s for s in told(site, at=NOON + days(5)) if "login" in s]) == 1


def test_what_is_owed_and_dropped_is_counted(site):
    weakened(site)
    site.send(at=NOON + days(2))

    with site.store.transaction() as session:
        states = [row.state for row in session.exec(select(Delivery))]
    assert states == [DeliveryState.SENT]


NAMING = (
    "Our joint laboratory with the Shanghai Artificial Intelligence Research Institute (SAIRI) works on "
    "surveillance cameras; the office must review the agreement for human rights risk each year."
)


@pytest.mark.parametrize(
    ("entities", "told_of"),
    [
        (["shanghai-artificial-intelligence-research-institute"], 1),
        (["shanghai-ai-laboratory"], 0),
        (["zhejiang-lab", "shanghai-artificial-intelligence-research-institute"], 1),
    ],
)
def test_a_subscriber_is_told_of_texts_that_name_a_body_and_of_no_namesake(site, entities, told_of):
    site.subscribe(rule={"entities": entities})
    site.read({"p": page(PLAIN, NAMING)}, at=NOON)
    site.read({"p": page(PLAIN, NAMING.replace("must", "may"))}, at=NOON + days(1))
    site.read({"p": page(PLAIN, NAMING.replace("must", "may"))}, at=NOON + days(2))

    assert len(told(site, at=NOON + days(2))) == told_of
