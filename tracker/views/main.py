"""The frame of all screens: which there are and what they are called."""

import streamlit as st

from tracker.views import (
    alerts,
    change,
    changes,
    compare,
    document,
    html,
    institution,
    method,
    overview,
    people,
    review,
    search,
    sources,
    statements,
)

st.logo(str(html.static("logo.svg")), size="large", link=None)
CHANGE = st.Page(change.render, title="Change", url_path="change", visibility="hidden")
page = st.navigation(
    [
        st.Page(overview.render, title="Overview", url_path="overview", default=True),
        st.Page(statements.render, title="Statements", url_path="statements"),
        st.Page(compare.render, title="Compare", url_path="compare"),
        st.Page(changes.render, title="Changes", url_path="changes"),
        st.Page(institution.render, title="Institutions", url_path="institution"),
        st.Page(search.render, title="Search", url_path="search"),
        st.Page(alerts.render, title="Alerts", url_path="alerts"),
        st.Page(sources.render, title="Sources", url_path="sources"),
        st.Page(method.render, title="Method & data", url_path="method"),
        st.Page(
            review.render,
            title="Review",
            url_path="review",
            visibility="visible" if people.local() or people.signing_in() else "hidden",
        ),
        CHANGE,
        st.Page(document.render, title="Document", url_path="document", visibility="hidden"),
    ],
    position="top",
)
if page.url_path == "changes" and "id" in st.query_params:  # as messages linked a change before
    st.switch_page(CHANGE, query_params={"id": st.query_params["id"]})
page.run()
