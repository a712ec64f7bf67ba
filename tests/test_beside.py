"""What of a capture the public sees: the quote, and one sentence before and after it."""

from builders import NOON, read_page
from sqlmodel import select

from tracker.model import Document, VersionPassage
from tracker.queries.beside import beside
from tracker.store import Store
from tracker.views.evidence import evidence_card

FIRST = "The council met in May. It asked for a text on partners."
QUOTE = "We condemn the mass surveillance of Uyghurs by the Chinese government, an abuse of human rights, and shall take no part in it."
LAST = "The dean signs it &lt;b&gt;soon&lt;/b&gt;. The archive keeps it."
FILL = "Nobody should expect more of this paragraph than that it is as long as a paragraph usually is on such a page."
LONG = " ".join([FILL] * 8)
PAGE = f"<html><body><main><h1>Policy</h1><p>{LONG} {FIRST}</p><p>{QUOTE} {LONG}</p><p>{LAST} {LONG}</p><h2>Other</h2><p>{LONG} Elsewhere.</p></main></body></html>"


def places(session) -> list[VersionPassage]:
    return list(session.exec(select(VersionPassage).order_by(VersionPassage.position)))


def test_the_sentence_before_and_the_one_after_are_told_and_no_more(store: Store):
    read_page(store, PAGE, at=NOON)
    with store.transaction() as session:
        before, here, after, apart = places(session)
        items = [{"version_id": p.version_id, "passage_id": p.passage_id} for p in (before, here, after, apart)]  # fmt: skip
        found = beside(session, items)
    told = [found.get((i["version_id"], i["passage_id"]), ("", "")) for i in items]

    assert told[1] == ("It asked for a text on partners.", "The dean signs it <b>soon</b>.")
    assert told[0][0] == ""
    assert told[2][1] == ""  # another heading begins
    assert told[3] == ("", "")


def test_of_a_withheld_document_nothing_is_told(store: Store):
    read_page(store, PAGE, at=NOON)
    with store.transaction() as session:
        session.exec(select(Document)).one().withheld = True
        session.flush()
        items = [{"version_id": p.version_id, "passage_id": p.passage_id} for p in places(session)]

        assert beside(session, items) == {}


def test_what_stands_beside_a_quote_is_text_in_its_own_language():
    item = {
        "quote": QUOTE, "title": "Policy", "url": "http://alder.example/", "heading_path": "", "version": 1, "stated_date": None,
        "stated_basis": "unknown", "labels": [], "reviewed": "none", "on_page": True, "language": "he", "voice": "institution", "document_id": 1,
    }  # fmt: skip
    shown = evidence_card(item, {}, beside=("", "The dean signs it <b>soon</b>."))

    assert '<span lang="he" dir="auto">The dean signs it &lt;b&gt;soon&lt;/b&gt;.</span>' in shown
    assert "Just before" not in shown
