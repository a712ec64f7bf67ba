"""The words by which a sentence binds, or only points elsewhere. Pure."""

import re
from collections import Counter

#: Words by how much they bind (codebook: force is must, should or may), most first.
_MUST = (
    r"must|shall|required?|requires|mandatory|obliged|obligatory|has to|have to|needs? to|may not"
    r"|prohibit(?:s|ed)?|muss|müssen|doit|doivent|moet|moeten|debe|deben|ska|skal"
)
_SHOULD = (
    r"should|ought to|expect(?:s|ed)?|recommend(?:s|ed)?|advised?|soll|sollte|sollen|devraient"
    r"|devrait|zou moeten|debería|deberían|bör|bør"
)
_MAY = (
    r"may|might|can|could|consider|encouraged?|encourages|invited?|optional|voluntary|voluntarily"
    r"|darf|kann|können|peut|peuvent|kan|kunnen|puede|pueden|får"
)
FORCES = [re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for words in (_MUST, _SHOULD, _MAY)]
ALL = re.compile(
    r"\b(?:all|any|every|each|always|whenever|in every case|without exception|regardless of"
    r"|alle[rsn]?|jede[rsnm]?|tous|toutes|chaque|elke|todos|todas|cada)\b",
    re.IGNORECASE,
)
SOME = re.compile(
    r"\b(?:(?:where|when|if|as|wherever|whenever) (?:appropriate|possible|practicable|feasible|needed|necessary"
    r"|relevant|required|applicable|reasonable)|normally|usually|generally|typically|in principle"
    r"|at (?:its|their|the) discretion|selected|certain|some|in exceptional cases|funded projects only"
    r"|gegebenenfalls|soweit möglich|le cas échéant|si possible|waar mogelijk|indien nodig)\b",
    re.IGNORECASE,
)
#: How an entry of a list begins.
ENTRY = re.compile(r"^(?:[-•*–]|\(?\w{1,3}[.)])\s+")
#: Anchors of markup that a text was served with.
MARKUP = re.compile(r"\{\w+\}|<[^<>\s]*>")
#: Where a text points: addresses, anchors of markup, "(see below)".
POINTERS = re.compile(
    rf"https?://\S+|www\.\S+|{MARKUP.pattern}|\((?:see|cf|siehe|voir|zie|véase|se)\b[^()]*\)",
    re.IGNORECASE,
)
#: Months beside a figure; alone, "may" and "march" are words.
_MONTH = (
    r"(?:jan|feb|mar|apr|may|mai|jun|jul|aug|sep|sept|oct|okt|nov|dec|dez|january|february|march"
    r"|april|june|july|august|september|october|november|december|januar|februar|märz|juni|juli"
    r"|oktober|dezember)"
)
DATE = re.compile(rf"\b{_MONTH}\b\.?(?=\W{{0,3}}\d)|(?<=\d)\W{{0,2}}\b{_MONTH}\b", re.IGNORECASE)
_NOT = re.compile(
    r"\b(?:not?|never|without|except|unless|only|nor|cannot|kein\w*|nicht|ohne|nur|ne|pas|sans|sauf"
    r"|niet|geen|zonder|sin|salvo|inte|ikke)\b|n't\b",
    re.IGNORECASE,
)
#: That something ends or begins: "uses" became "ended its use of".
_TURNS = re.compile(
    r"\b(?:ceas(?:es?|ed)|ended|stop(?:s|ped)|suspend\w*|terminat\w*|withdr[ae]w\w*|abandon\w*|ban(?:s|ned)"
    r"|phas(?:ed?|ing) out|beg[aiu]ns?|start(?:s|ed)|introduc(?:es?|ed)|beende\w*|eingestellt|ausgesetzt|begonnen"
    r"|cess[eé]\w*|suspend\w*|beëindig\w*|stopgezet|opgeschort|suspendi\w*|avslut\w*|ophør\w*|opphør\w*)\b",
    re.IGNORECASE,
)


def binds(words: str) -> bool:
    """Tell whether words decide how far a sentence binds, or whether it still holds."""
    return any(pattern.search(words) for pattern in (*FORCES, ALL, SOME, _NOT, _TURNS))


def binding(words: str) -> Counter[int]:
    """Return how often words bind in each way: by force, reach, refusal, or as what ends or begins."""
    patterns = (*FORCES, ALL, SOME, _NOT, _TURNS)
    return Counter(at for at, pattern in enumerate(patterns) for _ in pattern.finditer(words))


def obliges(text: str) -> bool:
    """Tell whether a text binds most strongly: by "must" and its kin."""
    return bool(FORCES[0].search(text))
