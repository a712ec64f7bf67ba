"""The routes beside the screens on a loopback port, as the app serves them but without Streamlit."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from tracker.views.routes import ROUTES
from tracker.views.strict import Headers


@contextmanager
def routes_served() -> Iterator[int]:
    """Give the port; the socket listens before the server starts, so nobody has to wait."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=ROUTES, middleware=[Middleware(Headers)])
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
