"""Who may do what here. Without sign-in there is one person: whoever sits at this machine."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from tracker.model import Role
from tracker.settings import Settings, SettingsError
from tracker.store.people import role_of
from tracker.views.opening import open_store

FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who signed in, with the role that our own table gives them."""

    email: str
    role: Role | None


def secrets() -> dict[str, Any] | None:
    """Return what Streamlit's sign-in needs; None where none is set up. Raises SettingsError."""
    given = Settings()
    if not signing_in():
        return None
    if not (given.secret and given.oidc_client_id and given.oidc_metadata_url):
        raise SettingsError(
            "signing in needs TRACKER_OIDC_METADATA_URL, TRACKER_OIDC_CLIENT_ID, TRACKER_OIDC_CLIENT_SECRET "
            "and TRACKER_SECRET (long and random), and TRACKER_PUBLIC_URL as browsers reach it"
        )
    return {
        "auth": {
            "redirect_uri": f"{given.public_url.rstrip('/')}/oauth2callback",
            "cookie_secret": given.secret,
            "client_id": given.oidc_client_id,
            "client_secret": given.oidc_client_secret,
            "server_metadata_url": given.oidc_metadata_url,
        }
    }


def signing_in() -> bool:
    """Return whether people sign in here."""
    given = Settings()
    return bool(given.oidc_metadata_url or given.oidc_client_id)


def visitor() -> Visitor | None:
    """Return who signed in, by an address that the provider has verified; None where nobody did."""
    if not signing_in() or not st.user.get("is_logged_in"):
        return None
    email, issuer = str(st.user.get("email") or ""), str(st.user.get("iss") or "")
    if not email or st.user.get("email_verified") not in {True, "true"}:
        return Visitor(email, None)
    with open_store().transaction() as session:
        return Visitor(email, role_of(session, email=email, issuer=issuer))


def local() -> bool:
    """Return whether only this machine can reach the app: then reviewing needs no sign-in.

    A proxy in front makes it public, whatever address the app listens on.
    """
    listens = str(st.get_option("server.address") or "")
    public = urlsplit(Settings().public_url).hostname or ""
    return (
        not signing_in()
        and _loopback(listens)
        and _loopback(public)
        and not any(name in st.context.headers for name in FORWARDED)
    )


def reviewing() -> bool:
    """Return whether who looks may see what the public does not: reviewers, admins, whoever sits here."""
    who = visitor()
    return local() or (who is not None and who.role is not None)


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
