"""Names to addresses, refusing the private ones: what is checked is the address connected to."""

from collections.abc import Sequence
from typing import Any, Self
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

from tracker.addresses import refusal

#: Why names were refused. Twisted drops a resolver's reason, and a reactor has one resolver.
REFUSED: dict[str, str] = {}


class PublicResolver(CachingThreadedResolver):
    """Resolves names that lead to public addresses, and the hosts that the settings allow."""

    allowed: frozenset[str] = frozenset()

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> Self:
        resolver = super().from_crawler(crawler, reactor)
        # Behind a proxy its own name is the only one we resolve, and it is trusted.
        proxies = [urlsplit(proxy).hostname or "" for proxy in getproxies().values()]
        resolver.allowed = frozenset(proxies).union(crawler.settings.getlist("ALLOW_HOSTS"))
        return resolver

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802
        found = super().getHostByName(name, timeout)
        return found if name in self.allowed else found.addCallback(_public, name)


def _public(address: str, name: str) -> str:
    if why := refusal(address):
        REFUSED[name] = f"{name} leads to {address}, {why}"
        raise DNSLookupError(REFUSED[name])
    return address
