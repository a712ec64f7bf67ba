"""Hides people who hold no office from public search. Pure, and knows no list of names.

A careful guess from how texts name people: a title before a name, a name beside "said", an address, a
telephone number. A name beside an office stays: what offices say is the subject here. It misses names that
stand alone, and may hide a name that only looks like a person's.
"""

import re

MASK = "▒▒▒"

_NAME = r"[A-ZÀ-ÖØ-Þ][\w’'-]+"
_INITIAL = r"[A-ZÀ-ÖØ-Þ]\."
_NAMES = rf"{_NAME}(?:[ \u00a0](?:(?:de|van|von|der|den|bin|al|el|la|du)[ ])?(?:{_NAME}|{_INITIAL})){{1,3}}"
_TITLE = (
    r"(?:Dr|Prof|Professor|Mr|Mrs|Ms|Mx|Sir|Dame|Herr|Frau|Monsieur|Madame|Mme|Señora?|Dhr|Mevr)\.?"
)
_SAID = (
    r"(?:said|says|told|adds|added|argues|argued|explained|warned|wrote|sagte?|erklärte|affirme|déclare"
    r"|zegt|zei|dice|dijo|säger|sa|siger|sier)"
)
_TITLED = re.compile(rf"\b{_TITLE}[ \u00a0](?:{_TITLE}[ \u00a0])*(?P<name>{_NAMES}|{_NAME})")
_BEFORE_SAID = re.compile(rf"\b(?P<name>{_NAMES})(?=,?[ ]{_SAID}\b)")
_AFTER_SAID = re.compile(
    rf"\b(?:{_SAID}|according to|laut|selon|volgens|según)[ ](?P<name>{_NAMES})"
)
_MAIL = re.compile(r"(?P<name>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4})")
_PHONE = re.compile(r"(?P<name>(?<!\w)\+\d{1,3}(?:[ \u00a0()/-]{0,2}\d{2,4}){2,5})")

#: Beside these words a name is that of somebody who holds an office.
_OFFICE = re.compile(
    r"\b(?:president|premier|prime minister|minister|chancellor|provost|rector|rektor\w*|dean|director|"
    r"direktor\w*|directeur|directrice|directora?|chair\w*|secretary|commissioner|ambassador|governor|mayor|"
    r"senator|congress\w*|representative|member of parliament|mp|mep|judge|justice|rapporteur|spokes\w+|"
    r"sprecher\w*|chief|ceo|head of|general|pope|king|queen|präsident\w*|kanzler\w*|président\w*|ministre|"
    r"voorzitter|presidente|ministro|ordförande|formand|leder)\b",
    re.IGNORECASE,
)
_AROUND = 60  # characters on each side in which an office is looked for, within the sentence
#: Words of which one makes a name that of a body.
_BODY = frozenset(
    "university institute institut council commission committee ministry department office party group foundation "
    "center centre college academy association agency bureau court parliament congress senate house union watch "
    "rights amnesty international nations state states government laboratory lab labs network society company "
    "corporation inc ltd press times post journal news report act law policy the this that these our their it we "
    "they he she and china beijing chinese".split()
)


def masked(text: str) -> str:
    """Return a text in which the names of people without an office, and their addresses, are hidden."""
    hidden: set[int] = set()
    for pattern in (_TITLED, _BEFORE_SAID, _AFTER_SAID):
        for found in pattern.finditer(text):
            if not _is_body(found["name"]) and not _holds_office(text, *found.span("name")):
                hidden.update(range(*found.span("name")))
    for pattern in (_MAIL, _PHONE):
        for found in pattern.finditer(text):
            hidden.update(range(*found.span("name")))
    return _without(text, hidden) if hidden else text


def _is_body(name: str) -> bool:
    return bool(_BODY & {word.strip("’'-").lower() for word in name.split()})


def _holds_office(text: str, start: int, end: int) -> bool:
    before = re.split(r"[.!?]\s", text[max(0, start - _AROUND) : start])[-1]
    after = re.split(r"[.!?]\s", text[end : end + _AROUND])[0]
    return bool(_OFFICE.search(f"{before}{text[start:end]}{after}"))


def _without(text: str, hidden: set[int]) -> str:
    parts = []
    for at, character in enumerate(text):
        if at not in hidden:
            parts.append(character)
        elif at - 1 not in hidden:
            parts.append(MASK)
    return "".join(parts)
