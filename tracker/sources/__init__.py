"""sources.yaml: what may stand in it, how it is read, and what is wrong with it."""

from tracker.sources.entries import (
    Attributed,
    InstitutionEntry,
    SourceEntry,
    SourcesFile,
    source_key,
)
from tracker.sources.reading import SourcesError, load_sources, parse_sources, schema

__all__ = [
    "Attributed",
    "InstitutionEntry",
    "SourceEntry",
    "SourcesError",
    "SourcesFile",
    "load_sources",
    "parse_sources",
    "schema",
    "source_key",
]
