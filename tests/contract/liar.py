"""A server that lies: real HTTP on loopback, scripted answers, and a record of all it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from attrs import field, frozen


@frozen
class Asked:
    """One request as it came over the wire: the raw target, header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


@frozen
class Reply:
    """`claimed` is the Content-Length that is sent, where it is not the body's; `drop` closes without any answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(factory=lambda: {"Content-Type": "application/json"})
    claimed: int | None = None
    drop: bool = False


Script = Callable[[Asked], Reply]


class Liar:
    """`url` is its base URL; `asked` what it was asked so far, in order."""

    def __init__(self, script: Script) -> None:
        self.asked: list[Asked] = []
        self.script = script
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]


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


def json_reply(value: object, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json"} | named)


def _handler(running: Liar) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()})
            running.asked.append(asked)
            reply = running.script(asked)
            self.close_connection = True
            if reply.drop:
                return
            self.send_response(reply.status)
            for name, text in reply.headers.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(reply.body) if reply.claimed is None else reply.claimed))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
