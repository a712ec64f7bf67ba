"""Keeps a library that opens its own connections to public addresses, at the very connect.

Checked where the system call is made, so neither a redirect nor a name that leads elsewhere by then
gets round it. Knows no library and no channel.
"""

import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from tracker.addresses import ALLOWING, refusal

_CONNECTING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


class _Watch:
    """Which addresses may be contacted now; `refused` says which were not, and why."""

    def __init__(self) -> None:
        self.allowed: frozenset[str] | None = None  # None: nothing is watched
        self.refused: list[str] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.allowed is None or event not in _CONNECTING or not arguments[1]:
            return
        if why := self._why_not(arguments[1]):
            self.refused.append(why)
            raise PermissionError(why)

    def _why_not(self, address: Any) -> str | None:
        host = str(address[0]) if isinstance(address, tuple) else ""
        if host in (self.allowed or ()):
            return None
        try:
            why = refusal(host)
        except ValueError:  # a socket of this machine, or a name that nobody has looked up
            why = "not an internet address"
        return why and f"{host or address} may not be contacted: {why}; {ALLOWING}"


@cache
def _watch() -> _Watch:
    watch = _Watch()
    sys.addaudithook(watch)  # which cannot be taken away again, hence one that can be idle
    return watch


@contextmanager
def public_only(allow_hosts: Iterable[str]) -> Iterator[list[str]]:
    """Refuse connections of this process but to public addresses, these hosts and the proxy.

    Gives the list of what was refused.
    """
    proxies = [urlsplit(proxy).hostname or "" for proxy in getproxies().values()]
    watch = _watch()
    watch.allowed = frozenset(a for name in (*allow_hosts, *proxies) for a in _addresses(name))
    watch.refused = []
    try:
        yield watch.refused
    finally:
        watch.allowed = None


def _addresses(name: str) -> set[str]:
    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(name, None)}
    except (OSError, UnicodeError):
        return set()
