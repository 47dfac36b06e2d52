"""The emulator over real HTTP, held against the published pages of the six list operations."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from urllib.parse import quote, unquote

import httpx
import pytest

from reality_jobs import Job, services
from reality_jobs.emulator.generate import StoredJob, generate
from reality_jobs.emulator.serve import running, serve
from reality_jobs.instants import read_ticks

JOBS = generate(600, seed=3)
NAMES = tuple(services.ALL)
NARROW = ("modeling-v2", "analysis-v2")
FULL = tuple(name for name in NAMES if name not in NARROW)
USER = "surveyor-1@example.com"
ALL = "createdDateTime ge 1970-01-01T00:00:00Z"

# Written down from the published pages, not read from the registry: service, path, version, status, code, $top target.
PUBLISHED = [
    ("modeling-v1", "/contextcapture", "v1", 422, "InvalidRealityModelingRequest", "$Top"),
    ("modeling-v2", "/reality-modeling", "v2", 400, "InvalidRealityModelingRequest", "$top"),
    ("conversion-v2", "/reality-conversion", "v2", 400, "InvalidRealityConversionRequest", "$top"),
    ("conversion-v1", "/realityconversion", "v1", 422, "InvalidRealityConversionRequest", "$top"),
    ("analysis-v1", "/realitydataanalysis", "v1", 422, "InvalidRealityDataAnalysisRequest", "$top"),
    ("analysis-v2", "/reality-analysis", "v2", 400, "InvalidRealityAnalysisRequest", "$Top"),
]
ADDRESS = {name: (path, version) for name, path, version, *_ in PUBLISHED}
BAD = {name: (status, code) for name, _, _, status, code, _ in PUBLISHED}

UNSUPPORTED = "$filter contains an invalid or unsupported statement."
NO_OPERATION = {
    "error": {
        "code": "ResourceNotFound",
        "message": "Requested resource is not available.",
        "details": [
            {"code": "OperationNotFound", "message": "Unable to match incoming request to an operation."},
        ],
    }
}
NO_HEADER = {
    "error": {
        "code": "HeaderNotFound",
        "message": "Header Authorization was not found in the request. Access denied.",
    }
}
BAD_TOKEN = {"error": {"code": "Unauthorized", "message": "Access denied due to invalid access_token."}}
NO_ITWIN = {"error": {"code": "iTwinNotFound", "message": "Requested iTwin is not available."}}


class Caller:
    """One connection, and the headers that a service wants."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.http = httpx.Client(trust_env=False)

    def raw(self, target: str, **headers: str) -> httpx.Response:
        return self.http.get(self.base + target, headers=headers)

    def __call__(self, name: str, query: str | dict[str, str], token: str = USER) -> httpx.Response:
        path, version = ADDRESS[name]
        if isinstance(query, dict):
            query = "&".join(f"{key}={quote(value, safe='')}" for key, value in query.items())
        return self.raw(
            f"{path}/jobs?{query}",
            accept=f"application/vnd.bentley.itwin-platform.{version}+json",
            authorization=f"Bearer {token}",
        )

    def ids(self, name: str, text: str, token: str = USER) -> list[str]:
        response = self(name, {"$filter": text, "$top": "1000"}, token)
        assert response.status_code == 200, response.text
        return [job["id"] for job in response.json()["jobs"]]


@pytest.fixture(scope="module")
def call() -> Iterator[Caller]:
    with running(JOBS) as base:
        caller = Caller(base)
        with caller.http:
            yield caller


def bad_request(name: str, target: str, message: str) -> tuple[int, object]:
    status, code = BAD[name]
    details = [{"code": "InvalidParameter", "message": message, "target": target}]
    return status, {"error": {"code": code, "message": "Cannot find jobs.", "details": details}}


def answer(response: httpx.Response) -> tuple[int, object]:
    return response.status_code, response.json()


def expected(name: str, wanted: Callable[[StoredJob, Job], bool]) -> list[str]:
    """Ids in the emulator's order, found without a filter."""
    found = [(s, Job(name, s.raw)) for s in JOBS if s.service == name]
    kept = [job for stored, job in found if wanted(stored, job)]
    return [str(job.id) for job in sorted(kept, key=lambda job: (job.created_ticks, job.id))]


