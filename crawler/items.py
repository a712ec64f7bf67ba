"""What a spider hands to the pipeline."""

from dataclasses import dataclass

from tracker.archive import Capture, Fetched, NotFetched
from tracker.store.crawling import DocumentTask


@dataclass(frozen=True, slots=True)
class SourceRead:
    """How reading a feed, sitemap or listing ended."""

    source_id: int
    result: Fetched | NotFetched
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
