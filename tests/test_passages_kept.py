"""Passages of a batch of versions are added together, or not at all."""

import pytest
from builders import read_page
from sqlmodel import delete, select

from tracker.extraction.text import PassageText
from tracker.model import Passage, Version, VersionPassage
from tracker.store.passages import record_passages, together

PAGE = f"<html><body><main><p>{'Our policy on research partners is public. ' * 30}</p></main></body></html>"


def a_batch_that_fails(session, version_id):
    with together(session):
        record_passages(session, version_id, "en", [PassageText("Lost.", (), 0, 5)])
        raise LookupError("the second version cannot be recorded")


def test_a_batch_that_failed_leaves_no_passages_that_wait(store):
    read_page(store, PAGE)

    with store.transaction() as session:
        version_id = session.exec(select(Version.id)).one()
        session.exec(delete(VersionPassage))
        with pytest.raises(LookupError, match="second version"):
            a_batch_that_fails(session, version_id)
        record_passages(session, version_id, "en", [PassageText("Kept.", (), 0, 5)])
        kept = set(session.exec(select(Passage.text)))

    assert "Kept." in kept
    assert "Lost." not in kept
