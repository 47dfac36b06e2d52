"""One test for both clients: `Client` as it is, `AsyncClient` on an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterable, Callable, Coroutine, Iterable
from typing import Any, TypeVar, Unpack

import pytest

from reality_jobs import Filter, Job
from reality_jobs.client import AsyncClient, AsyncWatch, Client, Page, Watch
from reality_jobs.client.steps import Call

Either = Client | AsyncClient
Make = type[Client] | type[AsyncClient]
T = TypeVar("T")

TOKEN = "eyJhbGciOiJSUzI1NiJ9.c2VjcmV0.dG9rZW4"  # noqa: S105
V1 = ("modeling-v1",)

each = pytest.mark.parametrize("make", [Client, AsyncClient])
"""Runs a test with each of the two, as its argument `make`."""


def client(make: Make, url: str, token: Any = TOKEN, **options: Any) -> Any:
    """A client that asks once, so that a failure is final."""
    return make(token, base_url=url, **{"retries": 0} | options)


def do(c: Either, work: Callable[[Any], Any]) -> Any:
    """What one call gives; a watch gives all its statuses. Then the client is closed, and nothing of it may be left."""
    if isinstance(c, AsyncClient):
        return run(_done(c, work))
    try:
        with c:
            given = work(c)
            return list(given) if isinstance(given, Watch) else given
    finally:
        assert threads() == set()


def jobs(c: Either, f: Filter | str | None = None, **call: Unpack[Call]) -> list[Job]:
    """All that comes out; then the client is closed, and nothing of it may be left."""
    out: list[Job] = []
    take(c, out.append, f, **call)
    return out


def take(c: Either, work: Callable[[Job], object], f: Filter | str | None = None, **call: Unpack[Call]) -> None:
    """Each job to `work`; what it raises ends the loop."""
    _walk(c, lambda: c.jobs(f, **call), work)


def pages(
    c: Either,
    f: Filter | str | None = None,
    work: Callable[[Page], object] = lambda page: None,
    resume: str | None = None,
    seen: Iterable[str] = (),
    **call: Unpack[Call],
) -> list[Page]:
    """All pages, each handed to `work` before the next is taken: it may block, the loop goes on meanwhile."""
    out: list[Page] = []

    def step(page: Page) -> None:
        out.append(page)
        work(page)

    _walk(c, lambda: c.jobs(f, **call).pages(resume, seen), step)
    return out


def run(work: Coroutine[Any, Any, T]) -> T:
    """What it returns on a new event loop, when no task is left of it."""

    async def main() -> T:
        try:
            return await work
        finally:
            assert asyncio.all_tasks() == {asyncio.current_task()}

    return asyncio.run(main())


def threads() -> set[str]:
    """The names of our threads that run now."""
    ours = [thread for thread in threading.enumerate() if thread.name.startswith("reality-jobs")]
    for thread in ours:
        if thread.name.startswith("reality-jobs-token"):
            thread.join(10)  # told to end, but nobody waits for the caller's own code
    return {thread.name for thread in ours if thread.is_alive()}


def _walk(c: Either, start: Callable[[], Any], work: Callable[[Any], object]) -> None:
    if isinstance(c, AsyncClient):
        return run(_awaited(c, start, work))
    try:
        with c:
            for item in start():
                work(item)
    finally:
        assert threads() == set()


async def _done(c: AsyncClient, work: Callable[[Any], Any]) -> Any:
    async with c:
        given = work(c)
        return [status async for status in given] if isinstance(given, AsyncWatch) else await given


async def _awaited(c: AsyncClient, start: Callable[[], AsyncIterable[T]], work: Callable[[T], object]) -> None:
    async with c:
        async for item in start():
            await asyncio.to_thread(work, item)
