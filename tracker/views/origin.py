"""Who may open the app's own connection: pages of this app, at the address that it was reached by."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

#: The app on one's own machine, by whichever name.
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class OwnOrigin:
    """Refuses connections that pages of other websites open.

    Streamlit would refuse them too, but only after it had asked a service of a third party what this machine's
    public address is, and the whole app stands still until that answers.
    """

    def __init__(
        self, app: Callable[[Scope, Receive, Send], Awaitable[None]], public_url: str
    ) -> None:
        self.app, self.names = app, LOOPBACK | {urlsplit(public_url).hostname}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and not self.is_own(Headers(scope=scope)):
            await receive()
            await send(
                {"type": "websocket.close", "code": 1008}
            )  # RFC 6455, 7.4.1: against our policy
            return
        await self.app(scope, receive, send)

    def is_own(self, given: Headers) -> bool:
        """Tell whether an origin is ours; programs that are no browsers name none."""
        origin = given.get("origin")
        if origin is None:
            return True
        try:
            asked = urlsplit(origin)
            return asked.netloc == given.get("host") or asked.hostname in self.names
        except ValueError:
            return False
