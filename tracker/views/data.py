"""Downloads: the rows of a view, with the filter that made them and the time of the data inside."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import xlsxwriter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tracker import queries
from tracker.export import cell
from tracker.flat import flat
from tracker.store.releases import frozen_data, releases
from tracker.views import hearing, html, printed, tables
from tracker.views.addresses import PRINTED
from tracker.views.opening import open_store
from tracker.views.shared import NOT
from tracker.views.strict import headers

NOTE = f"{NOT} Machine findings are possible until a person confirms them. An empty view is not a finding that nothing was said."
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
LONGEST_CELL = 32_767  # characters that Excel takes


def download(request: Request) -> Response:
    """The rows that the filters in the address ask for; 400 names everything wrong with them."""
    table, kind = request.path_params["table"], request.path_params["kind"]
    if table not in tables.TABLES or kind not in TYPES:
        return printed.not_found(request)
    asked = {name: request.query_params.getlist(name) for name in request.query_params}
    with open_store().transaction() as session:
        keys = {row.key for row in queries.institution_rows(session)}
        if wrong := tables.problems(table, asked, institutions=keys):
            said = "\n".join(["the filter cannot be used:", *(f"  {line}" for line in wrong)])
            return PlainTextResponse(said, 400, headers=headers())
        rows = tables.TABLES[table].rows(session, asked)
        some = rows or tables.TABLES[table].rows(session, {})
        figures = queries.overview(session)
    about = {
        "view_filter": tables.said(asked),
        "data_as_of": figures.last_run_at.isoformat() if figures.last_run_at else None,
        "verdicts_to": figures.verdicts_to.isoformat() if figures.verdicts_to else None,
        "institutions_in_scope": figures.institutions,
        "demonstration": figures.demonstration,
        "note": NOTE,
    }
    if kind == "json":
        written: str | bytes = as_json(rows, about)
    else:
        columns = [*flat(some[0])] if some else []
        written = as_csv(rows, about, columns) if kind == "csv" else as_xlsx(rows, about, columns)
    given = {**headers(), "Content-Disposition": f'attachment; filename="{table}.{kind}"'}
    return Response(written, media_type=TYPES[kind], headers=given)


def release(request: Request) -> Response:
    """What one release froze, as it was: the address to cite."""
    wanted = request.path_params["release"]
    with open_store().transaction() as session:
        known = {row.id: row for row in releases(session)}
        if wanted not in known:
            return printed.not_found(request)
        frozen = frozen_data(session, wanted)
    about = {"release": wanted, "sha256": known[wanted].sha256, "note": NOTE}
    text = json.dumps({**about, **frozen}, ensure_ascii=False, indent=1)
    given = {**headers(), "Content-Disposition": f'attachment; filename="release-{wanted}.json"'}
    return Response(text, media_type=TYPES["json"], headers=given)


def released() -> str:
    """Return the releases as a table, newest first, or how to make one."""
    with open_store().transaction() as session:
        rows = [
            [
                html.go(f"/data/release/{row.id}.json", row.id),
                html.day(row.at),
                html.escape(row.note),
                f"<code>{html.escape(row.sha256)}</code>",
            ]
            for row in reversed(releases(session))
        ]
    if not rows:
        return "<p>No release yet; <code>tracker release</code> freezes one that can be cited.</p>"
    return html.table(["Release", "Of", "Note", "sha256"], rows, caption="Releases", stack=True)


def as_json(rows: Sequence[dict[str, Any]], about: dict[str, Any]) -> str:
    """Return the rows after what they are."""
    return json.dumps(
        {**about, "matching": len(rows), "rows": list(rows)}, ensure_ascii=False, indent=1
    )


def as_csv(
    rows: Sequence[dict[str, Any]], about: dict[str, Any], columns: Sequence[str] = ()
) -> str:
    """Return the rows, each with what they are: a row may be copied alone. No row leaves one that says so.

    `columns` are those of a view without rows.
    """
    out = io.StringIO(newline="")
    plain = [flat(row) for row in rows]
    writer = csv.DictWriter(out, [*(plain[0] if plain else columns), *about], lineterminator="\n")
    writer.writeheader()
    for row in plain or [{}]:
        writer.writerow({name: cell(value) for name, value in {**row, **about}.items()})
    return out.getvalue()


def as_xlsx(
    rows: Sequence[dict[str, Any]], about: dict[str, Any], columns: Sequence[str] = ()
) -> bytes:
    """Return the rows as a workbook, each with what they are; every text is a text, none a formula or a link."""
    out = io.BytesIO()
    texts = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    plain = [flat(row) for row in rows]
    with xlsxwriter.Workbook(out, texts) as book:
        sheet = book.add_worksheet("rows")
        names = [*(plain[0] if plain else columns), *about]
        for at, row in enumerate([dict(zip(names, names, strict=True)), *(plain or [{}])]):
            sheet.write_row(at, 0, [_in_cell({**about, **row}.get(name)) for name in names])
        sheet.freeze_panes(1, 0)
    return out.getvalue()


def _in_cell(value: Any) -> Any:
    if isinstance(value, bool | int | float) or value is None:
        return value
    return str(value)[:LONGEST_CELL]


def downloads() -> str:
    """Return what there is to take away: releases that can be cited, and the tables as of now."""
    rows = [
        [
            f'{name}<span class="t-small">{HOLDS[name]}</span>',
            " · ".join(html.go(f"/data/{name}.{kind}", kind.upper()) for kind in TYPES),
            html.escape(", ".join(table.filters)),
        ]
        for name, table in tables.TABLES.items()
    ]
    live = html.table(
        ["Table", "Files", "Filters in the address"], rows, caption="Downloads", stack=True
    )
    return f"<h3>Releases</h3>{released()}<h3>As of now</h3>{live}{HOW}"


HOLDS = {
    "spoken": "a row for each institution: what it said, since when, with quotes",
    "coverage": "a row for each institution and recommendation",
    "evidence": "a row for each quote that a result rests on",
    "changes": "what was added, removed or moved, and when",
    "sources": "where we look, and how that goes",
    "documents": "every known page and file",
}
HOW = (
    '<p class="t-meta">A filter goes into the address, such as <code>/data/spoken.csv?result=condemned&amp;country=GB</code>; '
    "every row repeats it, with the time of the data. Our data: CC BY 4.0; quotes remain their publishers’.</p>"
)


def index(_request: Request) -> Response:
    """What there is to take away."""
    about = {
        "@type": "Dataset",
        "name": "Policy and ethics-statement tracker",
        "description": NOTE,
        "license": "https://creativecommons.org/licenses/by/4.0/",
    }
    with open_store().transaction() as session:
        body = f'{downloads()}<h2 id="corrections">Corrections</h2>{hearing.log(session, PRINTED)}'
    return printed.answer("Data", body, path="/data/", about=about)


ROUTES = [
    Route("/data/", index),
    Route("/data/release/{release}.json", release),
    Route("/data/{table}.{kind}", download),
    Route("/data/{rest:path}", printed.not_found),
]