def an_itwin(name: str) -> str:
    return next(str(job.itwin_id) for job in map(Job.of, (s.raw for s in JOBS)) if job.service == name and job.itwin_id)


def test_the_address_table_is_the_published_one() -> None:
    assert {name: s.path for name, s in services.ALL.items()} == {name: path for name, (path, _) in ADDRESS.items()}


class TestTheDoor:
    @pytest.mark.parametrize("name", NAMES)
    def test_authorization_is_demanded(self, call: Caller, name: str) -> None:
        response = call.raw(f"{ADDRESS[name][0]}/jobs?$filter={quote(ALL)}")
        assert answer(response) == (401, NO_HEADER)

    @pytest.mark.parametrize("header", ["Bearer expired", "Bearer", "", "Basic dTpw", "Bearer two words"])
    def test_a_token_must_be_one_and_not_expired(self, call: Caller, header: str) -> None:
        response = call.raw(f"/contextcapture/jobs?$filter={quote(ALL)}", authorization=header)
        assert answer(response) == (401, BAD_TOKEN)

    @pytest.mark.parametrize("name", NAMES)
    def test_the_version_is_chosen_by_accept(self, call: Caller, name: str) -> None:
        path, version = ADDRESS[name]
        other = {"v1": "v2", "v2": "v1"}[version]
        for accept, status in [
            (f"application/vnd.bentley.itwin-platform.{version}+json", 200),
            (f"text/html, application/vnd.bentley.itwin-platform.{version}+json;q=0.5", 200),
            ("*/*", 200),
            (f"application/vnd.bentley.itwin-platform.{other}+json", 404),
            ("application/json", 404),
        ]:
            response = call.raw(f"{path}/jobs?$filter={quote(ALL)}", accept=accept, authorization="Bearer x")
            assert response.status_code == status, accept
            assert status == 200 or response.json() == NO_OPERATION

    @pytest.mark.parametrize(
        "path", ["/", "/jobs", "/contextcapture", "/contextcapture/jobs/", "/reality-modeling/job"]
    )
    def test_there_is_nothing_else(self, call: Caller, path: str) -> None:
        assert answer(call.raw(path, authorization="Bearer x")) == (404, NO_OPERATION)

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
    def test_it_only_lists(self, call: Caller, method: str) -> None:
        response = call.http.request(method, f"{call.base}/contextcapture/jobs", headers={"authorization": "Bearer x"})
        assert answer(response) == (404, NO_OPERATION)

    def test_every_answer_has_a_correlation_id_of_its_own(self, call: Caller) -> None:
        answers = [call.raw("/"), call.raw("/contextcapture/jobs"), call("modeling-v1", {"$filter": ALL})]
        assert [a.status_code for a in answers] == [404, 401, 200]
        assert len({a.headers["x-correlation-id"] for a in answers}) == 3
        assert {a.headers["content-type"] for a in answers} == {"application/json"}

    def test_a_request_line_that_is_too_long(self) -> None:
        with running(JOBS[:10], max_request_line=200) as base, Caller(base).http as http:
            target = f"/contextcapture/jobs?$filter={quote(ALL, safe='')}&x="
            fits = target + "x" * (200 - len(f"GET {target} HTTP/1.1"))
            headers = {"authorization": "Bearer x"}
            assert http.get(base + fits, headers=headers).status_code == 200
            body = {"error": {"code": "UriTooLong", "message": "The request line is longer than 200 bytes."}}
            assert answer(http.get(base + fits + "x", headers=headers)) == (414, body)

    def test_by_default_8192_bytes(self, call: Caller) -> None:
        target = "/contextcapture/jobs?x="
        fits = target + "x" * (8192 - len(f"GET {target} HTTP/1.1"))
        assert call.raw(fits).status_code == 401
        assert call.raw(fits + "x").status_code == 414
        # httpx itself sends no longer address than 64 KiB.
        assert call.raw(target + "x" * 60_000).status_code == 414

    def test_too_many_requests(self) -> None:
        clock = [1000.0]
        with running(JOBS[:50], rate=2, now=lambda: clock[0]) as base:
            call = Caller(base)
            with call.http:
                statuses = []
                for moment in (1000.0, 1010.5, 1020.0, 1059.9, 1060.0, 1060.0, 1070.5):
                    clock[0] = moment
                    statuses.append(call("modeling-v1", {"$filter": ALL}).status_code)
                assert statuses == [200, 200, 429, 429, 200, 429, 200]
                clock[0] = 1071.0
                response = call("conversion-v2", {"$filter": ALL})
        assert response.headers["retry-after"] == "49"
        message = "The client sent more requests than allowed by this API for the current tier of the client."
        assert answer(response) == (429, {"error": {"code": "RateLimitExceeded", "message": message}})


