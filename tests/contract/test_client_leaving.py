"""Leaving a loop early, in every way there is: what is in flight ends, and no task, thread or warning stays behind."""

from __future__ import annotations

import asyncio
import gc
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from textwrap import dedent
from typing import Any

import httpx
import pytest
from attrs import evolve

from reality_jobs.client import AsyncClient, Client, RequestEvent
from tests.contract.both import V1, Make, client, each, jobs, run, threads
from tests.contract.liar import Asked, Liar, Reply, job, json_reply, liar, link, numbered, page

LEFT = "the loop was closed, so it cannot go on"
CLOSED = "the client is closed"


class Hanging:
    """A list whose second page never comes, or breaks off after `begun`."""

    def __init__(self, begun: bytes = b"") -> None:
        self.asked = threading.Event()
        """Once the second page was asked for."""
        self.left = threading.Event()
        """Once the client has closed that connection."""
        self._begun = begun

    def __call__(self, asked: Asked) -> Reply:
        if "continuationToken" not in asked.query:
            return page(job("a"), next_link=link(asked, "2", asked.path))
        asked.send(self._begun)
        self.asked.set()
        if asked.gone():
            self.left.set()
        return Reply(drop=True)

    def came(self) -> None:
        assert self.asked.wait(10)

    async def acame(self) -> None:
        await asyncio.to_thread(self.came)


class Leave(Exception):
    """What a caller might raise in a loop."""


Came = Callable[[], None]
Kept = object
"""What is returned stays alive while the test looks, so that nothing but the way itself can have ended the loop."""


def by_break(c: Client, came: Came) -> Kept:
    for _ in c.jobs(services=V1):
        came()
        break
    return None


def by_exception(c: Client, came: Came) -> Kept:
    with suppress(Leave):
        for _ in c.jobs(services=V1):
            came()
            raise Leave
    return None


def by_the_end_of_the_block(c: Client, came: Came) -> Kept:
    with c.jobs(services=V1) as found:
        walk = iter(found)
        next(walk)
        came()
    return walk


def by_an_exception_in_the_block(c: Client, came: Came) -> Kept:
    with suppress(Leave), c.jobs(services=V1) as found:
        walk = iter(found)
        next(walk)
        came()
        raise Leave
    return walk


def by_closing_the_jobs(c: Client, came: Came) -> Kept:
    found = c.jobs(services=V1)
    walk = found.pages()
    next(walk)
    came()
    found.close()
    return walk


def by_closing_the_loop(c: Client, came: Came) -> Kept:
    walk: Any = iter(c.jobs(services=V1))
    next(walk)
    came()
    walk.close()
    return walk


def by_collection(c: Client, came: Came) -> Kept:
    cycle: list[Any] = [iter(c.jobs(services=V1))]
    cycle.append(cycle)
    next(cycle[0])
    came()
    del cycle
    gc.collect()
    return None


def by_closing_the_client(c: Client, came: Came) -> Kept:
    walk = iter(c.jobs(services=V1))
    next(walk)
    came()
    c.close()
    return walk


@pytest.mark.parametrize(
    "leave",
    [
        by_break,
        by_exception,
        by_the_end_of_the_block,
        by_an_exception_in_the_block,
        by_closing_the_jobs,
        by_closing_the_loop,
        by_collection,
        by_closing_the_client,
    ],
)
def test_leaving(leave: Callable[[Client, Came], Kept]) -> None:
    hanging = Hanging()
    with liar(hanging) as server, client(Client, server.url) as c:
        kept = leave(c, hanging.came)
        assert hanging.left.wait(10)
        assert threads() == (set() if leave is by_closing_the_client else {"reality-jobs"})
        if leave is not by_closing_the_client:
            server.script = numbered(2)
            assert len(list(c.jobs(services=V1))) == 2
        del kept
    assert threads() == set()


