"""Memory of a process that reads much: blocks and lines come and go by the thousand."""

from __future__ import annotations

from typing import Final

# mallopt(3), <malloc.h> of the GNU C library.
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_KEPT: Final = 1 << 25


def keep_freed() -> None:
    """Let the C library keep what is freed, up to 32 MiB, where it is one that can be told.

    Otherwise it gives each block back to the system and gets it again page by page, which takes a third of the time.
    """
    try:
        import ctypes

        mallopt = ctypes.CDLL(None).mallopt
    except (ImportError, OSError, TypeError, AttributeError):
        return
    mallopt(_MMAP_THRESHOLD, _KEPT)
    mallopt(_TRIM_THRESHOLD, _KEPT)