class TestParameters:
    @pytest.mark.parametrize(("name", "target"), [(name, target) for name, *_, target in PUBLISHED])
    @pytest.mark.parametrize("top", ["0", "-1", "1001", "99999999999999999999", "ten", "1.5", "", "+5", "٣"])
    def test_top_is_1_to_1000(self, call: Caller, name: str, target: str, top: str) -> None:
        message = "The $top query parameter value must be a positive integer that does not exceed 1000."
        assert answer(call(name, {"$filter": ALL, "$top": top})) == bad_request(name, target, message)

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("query", ["", "$top=5", "$filter=", "$filter=%20+", "$Filter=state%20eq%20'x'"])
    def test_a_filter_is_demanded(self, call: Caller, name: str, query: str) -> None:
        message = "The $filter query parameter is required."
        assert answer(call(name, query)) == bad_request(name, "$filter", message)

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize(
        "text",
        [
            "state eq",
            "state = 'Success'",
            "stat eq 'Success'",
            "not (state eq 'Success')",
            "contains(name, 'a')",
            "state eq Success",
            "createdDateTime gt 2024-06-24",
            "name eq null",
            "name ne null",
            "a" * 5000,
            "\x00",
        ],
    )
    def test_a_filter_that_is_none(self, call: Caller, name: str, text: str) -> None:
        assert answer(call(name, {"$filter": text})) == bad_request(name, "$filter", UNSUPPORTED)

    @pytest.mark.parametrize(
        "text",
        [
            "inputId eq 482b2968-6a85-4e50-b05c-8acbf828c1bd",
            "state eq 'Success' or outputId eq 482b2968-6a85-4e50-b05c-8acbf828c1bd",
            "state in ('Success', 'Failed')",
            "state eq 'Success' and (name eq 'x' or inputId in ('482b2968-6a85-4e50-b05c-8acbf828c1bd'))",
        ],
    )
    def test_the_two_narrow_dialects(self, call: Caller, text: str) -> None:
        for name in NARROW:
            assert answer(call(name, {"$filter": text})) == bad_request(name, "$filter", UNSUPPORTED)
        for name in FULL:
            assert call(name, {"$filter": text}).status_code == 200

    @pytest.mark.parametrize("name", FULL)
    def test_null_in_a_list_is_refused_too(self, call: Caller, name: str) -> None:
        query = {"$filter": "name in ('a', null)"}
        assert answer(call(name, query)) == bad_request(name, "$filter", UNSUPPORTED)

    @pytest.mark.parametrize("name", NAMES)
    def test_spellings_of_one_query(self, call: Caller, name: str) -> None:
        bodies = [
            call(name, query).json()
            for query in (
                "$filter=state%20eq%20'failed'&$top=1000",
                "%24filter=state+eq+%27failed%27&%24top=1000",
                "$top=1000&unknown=1&$filter=state%20eq+'failed'&$orderby=id&continuationToken=",
            )
        ]
        assert len(bodies[0]["jobs"]) > 0
        assert bodies[0] == bodies[1] == bodies[2]

    def test_a_parameter_is_given_once(self, call: Caller) -> None:
        message = "The $filter query parameter must not be given more than once."
        response = call("conversion-v2", f"$filter={quote(ALL)}&%24filter=x")
        assert answer(response) == bad_request("conversion-v2", "$filter", message)