@pytest.mark.parametrize(("leave", "message"), [(by_the_end_of_the_block, LEFT), (by_closing_the_client, CLOSED)])
def test_a_loop_that_was_left_does_not_go_on(leave: Callable[[Client, Came], Any], message: str) -> None:
    hanging = Hanging()
    with liar(hanging) as server, client(Client, server.url) as c:
        walk = leave(c, hanging.came)
        with pytest.raises(RuntimeError) as raised:
            next(walk)
        assert str(raised.value) == message
        assert len(server.asked) == 2


ACame = Callable[[], Awaitable[None]]


async def async_break(c: AsyncClient, came: ACame) -> Kept:
    async for _ in c.jobs(services=V1):
        await came()
        break
    return None


async def async_exception(c: AsyncClient, came: ACame) -> Kept:
    with suppress(Leave):
        async for _ in c.jobs(services=V1):
            await came()
            raise Leave
    return None


async def async_block(c: AsyncClient, came: ACame) -> Kept:
    async with c.jobs(services=V1) as found:
        walk = aiter(found)
        await anext(walk)
        await came()
    return walk


async def async_block_and_break(c: AsyncClient, came: ACame) -> Kept:
    async with c.jobs(services=V1) as found:
        async for _ in found:
            await came()
            break
    return None


async def async_exception_in_the_block(c: AsyncClient, came: ACame) -> Kept:
    with suppress(Leave):
        async with c.jobs(services=V1) as found:
            walk = aiter(found)
            await anext(walk)
            await came()
            raise Leave
    return walk


async def async_closing(c: AsyncClient, came: ACame) -> Kept:
    async with aclosing(c.jobs(services=V1)) as found:
        walk = aiter(found)
        await anext(walk)
        await came()
    return walk


async def async_closing_the_pages(c: AsyncClient, came: ACame) -> Kept:
    async with aclosing(c.jobs(services=V1).pages()) as walk:
        await anext(walk)
        await came()
    return walk


async def async_closing_the_loop(c: AsyncClient, came: ACame) -> Kept:
    walk: Any = aiter(c.jobs(services=V1))
    await anext(walk)
    await came()
    await walk.aclose()
    return walk


async def async_collection(c: AsyncClient, came: ACame) -> Kept:
    cycle: list[Any] = [aiter(c.jobs(services=V1))]
    cycle.append(cycle)
    await anext(cycle[0])
    await came()
    del cycle
    gc.collect()
    return None


async def async_cancellation(c: AsyncClient, came: ACame) -> Kept:
    async def everything() -> None:
        async with c.jobs(services=V1) as jobs:
            async for _ in jobs:
                pass

    task = asyncio.create_task(everything())
    await came()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return task


async def async_timeout(c: AsyncClient, came: ACame) -> Kept:
    async def in_time() -> None:
        async with asyncio.timeout(60) as limit, c.jobs(services=V1) as jobs:
            async for _ in jobs:
                await came()
                limit.reschedule(0)

    with pytest.raises(TimeoutError):
        await in_time()
    return None


async def async_closing_the_client(c: AsyncClient, came: ACame) -> Kept:
    walk = aiter(c.jobs(services=V1))
    await anext(walk)
    await came()
    await c.aclose()
    return walk


AT_ONCE = [
    async_block,
    async_block_and_break,
    async_exception_in_the_block,
    async_closing,
    async_closing_the_pages,
    async_closing_the_loop,
    async_cancellation,
    async_timeout,
    async_closing_the_client,
]


@pytest.mark.parametrize("leave", [async_break, async_exception, async_collection, *AT_ONCE])
def test_leaving_async(leave: Callable[[AsyncClient, ACame], Awaitable[Kept]]) -> None:
    hanging = Hanging()

    async def main(server: Liar) -> None:
        async with client(AsyncClient, server.url) as c:
            kept = await leave(c, hanging.acame)
            if leave in AT_ONCE:
                assert asyncio.all_tasks() == {asyncio.current_task()}
            assert await asyncio.to_thread(hanging.left.wait, 10)
            if leave is not async_closing_the_client:
                server.script = numbered(2)
                assert len([found async for found in c.jobs(services=V1)]) == 2
            del kept

    with liar(hanging) as server:
        run(main(server))


