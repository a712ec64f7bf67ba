"""The words of a query, and how each database's index of words is asked for them. Pure."""

import re
from collections.abc import Sequence
from typing import Any

from sqlmodel import func

FEWEST = 3  # letters before a star: fewer would find half of the language
MOST_TERMS = 50
_TERM = re.compile(r'"([^"]*)"(\*?)|([^\s"]+)')
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_WORD = re.compile(r"\w+")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def terms(query: str) -> list[str]:
    """Return the words and "phrases" of a query; all must stand in a passage. No text is an error.

    A star at the end, of a phrase's last word too, also finds longer forms of it.
    """
    plain = "".join(c if c.isprintable() else " " for c in query).translate(_QUOTES)
    given = (
        (phrase or word, star or (phrase or word)[-1:])
        for phrase, star, word in _TERM.findall(plain)
    )
    found = [_term(words.rstrip("*"), star) for words, star in given if _WORD.search(words)]
    return found[:MOST_TERMS]


def _term(words: str, star: str) -> str:
    enough = len(_WORD.findall(words)[-1]) >= FEWEST
    return " ".join(words.split()) + "*" * (star == "*" and enough)


def fts5(words: Sequence[str]) -> str:
    """Return a query in FTS5's own language; every term is quoted, so none can be an operator."""
    return " AND ".join(map(_fts5_term, words))


def _fts5_term(term: str) -> str:
    quoted = term.rstrip("*").replace('"', " ")
    return f'"{quoted}"{" *" if _open_end(term) else ""}'


def tsquery(simple: Any, term: str) -> Any:
    """Return a term in PostgreSQL's own language: words that follow each other, none an operator."""
    if not _open_end(term):
        return func.phraseto_tsquery(simple, term)
    quoted = (f"'{word}'" for word in _WORD.findall(term))
    return func.to_tsquery(simple, f"{' <-> '.join(quoted)}:*")


def _open_end(term: str) -> bool:
    # A text without spaces is one word to the index; it is found by how it begins.
    return term.endswith("*") or bool(_UNSPACED.search(term))
