"""`tracker explain`: the rule path from passages to a result."""

import json
import shutil
import sys
from typing import Annotated

import typer

from tracker import queries
from tracker.coding.codebook import load_codebook
from tracker.commands.shared import (
    Json,
    WrongInputError,
    institution_keys,
    known_keys,
    open_store,
)
from tracker.crediting import PEOPLE
from tracker.model import Reviewed
from tracker.nearness import nearest
from tracker.standing import QUESTIONS
from tracker.store import assessing
from tracker.wording import words

app = typer.Typer()
_TYPED = {name.lower(): name for name in QUESTIONS}


@app.command()
def explain(
    institution: Annotated[str, typer.Argument(help="Its key.")],
    question: Annotated[str, typer.Argument(help="spoken, or R1 to R6")],
    as_json: Json = False,
) -> None:
    """Say by which rule, from which passages and after which search a result came about."""
    from tracker.assessment import assessed  # noqa: PLC0415  (loads the coder's library)
    from tracker.explaining import explain as explained  # noqa: PLC0415
    from tracker.explaining import in_words  # noqa: PLC0415

    asked = _question(question)
    with open_store().transaction() as session:
        known_keys([institution], institution_keys(session))
        (subject,) = assessing.subjects(session, key=institution)
        found = assessed(session, subject, load_codebook())
        [row] = queries.finding_rows(session, questions=[asked], institutions=[institution])
    explanation = explained(
        institution=subject.key,
        name=subject.name,
        question=asked,
        evidence=found.evidence,
        record=found.record,
        result=found.results[asked],
        unconfirmed=subject.unconfirmed,
        deeds=found.deeds,
        standing=row.standing,
    )
    drawn = found.results[asked]
    if (row.result, row.reviewed) != (str(drawn.result), str(drawn.reviewed)):
        print(
            f"explained as of now; pages and lists still say {words(row.result)}, {PEOPLE[Reviewed(row.reviewed)]}: "
            "`tracker update` draws them anew",
            file=sys.stderr,
        )
    if as_json:
        print(json.dumps(explanation.to_json(), ensure_ascii=False, indent=1))
    else:
        # A pipe has no width: there each line is whole, for grep and for files.
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        print(in_words(explanation, width=width))


def _question(given: str) -> str:
    if found := _TYPED.get(given.strip().lower()):
        return found
    guess = nearest(given.lower(), _TYPED)
    hint = f'; did you mean "{_TYPED[guess]}"?' if guess else ""
    raise WrongInputError(f'"{given}" is no question; ask spoken or R1 to R6{hint}')
