"""Whom a text names: declared bodies only, each under its own key."""

import pytest
from builders import NOON
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select

from tracker.coding.codebook import load_codebook
from tracker.coding.coder import code, entities
from tracker.model import Passage, PassageEntity
from tracker.settings import Settings
from tracker.store import Store
from tracker.update import update

CODEBOOK = load_codebook()


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Zhejiang Lab is in Hangzhou.", ["zhejiang-lab"]),
        ("Zhejiang University founded it.", ["zhejiang-university"]),
        ("SAIRI signed.", ["shanghai-artificial-intelligence-research-institute"]),
        ("The Shanghai AI Laboratory signed.", ["shanghai-ai-laboratory"]),
        ("上海人工智能研究院与之江实验室签署协议。", ["shanghai-artificial-intelligence-research-institute", "zhejiang-lab"]),
        ("上海人工智能实验室发布模型。", ["shanghai-ai-laboratory"]),
        ("It was a BIT slow, the PLA print was a HIT, and the CSC of SCU met.", []),
        ("A bit of a hit in China.", []),
        ("The army's PLA units in China train there.", ["peoples-liberation-army"]),
        ("Polylactic acid (PLA) melts at low heat.", []),
        ("A CSC scholarship pays the fees.", ["china-scholarship-council"]),
        ("SCU, in California, opened a centre for ethics in China studies.", []),
        ("Researchers of Sichuan University (SCU) came.", ["sichuan-university", "sichuan-university"]),
        ("Harbin Institute of Technology (HIT) is listed.", ["harbin-institute-of-technology", "harbin-institute-of-technology"]),
        ("A firm on the Entity List.", ["us-entity-list"]),
        ("Huawei's cameras", ["huawei"]),
    ],
)  # fmt: skip
def test_bodies_are_named_by_their_own_names_only(text: str, keys: list[str]):
    assert [mention.entity for mention in entities(text, CODEBOOK)] == keys


def test_every_key_stands_once_and_no_name_is_shared():
    keys = [entity.key for entity in CODEBOOK.lexicon.entities]
    names = [name for entity in CODEBOOK.lexicon.entities for name in entity.names]

    assert len(keys) == len(set(keys))
    assert len(names) == len(set(names))


@given(st.text(max_size=120))
@settings(deadline=None)
def test_a_mention_is_where_it_says(text: str):
    seeded = f"{text} Zhejiang Lab, 之江实验室 and the PLA of China {text}"
    for mention in entities(seeded, CODEBOOK):
        assert seeded[mention.start : mention.end] == mention.words


def test_naming_a_list_is_not_speaking_of_china():
    assert "china" not in code("The Entity List changes often, says the agency.", CODEBOOK).labels


def test_an_update_writes_one_row_a_passage_and_body(store: Store, tmp_path):
    text = "Zhejiang Lab and CETC met; Zhejiang Lab signed."
    with store.transaction() as session:
        session.add(Passage(sha256="aa", text=text, words=8))
        session.add(Passage(sha256="bb", text="Soup is served.", words=3))

    for _ in range(2):
        update(store, Settings(data_dir=tmp_path), at=NOON)

    with store.transaction() as session:
        rows = session.exec(select(PassageEntity).order_by(PassageEntity.entity)).all()
        found = [(row.entity, row.words, row.times, text[row.start : row.end]) for row in rows]
    assert found == [
        ("china-electronics-technology-group-corporation", "CETC", 1, "CETC"),
        ("zhejiang-lab", "Zhejiang Lab", 2, "Zhejiang Lab"),
    ]
