"""`tracker train`: how probable it is that the coder is right, from passages that people coded."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from tracker.coding.codebook import load_codebook
from tracker.coding.evaluation import read_gold
from tracker.commands.shared import Json, WrongInputError, open_store, print_table
from tracker.wording import number

app = typer.Typer()


@app.command()
def train(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="GOLD.jsonl", help="Passages that people coded, as for evaluate."),
    ] = None,
    reviews: Annotated[
        bool, typer.Option("--reviews", help="Also learn from the verdicts in this store.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write the calibration here.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fit how sure the coder may be of each label; changes no coding. Figures leave whole domains out."""
    from tracker.coding.training import train as fit  # noqa: PLC0415  (loads numpy)

    rows = [row for file in files or [] for row in read_gold(file)]
    judged = _judged() if reviews else []
    if not rows and not judged:
        raise WrongInputError("nothing to learn from: name a gold file, or give --reviews")
    try:
        found = fit([*rows, *judged], load_codebook(), reviewed=len(judged))
    except ValueError as error:
        raise WrongInputError(f"nothing can be left out: {error}") from None
    if out is not None:
        _write(out, found.calibration.model_dump(mode="json"))
    if as_json:
        print(json.dumps(found.to_json(), indent=1))
    else:
        _print(found)


def _judged() -> list[dict[str, Any]]:
    from tracker.reviews import judged_passages  # noqa: PLC0415

    with open_store().transaction() as session:
        return judged_passages(session)


def _write(out: Path, calibration: dict[str, Any]) -> None:
    try:
        out.write_text(json.dumps(calibration, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise WrongInputError(f"{out} cannot be written: {error.strerror}") from None


def _print(found: Any) -> None:
    told = {**found.told, "whole coding": found.whole, "whole coding, without": found.now}
    rows = [
        {"label": label, "answers": t.answers, "right": t.right, "Brier": t.brier, "ECE": t.ece, "AUC": t.auc}
        for label, t in told.items() if t is not None
    ]  # fmt: skip
    made = found.calibration.training
    title = f"{number(made.passages, 'passage')}, {made.reviewed} of them reviewed here, {number(made.domains, 'domain')}"
    print_table(rows, ["label", "answers", "right", "Brier", "ECE", "AUC"], title)
    table = [
        {"label": label, "told": f"{b.low:.1f} to {b.high:.1f}", "answers": b.answers, "mean told": b.told, "right": b.right}
        for label, t in told.items() if t is not None for b in t.bins
    ]  # fmt: skip
    print_table(table, ["label", "told", "answers", "mean told", "right"], "Reliability")
    for label, why in found.calibration.not_fitted.items():
        print(f"{label} is not fitted: {why}")
    print(_VERDICT[found.helps])


_VERDICT = {
    True: "On domains left out it rates whole codings better than the coder alone. "
    "Use it with TRACKER_CALIBRATION, then `tracker update --recode`.",
    False: "On domains left out it rates whole codings no better than the coder alone: leave it out.",
}
