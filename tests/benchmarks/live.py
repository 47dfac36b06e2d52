"""The clients beside a bare httpx loop with json decoding, over real HTTP on loopback.

`python -m tests.benchmarks.live [pages] [page size]`: a server in a process of its own answers with canned pages, at
once or after a latency. Below 1.00 ours takes longer; `memory` is the peak while walking, without the pages' own bytes.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from statistics import median
from time import perf_counter

import httpx

from reality_jobs.client import AsyncClient, Client
from reality_jobs.emulator.generate import generate

_SERVICE = "modeling-v1"
_FILTER = "state ne 'unsubmitted'"
_PATH = "/contextcapture/jobs"
_ROUNDS = 7


def _pages(count: int, size: int) -> list[dict[str, object]]:
    found = [
        dict(job.raw) for job in generate(size * 12, 1) if job.service == _SERVICE and job.raw["state"] != "unsubmitted"
    ]
    records = (found * (size // len(found) + 1))[:size]
    return [
        {"jobs": [record | {"id": f"{page:08x}-{n:04x}-448b-ae06-765de46f0af1"} for n, record in enumerate(records)]}
        for page in range(count)
    ]


def _serve(count: int, size: int, latency: float, ready: Connection) -> None:
    """One page after the other, by the number in the continuation token."""
    pages = _pages(count, size)
    bodies: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            number = int(head.split(b"continuationToken=")[1].split(b" ")[0]) if b"continuationToken" in head else 0
            if latency:
                await asyncio.sleep(latency)
            body = bodies[number]
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )
            await writer.drain()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for number, page in enumerate(pages):
            href = f"{url}{_PATH}?$filter={_FILTER.replace(' ', '%20')}&continuationToken={number + 1}"
            links = {"_links": {"next": {"href": href}}} if number + 1 < len(pages) else {}
            bodies.append(json.dumps(page | links).encode())
        ready.send(url)
        await server.serve_forever()

    asyncio.run(main())


@contextmanager
def _server(count: int, size: int, latency: float = 0.0) -> Iterator[str]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(count, size, latency, theirs), daemon=True
    )
    process.start()
    try:
        yield ours.recv()
    finally:
        process.kill()
        process.join()


def _bare(url: str) -> int:
    found = 0
    with httpx.Client(headers={"Authorization": "Bearer token"}, trust_env=False) as http:
        target: str | None = f"{url}{_PATH}?$filter={_FILTER}&$top=100"
        while target is not None:
            page = json.loads(http.get(target).content)
            for job in page["jobs"]:
                found += job["state"] != "unsubmitted"
            target = page.get("_links", {}).get("next", {}).get("href")
    return found


def _ours(url: str) -> int:
    with Client("token", base_url=url) as client:
        return sum(job.raw["state"] != "unsubmitted" for job in client.jobs(_FILTER, services=[_SERVICE]))


async def _bare_async(url: str) -> int:
    found = 0
    async with httpx.AsyncClient(headers={"Authorization": "Bearer token"}, trust_env=False) as http:
        target: str | None = f"{url}{_PATH}?$filter={_FILTER}&$top=100"
        while target is not None:
            page = json.loads((await http.get(target)).content)
            for job in page["jobs"]:
                found += job["state"] != "unsubmitted"
            target = page.get("_links", {}).get("next", {}).get("href")
    return found


async def _ours_async(url: str) -> int:
    found = 0
    async with AsyncClient("token", base_url=url) as client:
        async for job in client.jobs(_FILTER, services=[_SERVICE]):
            found += job.raw["state"] != "unsubmitted"
    return found


def _ratio(bare: Callable[[], int], ours: Callable[[], int], expected: int) -> float:
    """Medians of alternated runs."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(_ROUNDS):
        for run, seconds in zip((bare, ours), times, strict=True):
            begun = perf_counter()
            if run() != expected:
                raise AssertionError("not every job came out")
            seconds.append(perf_counter() - begun)
    return median(times[0]) / median(times[1])


def _peak(url: str) -> float:
    """Bytes a job at the peak, over what the first page needed."""
    tracemalloc.start()
    jobs = 0
    with Client("token", base_url=url) as client:
        for _ in client.jobs(_FILTER, services=[_SERVICE]):
            jobs += 1
            if jobs == 1_000:
                tracemalloc.reset_peak()
                first = tracemalloc.get_traced_memory()[0]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (peak - first) / max(1, jobs - 1_000)


def main() -> None:
    count, size = (int(argument) for argument in (sys.argv[1:] + ["60", "100"][len(sys.argv) - 1 :])[:2])
    total = count * size
    print(f"{count} pages of {size} jobs; times as fast as the bare loop")
    for latency in (0.0, 0.02):
        with _server(count, size, latency) as url:
            sync = _ratio(lambda: _bare(url), lambda: _ours(url), total)
            alike = _ratio(lambda: asyncio.run(_bare_async(url)), lambda: asyncio.run(_ours_async(url)), total)
        print(f"  latency {latency * 1000:>3.0f} ms   Client {sync:.2f}   AsyncClient {alike:.2f}")
    for count in (100, 400):
        with _server(count, size) as url:
            print(f"  {count * size:>6} jobs: {_peak(url):.0f} bytes of memory a job at the peak")


if __name__ == "__main__":
    main()
