"""Routes beside the screens that need no browser script."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def health(_request: Request) -> PlainTextResponse:
    """Say that the process answers."""
    return PlainTextResponse("ok", headers={"Cache-Control": "no-store"})


ROUTES = [Route("/healthz", health)]
