"""Where things stand: in the app, and on the printed pages. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode


@dataclass(frozen=True, slots=True)
class Places:
    """How one of the two layers addresses an institution, a document, a change."""

    institution_at: str
    document_at: str
    change_at: str

    def institution(self, key: str) -> str:
        return self.institution_at + quote(key, safe="")

    def document(self, document_id: int, *versions: int) -> str:
        pair = dict(zip(("a", "b"), versions, strict=False))
        joint = "&" if "?" in self.document_at else "?"
        return f"{self.document_at}{document_id}{joint + urlencode(pair) if pair else ''}"

    def change(self, change_id: int) -> str:
        return f"{self.change_at}{change_id}"


APP = Places("/institution?institution=", "/document?id=", "/change?id=")
PRINTED = Places("/p/institution/", "/p/document/", "/p/change/")


def id_in(text: str) -> int | None:
    """Return the id that an address gives, or None where it is none that a row can have."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def text_fragment(url: str, text: str) -> str:
    """Return an address that opens a page at a quote (WICG text fragments)."""
    start = " ".join(text.split()[:6])
    # A hyphen would end the prefix of a fragment.
    return f"{url}#:~:text={quote(start, safe='').replace('-', '%2D')}"
