"""The frame of all screens: which there are and what they are called."""

import streamlit as st

from tracker.views import changes, compare, institution, method, overview, statements

st.navigation(
    [
        st.Page(overview.render, title="Overview", url_path="overview", default=True),
        st.Page(statements.render, title="Statements", url_path="statements"),
        st.Page(changes.render, title="Changes", url_path="changes"),
        st.Page(compare.render, title="Compare", url_path="compare"),
        st.Page(institution.render, title="Institution", url_path="institution"),
        st.Page(method.render, title="Method & data", url_path="method"),
    ],
    position="top",
).run()
