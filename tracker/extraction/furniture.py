"""Tells navigation, banners and other furniture from what a page says. Pure; knows no site."""

import re
from typing import Any

#: Never read: no reader sees these as text of the page.
UNREAD = frozenset(
    "script style noscript iframe svg select option datalist head input textarea object embed canvas audio "
    "video picture map math progress meter title meta link".split()
)
#: Furniture unless most of the page stands in it, as in pages that are one form.
_SUSPECT_TAGS = frozenset("nav footer aside form dialog menu header".split())
_SUSPECT_ROLES = frozenset(
    "navigation banner contentinfo search dialog alertdialog complementary menu menubar tablist toolbar "
    "tooltip alert status".split()
)
_NAMES = re.compile(
    r"(?:^|[\s_-])(?:cookies?(?=[\s_-]*(?:banner|bar|notice|consent|popup|modal|wall|layer|overlay|message|$|\s))"
    r"|consent|gdpr|onetrust|breadcrumbs?|share|sharing|sharebar|addtoany|addthis|social|socials|related|recommended"
    r"|sidebar|side-?nav|newsletter|navbar|navigation|nav|menu|skip|skiplinks?|skip-links?|pagination|pager"
    r"|comments?|disqus|promo|promos|ribbon|subscribe|signup|site-?header|site-?footer|footer|masthead|toolbar"
    r"|modal|popup|popover|tooltip|teaser|teasers|advert|advertisement|ads?|sponsored|outbrain|taboola"
    r"|byline|dateline|print-?only|language-?(?:switcher|selector|picker)|back-to-top|read-?more|tags?|tag-?list)"
    r"(?:[\s_-]|$)",
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


def is_unread(element: Any) -> bool:
    """Tell whether an element's text is never part of what a page says."""
    tag = element.tag
    if not isinstance(tag, str) or tag in UNREAD:
        return True
    if tag == "button":
        return element.get("aria-expanded") is None and element.get("aria-controls") is None
    return _is_hidden(element)


def is_suspect(element: Any) -> bool:
    """Tell whether an element looks like furniture by its tag, role or name."""
    tag = element.tag
    if tag in _SUSPECT_TAGS or element.get("role") in _SUSPECT_ROLES:
        return True
    if tag in _WHOLE or element.get("aria-modal") == "true":
        return tag not in _WHOLE
    named = f"{element.get('class') or ''} {element.get('id') or ''}"
    return len(named) > 1 and bool(_NAMES.search(_CAMEL.sub("-", named)))


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
