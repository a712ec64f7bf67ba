"""Captures that are not the document: walls, soft 404s, empty shells, collapses. Pure."""

import re

from tracker.extraction.text import Extracted
from tracker.model import QuarantineReason

#: A wall or an error page says little else.
FEW_WORDS = 150
COLLAPSED = 5  # times shorter than the version before
WORTH_WATCHING = 100  # words from which a collapse means something

_WALL = re.compile(
    r"checking your browser|verify(?:ing)? (?:that )?you are (?:a )?human|are you a robot|captcha"
    r"|enable javascript and cookies|attention required|cloudflare ray id|request unsuccessful"
    r"|incapsula|access (?:to this page has been )?denied|pardon our interruption|unusual traffic"
    r"|ddos protection|just a moment|automated (?:requests|access)|security check to access",
    re.IGNORECASE,
)
_WALL_MARKS = re.compile(
    rb"cf-challenge|challenge-platform|_Incapsula_Resource|akamai-bm|px-captcha|datadome|awswaf",
    re.IGNORECASE,
)
_NOT_FOUND = re.compile(
    r"page (?:was |could )?(?:not|n't) (?:be )?found|404 (?:error|not found)|error 404|seite nicht gefunden"
    r"|no longer (?:available|exists)|page (?:does not|doesn't) exist|page introuvable|we can(?:no|')t find",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"(?:please |you must )?(?:log|sign) ?in (?:to (?:continue|view|access|your)|with your|using)"
    r"|login required|single sign-on|anmeldung erforderlich",
    re.IGNORECASE,
)
_SHELL = re.compile(
    r"(?:enable|requires|turn on|need) javascript|javascript (?:is|must be) (?:disabled|enabled|required)",
    re.IGNORECASE,
)


def quarantine(
    extracted: Extracted,
    body: bytes,
    *,
    previous_words: int | None = None,
    at_least_words: int = 0,
) -> QuarantineReason | None:
    """Return why a capture must not count as the document, or None where it may."""
    text = f"{extracted.title}\n{extracted.text}"
    words = len(extracted.text.split())
    if words < FEW_WORDS:
        if _WALL.search(text) or _WALL_MARKS.search(body[:200_000]):
            return QuarantineReason.BOT_WALL
        if _NOT_FOUND.search(text):
            return QuarantineReason.SOFT_404
        if _LOGIN.search(text):
            return QuarantineReason.LOGIN_WALL
        if words < 30 and _SHELL.search(text):
            return QuarantineReason.EMPTY_SHELL
    if words < at_least_words:
        return QuarantineReason.EMPTY_SHELL
    if previous_words and previous_words >= WORTH_WATCHING and words * COLLAPSED < previous_words:
        return QuarantineReason.COLLAPSE
    return None
