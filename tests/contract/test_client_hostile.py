"""What no service should do, and what must not come of it: connections lost, memory filled, lists without an end."""

from __future__ import annotations

import asyncio
import gzip
import random
import tracemalloc
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from reality_jobs.client import AsyncClient, Client, ClientCredentials
from reality_jobs.client.answering import MAX_BODY
from reality_jobs.errors import PagingError, ServiceError, Unauthorized
from tests.contract.both import V1, Make, client, each, jobs, run
from tests.contract.liar import Asked, Reply, job, json_reply, liar, link, numbered, page


def refused(make: Make, reply: Reply | Callable[[Asked], Reply], kind: type[Exception] = ServiceError) -> Any:
    script = reply if callable(reply) else lambda asked: reply
    with liar(script) as server, pytest.raises(kind) as raised:
        jobs(client(make, server.url), services=V1)
    return raised.value


@each
class TestBodies:
    def test_a_few_kilobytes_that_stand_for_a_gigabyte(self, make: Make) -> None:
        bomb = gzip.compress(bytes(MAX_BODY + 1), 9)
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        tracemalloc.start()
        error = refused(make, Reply(200, bomb, headers))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert str(error) == "modeling-v1: answered with more than 268,435,456 bytes (200)"
        assert peak < 3 * MAX_BODY

    @pytest.mark.parametrize("coding", ["gzip, gzip", "br", "deflate", "zstd", "GZIP,identity"])
    def test_a_coding_that_was_not_asked_for(self, make: Make, coding: str) -> None:
        error = refused(make, Reply(200, b"{}", {"Content-Type": "application/json", "Content-Encoding": coding}))
        assert str(error) == (
            f"modeling-v1: answered with the content coding {coding.lower()!r}, though only gzip was asked for (200)"
        )

    def test_only_gzip_is_asked_for(self, make: Make) -> None:
        with liar(numbered(1)) as server:
            assert len(jobs(client(make, server.url), services=V1)) == 1
            assert server.asked[0].headers["accept-encoding"] == "gzip"

    @pytest.mark.parametrize("odd", ['"\\ud800"', "1e999", "-1e999", '"\\udfff\\ud800"'])
    def test_one_odd_value_does_not_hide_the_page(self, make: Make, odd: str) -> None:
        body = f'{{"jobs": [{{"id": "a", "x": {odd}}}, {{"id": "b"}}]}}'.encode()
        with liar([Reply(200, body)]) as server:
            assert [found.id for found in jobs(client(make, server.url), services=V1)] == ["a", "b"]


@each
class TestHeaders:
    @pytest.mark.parametrize(
        "place", ["http://xn--a/", "http://xn--zzzzzzzzzzzzzzzzzzz--/", "mailto:x", "http://[", "http://h:99999/", ""]
    )
    def test_redirects_to_what_is_no_address(self, make: Make, place: str) -> None:
        error = refused(make, Reply(302, b"", {"Location": place}))
        aim = f" to '{place}'" if place else ""
        assert str(error) == (
            f"modeling-v1: redirects{aim}; redirects are not followed, for the token would go along (302)"
        )

    def test_304(self, make: Make) -> None:
        assert str(refused(make, Reply(304))) == "modeling-v1: answered with an empty body (304)"

    def test_no_cookie_is_kept(self, make: Make) -> None:
        def script(asked: Asked) -> Reply:
            reply = numbered_pages(asked)
            return Reply(reply.status, reply.body, {**reply.headers, "Set-Cookie": "a=b; Path=/"})

        numbered_pages = numbered(3)
        with liar(script) as server:
            assert len(jobs(client(make, server.url), services=V1)) == 3
            assert not any("cookie" in asked.headers for asked in server.asked)


