"""What follows for an institution from codings, reviews and coverage. Pure.

The rules are the codebook's, "What follows for an institution".
"""

from tracker.findings.acting import Deeds, acted
from tracker.findings.evidence import Evidence, Result, own_words, speaks_for_it
from tracker.findings.recommended import (
    ElementState,
    Rule,
    Wording,
    at_least,
    coverage,
    elements,
    status_of,
)
from tracker.findings.search import Check, SearchRecord, absence, protocol
from tracker.findings.speaking import SPOKEN_RULES, answered, graded, spoken, spoken_grade

__all__ = [
    "SPOKEN_RULES",
    "Check",
    "Deeds",
    "ElementState",
    "Evidence",
    "Result",
    "Rule",
    "SearchRecord",
    "Wording",
    "absence",
    "acted",
    "answered",
    "at_least",
    "coverage",
    "elements",
    "graded",
    "own_words",
    "protocol",
    "speaks_for_it",
    "spoken",
    "spoken_grade",
    "status_of",
]
