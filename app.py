"""The app's entry: the screens and the static routes in one process; no logic."""

import streamlit as st

from tracker.views.routes import ROUTES

app = st.App("tracker/views/main.py", routes=ROUTES)
