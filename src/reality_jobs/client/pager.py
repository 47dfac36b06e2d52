"""One list of one service: decoded pages in, records and the next request out. No I/O.

Source: the envelope `{"jobs": [...], "_links": {"next": {"href": ...}}}` of the published list operations; none of its
keys is required there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Final

from ..diagnostics import quoted
from ..errors import PagingError
from ..records.reading import json_kind
from ..services import Service
from .addresses import Base, UnusableLinkError, first_request, next_request

MAX_SAME_PAGES: Final = 1_000
"""Empty pages, or the same page, in a row. More may follow an empty one, but some server could go on for ever."""


class Pager:
    """Follows one list from its first request to its end; `target` is the path and query of `next`, None at the end.

    An empty page goes on where it has a next link. What ends the list: no `_links`, null or {}; no `next`, null or {};
    a null `href`, or one without a continuation token.
    """

    def __init__(self, base: Base, service: Service, filter_text: str, page_size: int) -> None:
        self._base = base
        self._service = service
        self._filter_text = filter_text
        self._tokens: set[bytes] = set()
        self.pages = 0
        self._same = 0
        self._last = 0
        self._resumed = False
        self.target: str | None = first_request(base, service, filter_text, page_size)

    @property
    def begun(self) -> bool:
        """Whether a page of it has been taken, now or before it was resumed."""
        return self.pages > 0 or self._resumed

    def go_to(self, target: str | None) -> None:
        """Go on at a page that was asked for before, or at the end. Raises ValueError for what is none of this list."""
        self._resumed = True
        following = None
        if target is not None:
            try:
                following = next_request(self._base, self._service, target, self._filter_text)
            except UnusableLinkError as link:
                raise ValueError(f"resume holds a next link that {link}") from link
            if following is None:
                raise ValueError("resume is no resume point of this list")
            self._tokens.add(_digest(following[1]))
        self.target = None if following is None else following[0]

    def take(self, page: object, shown: Callable[[str], str] = quoted) -> list[Mapping[str, object]]:
        """The records of the page that `target` asked for; `target` moves on.

        `shown` prepares text of the server for a message. Raises PagingError, and then `target` is None: a next link
        that may not be followed, a repeated token, JSON of another shape.
        """
        self.target = None
        self.pages += 1
        if not isinstance(page, Mapping):
            raise self._error(f"is {json_kind(page)}, where an object with 'jobs' belongs")
        if page and not {"jobs", "_links"} & page.keys():
            raise self._error(f"holds neither 'jobs' nor '_links' but {shown(', '.join(map(str, page)))}")
        records = self._records(page.get("jobs"))
        ids = hash(tuple(str(record.get("id")) for record in records))
        self._same = self._same + 1 if ids == self._last or not records else 0
        self._last = ids
        if self._same > MAX_SAME_PAGES:
            raise self._error(f"is the last of {MAX_SAME_PAGES:,} in a row without a new job, so it would never end")
        self.target = self._next(page.get("_links"), shown)
        return records

    def _records(self, jobs: object) -> list[Mapping[str, object]]:
        if jobs is None:
            return []
        if not isinstance(jobs, list):
            raise self._error(f"holds {json_kind(jobs)} as 'jobs', where an array belongs")
        for index, record in enumerate(jobs):
            if not isinstance(record, Mapping):
                raise self._error(f"holds {json_kind(record)} as 'jobs[{index}]', where an object belongs")
        return jobs

    def _next(self, links: object, shown: Callable[[str], str]) -> str | None:
        href = self._inside(self._inside(links, "_links", "next"), "_links.next", "href")
        if href is None or href == "":
            return None
        if not isinstance(href, str):
            raise self._error(f"holds {json_kind(href)} as '_links.next.href', where text belongs")
        try:
            following = next_request(self._base, self._service, href, self._filter_text, shown)
        except UnusableLinkError as link:
            raise self._error(f"has a next link that {link}; it was not followed") from link
        if following is None:
            return None
        target, token = following
        digest = _digest(token)
        if digest in self._tokens:
            raise self._error("repeats the continuation token of an earlier page, so the list would never end")
        self._tokens.add(digest)
        return target

    def _inside(self, holder: object, place: str, key: str) -> object:
        if holder is None:
            return None
        if not isinstance(holder, Mapping):
            raise self._error(f"holds {json_kind(holder)} as '{place}', where an object belongs")
        return holder.get(key)

    def _error(self, what: str) -> PagingError:
        return PagingError(self._service.name, f"page {self.pages} of the list {what}")


def _digest(token: str) -> bytes:
    """Tokens may be long, and lists have many pages."""
    return blake2b(token.encode("utf-8", "surrogatepass"), digest_size=16).digest()
