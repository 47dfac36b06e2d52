"""Jobs kept in one file that several processes share: `Cache`, and what it says of itself, `Coverage`."""

from .cache import Cache
from .coverage import Coverage
from .store import Stored

__all__ = ["Cache", "Coverage", "Stored"]