@pytest.mark.parametrize("leave", [async_block, async_closing_the_client])
def test_an_async_loop_that_was_left_does_not_go_on(leave: Callable[..., Awaitable[Any]]) -> None:
    hanging = Hanging()

    async def main(url: str) -> None:
        async with client(AsyncClient, url) as c:
            walk = await leave(c, hanging.acame)
            with pytest.raises(RuntimeError) as raised:
                await anext(walk)
            assert str(raised.value) == LEFT

    with liar(hanging) as server:
        run(main(server.url))
        assert len(server.asked) == 2


@each
def test_an_interrupt_while_waiting(make: Make) -> None:
    hanging = Hanging()

    def interrupt(asked: Asked) -> Reply:
        if "continuationToken" in asked.query:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        return hanging(asked)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with liar(interrupt) as server, pytest.raises(KeyboardInterrupt):
            jobs(client(make, server.url), services=V1)
        assert hanging.left.wait(10)
    finally:
        signal.signal(signal.SIGINT, before)


def test_after_an_interrupt_the_client_goes_on() -> None:
    hanging = Hanging()
    with liar(hanging) as server, client(Client, server.url) as c:
        walk: Any = iter(c.jobs(services=V1))
        next(walk)
        hanging.came()
        with pytest.raises(KeyboardInterrupt):
            walk.throw(KeyboardInterrupt)
        assert hanging.left.wait(10)
        server.script = numbered(3)
        assert len(list(c.jobs(services=V1))) == 3


