"""`tracker search`: coded passages by their words and by the bodies they name."""

from typing import Annotated, Any

import typer

from tracker import queries
from tracker.coding.lexicon import load_lexicon
from tracker.commands.shared import (
    NOTHING,
    Csv,
    Institutions,
    Json,
    Kinds,
    Labels,
    WrongInputError,
    institution_keys,
    known_keys,
    known_labels,
    open_store,
    print_rows,
)
from tracker.nearness import nearest
from tracker.store.crawling import last_moment

app = typer.Typer()


@app.command()
def search(
    words: Annotated[
        str,
        typer.Argument(
            help='Whole words and "phrases", all of which must stand in it; surveil* also finds longer forms.'
        ),
    ] = "",
    naming: Annotated[
        list[str] | None,
        typer.Option(
            "--naming",
            metavar="BODY",
            help="Only texts that name this body: its key or a name of it, such as cetc.",
        ),
    ] = None,
    label: Labels = None,
    institution: Institutions = None,
    kind: Kinds = None,
    language: Annotated[
        list[str] | None, typer.Option("--language", help="Only in this language, such as de.")
    ] = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Find coded passages in the institutions' own voice, newest stated date first."""
    asked = queries.terms(words)
    bodies = [_body(name) for name in naming or []]
    labels = known_labels(label)
    if not asked and not bodies and not labels:
        raise WrongInputError(
            "nothing to search for: give words, name a body with --naming, or a label with --label"
        )
    with open_store().transaction() as session:
        none = NOTHING if last_moment(session) is None else NONE_SUCH
        found = queries.search(
            session,
            words=asked,
            entities=bodies,
            labels=labels,
            kinds=kind or (),
            institutions=known_keys(institution, institution_keys(session)),
            languages=language or (),
            limit=None,
        )
    print_rows(
        [_row(row) for row in found],
        ["institution", "dated", "labels", "coded_by", "quote", "url"],
        as_json=as_json,
        as_csv=as_csv,
        title="Passages",
        none=none,
    )


NONE_SUCH = "no coded passage holds all of this; that is no finding that nothing was said"


def _row(found: queries.Found) -> dict[str, Any]:
    beside = [f"{q}: {', '.join(said)}" for q, said in found.evidence["standing"].items()]
    return {
        "institution": found.institution,
        "name": found.name,
        **found.evidence,
        "standing": beside,
    }


def _body(name: str) -> str:
    """The key of a body that a person named by its key or one of its names."""
    entities = load_lexicon().entities
    spelled = {n.casefold(): e.key for e in entities for n in (*e.ambiguous, *e.names, e.name)}
    spelled |= {entity.key: entity.key for entity in entities}
    if found := spelled.get(name.casefold()):
        return found
    guess = nearest(name.casefold(), list(spelled))
    hint = (
        f'; did you mean "{guess}"?'
        if guess
        else "; the Alerts screen lists those it knows (Texts that name)"
    )
    raise WrongInputError(f'the codebook knows no body "{name}"{hint}')
