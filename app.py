"""The app's entry: the screens and the pages without script in one process; no logic."""

import streamlit as st
from starlette.middleware import Middleware

from tracker.settings import Settings
from tracker.views.origin import OwnOrigin
from tracker.views.people import secrets
from tracker.views.routes import ROUTES
from tracker.views.strict import Headers

app = st.App(
    "tracker/views/main.py",
    routes=ROUTES,
    middleware=[Middleware(OwnOrigin, public_url=Settings().public_url), Middleware(Headers)],
    secrets=secrets(),
)