class TestWhatIsFound:
    @pytest.mark.parametrize("name", NAMES)
    def test_without_an_itwin_only_the_users_own(self, call: Caller, name: str) -> None:
        for email in {s.email for s in JOBS}:
            assert call.ids(name, ALL, token=email) == expected(name, lambda s, _, e=email: s.email == e)  # type: ignore[misc]

    def test_a_user_id_is_a_token_too_and_any_other_is_the_busiest_user(self, call: Caller) -> None:
        pairs = {s.email: s.user_id for s in JOBS}
        pilot = call.ids("modeling-v2", ALL, token="pilot-1@example.com")  # noqa: S106
        assert call.ids("modeling-v2", ALL, token=pairs["pilot-1@example.com"]) == pilot != []
        assert call.ids("modeling-v2", ALL, token="eyJhbGciOi.some.jwt") == call.ids("modeling-v2", ALL, token=USER)  # noqa: S106

    @pytest.mark.parametrize("name", NAMES)
    def test_with_an_itwin_everybodys(self, call: Caller, name: str) -> None:
        itwin = an_itwin(name)
        all_of_it = expected(name, lambda _, job: job.itwin_id == itwin)
        assert len(all_of_it) > len(expected(name, lambda s, job: job.itwin_id == itwin and s.email == USER))
        assert call.ids(name, f"iTwinId eq {itwin}") == all_of_it
        assert call.ids(name, f"iTwinId eq '{itwin.upper()}'") == all_of_it
        assert call.ids(name, f"{ALL} and (name ne 'x' and iTwinId eq {itwin})") == all_of_it
        failed = expected(name, lambda _, job: job.itwin_id == itwin and str(job.state).lower() == "failed")
        assert call.ids(name, f"iTwinId eq {itwin} and state eq 'Failed'") == failed

    @pytest.mark.parametrize("name", FULL)
    def test_with_several_itwins_everybodys(self, call: Caller, name: str) -> None:
        two = {an_itwin(name), str(JOBS[-1].raw["iTwinId"])}
        quoted = ", ".join(f"'{itwin}'" for itwin in two)
        wanted = expected(name, lambda _, job: job.itwin_id in two)
        assert call.ids(name, f"iTwinId in ({quoted})") == wanted
        assert call.ids(name, " or ".join(f"iTwinId eq {itwin}" for itwin in two)) == wanted

    @pytest.mark.parametrize("name", NAMES)
    def test_an_itwin_elsewhere_in_the_filter_widens_nothing(self, call: Caller, name: str) -> None:
        itwin = an_itwin(name)
        wanted = expected(
            name, lambda s, job: s.email == USER and (job.itwin_id == itwin or str(job.state).lower() == "failed")
        )
        assert call.ids(name, f"iTwinId eq {itwin} or state eq 'failed'") == wanted
        others = expected(name, lambda s, job: s.email == USER and job.itwin_id != itwin)
        assert call.ids(name, f"iTwinId ne {itwin}") == others

    @pytest.mark.parametrize("name", NAMES)
    def test_an_unknown_itwin(self, call: Caller, name: str) -> None:
        unknown = "dc720f05-e5f7-448b-ae06-765de46f0af1"
        assert answer(call(name, {"$filter": f"iTwinId eq {unknown}"})) == (404, NO_ITWIN)
        assert call.ids(name, f"iTwinId eq {unknown} or state eq 'no such'") == []
        if name in FULL:
            one_known = {"$filter": f"iTwinId in ('{unknown}', '{an_itwin(name)}')"}
            assert answer(call(name, one_known)) == (404, NO_ITWIN)

    @pytest.mark.parametrize("name", NAMES)
    def test_an_address_is_known_and_left_out_of_v2_records(self, call: Caller, name: str) -> None:
        itwin = an_itwin(name)
        response = call(name, {"$filter": f"iTwinId eq {itwin} and email eq '{USER}'"})
        jobs = response.json()["jobs"]
        wanted = expected(
            name,
            lambda s, job: s.email == USER and job.itwin_id == itwin and (name.endswith("v2") or "email" in job.raw),
        )
        assert [job["id"] for job in jobs] == wanted != []
        assert (USER in response.text) == (not name.endswith("v2"))

    @pytest.mark.parametrize("name", NAMES)
    def test_records_come_as_they_are(self, call: Caller, name: str) -> None:
        by_id = {s.raw["id"]: s.raw for s in JOBS if s.service == name}
        jobs = call(name, {"$filter": ALL, "$top": "1000"}).json()["jobs"]
        assert jobs == [by_id[job["id"]] for job in jobs]

    @pytest.mark.parametrize("name", NAMES)
    def test_the_published_example_filters(self, call: Caller, name: str) -> None:
        stored = next(s for s in JOBS if s.service == name and s.email == USER and Job(name, s.raw).input_ids)
        job = Job(name, stored.raw)
        moment = "2026-01-24T13:00:00Z"
        later = expected(name, lambda s, j: s.email == USER and (j.created_ticks or 0) > read_ticks(moment))
        assert call.ids(name, f"createdDateTime gt {moment}") == later != []
        assert call.ids(name, f"id eq {job.id}") == [job.id]
        if name in FULL:
            ids = (job.input_ids[0], "14c03448-bea0-4d76-b53b-4b20bd3f4cbc")
            sharing = expected(name, lambda s, j: s.email == USER and ids[0] in j.input_ids)
            assert call.ids(name, f"inputId in ('{ids[0]}', '{ids[1]}')") == sharing
            assert job.id in sharing

    def test_names_with_everything_in_them(self, call: Caller) -> None:
        for name in NAMES:
            for job in [Job(name, s.raw) for s in JOBS if s.service == name and s.email == USER][:20]:
                if job.name:
                    doubled = job.name.replace("'", "''")
                    assert job.id in call.ids(name, f"name eq '{doubled}'")


