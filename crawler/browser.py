"""A browser without a network: what its pages ask for is fetched by us, or not at all.

So robots.txt, the delay per host, official hosts, private addresses, redirects and sizes are judged
where every other request is judged. Playwright's own interception sees no redirect, and a browser
that resolves names itself can be led to a private address; hence no door is left to it.
"""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from tracker.extras import installing

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
NOWHERE = "http://127.0.0.1:9"  # a proxy that is not there: whatever escapes us arrives nowhere
FLAGS = (
    "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-breakpad",
    "--disable-extensions", "--dns-prefetch-disable", "--no-pings",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--js-flags=--max-old-space-size=256",
)  # fmt: skip
#: Text comes from these; pictures, fonts and styles say nothing.
WANTED = frozenset({"document", "script", "xhr", "fetch"})
MOST_REQUESTS = 60
QUIET = 0.5  # seconds without a request or a change after which a page has settled
#: What a browser must not be told, since we have unpacked the body already.
DROPPED = frozenset(
    b"content-encoding content-length transfer-encoding set-cookie connection keep-alive".split()
)

Fetch = Callable[
    [str, bool], Awaitable[Any]
]  # URL, is it the page itself → Response, or None where refused


class NotRenderedError(Exception):
    """A page was not rendered; says why."""


@dataclass(frozen=True, slots=True)
class Limits:
    seconds: float
    most_bytes: int


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page as its scripts have left it."""

    html: str
    url: str


def lacks(executable: str = "") -> str | None:
    """Return what is missing to render pages, or None where nothing is."""
    if find_spec("playwright") is None:
        return f"the extra `render` is not installed: {installing('render')}"
    if not chromium(executable):
        return "no Chromium was found (install it, or set TRACKER_CHROMIUM to its path)"
    return None


def chromium(executable: str = "") -> str | None:
    """Return the path of the browser: the one that is set, else the system's."""
    names = (executable,) if executable else NAMES
    return next((path for name in names if (path := shutil.which(name))), None)


class Browser:
    """One browser for a run; each page has a context of its own, with no memory of others."""

    def __init__(self, executable: str, limits: Limits, user_agent: str) -> None:
        self.executable, self.limits, self.user_agent = executable, limits, user_agent
        self.free = asyncio.Lock()  # one page at a time: a bad one may take the browser with it
        self._playwright: Any = None
        self._browser: Any = None

    @property
    def name(self) -> str:
        return f"Chromium {self._browser.version}"

    async def render(self, url: str, first: Any, fetch: Fetch) -> Rendered:
        """Run a page whose answer is at hand; raises NotRenderedError where it does not settle."""
        from playwright.async_api import Error  # noqa: PLC0415  (an optional dependency)

        async with self.free:
            try:
                async with asyncio.timeout(self.limits.seconds), self._page() as page:
                    return await Visit(page, url, first, fetch, self.limits).rendered()
            except TimeoutError:
                await self.close()  # a script may hold it for ever
                raise NotRenderedError(
                    f"its scripts do not settle within {self.limits.seconds:.0f} s"
                ) from None
            except Error as error:
                raise NotRenderedError(" ".join(error.message.split())[:200]) from None

    @asynccontextmanager
    async def _page(self) -> Any:
        browser = await self._started()
        context = await browser.new_context(
            accept_downloads=False,
            service_workers="block",
            user_agent=self.user_agent,
            locale="en-GB",
            timezone_id="UTC",
            viewport={"width": 1280, "height": 4000},  # much of a page that loads as one scrolls
        )
        try:
            await context.route_web_socket("**/*", lambda socket: socket.close())
            yield await context.new_page()
        finally:
            await _within(context.close())

    async def _started(self) -> Any:
        from playwright.async_api import async_playwright  # noqa: PLC0415

        if self._browser is None or not self._browser.is_connected():
            self._playwright = self._playwright or await async_playwright().start()
            self._browser = await self._playwright.chromium.launch(
                executable_path=self.executable,
                # Chromium's sandbox refuses to work for root, and only then is it given up.
                chromium_sandbox=os.geteuid() != 0,
                args=list(FLAGS),
                proxy={"server": NOWHERE},
            )
        return self._browser

    async def close(self) -> None:
        """End the browser."""
        browser, self._browser = self._browser, None
        playwright, self._playwright = self._playwright, None
        if browser is not None:
            await _within(browser.close())
        if playwright is not None:
            await _within(playwright.stop())


async def _within(ending: Awaitable[Any], seconds: float = 5) -> None:
    """Wait for an end a while; what has died already needs none."""
    from playwright.async_api import Error  # noqa: PLC0415

    with suppress(Error, TimeoutError):
        await asyncio.wait_for(ending, seconds)


@dataclass
class Visit:
    """One page's stay in the browser."""

    page: Any
    url: str
    first: Any
    fetch: Fetch
    limits: Limits
    asked: int = 0
    under_way: int = 0
    taken: int = 0
    shown: bool = False

    async def rendered(self) -> Rendered:
        """Open the page, wait until nothing moves, and return what stands there."""
        await self.page.context.route("**/*", self._answer)
        self.page.context.on("page", lambda page: asyncio.ensure_future(page.close()))
        await self.page.goto(self.url, wait_until="domcontentloaded", timeout=0)
        await self._settled()
        size = await self.page.evaluate("document.documentElement.outerHTML.length")
        if size > self.limits.most_bytes:
            raise NotRenderedError("grows to more than a page should")
        return Rendered(await self.page.content(), self.page.url)

    async def _settled(self) -> None:
        before, still = -1, 0.0
        while still < QUIET:
            await asyncio.sleep(QUIET / 4)
            now = await self.page.evaluate("document.body ? document.body.innerText.length : 0")
            still = still + QUIET / 4 if now == before and not self.under_way else 0.0
            before = now

    async def _answer(self, route: Any) -> None:
        """Answer what the page asks for with what we fetch, or refuse it."""
        asked = route.request
        self.under_way += 1
        try:
            response = await self._fetched(asked)
            if response is None:
                await route.abort("blockedbyclient")
            else:
                await route.fulfill(
                    status=response.status, headers=_headers(response), body=response.body
                )
        finally:
            self.under_way -= 1

    async def _fetched(self, asked: Any) -> Any:
        page_itself = asked.is_navigation_request() and asked.frame.parent_frame is None
        if page_itself and not self.shown:
            self.shown = True
            return self.first
        if not self._wanted(asked, page_itself=page_itself):
            return None
        self.asked += 1
        response = await self.fetch(asked.url, page_itself)
        self.taken += 0 if response is None else len(response.body)
        return response if self.taken <= self.limits.most_bytes else None

    def _wanted(self, asked: Any, *, page_itself: bool) -> bool:
        return (
            asked.method == "GET"
            and asked.resource_type in WANTED
            and (page_itself or not asked.is_navigation_request())  # no frames
            and asked.url.startswith(("http://", "https://"))
            and self.asked < MOST_REQUESTS
        )


def _headers(response: Any) -> dict[str, str]:
    return {
        name.decode("latin-1"): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
        if name.lower() not in DROPPED
    }
