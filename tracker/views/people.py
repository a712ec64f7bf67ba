"""Who may do what here. Without sign-in there is one person: whoever sits at this machine."""

from ipaddress import ip_address
from urllib.parse import urlsplit

import streamlit as st

from tracker.settings import Settings

FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")


def local() -> bool:
    """Return whether only this machine can reach the app: then reviewing needs no sign-in.

    A proxy in front makes it public, whatever address the app listens on.
    """
    listens = str(st.get_option("server.address") or "")
    public = urlsplit(Settings().public_url).hostname or ""
    return (
        _loopback(listens)
        and _loopback(public)
        and not any(name in st.context.headers for name in FORWARDED)
    )


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
