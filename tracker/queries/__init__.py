"""The read side: one function per question that a screen or a command asks. Writes nothing.

Frozen dataclasses come out, never rows of a session; `to_json` gives the keys of the CLI contract.
"""

from tracker.queries.answered import ABSENT, STATES, Answered, FindingRow, result_said
from tracker.queries.cells import SPEAKING, UNREAD, Cell, Tally, cells, part, tally
from tracker.queries.changes import (
    ChangeRow,
    change_days,
    change_rows,
    shown_meaning,
    shown_summary,
)
from tracker.queries.documents import (
    CheckRow,
    DocumentRow,
    PassageRow,
    VersionRow,
    check_rows,
    cues_of,
    document_rows,
    document_urls,
    passages_of,
    version_rows,
    version_text,
    versions_by_id,
)
from tracker.queries.evidence import (
    amounts_to,
    element_words,
    elements_with_words,
    shown_cues,
    shown_evidence,
)
from tracker.queries.findings import Context, context, finding_rows, units_that_have_spoken
from tracker.queries.hearing import withheld_labels
from tracker.queries.institutions import InstitutionRow, institution_rows
from tracker.queries.jobs import JobRow, QueueView, has_queue, queue_view
from tracker.queries.overview import Overview, overview
from tracker.queries.search import LABELS, Found, search
from tracker.queries.sources import SourceRow, source_rows
from tracker.queries.worded import terms

__all__ = [
    "ABSENT",
    "LABELS",
    "SPEAKING",
    "STATES",
    "UNREAD",
    "Answered",
    "Cell",
    "ChangeRow",
    "CheckRow",
    "Context",
    "DocumentRow",
    "FindingRow",
    "Found",
    "InstitutionRow",
    "JobRow",
    "Overview",
    "PassageRow",
    "QueueView",
    "SourceRow",
    "Tally",
    "VersionRow",
    "amounts_to",
    "cells",
    "change_days",
    "change_rows",
    "check_rows",
    "context",
    "cues_of",
    "document_rows",
    "document_urls",
    "element_words",
    "elements_with_words",
    "finding_rows",
    "has_queue",
    "institution_rows",
    "overview",
    "part",
    "passages_of",
    "queue_view",
    "result_said",
    "search",
    "shown_cues",
    "shown_evidence",
    "shown_meaning",
    "shown_summary",
    "source_rows",
    "tally",
    "terms",
    "units_that_have_spoken",
    "version_rows",
    "version_text",
    "versions_by_id",
    "withheld_labels",
]
