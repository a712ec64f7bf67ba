"""`tracker alerts`, as a person types it."""

import json
from datetime import timedelta

import pytest
from sqlmodel import select
from test_alerts import NOON, fill, subscribe
from typer.testing import CliRunner

from tracker.alerts.subscriptions import Rule
from tracker.commands.alerts import FIELDS, app
from tracker.commands.sending import why_not_out
from tracker.commands.shared import WrongInputError
from tracker.model import Cadence, Channel, Delivery, DeliveryState
from tracker.settings import Settings
from tracker.store import Store


@pytest.fixture
def alerts(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TRACKER_PUBLIC_URL", "https://tracker.example")
    monkeypatch.setenv("COLUMNS", "240")

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, list(words))
        if isinstance(done.exception, WrongInputError):
            assert code == 2
            return str(done.exception)
        assert done.exit_code == code, done.output
        return done.output

    return run


PAGE = "http://alder.example/p"


def with_a_change(channel: Channel | None = None, **asked) -> None:
    """The store of the settings gets a change, and a subscription that is owed it."""
    store = Store.open(Settings().store_url)
    fill(store)
    if channel:
        subscribe(store, channel, **asked)
    store.close()


def listed(alerts) -> dict[str, dict]:
    return {row["name"]: row for row in json.loads(alerts("list", "--json"))}


def test_mail_is_pending_until_its_address_agrees(alerts):
    assert "pending" in alerts("add", "mine", "--channel", "email", "--target", "a@b.example")
    assert listed(alerts)["mine"]["state"] == "pending"
    assert "nothing may be sent" in alerts("test", "mine", code=2)


def test_a_failure_is_shown_and_is_the_exit_code(alerts):
    alerts("add", "mine", "--channel", "email", "--target", "a@b.example")

    assert "1 failed" in alerts("send", code=1)  # the question: no mail server is set


def test_a_channel_can_be_tried(alerts, tmp_path):
    alerts("add", "mine")

    assert "taken" in alerts("test", "mine")
    [mail] = (tmp_path / "outbox").glob("*.eml")
    assert "Nothing has changed" in mail.read_text()


def test_each_channel_says_what_is_needed_next(alerts):
    assert "https://tracker.example/feeds/rule/" in alerts("add", "a", "--channel", "atom")
    assert "whsec_" in alerts(
        "add", "b", "--channel", "webhook", "--target", "https://hook.example/"
    )


def test_everything_wrong_is_named_at_once(alerts):
    said = alerts(
        "add", "x", "--channel", "email", "--target", "nobody", "--timezone", "Mars", code=2
    )

    assert "nobody" in said
    assert "Mars" in said
    assert "https" in alerts(
        "add", "x", "--channel", "webhook", "--target", "http://a.example/", code=2
    )
    assert 'did you mean "mine"' in (alerts("add", "mine"), alerts("end", "mien", code=2))[1]


def test_a_subscription_is_muted_whole_or_for_a_document_and_ended(alerts):
    with_a_change()
    alerts("add", "mine", "--rule", '{"at_least_words": 3}')

    alerts("mute", "mine", "--document", PAGE)
    rule = listed(alerts)["mine"]["rule"]
    assert (rule["muted_documents"], rule["at_least_words"]) == ([PAGE], 3)
    alerts("mute", "mine", "--document", PAGE, "--off")
    assert listed(alerts)["mine"]["rule"]["muted_documents"] == []
    alerts("mute", "mine")
    assert listed(alerts)["mine"]["state"] == "muted"
    alerts("mute", "mine", "--off")
    alerts("end", "mine")
    assert listed(alerts)["mine"]["state"] == "ended"
    assert "cannot be muted" in alerts("mute", "mine", code=2)


@pytest.mark.parametrize("verb", [["correct", "7", "--note", "no"], ["meaning", "7"]])
def test_a_verdict_on_a_change_that_is_not_there_is_wrong_input(alerts, verb):
    assert "there is no change 7" in alerts(*verb, "--by", "A. B.", code=2)


def test_a_correction_and_a_meaning_say_whom_they_reach(alerts):
    store = Store.open(Settings().store_url)
    change = str(fill(store))
    store.close()

    assert alerts("correct", change, "--note", "wrong page", "--by", "A. B.") == (
        "0 will get the correction, 0 will not get the alert\n"
    )
    assert "no meaning that waits" in alerts("meaning", change, "--by", "A. B.", code=2)


@pytest.mark.parametrize(
    ("confirmed", "owing", "then", "said"),
    [
        (False, {}, {}, "1 waiting for a second read of the page"),
        (True, {"cadence": Cadence.WEEKLY}, {}, "1 waiting for the time of a digest; the next falls due at 20"),
        (True, {"rule": {"at_most": 1}}, {"attempts": 0}, "1 beyond the most a day"),
        (True, {}, {"attempts": 2, "error": "500"}, "1 refused before, to be tried again"),
        (True, {}, {"state": DeliveryState.CLAIMED}, "1 being sent by another sender"),
    ],
)  # fmt: skip
def test_what_is_held_back_is_told_by_reason(sqlite_store, confirmed, owing, then, said):
    fill(sqlite_store, confirmed=confirmed)
    subscribe(sqlite_store, Channel.OUTBOX, **owing)
    with sqlite_store.transaction() as session:
        delivery = session.exec(select(Delivery)).one()
        if then:
            delivery.next_try_at = NOON + timedelta(hours=1)
        for name, value in then.items():
            setattr(delivery, name, value)

    assert said in "; ".join(why_not_out(sqlite_store, NOON))


