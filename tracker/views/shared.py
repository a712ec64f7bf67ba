"""What every screen has: the store, the frame, the words it must carry."""

import gc

import streamlit as st

from tracker import queries
from tracker.settings import Settings
from tracker.store import Store
from tracker.views import html

NOT = "Published text only; not a risk rating, sanctions check or clearance."


@st.cache_resource(show_spinner=False)
def open_store() -> Store:
    """Open the store once a process."""
    store = Store.open(Settings().store_url)
    # Streamlit collects garbage after every rerun; what is imported by now need not be looked at.
    gc.collect()
    gc.freeze()
    return store


def frame(title: str, lead: str) -> queries.Overview:
    """Draw a screen's head and return the figures that several screens show."""
    st.set_page_config(page_title=f"{title} · Policy Tracker", page_icon="🔎", layout="wide")
    st.html(html.STYLE)
    with open_store().transaction() as session:
        figures = queries.overview(session)
    if figures.demonstration:
        st.html(
            '<div class="t-demo" role="note">Demonstration data: every institution and every word here is invented.</div>'
        )
    st.title(title)
    st.html(f'<p class="t-soft" style="font-size:1.05rem;max-width:46rem">{html.escape(lead)}</p>')
    return figures


def foot(figures: queries.Overview) -> None:
    """Draw what stands under every screen."""
    at = html.day(figures.last_run_at)
    st.html(
        f'<div class="t-foot t-meta">{NOT} Data as of {at}. Machine findings are possible until a person confirms them.</div>'
    )


def nothing_yet(figures: queries.Overview) -> bool:
    """Say what to do where there is no data; return whether that is so."""
    if figures.institutions:
        return False
    st.html(
        '<div class="t-card"><b>Nothing has been read yet.</b><p>Run <code>make demo</code> to see an example with '
        "invented institutions, or <code>tracker run</code> to read the sources in sources.yaml.</p></div>"
    )
    return True
