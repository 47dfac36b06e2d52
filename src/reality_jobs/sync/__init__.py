"""Keep a cache up to date with the live services: `sync`."""

from .syncing import OVERLAP, Synced, sync

__all__ = ["OVERLAP", "Synced", "sync"]