def test_sending_nothing_says_why(alerts):
    assert "nothing sent: no message is owed\n" in alerts("send")
    store = Store.open(Settings().store_url)
    fill(store)
    subscribe(store, Channel.OUTBOX)
    store.close()
    alerts("mute", "mine")
    alerts("add", "post", "--channel", "email", "--target", "a@b.example")

    said = alerts("send", code=1)  # the question whether the address agrees: no mail server is set

    assert "1 held back by a muted subscription" in said
    assert "no message is owed" not in said
    assert "1 subscription pending until the address agrees" in said
    assert "1 subscription muted" in said

    alerts("mute", "mine", "--off")

    assert "nothing sent" not in alerts("send", code=1)


@pytest.mark.parametrize("channel", ["outbox", "atom"])
def test_a_target_that_would_not_be_used_is_refused(alerts, channel):
    said = alerts("add", "mine", "--channel", channel, "--target", "elsewhere", code=2)

    assert "leave --target away" in said


def test_a_back_test_lists_what_would_have_been_sent(alerts):
    store = Store.open(Settings().store_url)
    fill(store)
    store.close()

    said = alerts("preview")  # counted from the last read, however long ago

    assert "would have sent 1 message in the 90 days to 2026-03-02, the last run" in said
    assert "1 sentence changed" in said


def test_a_back_test_of_a_store_that_nothing_was_read_into_speaks_of_no_last_run(alerts):
    said = alerts("preview")

    assert "No run so far" in said
    assert "the last run" not in said


def test_mail_that_waits_for_a_server_that_is_not_set_is_said_each_time_and_is_the_exit_code(
    alerts,
):
    with_a_change(Channel.EMAIL, target="a@b.example")

    first, again = alerts("send", code=1), alerts("send", code=1)

    assert "failed: no mail server is set" in first
    for said in (first, again):
        assert "1 message waits for one: set TRACKER_SMTP_URL to smtp://" in said
    assert "the next falls due at 20" in again  # it is tried again, and said when


def test_without_mail_owed_nobody_needs_a_mail_server(alerts):
    with_a_change(Channel.OUTBOX)

    assert "TRACKER_SMTP_URL" not in alerts("send")


def test_the_list_says_where_messages_go_and_no_secret_of_the_address(alerts, tmp_path):
    alerts("add", "folder")
    alerts("add", "feed", "--channel", "atom")
    alerts("add", "post", "--channel", "email", "--target", "a@b.example")
    alerts("add", "hook", "--channel", "webhook", "--target", "https://hook.example/k3y?t=s3cret")
    alerts("add", "chat", "--channel", "apprise", "--target", "tgram://s3cret/77")

    goes_to = {name: row["goes_to"] for name, row in listed(alerts).items()}

    assert goes_to["folder"] == str(tmp_path / "outbox")
    assert goes_to["feed"].startswith("https://tracker.example/feeds/rule/")
    assert (goes_to["post"], goes_to["chat"]) == ("a@b.example", "tgram://…")
    assert goes_to["hook"] == "https://hook.example/…"


def test_the_list_says_until_when_a_message_waits(alerts):
    with_a_change(Channel.OUTBOX, cadence=Cadence.WEEKLY)

    [row] = listed(alerts).values()

    assert row["waiting"] == 1
    assert row["until"] > NOON.isoformat()


@pytest.mark.parametrize(
    "words",
    [
        ("mute", "mine", "--document", "http://alder.example/pp"),
        ("add", "b", "--rule", '{"documents": ["http://alder.example/pp"]}'),
        ("add", "b", "--rule", '{"muted_documents": ["http://alder.example/pp"]}'),
    ],
)
def test_a_document_that_nobody_knows_is_neither_muted_nor_asked_for(alerts, words):
    with_a_change()
    alerts("add", "mine")

    said = alerts(*words, code=2)

    assert "no document is known as http://alder.example/pp" in said
    assert f'did you mean "{PAGE}"?' in said


def test_a_document_is_muted_however_its_address_is_spelled(alerts):
    with_a_change()
    alerts("add", "mine")
    alerts("mute", "mine", "--document", "HTTP://ALDER.example:80/p#top")

    assert listed(alerts)["mine"]["rule"]["muted_documents"] == [PAGE]


@pytest.mark.parametrize(
    ("public_url", "said"),
    [("http://127.0.0.1:8501", True), ("http://localhost:9000", True), ("http://[::1]:1", True), ("https://t.example", False)],
)  # fmt: skip
def test_links_that_only_this_machine_reaches_are_said_where_mail_is_wanted(
    alerts, monkeypatch, public_url, said
):
    monkeypatch.setenv("TRACKER_PUBLIC_URL", public_url)

    mail = alerts("add", "post", "--channel", "email", "--target", "a@b.example")
    folder = alerts("add", "folder")

    assert ("set TRACKER_PUBLIC_URL to where their readers" in mail) is said
    assert "TRACKER_PUBLIC_URL" not in folder


def test_the_list_shows_a_rule_as_it_is_typed(alerts):
    alerts("add", "mine", "--rule", '{"countries": ["GB"]}')

    assert '{"countries": ["GB"]}' in alerts("list")


def test_help_names_every_field_of_a_rule():
    assert FIELDS.split(", ") == list(Rule.model_fields)
