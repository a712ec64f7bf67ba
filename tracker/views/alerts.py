"""Tell me when: build a rule, see what it would have sent, take it."""

import json
import shlex
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from tracker.alerts.feeds import feed_address, feed_of_rule
from tracker.alerts.messages import compose
from tracker.alerts.outbox import preview
from tracker.alerts.subscriptions import ChangeFacts, Rule, class_in_words, parse_rule
from tracker.coding.lexicon import load_lexicon
from tracker.model import (
    Cadence,
    ChangeClass,
    ChangeKind,
    Channel,
    InstitutionKind,
    Recommendation,
    SubscriptionState,
    Topic,
)
from tracker.queries import Overview
from tracker.settings import Settings
from tracker.store.subscriptions import Recipient
from tracker.views import html, shared
from tracker.views.addresses import APP
from tracker.views.opening import open_store

SENT = (ChangeClass.MATERIAL, ChangeClass.RECORD, ChangeClass.AVAILABILITY, ChangeClass.MINOR)
DAYS = {"30": "30 days", "90": "90 days", "365": "a year"}
SHOWN = 10


def render() -> None:
    """Let a rule be built, show what it would have sent, and say how to subscribe."""
    shown = shared.frame(
        "Alerts",
        "Be told when a text changes",
        "Choose what to watch. Below stands what the rule would have sent. Alerts speak of text; what a change means waits for a person.",
    )
    if shared.nothing_yet(shown):
        return
    rule, days = _builder()
    shared.left_out()
    found = _backtest(rule, shown, days)
    shared.show(_verdict(found, days), _messages(found))
    if found:
        _example(found[-1], rule, shown)
    _subscribe(rule)
    shared.foot(shown)


def _builder() -> tuple[Rule, int]:
    shared.renamed(rec="recommendation", inst="institution")
    names = {key: row.name for key, row in shared.institutions().items()}
    countries = sorted({row.country for row in shared.institutions().values()})
    one, two, three = st.columns(3)
    with one:
        institutions = shared.choose("Institutions", "institution", names)
        topics = shared.choose("Topics", "topic", {str(t): html.words(t) for t in Topic})
    with two:
        kinds = shared.choose("Kinds", "kind", {str(k): html.KINDS[k] for k in InstitutionKind})
        codes = shared.choose(
            "Recommendations", "recommendation", {str(r): str(r) for r in Recommendation}
        )
    with three:
        country = shared.choose(
            "Countries", "country", {code: html.country(code) for code in countries}
        )
        classes = shared.choose(
            "Classes (if none: material and record)",
            "class",
            {str(c): class_in_words(c) for c in SENT},
        )
    left, right = st.columns(2)
    with left:
        what = {str(kind): html.words(kind) for kind in ChangeKind}
        change_kinds = shared.choose("What happened", "change_kind", what)
    with right:
        bodies = {entity.key: entity.name for entity in load_lexicon().entities}
        entities = shared.choose("Texts that name", "entity", bodies)
    given: dict[str, Any] = {
        "institutions": institutions,
        "topics": topics,
        "kinds": kinds,
        "recommendations": codes,
        "countries": country,
        "classes": classes,
        "change_kinds": change_kinds,
        "entities": entities,
    }
    asked = {name: values for name, values in given.items() if values}
    days = st.selectbox("Try it on the last", list(DAYS), index=1, format_func=DAYS.__getitem__)
    return parse_rule(asked, institutions=names, entities=bodies), int(days)


def _backtest(rule: Rule, shown: Overview, days: int) -> Sequence[ChangeFacts]:
    if shown.last_run_at is None:
        return ()
    until = shown.last_run_at + timedelta(seconds=1)
    with open_store().transaction() as session:
        return preview(session, rule, since=until - timedelta(days=days), until=until)


def _verdict(found: Sequence[ChangeFacts], days: int) -> str:
    weeks = max(1, days // 7)
    per_week = Counter(fact.seen_to.isocalendar()[:2] for fact in found)
    busiest = max(per_week.values(), default=0)
    return (
        f'<div role="status"><h2>This rule would have sent {html.number(len(found), "message")} in the {days} days before the last read</h2>'
        f'<p class="t-meta">{len(found) / weeks:.1f} a week on average, at most {busiest} in one week. A change is sent once it was seen twice.</p></div>'
    )


def _messages(found: Sequence[ChangeFacts]) -> str:
    if not found:
        return html.card(
            "Nothing would have been sent.",
            "Widen the rule, or keep it: no message then means that no such change was seen, while reads go on.",
        )
    items = (
        f"{html.go(APP.change(fact.id), html.brief(fact.summary))} <br><span class='t-meta'>{html.escape(fact.institution_name)} · "
        f"{html.escape(fact.title)} · {html.when(fact)}</span>"
        for fact in reversed(found[-SHOWN:])
    )
    more = (
        f'<p class="t-meta">The latest {SHOWN} of {len(found)}.</p>' if len(found) > SHOWN else ""
    )
    return html.listing(items, empty="") + more


def _example(fact: ChangeFacts, rule: Rule, shown: Overview) -> None:
    message = _message(fact, rule, shown.last_run_at or fact.seen_to)
    with st.expander("Read the latest message as it would arrive"):
        shared.show(f"<p><b>Subject:</b> {html.escape(message.subject)}</p>")
        st.code(message.text, language=None, wrap_lines=True)


def _message(fact: ChangeFacts, rule: Rule, at: datetime) -> Any:
    recipient = Recipient(
        id=0,
        name="my-alerts",
        channel=Channel.EMAIL,
        target="you@your.example",
        cadence=Cadence.INSTANT,
        timezone="UTC",
        rule=rule.model_dump(mode="json"),
        state=SubscriptionState.ACTIVE,
        token="example",  # noqa: S106  (stands in the example's link, opens nothing)
    )
    return compose("example", recipient, [fact], public_url=Settings().public_url, at=at)


def _subscribe(rule: Rule) -> None:
    given = rule.model_dump(mode="json", exclude_defaults=True)
    command = f"tracker alerts add my-alerts --channel email --target you@your.example --rule {shlex.quote(json.dumps(given))}"
    shared.show(
        "<h2>Take it</h2>", "<p>Without an account, as the Atom feed of this very rule:</p>"
    )
    feed = feed_address(feed_of_rule(rule), Settings().public_url)
    st.code(feed, language=None, wrap_lines=True)
    shared.show(
        f"<p>{html.link(feed, 'Open the feed')}</p>",
        "<p>By e-mail, webhook or chat, whoever runs the tracker adds the rule:</p>",
    )
    st.code(command, language="bash", wrap_lines=True)
    shared.show(
        f'<p class="t-meta">In words: {html.escape(rule)}. Every message says why it came and how to stop it.</p>'
    )
