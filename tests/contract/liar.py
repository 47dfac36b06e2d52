"""A server that lies: real HTTP on loopback, scripted answers, and a record of all it was asked."""

from __future__ import annotations

import json
import select
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from attrs import field, frozen


@frozen
class Asked:
    """One request as it came over the wire: the raw target, header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    _connection: socket.socket = field(repr=False, eq=False)

    def gone(self) -> bool:
        """Wait until the client has closed the connection; False if it has not within ten seconds."""
        if not select.select([self._connection], [], [], 10)[0]:
            return False
        try:
            return self._connection.recv(1, socket.MSG_PEEK) == b""
        except ConnectionResetError:
            return True

    def send(self, data: bytes) -> None:
        """Bytes as they are, before any reply."""
        self._connection.sendall(data)

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


@frozen
class Reply:
    """`claimed` is the Content-Length that is sent, where it is not the body's.

    `drop` closes without any answer; `keep` lets the client use the connection again.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(factory=lambda: {"Content-Type": "application/json"})
    claimed: int | None = None
    drop: bool = False
    keep: bool = False


Script = Callable[[Asked], Reply]


class Liar:
    """`url` is its base URL; `asked` what it was asked so far, in order."""

    def __init__(self, script: Script) -> None:
        self.asked: list[Asked] = []
        self.script = script
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._open = 0
        self._changed = threading.Condition()

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def deserted(self) -> bool:
        """Wait until no client holds a connection; False if one still does after ten seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._open == 0, 10)

    def count(self, more: int) -> None:
        """One connection more, or one less."""
        with self._changed:
            self._open += more
            self._changed.notify_all()


@contextmanager
def liar(script: Script | list[Reply]) -> Iterator[Liar]:
    """A running liar. A list is answered in order; whatever is asked after its end gets 500 `script ended`."""
    if isinstance(script, list):
        replies = iter(script)
        ended = Reply(500, b'{"error": {"code": "ScriptEnded", "message": "script ended"}}')
        running = Liar(lambda asked: next(replies, ended))
    else:
        running = Liar(script)
    thread = threading.Thread(target=running.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield running
    finally:
        running.server.shutdown()
        thread.join()
        running.server.server_close()


def page(*jobs: object, next_link: str | None = None, **more: object) -> Reply:
    """A page as published, with a next link where one is given."""
    body: dict[str, object] = {"jobs": list(jobs)}
    if next_link is not None:
        body["_links"] = {"next": {"href": next_link}}
    return json_reply(body | more)


def job(job_id: object, **more: object) -> dict[str, object]:
    return {"id": job_id, "type": "Full", "state": "success"} | more


def link(server: Liar | Asked, token: str, path: str = "/contextcapture/jobs") -> str:
    base = server.url if isinstance(server, Liar) else f"http://{server.headers['host']}"
    return f"{base}{path}?$filter=state eq 'success'&continuationToken={token}"


def paged(*pages: list[object]) -> Script:
    """A script that answers with these pages, linked one to the next."""
    left = list(pages)

    def script(asked: Asked) -> Reply:
        jobs = left.pop(0)
        return page(*jobs, next_link=link(asked, f"t{len(left)}", asked.path) if left else None)

    return script


def numbered(pages: int) -> Script:
    """Every path is a list of so many pages, with one job each, whoever asks how often."""

    def script(asked: Asked) -> Reply:
        number = int(asked.query.partition("continuationToken=")[2] or 1)
        following = link(asked, str(number + 1), asked.path) if number < pages else None
        return page(job(f"{asked.path}#{number}"), next_link=following)

    return script


def json_reply(value: object, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json"} | named)


def _handler(running: Liar) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            running.count(1)

        def finish(self) -> None:
            super().finish()
            running.count(-1)

        def do_GET(self) -> None:
            headers = {k.lower(): v for k, v in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            asked = Asked(self.command, self.path, headers, body, self.connection)
            running.asked.append(asked)
            reply = running.script(asked)
            self.close_connection = not reply.keep
            if not reply.drop:
                # A client that has left in the meantime is no failure of the server.
                with suppress(ConnectionError):
                    self._send(reply)

        do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - http.server's names

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, text in reply.headers.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(reply.body) if reply.claimed is None else reply.claimed))
            if not reply.keep:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
