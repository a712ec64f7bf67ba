"""Tells navigation, banners and other furniture from what a page says. Pure; knows no site."""

import re
from functools import lru_cache
from typing import Any

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


def is_unread(element: Any) -> bool:
    """Tell whether an element's text is never part of what a page says."""
    tag = element.tag
    if not isinstance(tag, str) or tag in UNREAD:
        return True
    if tag == "button":
        return element.get("aria-expanded") is None and element.get("aria-controls") is None
    return _is_hidden(element)


def doubt(element: Any) -> float:
    """Return the share of a page's prose up to which an element counts as furniture; 0 for content."""
    tag = element.tag
    if tag in _WHOLE or tag in _HEADINGS:
        return 0.0
    if _is_apart(element):
        return NEARLY_ALL
    if tag in _SUSPECT_TAGS and not (tag == "header" and _is_inside(element)):
        return MUCH
    if element.get("role") in _SUSPECT_ROLES:
        return MUCH
    return _by_name(element.get("class") or "", element.get("id") or "")


@lru_cache(maxsize=4096)
def _by_name(look: str, whole: str) -> float:
    """Identifiers are often slugs of headings, so they must say it in full; a class may say it in part."""
    if _FOOT.search(look) or _FOOT.fullmatch(whole):
        return NEARLY_ALL
    named = _LAYOUT.sub(" ", _CAMEL.sub("-", look))
    if _FOREIGN.search(named) or _FOREIGN.fullmatch(whole):
        return MUCH
    return LITTLE if _AROUND.search(named) or _AROUND.fullmatch(whole) else 0.0


def _is_apart(element: Any) -> bool:
    tag, role = element.tag, element.get("role")
    if tag in _APART_TAGS or role in _APART_ROLES or element.get("aria-modal") == "true":
        return True
    return tag == "aside" and not _is_inside(element)


def _is_inside(element: Any) -> bool:
    """A header within the content holds its title, not the site's."""
    return any(parent.tag in {"main", "article", "section"} for parent in element.iterancestors())


def _is_hidden(element: Any) -> bool:
    """Hidden from everybody; what an accordion or a tab folds away is not."""
    named = element.get("class")
    if named and _UNSEEN_NAMES.search(named):
        return True
    hidden = element.get("hidden")
    unseen = (hidden is not None and hidden != "until-found") or _UNSEEN_STYLE.search(
        element.get("style") or ""
    )
    return bool(unseen) and not _is_folded(element)


def _is_folded(element: Any) -> bool:
    return (
        element.get("role") in {"tabpanel", "region"}
        or element.get("aria-labelledby") is not None
        or bool(_FOLDED.search(f"{element.get('class') or ''} {element.get('id') or ''}"))
    )
