"""Texts that mean harm: to a pattern, a template, a mail, a page, a terminal, a log."""

import email
import html
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patterns import Used, grows, patterns
from test_alerts import deliveries, fill, subscribe

from tracker.alerts.facts import newest_facts
from tracker.alerts.messages import as_email, compose, notice
from tracker.alerts.outbox import send_due
from tracker.alerts.webhook import signature
from tracker.commands.shared import print_table
from tracker.model import Channel, SubscriptionState
from tracker.settings import Settings
from tracker.store.subscriptions import Recipient
from tracker.views import printed

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
READER = Recipient(1, "mine", Channel.EMAIL, "r@reader.example", "instant", "UTC", {}, SubscriptionState.ACTIVE, "t")  # fmt: skip


def test_no_pattern_takes_more_than_linear_time():
    slow = {name: said for name, used in patterns().items() if (said := grows(used))}

    assert slow == {}


def test_a_pattern_that_is_slow_would_be_found():
    assert grows(Used(re.compile(r"<!--.*?-->", re.DOTALL), whole=False))
    assert grows(Used(re.compile(r"\s*[,;]"), whole=False))
    assert not grows(Used(re.compile(r"<[^<>]*>"), whole=False))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300), st.text(max_size=80))
def test_no_title_adds_a_header_to_a_mail(title: str, name: str):
    message = notice("id", replace(READER, name=name), "trial", title, public_url="https://t.example", at=NOON)  # fmt: skip
    mail = as_email(message, mail_from="")

    read = email.message_from_bytes(mail.as_bytes(), policy=default)

    assert read.keys() == mail.keys()
    assert "".join(str(read["Subject"]).split()) == "".join(message.subject.split())


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\u2028", "\x0b", "\x85", "\x00"])
def test_no_line_of_a_title_becomes_a_line_of_a_header(break_):
    message = notice("id", READER, "trial", f"a{break_}Bcc: x@y.example{break_ * 2}<b>", public_url="https://t.example", at=NOON)  # fmt: skip
    mail = as_email(message, mail_from="")

    read = email.message_from_bytes(mail.as_bytes(), policy=default)
    assert read["Bcc"] is None
    assert read["Subject"] == "a Bcc: x@y.example <b>"


TEMPLATES = ["{{ 7 * 7 }}", "{% for a in [1] %}x{% endfor %}", "{{ message.__class__.__mro__ }}", "{# gone #}", "${7*7}", "<%= 7 %>"]  # fmt: skip


@pytest.mark.parametrize("title", TEMPLATES)
def test_a_template_in_a_title_is_text(sqlite_store, title):
    fill(sqlite_store, title=title)
    with sqlite_store.transaction() as session:
        [fact] = list(newest_facts(session))
    fact = replace(fact, institution_name=title, summary=title)

    message = compose("id", replace(READER, name=title), [fact], public_url="https://t.example", at=NOON)  # fmt: skip

    assert title in " ".join(message.text.split())
    assert title in html.unescape(" ".join(message.html.split()))


def test_no_stored_text_ends_the_script_that_describes_a_page(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKER_DATA_DIR", str(tmp_path))
    said = {"@type": "CreativeWork", "name": "</script><script>alert(1)</script><!--"}

    body = printed.answer("T", "", path="/p/x", about=said).body.decode()

    [block] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', body, re.DOTALL)
    assert json.loads(block)["about"] == said
    assert body.count("<script") == 1


def test_no_title_drives_the_terminal(capsys):
    hostile = "a\x1b]0;owned\x07\x1b[31mb\x9b2J\u202ec\rd"

    print_table([{"title": hostile, "labels": [hostile]}], ["title", "labels"], "T")

    shown = capsys.readouterr().out
    assert [c for c in shown if not c.isprintable() and c != "\n"] == []


PASSWORDS = {
    "TRACKER_DATABASE_URL": "postgresql://tracker:hunter2@127.0.0.1:9/x",
    "TRACKER_SMTP_URL": "smtp://tracker:hunter2@127.0.0.1:9",
    "TRACKER_SECRET": "hunter2",
    "TRACKER_OIDC_CLIENT_SECRET": "hunter2",
}
WRONG = {
    "TRACKER_DATABASE_URL": "postgresql://tracker:hunter2/x@127.0.0.1/x",
    "TRACKER_SMTP_URL": "smtp://tracker:hunter2/@127.0.0.1",
}
VERBS = [("status", "--json"), ("crawl", "--json"), ("spoken",), ("alerts", "send"), ("sources", "list", "--json"), ("db", "upgrade"), ("serve",)]  # fmt: skip


def said_by(folder, arguments, environment) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from tracker.cli import main; main()", *arguments]
    given = {**os.environ, "TRACKER_DATA_DIR": str(folder), **environment}
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_no_password_is_said_when_something_is_wrong(tmp_path, verb):
    environments = [WRONG] if verb == ("serve",) else [PASSWORDS, WRONG]
    for environment in environments:
        done = said_by(tmp_path, verb, environment)

        assert done.returncode == 2
        assert "TRACKER_" in done.stderr
        assert "hunter2" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "wrong", ["postgresql://u:p@ss@h/x", "postgresql://u:12/hunter2@h/x", "postgresql://u:1#hunter2@h/x", "smtp://u:hunter2@h:x"]
)  # fmt: skip
def test_a_password_that_is_not_escaped_is_said_without_being_shown(wrong):
    name = "SMTP_URL" if wrong.startswith("smtp") else "DATABASE_URL"

    with pytest.raises(ValueError, match="%40") as refused:
        Settings(**{name.lower(): wrong})

    assert "hunter2" not in str(refused.value)
    assert "p@ss" not in str(refused.value)


def test_no_secret_stands_in_the_settings_own_words():
    given = {name.removeprefix("TRACKER_").lower(): value for name, value in PASSWORDS.items()}

    assert "hunter2" not in repr(Settings(**given)) + str(Settings(**given))


def test_a_failed_delivery_says_no_password(sqlite_store, tmp_path):
    fill(sqlite_store)
    subscribe(sqlite_store, Channel.EMAIL, "reader@reader.example")
    made = Settings(
        data_dir=tmp_path, smtp_url="smtp://tracker:hunter2@127.0.0.1:9", secret="hunter2"
    )

    report = send_due(sqlite_store, made, at=NOON)

    [row] = deliveries(sqlite_store)
    assert report.failed == 1
    assert row.error
    assert "hunter2" not in row.error


def test_a_signature_is_by_a_key_that_no_message_holds(sqlite_store):
    message = notice("id", READER, "trial", "s", public_url="https://t.example", at=NOON)

    sent = repr(signature(message, b"{}", "hunter2")) + message.text + message.html

    assert "hunter2" not in sent
