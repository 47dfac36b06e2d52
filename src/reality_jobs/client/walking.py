"""A listing set in motion: requests in flight side by side, pages handed out as they are asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from .events import PageEvent
from .flight import Flight
from .judging import Judge
from .listing import Listing, Page
from .requests import Request
from .walk import Fetched, Walk


class Run(Flight[Fetched | BaseException, Walk]):
    """One iteration: `page` until it is None, then or earlier `close`, after which nothing of it is left."""

    def __init__(
        self,
        listing: Listing,
        judge: Judge,
        fetch: Callable[[Request], Awaitable[Fetched]],
        on_page: Callable[[PageEvent], object] | None,
    ) -> None:
        super().__init__()
        self._listing = listing
        self._judge = judge
        self._fetch = fetch
        self._on_page = on_page

    async def page(self) -> Page | None:
        """The next page, while those after it are on their way; None after the last.

        Cancelled while it waits, it loses nothing: the next call goes on.
        """
        self._loop = asyncio.get_running_loop()
        while not self._closed:
            page = self._listing.pop()
            self._send()
            if page is not None:
                if self._on_page is not None:
                    self._on_page(PageEvent(page.service, page.records, len(page.jobs)))
                return page
            if not self._tasks:
                if not self._listing.done:
                    raise RuntimeError("requests are due and none is on its way")  # rather than lose jobs quietly
                self._judge.done()
                return None
            await self._some_arrive()
        raise RuntimeError("the loop was closed, so it cannot go on")

    def _ended(self) -> None:
        self._judge.done()

    def _send(self) -> None:
        for walk in self._listing.due():
            self._tasks[asyncio.create_task(self._outcome(walk))] = walk

    async def _some_arrive(self) -> None:
        await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in [task for task in self._tasks if task.done() and not self._closed]:
            self._listing.take(self._tasks.pop(task), task.result())

    async def _outcome(self, walk: Walk) -> Fetched | BaseException:
        """An error waits for its turn, as a page does."""
        try:
            return await self._fetch(walk.request)
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            return error
