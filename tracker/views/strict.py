"""The headers that keep pages to themselves: strict where no script runs, as tight as the app allows elsewhere."""

import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, MutableMapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import streamlit
from starlette.datastructures import MutableHeaders

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

STRICT = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def _bootstrap() -> str:
    """Return the hash of the script that Streamlit writes into its page: the only inline one that may run."""
    page = Path(streamlit.__file__).with_name("static") / "index.html"
    inline = re.findall(r"<script>(.*?)</script>", page.read_text(encoding="utf-8"), re.DOTALL)
    digests = (b64encode(sha256(script.encode()).digest()).decode() for script in inline)
    return " ".join(f"'sha256-{digest}'" for digest in digests)


#: Streamlit writes styles into its page while it runs.
APP = (
    f"default-src 'self'; script-src 'self' {_bootstrap()}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def headers() -> dict[str, str]:
    """Return the headers of a page without script."""
    return {"Content-Security-Policy": STRICT, **COMMON}


class Headers:
    """Adds the app's headers to every answer that does not bring stricter ones."""

    def __init__(self, app: Callable[[Message, Receive, Send], Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                for name, value in {"Content-Security-Policy": APP, **COMMON}.items():
                    given.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)
