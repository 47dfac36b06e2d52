"""Serving the emulator over HTTP, on loopback and nowhere else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv6Address, ip_address
from typing import Unpack

import uvicorn

from ._wire import Protocol
from .app import App, Options
from .generate import StoredJob

_LONGEST_HEAD = 8 * 1024 * 1024
_GRACE = 2


def serve(
    jobs: Iterable[StoredJob],
    host: str = "127.0.0.1",
    port: int = 0,
    ready: Callable[[str], None] | None = None,
    **options: Unpack[Options],
) -> None:
    """Serve until interrupted; `ready` is told the base URL once requests are answered.

    Raises ValueError for a host that is not loopback, OSError where the port is taken.
    """
    with _listen(host, port) as listener:
        server = _server(App(jobs, **options), lambda: ready(_url(listener)) if ready else None)
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])


class Emulator(App):
    """The emulator in a thread, and a look at what it was asked: `with emulator.running() as url`."""

    @contextmanager
    def running(self) -> Iterator[str]:
        """Serve for as long as the block lasts; yields the base URL, `http://127.0.0.1:PORT`."""
        with _listen("127.0.0.1", 0) as listener:
            up = threading.Event()
            server = _server(self, up.set)
            thread = threading.Thread(target=server.run, args=([listener],), name="emulator", daemon=True)
            thread.start()
            try:
                while not up.wait(0.05):
                    if not thread.is_alive():
                        raise RuntimeError("the emulator did not start")
                yield _url(listener)
            finally:
                server.should_exit = True
                thread.join()


@contextmanager
def running(jobs: Iterable[StoredJob], **options: Unpack[Options]) -> Iterator[str]:
    """`Emulator(jobs, **options).running()`, for who wants no look."""
    with Emulator(jobs, **options).running() as url:
        yield url


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def _server(app: App, ready: Callable[[], None]) -> _Server:
    config = uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="off",
        loop="asyncio",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=_LONGEST_HEAD,  # so that the 414 is ours
        timeout_graceful_shutdown=_GRACE,
    )
    return _Server(config, ready)


def _listen(host: str, port: int) -> socket.socket:
    try:
        address = ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise ValueError(f"{host!r} is no loopback address; the emulator listens on 127.0.0.1 or ::1 only")
    family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
    listener = socket.create_server((str(address), port), family=family)
    # Inherited by each connection. asyncio would set it only on sockets made with an explicit protocol number; without
    # it every reply waits 40 ms for a delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
