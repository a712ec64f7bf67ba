"""The codebook's labels on passages written for the purpose."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.coding.codebook import load_codebook
from tracker.coding.coder import code
from tracker.coding.evaluation import InputError, code_lines, evaluate, read_gold
from tracker.model import Recommendation, Stance

CODEBOOK = load_codebook()


@pytest.mark.parametrize(
    ("text", "label", "held"),
    [
        ("The Chinese government controls the laboratory.", "china", True),
        ("The exhibition shows Chinese porcelain and Chinese calligraphy.", "china", False),
        ("Uyghurs are held in camps.", "china", True),
        ("Follow us on Facebook, YouTube, WeChat and TikTok.", "china", False),
        ("TikTok hands data to the police; Facebook and YouTube do not.", "china", True),
        ("Huawei supplies the cameras.", "china", True),
        ("SAIRI is in Shanghai, and works on artificial intelligence.", "china", True),
        ("Mass surveillance by the police is growing.", "surveillance", True),
        ("Facial recognition is used at the gate.", "surveillance", True),
        ("Epidemiological surveillance of measles is weekly.", "surveillance", False),
        ("Cookies track the visits of users and identify their devices.", "surveillance", False),
        ("Each data set comes with its metadata.", "surveillance", False),
        (
            "The ministry keeps metadata of calls and tracks the people it monitors.",
            "surveillance",
            True,
        ),
        ("Partners linked to human rights abuses are refused.", "human_rights", True),
        ("Students have the right to appeal a grade.", "human_rights", False),
        ("Academic freedom is threatened by the contract.", "human_rights", True),
        ("We thank our colleagues for academic freedom and good coffee.", "human_rights", False),
        ("Research partnerships with foreign universities need approval.", "partnership", True),
        ("The kitchen offers soup.", "partnership", False),
        ("Die Gesichtserkennung bedroht die Menschenrechte.", "surveillance", True),
        ("La liberté académique est une menace.", "human_rights", True),
    ],
)
def test_topics(text: str, label: str, held: bool):
    assert (label in code(text, CODEBOOK).labels) is held


@pytest.mark.parametrize(
    ("text", "stance"),
    [
        ("We condemn the repression of Uyghurs by the Chinese government.", Stance.CONDEMNS),
        ("Critics say that the Chinese government represses Uyghurs.", Stance.REPORTED),
        (
            "The Chinese government's technology firms are a threat to national security.",
            Stance.CRITICAL,
        ),
        ("Blanket suspicion of Chinese universities is unfounded.", Stance.SUPPORTIVE),
        (
            "Find out whether the Chinese laboratory's results could be used for repression. Include an exit clause.",
            Stance.NEUTRAL,  # what could happen is to be found out, not said to happen
        ),
        ("Companies from China take part in the working group.", Stance.NEUTRAL),
        ("The reading room is closed.", Stance.NONE),
    ],
)
def test_stances(text: str, stance: Stance):
    assert code(text, CODEBOOK).stance is stance


@pytest.mark.parametrize(
    ("text", "recommendation", "held"),
    [
        ("Before signing, staff must assess research partners for links to human rights abuses.", "R1", True),
        ("Before signing, staff must assess partners for bribery and export control.", "R1", False),
        ("Faculty must disclose foreign funding and outside appointments to the provost.", "R2", True),
        ("Articles must be deposited in the open access repository.", "R2", False),
        ("Research with partners linked to the military or surveillance must be approved by the committee.", "R3", True),
        ("Passwords must be changed each year.", "R3", False),
        ("We condemn mass surveillance by the Chinese state and call on firms to stop exports of facial recognition.", "R4", True),
        ("Responsible AI should be fair and private.", "R4", False),
        ("This guidance advises researchers on collaboration with partners in authoritarian states where human rights are at risk; they should ask who funds the lab.", "R5", True),
        ("As Section 117 of the Higher Education Act requires, the university must report foreign gifts.", "R6", True),
        ("The ministry published its science strategy.", "R6", False),
    ],
)  # fmt: skip
def test_recommendations(text: str, recommendation: str, held: bool):
    assert (Recommendation(recommendation) in code(text, CODEBOOK).recommendations) is held


@given(st.text(max_size=300))
@settings(deadline=None)
def test_cues_are_words_of_the_text_and_nothing_raises(text: str):
    seeded = f"{text} The Chinese police use facial recognition. {text}"

    for words in code(seeded, CODEBOOK).cues.values():
        assert all(word in seeded for word in words)


def test_every_element_that_a_recommendation_needs_has_its_words():
    for entry in CODEBOOK.recommendations.values():
        assert {*entry.required, *entry.optional} <= set(CODEBOOK.elements)


def test_lines_are_coded_in_the_form_that_the_command_promises():
    [row] = code_lines(['{"id": "a", "text": "Huawei sells cameras."}'], CODEBOOK)

    assert list(row) == [
        "id", "china", "surveillance", "human_rights", "partnership", "stance",
        "R1", "R2", "R3", "R4", "R5", "R6", "cues",
    ]  # fmt: skip
    assert (row["china"], row["cues"]["china"]) == (1, ["Huawei"])


def test_every_bad_line_is_named_at_once():
    with pytest.raises(InputError, match=r"line 1: not JSON[\s\S]*line 3: text"):
        list(code_lines(["{", '{"id": "a", "text": "x"}', '{"id": "b"}'], CODEBOOK))


def test_evaluation_counts_and_intervals(tmp_path):
    gold = tmp_path / "gold.jsonl"
    row = {"id": "1", "text": "Huawei sells cameras.", "china": 1, "surveillance": 1, "human_rights": 0, "partnership": 0, "stance": "neutral", **dict.fromkeys(["R1", "R2", "R3", "R4", "R5", "R6"], 0)}  # fmt: skip
    other = {**row, "id": "2", "text": "Soup is served.", "stance": "none"}
    gold.write_text("\n".join(json.dumps(r) for r in (row, other)))

    china = {s.label: s for s in evaluate(read_gold(gold), CODEBOOK, samples=200).scores}["china"]

    assert (china.precision, china.recall, china.f1) == (1.0, 0.5, 0.667)
    assert china.f1_low <= china.f1 <= china.f1_high