class TestClosingUnderALoop:
    """Somebody iterates, somebody else closes."""

    def ended(self, c: Client, come: Came, close: Came) -> BaseException | None:
        """What a loop in another thread ends with when the client is closed under it."""
        with ThreadPoolExecutor(1) as pool:
            loop = pool.submit(lambda: list(c.jobs(services=V1)))
            come()
            close()
            return loop.exception(timeout=10)

    def test_the_client(self) -> None:
        hanging = Hanging()
        with liar(hanging) as server, client(Client, server.url) as c:
            error = self.ended(c, hanging.came, c.close)
            assert (type(error), str(error)) == (RuntimeError, LEFT)
            assert hanging.left.wait(10)
        assert threads() == set()

    def test_the_client_of_a_task(self) -> None:
        hanging = Hanging()

        async def main(url: str) -> None:
            async with client(AsyncClient, url) as c:
                loop = asyncio.create_task(everything(c))
                await hanging.acame()
                await c.aclose()
                with pytest.raises(RuntimeError) as raised:
                    await loop
                assert str(raised.value) == LEFT

        async def everything(c: AsyncClient) -> None:
            async for _ in c.jobs(services=V1):
                pass

        with liar(hanging) as server:
            run(main(server.url))
        assert hanging.left.wait(10)

    def test_while_the_body_comes(self) -> None:
        hanging = Hanging(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"jobs": [')
        with liar(hanging) as server, client(Client, server.url) as c:
            assert isinstance(self.ended(c, hanging.came, c.close), RuntimeError)
            assert hanging.left.wait(10)
        assert threads() == set()

    def test_while_it_waits_to_try_again(self) -> None:
        waits = threading.Event()

        def look(event: RequestEvent) -> None:
            assert event.retry_in == 100
            waits.set()

        with liar([json_reply({}, 503, Retry_After="100")]) as server:
            c = client(Client, server.url, retries=1, on_request=look)
            assert isinstance(self.ended(c, lambda: waits.wait(10) or None, c.close), RuntimeError)
            assert len(server.asked) == 1
        assert threads() == set()

    def test_while_it_waits_for_the_rate(self) -> None:
        with liar(numbered(2)) as server, client(Client, server.url, rate=[(1, 1000)]) as c:
            walk = iter(c.jobs(services=V1))
            next(walk)
            with ThreadPoolExecutor(1) as pool:
                rest = pool.submit(next, walk)
                c.close()
                assert isinstance(rest.exception(timeout=10), RuntimeError)
            assert len(server.asked) == 1
        assert threads() == set()

    def test_while_the_callers_token_is_on_its_way(self) -> None:
        asked, release = threading.Event(), threading.Event()

        def token() -> str:
            asked.set()
            release.wait(10)
            return "late"

        with liar(numbered(1)) as server:
            c = client(Client, server.url, token)
            assert isinstance(self.ended(c, lambda: asked.wait(10) or None, c.close), RuntimeError)
            assert not release.is_set()
            release.set()
            assert server.asked == []
        assert threads() == set()

    def test_while_the_callers_auth_does_something_slow(self) -> None:
        asked, release = threading.Event(), threading.Event()

        class Slow(httpx.Auth):
            def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
                asked.set()
                release.wait(10)
                yield request

        with liar(numbered(1)) as server, ThreadPoolExecutor(2) as pool:
            c = client(Client, server.url, Slow())
            loop = pool.submit(lambda: list(c.jobs(services=V1)))
            assert asked.wait(10)
            closed = pool.submit(c.close)
            try:
                assert isinstance(loop.exception(timeout=5), RuntimeError)
                closed.result(timeout=5)
            finally:
                release.set()
        assert threads() == set()


@each
def test_closing_the_client_closes_the_connections_that_it_kept(make: Make) -> None:
    pages = numbered(3)
    with liar(lambda asked: evolve(pages(asked), keep=True)) as server:
        assert len(jobs(client(make, server.url))) == 9
        assert server.deserted()


def test_a_client_that_nobody_closes_ends_when_it_is_collected() -> None:
    hanging = Hanging()
    with liar(hanging) as server:
        c = client(Client, server.url)
        walk: Iterator[object] | None = iter(c.jobs(services=V1))
        assert walk is not None
        del c
        gc.collect()
        next(walk)
        hanging.came()
        assert threads() == {"reality-jobs"}
        walk = None
        gc.collect()
        assert threads() == set()
        assert hanging.left.wait(10)


def test_closing_twice_and_without_use() -> None:
    c = Client("t")
    assert threads() == set()
    c.close()
    c.close()
    run(closed_twice())
    with pytest.raises(RuntimeError) as raised:
        list(c.jobs())
    assert str(raised.value) == CLOSED


async def closed_twice() -> None:
    c = AsyncClient("t")
    await c.aclose()
    await c.aclose()


def test_in_a_running_event_loop() -> None:
    """As in a notebook."""

    async def cell(url: str) -> int:
        with client(Client, url) as c:
            return len(list(c.jobs()))

    with liar(numbered(3)) as server:
        assert run(cell(server.url)) == 9
    assert threads() == set()


def test_many_threads_share_a_client() -> None:
    with liar(numbered(5)) as server, client(Client, server.url) as c, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: sorted(str(job.id) for job in c.jobs()), range(8)))
        assert len(found[0]) == 15
        assert found == [found[0]] * 8
        assert len(server.asked) == 8 * 15


def test_many_tasks_share_a_client() -> None:
    async def main(url: str) -> list[int]:
        async def count(c: AsyncClient) -> int:
            return len([found async for found in c.jobs()])

        async with client(AsyncClient, url) as c:
            return await asyncio.gather(*(count(c) for _ in range(8)))

    with liar(numbered(5)) as server:
        assert run(main(server.url)) == [15] * 8


