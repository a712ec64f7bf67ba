"""A mail and the app say the same of a change in the same words."""

import re
from html import unescape

import pytest
from builders import NOON
from chain import Site, days
from test_chain import mails, weakened

from tracker.coding.codebook import load_codebook
from tracker.model import ChangeClass, MeaningState
from tracker.store.confirming import settle_meaning
from tracker.views import changed
from tracker.wording import MEANINGS


def on_screen(site: Site) -> str:
    """What the app and the printed page say of the only change, as one line of words."""
    [change] = site.changes()
    with site.store.transaction() as session:
        shown = changed.load(session, change.id)
    assert shown is not None
    return " ".join(unescape(re.sub("<[^>]+>", " ", changed.head(shown))).split())


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (None, "meaning not assessed"),
        (MeaningState.CONFIRMED, "meaning confirmed by a person"),
        (MeaningState.REJECTED, "a person found no change of meaning"),
    ],
)
def test_how_sure_a_change_is_reads_the_same_in_a_mail_and_in_the_app(
    sqlite_store, tmp_path, state, said
):
    site = Site(sqlite_store, tmp_path)
    change = weakened(site)
    if state:
        with site.store.transaction() as session:
            settle_meaning(session, change, state=state, by="ada", at=NOON + days(2))
    site.send(at=NOON + days(2))

    sure = f"text seen again at a second look; {said}; institution not yet asked"
    [mail] = mails(site).values()

    assert sure in on_screen(site)
    assert f"CONFIDENCE {sure[:1].upper()}{sure[1:]}." in mail


def test_labels_read_the_same_in_a_mail_and_in_the_app(sqlite_store, tmp_path):
    site = Site(sqlite_store, tmp_path)
    weakened(site)
    site.send(at=NOON + days(2))
    [change], [mail] = site.changes(), mails(site).values()

    assert change.change_class is ChangeClass.MATERIAL
    assert "human rights" in on_screen(site)
    assert "human rights" in mail
    for text in (mail, on_screen(site)):
        assert "human_rights" not in text
        assert "(by machine, not yet reviewed)" in text


def test_every_element_says_what_it_asks_of_a_text():
    entries = load_codebook().recommendations.values()

    assert set(MEANINGS) == {name for e in entries for name in (*e.required, *e.optional)}
