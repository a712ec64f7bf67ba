"""What a spider hands to the pipeline."""

from dataclasses import dataclass

from tracker.archive import Capture, Fetched, NotFetched
from tracker.store.planning import DocumentTask, Kept


@dataclass(frozen=True, slots=True)
class SourceRead:
    """How reading an address of a feed, sitemap, listing or search ended."""

    source_id: int
    result: Fetched | NotFetched
    kept: Kept | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DocumentRead:
    """How reading a document ended."""

    task: DocumentTask
    result: Fetched | NotFetched


@dataclass(frozen=True, slots=True)
class CaptureRead:
    """What an archive holds of an address at a time."""

    capture: Capture
