"""Public search hides people who hold no office, and nothing else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.masking import MASK, masked

HIDDEN = [
    ("Dr. Ada Quillfeather joined the project.", "Dr. ▒▒▒ joined the project."),
    ("“We stopped,” said Rowan Thistlewood.", "“We stopped,” said ▒▒▒."),
    ("Rowan J. Thistlewood said that the work had ended.", "▒▒▒ said that the work had ended."),
    ("Frau Dr. Ilse Birkenau leitet das Labor.", "Frau Dr. ▒▒▒ leitet das Labor."),
    ("Write to r.thistle@alder.example for the form.", "Write to ▒▒▒ for the form."),
    ("Call +44 20 7946 0018 before noon.", "Call ▒▒▒ before noon."),
    ("According to the draft, and according to Ana de Sousa, it was known.",
     "According to the draft, and according to ▒▒▒, it was known."),
]  # fmt: skip
SHOWN = [
    "The Vice-Chancellor, Professor Rowan Thistlewood, signed the policy.",
    "President Ada Quillfeather said that the abuse must end.",
    "Alder Rights Watch said that the camps exist.",
    "The Ministry of Learning told universities to report partners.",
    "Hazel University wrote to its partners in China.",
    "The Minister for Science, Rowan Thistlewood, told Parliament so.",
    "We condemn the mass surveillance of Uyghurs in Xinjiang.",
]


@pytest.mark.parametrize(("text", "shown"), HIDDEN)
def test_people_without_an_office_are_hidden(text, shown):
    assert masked(text) == shown


@pytest.mark.parametrize("text", SHOWN)
def test_offices_and_bodies_are_shown(text):
    assert masked(text) == text


@given(st.text(max_size=400))
def test_masking_only_ever_replaces(text):
    kept = masked(text).split(MASK)
    place = 0
    for part in kept:
        place = text.index(part, place) + len(part)


def test_masking_a_hostile_text_takes_no_time_to_speak_of():
    text = "Dr " * 20_000 + "A. " * 20_000 + "a" * 20_000 + "@" + "b." * 20_000
    assert re.search("Dr", masked(text))
