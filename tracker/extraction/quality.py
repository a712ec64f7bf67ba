"""Captures that are not the document: walls, soft 404s, empty shells, collapses, another page. Pure.

Cautious on purpose: a page is set aside on two signs that agree, since a real page that is quarantined
is a document lost, and a wall that slips through is seen as a collapse by the next check.
"""

import re
from urllib.parse import urlsplit

from tracker.extraction.text import Extracted
from tracker.extraction.walls import is_wall, wears_marks
from tracker.model import QuarantineReason

#: A wall or an error page says little else.
FEW_WORDS = 150
HARDLY_ANY = 30
COLLAPSED = 5  # times shorter than the version before
WORTH_WATCHING = 100  # words from which a collapse means something
ENOUGH_OF_A_LINE = 6  # words from which a line is no label that every page has
ENOUGH_TO_TELL = 80  # words from which a language is sure

_MISSING = (
    r"page (?:was |could |can)? ?(?:not|n't) (?:be )?found|404\b|not found|error 404|page (?:does not|doesn't) exist"
    r"|(?:page|document|content|resource|file)(?: you [\w ]{3,40})? (?:is|are) no longer (?:available|here)"
    r"|(?:page|document|content|resource|file)(?: you [\w ]{3,40})? no longer exists?"
    r"|(?:can(?:no|')t|could(?: not|n't)|unable to) find (?:the|that|this|your) page|page (?:is )?(?:missing|unavailable)"
    r"|seite (?:wurde )?nicht gefunden|page (?:introuvable|non trouvée)|página no encontrada|pagina non trovata"
    r"|pagina niet gevonden|sidan (?:kunde inte hittas|hittades inte)|siden (?:blev |ble )?ikke funnet|siden findes ikke"
    r"|sivua ei löydy|página não encontrada|nie znaleziono strony"
)
_MISSING_TITLE = re.compile(
    rf"^\W*(?:oops\W+|error\W+|sorry\W+)?(?:the |this )?(?:{_MISSING})", re.IGNORECASE
)
_MISSING_SAID = re.compile(
    r"(?:sorry|oops|unfortunately)?[^.]{0,60}"
    rf"(?:{_MISSING.replace('404|', '').replace('not found|', '', 1)})",
    re.IGNORECASE,
)  # fmt: skip
_LOGIN = re.compile(
    r"(?:please |you must |you need to )(?:log|sign) ?in\b|(?:log|sign) ?in (?:to (?:continue|view|access|your)|with your|using your)"
    r"|login required|authentication required|anmeldung erforderlich|bitte melden sie sich an|veuillez vous (?:connecter|identifier)",
    re.IGNORECASE,
)
_LOGIN_TITLE = re.compile(
    r"^\W*(?:log ?in|sign ?in|login|anmeld\w+|connexion|inloggen|single sign-?on|web ?login|authentication)\b",
    re.IGNORECASE,
)
_LOGIN_PATH = re.compile(
    r"/(?:log-?in|sign-?in|sso|saml2?|cas|idp|oauth2?|authorize|adfs)(?:/|$|\.)", re.IGNORECASE
)
_PASSWORD = re.compile(rb"type\s*=\s*[\"']?password", re.IGNORECASE)
_SHELL = re.compile(
    r"(?:enable|requires|turn on|need) javascript|javascript (?:is|must be) (?:disabled|enabled|required)",
    re.IGNORECASE,
)
_EMPTY_APP = re.compile(
    rb"<(?:div|main)[^>]{0,200}\bid\s*=\s*[\"']?(?:root|app|__next|__nuxt|gatsby|svelte)[^>]{0,80}>\s*</(?:div|main)>",
    re.IGNORECASE,
)
_HOME = re.compile(
    r"^/?(?:[a-z]{2}(?:-[a-z]{2})?/?)?(?:(?:index|home|default)(?:\.\w{3,5})?/?)?$", re.IGNORECASE
)


def quarantine(
    extracted: Extracted,
    body: bytes,
    *,
    previous_words: int | None = None,
    previous_language: str | None = None,
    at_least_words: int = 0,
    url: str = "",
    final_url: str = "",
) -> QuarantineReason | None:
    """Return why a capture must not count as the document, or None where it may.

    `url` is the document's address and `final_url` where the answer came from.
    """
    words = len(extracted.text.split())
    if _is_redirected_home(url, final_url):
        return QuarantineReason.REDIRECTED_HOME
    if words < FEW_WORDS and (why := _poor(extracted, body, words, final_url)):
        return why
    if words < at_least_words:
        return QuarantineReason.EMPTY_SHELL
    if previous_words and previous_words >= WORTH_WATCHING and words * COLLAPSED < previous_words:
        return QuarantineReason.COLLAPSE
    known = previous_language and extracted.language and words >= ENOUGH_TO_TELL
    if known and extracted.language != previous_language:
        return QuarantineReason.WRONG_LANGUAGE
    return None


def is_cut(text: str, previous: str) -> bool:
    """Tell whether a far shorter text is what was left of the one before: half of it stood there.

    A wall or a shell says other things; a page that was cut says some of the same.
    """
    lines = [line for line in text.splitlines() if len(line.split()) >= ENOUGH_OF_A_LINE]
    kept = sum(line in previous for line in lines)
    return bool(lines) and 2 * kept >= len(lines)


def unread_page(body: bytes) -> QuarantineReason | None:
    """Return what a page without any text is: a wall by its marks, else an empty shell."""
    return QuarantineReason.BOT_WALL if wears_marks(body) else QuarantineReason.EMPTY_SHELL


def _poor(extracted: Extracted, body: bytes, words: int, final_url: str) -> QuarantineReason | None:
    title, text = extracted.title, extracted.text
    if is_wall(title, text, body):
        return QuarantineReason.BOT_WALL
    if _MISSING_TITLE.search(title) or (words < FEW_WORDS // 2 and _MISSING_SAID.match(text[:400])):
        return QuarantineReason.SOFT_404
    if _is_login(title, text, body, final_url):
        return QuarantineReason.LOGIN_WALL
    if words < HARDLY_ANY and (_SHELL.search(text) or _EMPTY_APP.search(body)):
        return QuarantineReason.EMPTY_SHELL
    return None


def _is_login(title: str, text: str, body: bytes, final_url: str) -> bool:
    """Two of: says so, is titled so, asks for a password, stands at such an address; or hardly more."""
    signs = (
        bool(_LOGIN.search(text)),
        bool(_LOGIN_TITLE.search(title)),
        bool(_PASSWORD.search(body)),
        bool(_LOGIN_PATH.search(urlsplit(final_url).path)),
    )
    short = len(text.split()) < HARDLY_ANY
    return sum(signs) >= 2 or (short and (signs[0] or signs[1]))


def _is_redirected_home(url: str, final_url: str) -> bool:
    """A deep page that now answers with its own site's front page is gone, not changed."""
    asked, came = urlsplit(url), urlsplit(final_url)
    if not url or not final_url or _site(asked.hostname) != _site(came.hostname):
        return False
    return not _HOME.match(asked.path) and bool(_HOME.match(came.path)) and not came.query


def _site(host: str | None) -> str:
    return (host or "").removeprefix("www.")
