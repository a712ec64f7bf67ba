"""Tells navigation, banners and other furniture from what a page says. Pure; knows no site."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

Attributes = Mapping[str, str]

#: Never read: no reader sees these as text of the page.
UNREAD = frozenset(
    "script style noscript iframe svg select option datalist head input textarea object embed canvas audio "
    "video picture map math progress meter title meta link".split()
)
#: Furniture unless most of the page stands in it, as in pages that are one form.
_SUSPECT_TAGS = frozenset("aside form menu header".split())
_SUSPECT_ROLES = frozenset(
    "banner search complementary menu menubar tablist toolbar tooltip alert status".split()
)
#: Furniture even where it is longer than what the page says.
_APART_TAGS = frozenset("nav footer dialog".split())
_APART_ROLES = frozenset("navigation contentinfo dialog alertdialog".split())
#: Class names of what is never the page's own words, however long it is.
_FOREIGN = re.compile(
    r"(?:^|[\s_-])(?:cookies?[\s_-]*(?:banner|bar|notice|consent|popup|modal|wall|layer|overlay|message)"
    r"|consent|gdpr|onetrust|cookiebot|disqus|comments?|outbrain|taboola|advert|advertisement|ads?|sponsored"
    r"|modal|popup|popover|related|recommended|newsletter"
    r"|site-?header|sidebar|side-?nav|navbar|navigation|nav|breadcrumbs?)(?:[\s_-]|$)",
    re.IGNORECASE,
)
_FOOT = re.compile(r"(?:^|\s)(?:site-?|page-?|main-?|global-?)?footer(?:\s|$)", re.IGNORECASE)
#: Class names of small furniture: believed only of a small part of the page.
_AROUND = re.compile(
    r"(?:^|[\s_-])(?:share|sharing|sharebar|addtoany|addthis|socials?|menu|skip|skip-?links?|pagination|pager|promos?|ribbon|subscribe|signup|masthead"
    r"|toolbar|tooltip|teasers?|byline|print-?only|language-?(?:switcher|selector|picker)|back-to-top|read-?more"
    r"|tags?|tag-?list)(?:[\s_-]|$)",
    re.IGNORECASE,
)
#: "has-sidebar" says how the page is laid out, not what the element is.
_LAYOUT = re.compile(
    r"(?:^|\s)\S*(?:no|has|with|without|sans|one|two|left|right|content)[_-]{1,2}(?:sidebars?|nav|menu|comments?|footer)\S*",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_UNSEEN_NAMES = re.compile(
    r"(?:^|\s)(?:sr-only|visually-?hidden|screen-?reader(?:-text|-only)?|element-invisible|u-hidden"
    r"|assistive-text|show-for-sr)(?:\s|$)",
    re.IGNORECASE,
)
_UNSEEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_FOLDED = re.compile(
    r"accordion|collaps|expand|toggle|tab-?(?:pane|panel|content)|panel|faq|drawer-content|details|disclosure",
    re.IGNORECASE,
)
_WHOLE = frozenset({"main", "body", "html"})
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
NEARLY_ALL, MUCH, LITTLE = 0.9, 0.4, 0.25


def is_unread(tag: object, said: Attributes) -> bool:
    """Tell whether the text of an element of that tag and those attributes is never read."""
    if not isinstance(tag, str) or tag in UNREAD:
        return True
    if tag == "button":
        return said.get("aria-expanded") is None and said.get("aria-controls") is None
    return bool(said) and _is_hidden(said)


def doubt(tag: str, said: Attributes, element: Any) -> float:
    """Return the share of a page's prose up to which an element counts as furniture; 0 for content."""
    if tag in _WHOLE or tag in _HEADINGS:
        return 0.0
    if _is_apart(tag, said, element):
        return NEARLY_ALL
    if tag in _SUSPECT_TAGS and not (tag == "header" and _is_inside(element)):
        return MUCH
    if not said:
        return 0.0
    if said.get("role") in _SUSPECT_ROLES:
        return MUCH
    return _by_name(said.get("class") or "", said.get("id") or "")


@lru_cache(maxsize=4096)
def _by_name(look: str, whole: str) -> float:
    """Identifiers are often slugs of headings, so they must say it in full; a class may say it in part."""
    if _FOOT.search(look) or _FOOT.fullmatch(whole):
        return NEARLY_ALL
    named = _LAYOUT.sub(" ", _CAMEL.sub("-", look))
    if _FOREIGN.search(named) or _FOREIGN.fullmatch(whole):
        return MUCH
    return LITTLE if _AROUND.search(named) or _AROUND.fullmatch(whole) else 0.0


def _is_apart(tag: str, said: Attributes, element: Any) -> bool:
    if tag in _APART_TAGS or said.get("role") in _APART_ROLES or said.get("aria-modal") == "true":
        return True
    return tag == "aside" and not _is_inside(element)


def _is_inside(element: Any) -> bool:
    """A header within the content holds its title, not the site's."""
    return any(parent.tag in {"main", "article", "section"} for parent in element.iterancestors())


def _is_hidden(said: Attributes) -> bool:
    """Hidden from everybody; what an accordion or a tab folds away is not."""
    named, style, hidden = said.get("class"), said.get("style"), said.get("hidden")
    if named and _is_unseen(named):
        return True
    unseen = (hidden is not None and hidden != "until-found") or (
        style and _UNSEEN_STYLE.search(style)
    )
    return bool(unseen) and not _is_folded(said)


@lru_cache(maxsize=4096)
def _is_unseen(named: str) -> bool:
    return _UNSEEN_NAMES.search(named) is not None


def _is_folded(said: Attributes) -> bool:
    return (
        said.get("role") in {"tabpanel", "region"}
        or said.get("aria-labelledby") is not None
        or bool(_FOLDED.search(f"{said.get('class') or ''} {said.get('id') or ''}"))
    )
