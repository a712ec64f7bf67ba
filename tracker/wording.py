"""Codes of closed vocabularies as people write them: one way for screens, mails and pages. Pure."""

import re


def words(code: object) -> str:
    """Return a code as people write it."""
    return re.sub(r"\bchina\b", "China", str(code).replace("_", " "))


def number(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
