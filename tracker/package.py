"""The tables of the data package: their columns, and what each says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the package: its columns as (name, Table Schema type, what it says)."""

    name: str
    title: str
    columns: tuple[tuple[str, str, str], ...]
    key: tuple[str, ...]
    refers: bool = True  # to institutions, by the column "institution"

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return [name for name, *_ in self.columns]


_INSTITUTION = ("institution", "string", "key of the institution")
_WHO = (
    _INSTITUTION,
    ("name", "string", "name of the institution"),
    ("country", "string", "ISO 3166-1 code, or EU"),
)
_FINDING = (
    ("result", "string", "result code of the codebook"),
    (
        "state",
        "string",
        "possible: found by machine, reviewed by nobody; confirmed: by people; empty where nothing was found",
    ),
    ("at_least", "boolean", "people confirmed a part; what awaits review may make it more"),
    ("basis", "string", "machine or reviewed"),
    ("reviewed", "string", "how many people confirmed it: none, one or two"),
    ("possible", "string", "what unreviewed machine codings would make it"),
    ("possible_quotes", "integer", "machine quotes awaiting review"),
    ("rule", "string", "the rule that decided"),
    (
        "set_aside",
        "string",
        "what the machine matched and people set aside, where nothing is found",
    ),
    ("disputed", "boolean", "the institution disputes it; its reply is in the table of replies"),
    (
        "corrected",
        "boolean",
        "a public correction of this result stands in the table of corrections",
    ),
    ("under_reply", "boolean", "the institution was asked and its time to reply runs"),
    ("withheld", "boolean", "the confirmed result waits for the institution's reply"),
    ("asked_at", "datetime", "when the institution was asked about it"),
    ("reply_due", "datetime", "until when its reply stands beside the finding from the start"),
)
SEARCHED = (
    ("documents_read", "integer", "documents read"),
    ("documents_known", "integer", "documents known"),
    ("sources_failed", "integer", "starting points that failed"),
    ("period_from", "date", "earliest stated date among what was read"),
    ("period_to", "date", "latest stated date among what was read"),
    ("search_record", "object", "all that was looked at, and what was not"),
)
TABLES = (
    Table(
        "institutions",
        "Institutions in scope",
        (
            ("key", "string", "permanent key"),
            ("name", "string", "name"),
            ("kind", "string", "kind of institution"),
            ("country", "string", "ISO 3166-1 code, or EU"),
            ("homepage", "string", "homepage"),
            ("group", "string", "core or adjacent"),
            ("parent", "string", "key of the institution it belongs to"),
        ),
        ("key",),
        refers=False,
    ),
    Table(
        "sources",
        "Declared places to look, and how each is doing",
        (
            *_WHO,
            ("key", "string", "key of the source"),
            ("kind", "string", "feed, sitemap, listing, page or document"),
            ("url", "string", "address"),
            ("state", "string", "how it is doing, as of the last read"),
            ("cause", "string", "what that rests on"),
            ("reason", "string", "why it failed"),
            ("last_good_at", "datetime", "last good read"),
            ("documents", "integer", "documents held from it"),
        ),
        ("institution", "key"),
    ),
    Table(
        "documents",
        "Documents known, with the hashes of what was read",
        (
            *_WHO,
            ("url", "string", "canonical address"),
            ("title", "string", "title"),
            ("state", "string", "whether it can be read"),
            ("genre", "string", "sort of text"),
            ("voice", "string", "who speaks"),
            ("versions", "integer", "versions seen"),
            ("words", "integer", "words of the latest version"),
            ("language", "string", "ISO 639-1 code"),
            ("stated_date", "datetime", "the date it states"),
            ("stated_basis", "string", "stated, inferred or unknown"),
            ("first_seen", "datetime", "first capture"),
            ("last_good_at", "datetime", "last good read"),
            ("text_sha256", "string", "hash of the latest text"),
            ("payload_sha256", "string", "hash of the bytes it was read from"),
        ),
        ("url",),
    ),
    Table(
        "spoken",
        "Who has spoken",
        (
            *_WHO,
            *_FINDING,
            ("since", "datetime", "earliest stated date of a statement"),
            ("latest", "datetime", "latest stated date"),
            ("undated", "integer", "statements without a stated date"),
            *SEARCHED,
        ),
        ("institution",),
    ),
    Table(
        "coverage",
        "Institutions and recommendations",
        (
            *_WHO,
            ("recommendation", "string", "R1 to R6"),
            *_FINDING,
            *SEARCHED,
        ),
        ("institution", "recommendation"),
    ),
    Table(
        "evidence",
        "The quotes that findings rest on",
        (
            *_WHO,
            ("question", "string", "spoken, or R1 to R6"),
            ("number", "integer", "its place among the finding's quotes"),
            ("result", "string", "result of the finding"),
            ("state", "string", "of the finding: possible or confirmed"),
            (
                "amounts_to",
                "string",
                "what the passage amounts to by itself; not all are the result",
            ),
            ("quote", "string", "exact words, at most 300 characters"),
            ("url", "string", "document"),
            ("title", "string", "title of the document"),
            ("heading_path", "string", "headings above it"),
            ("stated_date", "datetime", "the date the document states"),
            ("stated_basis", "string", "stated, inferred or unknown"),
            (
                "statement_date",
                "datetime",
                "the same, where the passage stood in the first version",
            ),
            ("first_seen_from", "datetime", "last capture without the passage"),
            ("first_seen_to", "datetime", "first capture with it"),
            ("dated", "string", "what is known of its date, in words"),
            ("version", "integer", "latest version of the document that has it"),
            ("first_version", "integer", "first version that has it"),
            ("text_sha256", "string", "hash of the text of that latest version"),
            ("labels", "array", "labels of the codebook"),
            ("cues", "object", "label → the words that led to it"),
            ("element_cues", "object", "element of a recommendation → the words that hold it"),
            ("language", "string", "ISO 639-1 code"),
            ("reviewed", "string", "none, one or two"),
            ("reviewed_at", "datetime", "the last verdict of people that counts"),
            ("coder", "string", "version of codebook and coder"),
            ("coded_by", "string", "who coded it, in words; people are not named"),
            ("earlier_wording", "boolean", "people judged words that have since been edited"),
            ("on_page", "boolean", "whether the document could be read at the last check"),
        ),
        ("institution", "question", "number"),
    ),
    Table(
        "replies",
        "What institutions say of findings, in full",
        (
            _INSTITUTION,
            ("id", "integer", "number of the reply"),
            ("received_at", "datetime", "when it was received"),
            ("host", "string", "official host that it came from"),
            ("questions", "array", "findings that it is about"),
            ("disputes", "array", "findings that it disputes, as far as the dispute is open"),
            ("text", "string", "its words"),
        ),
        ("id",),
    ),
    Table(
        "corrections",
        "Public corrections of findings",
        (
            _INSTITUTION,
            ("id", "integer", "number of the correction"),
            ("question", "string", "spoken, or R1 to R6"),
            ("at", "datetime", "when it was corrected"),
            ("result_then", "string", "result of the finding at that time"),
            ("note", "string", "what was wrong, and what is right"),
        ),
        ("id",),
    ),
    Table(
        "changes",
        "What changed, and between which captures",
        (
            ("id", "integer", "number of the change in this store, as in the address of its page"),
            *_WHO,
            ("url", "string", "document"),
            ("title", "string", "title of the document"),
            ("class", "string", "material, minor, availability, record or technical"),
            ("kind", "string", "kind of the change"),
            ("seen_from", "datetime", "last capture before it"),
            ("seen_to", "datetime", "first capture that shows it"),
            ("added", "array", "sentences as they read now"),
            ("removed", "array", "sentences as they read before"),
            ("labels", "array", "labels of the passages it touches"),
            ("summary", "string", "one sentence about the text"),
            ("confirmed", "boolean", "a second read showed it too"),
            ("imported", "boolean", "from imported history"),
            ("folded", "boolean", "part of another change"),
            ("superseded", "boolean", "an older capture showed that it happened otherwise"),
        ),
        ("id",),
    ),
)
