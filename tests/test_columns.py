"""Packed columns say what was put into them, on either database and across the schema's steps."""

import json
from pathlib import Path

from alembic import command
from alembic.config import Config
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import create_engine, select

from tracker.archive import sha256
from tracker.coding.codebook import load_codebook
from tracker.coding.coder import code
from tracker.columns import Digest, Words
from tracker.model import Coding, Passage
from tracker.store import Store

GOLD = Path(__file__).parent / "gold"
WORDS = st.dictionaries(st.text(max_size=8), st.lists(st.text(max_size=30), max_size=5), max_size=6)


@given(WORDS)
def test_packed_words_are_the_words(words):
    lite = sqlite.dialect()
    packed = Words().bind_processor(lite)(words)
    assert isinstance(packed, bytes)
    assert Words().result_processor(lite, None)(packed) == words


def test_words_from_before_they_were_packed_are_read():
    assert Words().result_processor(sqlite.dialect(), None)('{"R1": ["rights"]}') == {
        "R1": ["rights"]
    }


def test_the_cues_of_coded_passages_take_less_than_half_the_room():
    pack, book = Words().bind_processor(sqlite.dialect()), load_codebook()
    lines = [line for file in GOLD.glob("*.jsonl") for line in file.read_text().splitlines()]
    cues = [
        {label: list(words) for label, words in code(json.loads(line)["text"], book).cues.items()}
        for line in lines
    ]
    plain = sum(len(json.dumps(found, ensure_ascii=False).encode()) for found in cues)
    assert sum(len(pack(found)) for found in cues) * 2 < plain


def test_a_digest_is_bytes_on_sqlite_and_digits_on_postgresql():
    digits = sha256(b"policy")
    assert Digest().process_bind_param(digits, sqlite.dialect()) == bytes.fromhex(digits)
    assert Digest().process_bind_param(digits, postgresql.dialect()) == digits


def test_both_databases_give_back_what_was_stored(store: Store):
    passage = Passage(sha256=sha256(b"text"), text="text", words=1)
    with store.transaction() as session:
        session.add(passage)
        session.flush()
        session.add(
            Coding(passage_id=passage.id, coder="c", cues={"R1": ["rights"]}, elements={"R1": []})
        )
    with store.transaction() as session:
        found = session.exec(select(Passage).where(Passage.sha256 == sha256(b"text"))).one()
        coding = session.exec(select(Coding)).one()
    assert found.sha256 == sha256(b"text")
    assert (coding.cues, coding.elements) == ({"R1": ["rights"]}, {"R1": []})


def test_a_store_from_before_keeps_its_passages_and_codings(tmp_path):
    url = f"sqlite:///{tmp_path / 'tracker.db'}"
    engine, made = create_engine(url), Config()
    made.set_main_option("script_location", "tracker:migrations")
    with engine.begin() as connection:
        made.attributes["connection"] = connection
        command.upgrade(made, "0009")
        connection.execute(
            text("INSERT INTO passage (sha256, text, words) VALUES (:sha, 'text', 1)"),
            {"sha": sha256(b"text")},
        )
        old = {"passage_id": 1, "coder": "c", "confidence": 1.0, "stance": "none"}
        connection.execute(insert(Coding.__table__).values(**old, elements={}, cues={}))
        connection.execute(
            text("UPDATE coding SET cues = '{\"R1\": [\"rights\"]}', elements = '{}'")
        )
    engine.dispose()
    opened = Store.open(url)
    with opened.transaction() as session:
        assert session.exec(select(Passage.sha256)).one() == sha256(b"text")
        assert session.exec(select(Coding)).one().cues == {"R1": ["rights"]}
    opened.close()
