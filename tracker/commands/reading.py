"""Reading and coding single files: extract, code, evaluate."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tracker.coding import evaluation
from tracker.coding.codebook import load_codebook
from tracker.commands.shared import Json, WrongInputError, print_table

app = typer.Typer()


@app.command()
def extract(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A file that was saved.")
    ],
    url: Annotated[
        str, typer.Option("--url", help="Where it comes from: its links are read from there.")
    ] = "",
    ocr: Annotated[bool, typer.Option(help="Read scans with tesseract.")] = False,
    as_json: Json = False,
) -> None:
    """Show the text of one saved HTML, PDF, DOCX, ODT, text or Markdown file as the tracker reads it."""
    from tracker.extraction.passages import split  # noqa: PLC0415
    from tracker.extraction.reader import read  # noqa: PLC0415
    from tracker.extraction.text import Unreadable  # noqa: PLC0415

    found = read(file.read_bytes(), url=url, name=file.name, ocr=ocr)
    if isinstance(found, Unreadable):
        raise WrongInputError(f"{file} {found.reason}")
    if not as_json:
        print(found.text)
        return
    passages = [
        {"text": p.text, "heading_path": list(p.heading_path), "start": p.start, "end": p.end}
        for p in split(found)
    ]
    stated = found.stated_date.isoformat() if found.stated_date else None
    print(
        json.dumps(
            {
                "title": found.title,
                "language": found.language,
                "stated_date": stated,
                "stated_basis": str(found.stated_basis),
                "genre": str(found.genre),
                "voice": str(found.voice),
                "voice_because": found.voice_because,
                "extractor": found.extractor,
                "choice": found.choice,
                "coverage": found.coverage,
                "text": found.text,
                "passages": passages,
            },
            ensure_ascii=False,
        )
    )


@app.command()
def code(file: Annotated[Path, typer.Argument(help="One {id, text} object a line.")]) -> None:
    """Code passages with the codebook: one JSON line each."""
    try:
        with file.open(encoding="utf-8") as lines:
            for row in evaluation.code_lines(lines, load_codebook()):
                print(json.dumps(row, ensure_ascii=False))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise WrongInputError(f"{file} cannot be read: {why}") from None


@app.command()
def evaluate(
    file: Annotated[
        Path, typer.Argument(help="Passages that people coded, one JSON object a line.")
    ],
    as_json: Json = False,
) -> None:
    """Measure the coder on passages that people coded."""
    found = evaluation.evaluate(evaluation.read_gold(file), load_codebook())
    if as_json:
        print(json.dumps(found.to_json(), indent=1))
        return
    rows = [
        {"label": s.label, "passages": s.positives, "precision": s.precision, "recall": s.recall,
         "F1": s.f1, "95 % interval": f"{s.f1_low:.2f} to {s.f1_high:.2f}"}
        for s in found.scores
    ]  # fmt: skip
    print_table(
        rows, list(rows[0]), f"{found.passages} passages, {found.coder}, macro F1 {found.macro_f1}"
    )
    confusion = [{"people": g, "coder": c, "passages": n} for g, c, n in found.stances]
    print_table(confusion, ["people", "coder", "passages"], "Stances")
