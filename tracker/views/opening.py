"""The store, opened once a process for screens and routes alike."""

import gc
from functools import cache

from tracker.settings import Settings
from tracker.standing import Gate
from tracker.store import Store


def open_store() -> Store:
    """Return the process's store."""
    settings = Settings()
    return _open(settings.store_url, settings.gate)


@cache
def _open(url: str, gate: Gate) -> Store:
    store = Store.open(url, gate=gate)
    # Streamlit collects garbage after every rerun; what is imported by now need not be looked at.
    gc.collect()
    gc.freeze()
    return store