class TestPages:
    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("top", [1, 2, 7, 100, 1000])
    def test_all_pages_together_are_the_list(self, call: Caller, name: str, top: int) -> None:
        itwin = an_itwin(name)
        text = f"iTwinId eq {itwin}"
        everything = expected(name, lambda _, job: job.itwin_id == itwin)
        response = call(name, {"$filter": text, "$top": str(top)})
        sizes, ids = [], []
        while True:
            body = response.json()
            sizes.append(len(body["jobs"]))
            ids += [job["id"] for job in body["jobs"]]
            if not body.get("_links"):
                break
            href = body["_links"]["next"]["href"]
            assert href.startswith(call.base + ADDRESS[name][0] + "/jobs?$filter=")
            response = call(name, href.partition("?")[2].replace(" ", "%20"))
        assert ids == everything
        assert sizes == [len(everything[at : at + top]) for at in range(0, len(everything), top)]

    def test_100_is_the_default(self) -> None:
        with running(generate(1500, seed=2)) as base:
            call = Caller(base)
            with call.http:
                assert len(call.ids("modeling-v2", ALL)) > 100
                assert len(call("modeling-v2", {"$filter": ALL}).json()["jobs"]) == 100

    @pytest.mark.parametrize(("name", "version"), [(name, version) for name, _, version, *_ in PUBLISHED])
    def test_next_links_are_spelt_as_published(self, call: Caller, name: str, version: str) -> None:
        text = "name ne '50% & more +' and createdDateTime ge 1970-01-01T00:00:00Z"
        href = call(name, {"$filter": text, "$top": "2"}).json()["_links"]["next"]["href"]
        address, _, token = href.partition("&continuationToken=")
        start = f"{call.base}{ADDRESS[name][0]}/jobs?$filter="
        if version == "v1":
            assert address == start + text
        else:
            encoded = "name%20ne%20'50%25%20%26%20more%20%2B'%20and%20createdDateTime%20ge%201970-01-01T00:00:00Z"
            assert address == f"{start}{encoded}&$top=2"
            assert quote(unquote(token), safe="") == token

    def test_a_v2_link_names_the_page_size_only_if_the_request_did(self) -> None:
        with running(JOBS, default_top=3) as base:
            call = Caller(base)
            with call.http:
                href = call("conversion-v2", {"$filter": ALL}).json()["_links"]["next"]["href"]
                assert "$top" not in href
                second = call("conversion-v2", href.partition("?")[2]).json()
        assert [job["id"] for job in second["jobs"]] == expected("conversion-v2", lambda s, _: s.email == USER)[3:6]

    def test_links_lead_to_the_host_that_was_asked(self, call: Caller) -> None:
        port = call.base.rpartition(":")[2]
        headers = {"authorization": "Bearer x", "host": f"localhost:{port}"}
        response = call.raw(f"/contextcapture/jobs?$filter={quote(ALL)}&$top=1", **headers)
        assert response.json()["_links"]["next"]["href"].startswith(f"http://localhost:{port}/contextcapture/jobs?")

    @pytest.mark.parametrize("name", NAMES)
    def test_a_token_is_good_for_its_own_list_only(self, call: Caller, name: str) -> None:
        query = {"$filter": ALL, "$top": "2"}
        href = call(name, query).json()["_links"]["next"]["href"]
        token = unquote(href.partition("&continuationToken=")[2])
        assert call(name, query | {"continuationToken": token}).status_code == 200
        refused = bad_request(name, "continuationToken", "The continuationToken query parameter is invalid.")
        other = next(n for n in NAMES if n != name)
        for wrong in ("x", "MzY3ZmY1ZDEtNDEzOS00ZGU1", "ü", token[:-4], token + "A", token.swapcase()):
            assert answer(call(name, query | {"continuationToken": wrong})) == refused
        assert answer(call(name, query | {"$filter": f"{ALL} and {ALL}", "continuationToken": token})) == refused
        assert answer(call(name, query | {"continuationToken": token}, token="pilot-1@example.com")) == refused  # noqa: S106
        foreign = bad_request(other, "continuationToken", "The continuationToken query parameter is invalid.")
        assert answer(call(other, query | {"continuationToken": token})) == foreign

    @pytest.mark.parametrize(("name", "links"), [(n, {} if v == "v1" else None) for n, _, v, *_ in PUBLISHED])
    def test_the_last_page_by_default(self, call: Caller, name: str, links: object) -> None:
        body = call(name, {"$filter": "state eq 'no such'"}).json()
        assert body == ({"jobs": []} if links is None else {"jobs": [], "_links": links})

    def test_the_last_page_in_every_shape(self) -> None:
        text = "state eq 'no such'"
        bodies = {}
        for shape in ("absent", "empty", "null", "null-next", "tokenless"):
            with running(JOBS[:10], last_page=shape) as base:
                call = Caller(base)
                with call.http:
                    bodies[shape] = call("modeling-v1", {"$filter": text}).json()
        assert bodies == {
            "absent": {"jobs": []},
            "empty": {"jobs": [], "_links": {}},
            "null": {"jobs": [], "_links": None},
            "null-next": {"jobs": [], "_links": {"next": None}},
            "tokenless": {"jobs": [], "_links": {"next": {"href": f"{base}/contextcapture/jobs?$filter={text}"}}},
        }