@each
class TestLists:
    def test_the_same_page_with_ever_new_tokens(self, make: Make) -> None:
        numbers = iter(range(10_000))
        error = refused(make, lambda asked: page(job("a"), next_link=link(asked, f"t{next(numbers)}")), PagingError)
        assert str(error) == (
            "modeling-v1: page 1002 of the list is the last of 1,000 in a row without a new job, so it would never end"
        )

    def test_what_has_no_id_does_not_begin_a_list_again_without_end(self, make: Make) -> None:
        def script(asked: Asked) -> Reply:
            if "continuationToken" in asked.query:
                return json_reply({"error": {"code": "Gone", "message": "Gone."}}, 410)
            return page({"type": "Full"}, job(1), next_link=link(asked, "t"))

        out: list[object] = []
        with liar(script) as server:
            c = client(make, server.url)
            with pytest.raises(ServiceError, match="Gone"):
                take_all(c, out)
            assert len(server.asked) == 6
        assert out == [{"type": "Full"}, job(1)]


def take_all(c: Any, out: list[object]) -> None:
    from tests.contract.both import take

    take(c, lambda found: out.append(found.raw), services=V1)


@each
@pytest.mark.parametrize("status", [201, 203, 299, 300, 400, 500])
def test_a_token_that_comes_with_an_odd_status_is_not_shown(make: Make, status: int) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(status, json={"access_token": "canary-1234567", "error": 5, "expires_in": 3600})
        return httpx.Response(200, json={"jobs": []})

    who = ClientCredentials("id", "canary-secret")
    c = make(who, transport=httpx.MockTransport(answer), retries=0)
    if status < 300:
        assert jobs(c) == []
        return
    with pytest.raises(ServiceError) as raised:
        jobs(c)
    assert "canary" not in str(raised.value) + repr(raised.value)
    assert f"it answered with status {status} ({status})" in str(raised.value)


def test_secrets_that_cannot_be_sent() -> None:
    for name in ("client_id", "client_secret"):
        wrong: Any = {"client_id": "a", "client_secret": "b"} | {name: "canary\udcff"}
        with pytest.raises(ValueError, match="cannot be sent") as raised:
            ClientCredentials(**wrong)
        assert str(raised.value) == f"{name} holds a character that cannot be sent"


@each
@pytest.mark.parametrize("spelt", ["canary%2Ftok%2Ben%3D%3D", "canary/tok+en==", "canary\\/tok+en=="])
def test_a_token_echoed_in_another_spelling(make: Make, spelt: str) -> None:
    with liar([Reply(403, f'{{"error": "{spelt}'.encode())]) as server, pytest.raises(Unauthorized) as raised:
        jobs(client(make, server.url, "canary/tok+en=="), services=V1)
    assert "canary" not in str(raised.value)


class TestConnections:
    def test_none_is_lost_however_often_a_loop_is_left(self) -> None:
        async def main(url: str) -> None:
            async with client(AsyncClient, url) as c:
                for n in range(120):
                    async with c.jobs() as found:
                        async for _ in found:
                            await asyncio.sleep(random.random() / 300)
                            break
                    try:
                        async with asyncio.timeout(random.random() / 50), c.jobs() as found:
                            async for _ in found:
                                pass
                    except TimeoutError:
                        pass
                    assert n >= 0
                pool = c._sender._http._transport._pool
                assert pool._requests == []
                assert len(pool.connections) <= 8

        with liar(numbered(5)) as server:
            run(main(server.url))

    def test_none_is_lost_by_the_sync_client(self) -> None:
        with liar(numbered(5)) as server, client(Client, server.url) as c:
            for _ in range(120):
                with c.jobs() as found:
                    next(iter(found))
            assert c._client._sender._http._transport._pool._requests == []

    def test_waiting_for_a_while_loses_nothing(self) -> None:
        async def main(url: str) -> list[str | None]:
            out: list[str | None] = []
            async with client(AsyncClient, url) as c, c.jobs(services=V1) as found:
                walk = aiter(found)
                while True:
                    try:
                        out.append((await asyncio.wait_for(anext(walk), random.random() / 100)).id)
                    except TimeoutError:
                        continue
                    except StopAsyncIteration:
                        return out

        with liar(numbered(30)) as server:
            out = run(main(server.url))
        assert len(out) == len(set(out)) == 30
