"""How it is done, where it ends, and the data to take away."""

from tracker.coding.codebook import load_codebook
from tracker.model import SPOKEN
from tracker.queries import tally
from tracker.views import data, hearing, html, report, shared, squares
from tracker.views.findings import SPOKEN_WORDS
from tracker.views.opening import open_store


def render() -> None:
    """Show the method, the codebook, the limits, and the downloads."""
    shown = shared.frame(
        "Method & data",
        "How it is done, and where it ends",
        "Texts are kept byte for byte, coded by written rules, confirmed by people. Everything can be checked and taken away.",
    )
    codebook = load_codebook()
    shared.show(
        STEPS,
        f"<p>Codings here follow codebook {html.escape(codebook.version)}. Languages covered: {html.escape(', '.join(sorted(map(html.language, codebook.languages))))}.</p>",
    )
    shared.show("<h2>What the results mean</h2>", _results())
    shared.show("<h2>The recommendations</h2>", _recommendations())
    shared.show("<h2>Where it ends</h2>", LIMITS)
    spoken = [cell for cell in shared.cells() if cell.question == SPOKEN]
    found = tally(spoken)
    shared.show(
        f"<p>At present {found.unread} of {found.institutions} institutions are not read well enough to answer. {html.go('/sources', 'Which sources fail, and why')}.</p>"
    )
    with open_store().transaction() as session:
        shared.show('<h2 id="corrections">Corrections</h2>', hearing.log(session))
    shared.show("<h2>Data</h2>", data.downloads())
    shared.foot(shown)


STEPS = """<ol>
<li><b>Read.</b> Declared official pages are fetched politely; robots.txt and refusals are obeyed. Every attempt is a row, with its outcome.</li>
<li><b>Keep.</b> The bytes and headers are stored untouched with their sha256; each run closes with a hash over all it fetched.</li>
<li><b>Compare.</b> A version is a text that differs from the one before. An edit lies between two reads; we never trust a page’s own “last updated”.</li>
<li><b>Code.</b> Passages are coded from their words alone. Only the institution’s own voice counts.</li>
<li><b>Confirm.</b> What the machine finds is <em>possible</em>. People confirm or reject it; both are shown apart and never added.</li>
<li><b>Conclude.</b> “None found” is said only where an archive was read, four fifths of the known documents were read and every language is covered.</li>
</ol>"""

LIMITS = """<ul>
<li>Published text only. Nothing here says what an institution does, and nothing is a risk rating, sanctions check or clearance.</li>
<li>Absence of a mention is no evidence by itself: read the search record beside it.</li>
<li>No score, no rank: recommendations are not weighted, and not all institutions are read.</li>
<li>Images, audio, video and scans are not read. Pages behind logins are not read.</li>
<li>Dates are the documents’ own, where they state one; else they are marked inferred or unknown.</li>
</ul>"""


def _results() -> str:
    rows = [
        [html.badge(code, sure=code not in html.ABSENT), html.escape(said)]
        for code, said in SPOKEN_WORDS.items()
    ]
    kinds = html.table(["Result", "When"], rows, caption="Results and their rules")
    return kinds + squares.key(squares.PARTS)


def _recommendations() -> str:
    cells = [
        [
            f"{code} {html.escape(entry.title)}",
            html.escape(entry.report),
            html.escape(", ".join(html.KINDS[kind].lower() for kind in entry.applies_to)),
            html.escape(html.words(", ".join(entry.required))),
        ]
        for code, entry in load_codebook().recommendations.items()
    ]
    columns = ["Recommendation", "As the report puts it", "Addresses", "Needed for “stated”"]
    said = (
        f"<p>After {html.escape(report.SOURCE)}. The wording of the rules is the tracker’s own.</p>"
    )
    return said + html.table(columns, cells, caption="Recommendations")
