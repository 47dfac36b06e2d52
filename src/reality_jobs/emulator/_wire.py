"""Answers that HTTP does not allow, put on the wire by hand: resets and bodies that break off."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping
from http import HTTPStatus

from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from ._replies import Cut

_TRANSPORT = "transport"
# SO_LINGER, on with no time to linger: closing sends RST instead of FIN.
_NO_LINGER = struct.pack("ii", 1, 0)


class Protocol(H11Protocol):
    """uvicorn's own, but the state of each request's scope holds the connection's transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, _TRANSPORT: transport}


async def gone(receive: Receive) -> None:
    """Wait until the connection has ended, by either side."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def reset(scope: Scope, receive: Receive) -> None:
    """End the connection with a TCP RST and no byte of an answer."""
    transport = _transport(scope)
    if not transport.is_closing():
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        transport.abort()
    await gone(receive)


async def break_off(
    scope: Scope, receive: Receive, status: int, headers: Mapping[str, str], content: bytes, cut: Cut
) -> None:
    """Send less than the head promises, then end the connection in order."""
    kept = content[: cut.kept]
    match cut.form:
        case "content-length":
            promise, body = f"content-length: {len(content)}", kept
        case "chunked":
            promise, body = "transfer-encoding: chunked", b"%x\r\n%b\r\n" % (len(kept), kept)
        case "close":
            promise, body = "connection: close", kept
    fields = [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join([f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *fields, promise, "", ""])
    transport = _transport(scope)
    if not transport.is_closing():
        transport.write(head.encode("latin-1") + body)
        transport.close()
    await gone(receive)


def _transport(scope: Scope) -> asyncio.Transport:
    transport: object = scope.get("state", {}).get(_TRANSPORT)
    if not isinstance(transport, asyncio.Transport):
        raise RuntimeError("the faults reset and cut need the server of reality_jobs.emulator.serve")  # noqa: TRY004
    return transport