class TestServing:
    def test_nothing_is_left_afterwards(self, capfd: pytest.CaptureFixture[str]) -> None:
        before = threading.active_count()
        with running(JOBS[:10]) as base:
            call = Caller(base)
            assert call.raw("/").status_code == 404
            port = int(base.rpartition(":")[2])
        # The connection is still open on this side: that must not keep the server.
        call.http.close()
        assert threading.active_count() == before
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        assert capfd.readouterr() == ("", "")

    def test_two_at_once(self) -> None:
        with running(JOBS[:300]) as one, running(JOBS[300:]) as two:
            assert one != two
            assert httpx.get(one, trust_env=False).status_code == httpx.get(two, trust_env=False).status_code == 404

    def test_an_empty_platform(self) -> None:
        with running([]) as base:
            call = Caller(base)
            with call.http:
                assert call.ids("modeling-v1", ALL) == []

    @pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", "::", ""])  # noqa: S104
    def test_only_loopback(self, host: str) -> None:
        with pytest.raises(ValueError, match="loopback") as caught:
            serve([], host)
        assert str(caught.value) == f"{host!r} is no loopback address; the emulator listens on 127.0.0.1 or ::1 only"

    def test_a_port_that_is_taken(self) -> None:
        with running([]) as base, pytest.raises(OSError, match="in use"):
            serve([], port=int(base.rpartition(":")[2]))

    def test_serving_until_interrupted(self) -> None:
        script = (
            "from reality_jobs.emulator.generate import generate\n"
            "from reality_jobs.emulator.serve import serve\n"
            "serve(generate(10000, seed=1), ready=lambda url: print(url, flush=True))\n"
        )
        with subprocess.Popen(
            [sys.executable, "-W", "error", "-c", script],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            base = process.stdout.readline().strip()
            assert httpx.get(base, trust_env=False).status_code == 404
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
            assert (process.stdout.read(), process.stderr.read()) == ("", "")
