"""The store, opened once a process for screens and routes alike."""

import gc
from functools import cache

from tracker.settings import Settings
from tracker.store import Store


def open_store() -> Store:
    """Return the process's store."""
    return _open(Settings().store_url)


@cache
def _open(url: str) -> Store:
    store = Store.open(url)
    # Streamlit collects garbage after every rerun; what is imported by now need not be looked at.
    gc.collect()
    gc.freeze()
    return store
