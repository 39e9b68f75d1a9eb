"""The store: records on disk, appended safely and read memory-mapped."""

from barrow.store.compact import Compacted
from barrow.store.lock import locked
from barrow.store.series import Appended
from barrow.store.spans import Coverage, Gap
from barrow.store.store import Store, is_store, open_store

__all__ = ["Appended", "Compacted", "Coverage", "Gap", "Store", "is_store", "locked", "open_store"]