class TestPrograms:
    """Whole programs, with Python's own checks on and warnings as errors: they say what they print and nothing else."""

    def run(self, url: str, program: str) -> tuple[int, str, str]:
        # At debug level asyncio tells of slow steps, which a slow machine has.
        head = """if True:
            import asyncio, gc, logging, os, sys, warnings
            from reality_jobs.client import *
            logging.getLogger("asyncio").setLevel(logging.ERROR)
            url = sys.argv[1]
        """
        command = [sys.executable, "-X", "dev", "-W", "error", "-c", dedent(head) + dedent(program), url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        return done.returncode, done.stdout, done.stderr

    @pytest.mark.parametrize(
        "program",
        [
            "print(len(list(Client('t', base_url=url).jobs())))",
            "c = Client('t', base_url=url)\nprint(len(list(c.jobs())))",
            """
            async def main():
                async with AsyncClient('t', base_url=url) as c:
                    print(len([job async for job in c.jobs()]))

            asyncio.run(main())
            """,
        ],
    )
    def test_to_the_end(self, program: str) -> None:
        with liar(numbered(1)) as server:
            assert self.run(server.url, program) == (0, "3\n", "")

    @pytest.mark.parametrize(
        "program",
        [
            """
            walk = iter(Client('t', base_url=url).jobs())
            print(len([next(walk) for _ in range(3)]))
            """,
            """
            with Client('t', base_url=url) as c:
                walk = iter(c.jobs())
                print(len([next(walk) for _ in range(3)]))
            """,
            """
            async def main():
                async with AsyncClient('t', base_url=url) as c:
                    async for job in c.jobs():
                        break
                    async with c.jobs() as jobs:
                        async for job in jobs:
                            break
                print(3)

            asyncio.run(main())
            """,
            """
            async def main():
                global walk
                async with AsyncClient('t', base_url=url) as c:
                    walk = aiter(c.jobs())
                    await anext(walk)
                print(3)

            asyncio.run(main())
            """,
        ],
    )
    def test_left_early(self, program: str) -> None:
        with liar(Hanging()) as server:
            assert self.run(server.url, program) == (0, "3\n", "")
            assert server.deserted()

    def test_an_exception_in_a_loop(self) -> None:
        program = "for job in Client('t', base_url=url).jobs():\n    sys.exit('gone')"
        with liar(Hanging()) as server:
            assert self.run(server.url, program) == (1, "", "gone\n")

    def test_the_collector_may_run_anywhere(self) -> None:
        """A loop that is collected is closed, even where the client is just about to do something else."""
        program = """
        c = Client('t', base_url=url)

        def leave():
            cycle = [iter(c.jobs(services=['modeling-v1']))]
            cycle.append(cycle)
            next(cycle[0])

        def collect(frame, event, argument):
            if event == 'call' and frame.f_code.co_name == 'run_coroutine_threadsafe':
                gc.collect()

        gc.disable()
        leave()
        sys.setprofile(collect)
        print(len(list(c.jobs(services=['modeling-v1']))))
        sys.setprofile(None)
        c.close()
        """
        with liar(numbered(2)) as server:
            assert self.run(server.url, program) == (0, "2\n", "")

    @pytest.mark.parametrize("arguments", ["'t', on_request=leave", "'t', on_page=leave", "leave"])
    def test_the_end_of_the_program_in_what_the_client_calls(self, arguments: str) -> None:
        program = f"""
        def leave(event=None):
            sys.exit('gone')

        for job in Client({arguments}, base_url=url).jobs():
            pass
        """
        with liar(numbered(2)) as server:
            assert self.run(server.url, program) == (1, "", "gone\n")

    def test_a_hook_that_waits_for_its_own_client(self) -> None:
        program = """
        c = Client('t', base_url=url, on_page=lambda page: list(c.jobs()))
        try:
            list(c.jobs())
        except RuntimeError:
            print('refused')
        c.close()
        """
        with liar(numbered(1)) as server:
            assert self.run(server.url, program) == (0, "refused\n", "")

    def test_no_client_goes_through_a_fork(self) -> None:
        program = """
        c = Client('t', base_url=url)
        walk = iter(c.jobs(services=['modeling-v1']))
        next(walk)
        warnings.simplefilter('ignore', DeprecationWarning)  # of later versions: threads and forks
        pid = os.fork()
        try:
            print(len(list(c.jobs())), flush=True)
        except RuntimeError as error:
            print(error, flush=True)
        if pid:
            assert os.waitpid(pid, 0)[1] == 0
            print(len(list(walk)))
        c.close()
        """
        with liar(numbered(2)) as server:
            code, out, err = self.run(server.url, program)
        assert (code, err) == (0, "")
        assert sorted(out.splitlines()) == [
            "1",
            "6",
            "a client cannot be taken across a fork; make one in each process",
        ]
