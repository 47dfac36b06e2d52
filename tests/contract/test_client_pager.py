"""Addresses, next links and envelopes: the rules of following a list, without any I/O."""

from __future__ import annotations

import pytest

from reality_jobs import services
from reality_jobs.client.addresses import Base, first_request
from reality_jobs.client.pager import MAX_SAME_PAGES, Pager
from reality_jobs.errors import PagingError

V1 = services.get("modeling-v1")
BASE = Base.parse("https://api.bentley.com")
JOBS = "https://api.bentley.com/contextcapture/jobs"
FILTER = "state eq 'success'"


def pager(filter_text: str = FILTER, base: Base = BASE) -> Pager:
    return Pager(base, V1, filter_text, 100)


def following(href: object, filter_text: str = FILTER, base: Base = BASE) -> str | None:
    walk = pager(filter_text, base)
    walk.take({"jobs": [], "_links": {"next": {"href": href}}})
    return walk.target


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://api.bentley.com", "https://api.bentley.com"),
        ("https://api.bentley.com/", "https://api.bentley.com"),
        ("HTTPS://API.Bentley.COM:443", "https://api.bentley.com"),
        ("https://qa-api.bentley.com:8443", "https://qa-api.bentley.com:8443"),
        ("https://gateway.example/itwin/", "https://gateway.example/itwin"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_base_url(text: str, shown: str) -> None:
    assert str(Base.parse(text)) == shown


SCHEME = "base_url must start with https://, as in 'https://api.bentley.com'"
USER = "base_url must not hold a user part (...@); the token alone tells who asks"
QUERY = "base_url must not hold a query or a fragment; write it like 'https://api.bentley.com'"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", SCHEME),
        ("api.bentley.com", SCHEME),
        ("ftp://api.bentley.com", SCHEME),
        ("//api.bentley.com", SCHEME),
        (" https://api.bentley.com", SCHEME),
        ("https://me@api.bentley.com", USER),
        ("https://me:secret@api.bentley.com", USER),
        ("https://@api.bentley.com", USER),
        ("https://api.bentley.com?a=b", QUERY),
        ("https://api.bentley.com/?", QUERY),
        ("https://api.bentley.com#top", QUERY),
        ("https://api.bentley.com/#", QUERY),
        ("https://", "base_url holds no valid host and port: ''"),
        ("https://:443", "base_url holds no valid host and port: ':443'"),
        ("https://a..b", "base_url holds no valid host and port: 'a..b'"),
        ("https://api.bentley.com:0", "base_url holds no valid host and port: 'api.bentley.com:0'"),
        ("https://api.bentley.com:65536", "base_url holds no valid host and port: 'api.bentley.com:65536'"),
        ("https://api.bentley.com:\u0664", "base_url holds no valid host and port: 'api.bentley.com:\u0664'"),
        ("https://api.bentley.com\\x", "base_url holds no valid host and port: 'api.bentley.com\\x'"),
        ("https://api.bentley.com\n", "base_url holds no valid host and port: 'api.bentley.com\\n'"),
        ("https://api.bentley.com/a b", "base_url holds a path that cannot be sent as it is: '/a b'"),
        ("https://api.bentley.com/a/../b", "base_url holds a path that cannot be sent as it is: '/a/../b'"),
        (
            "http://api.bentley.com",
            "base_url 'http://api.bentley.com' would send the token in clear; plain http is for loopback only, "
            "so write https://",
        ),
        (
            "http://127.0.0.1.evil.example:80",
            "base_url 'http://127.0.0.1.evil.example' would send the token in clear; plain http is for loopback only, "
            "so write https://",
        ),
        (
            "http://localhost.evil.example",
            "base_url 'http://localhost.evil.example' would send the token in clear; plain http is for loopback only, "
            "so write https://",
        ),
    ],
)
def test_base_url_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="base_url") as raised:
        Base.parse(text)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("filter_text", "query"),
    [
        ("state eq 'success'", "$filter=state%20eq%20'success'&$top=7"),
        ("name eq 'a+b&c=d#e%41'", "$filter=name%20eq%20'a%2Bb%26c%3Dd%23e%2541'&$top=7"),
        ("name in ('O''Brien', '\u00e9')", "$filter=name%20in%20('O''Brien',%20'%C3%A9')&$top=7"),
        ("name eq 'a/b?c'", "$filter=name%20eq%20'a%2Fb%3Fc'&$top=7"),
    ],
)
def test_first_request(filter_text: str, query: str) -> None:
    assert first_request(BASE, V1, filter_text, 7) == f"/contextcapture/jobs?{query}"
    behind = Base.parse("https://gateway.example/itwin/")
    assert first_request(behind, V1, filter_text, 7) == f"/itwin/contextcapture/jobs?{query}"


@pytest.mark.parametrize(
    ("href", "query"),
    [
        # Raw blanks, as v1 publishes them.
        (f"{JOBS}?$filter=iTwinId eq 5&continuationToken=MzY3", "$filter=iTwinId%20eq%205&continuationToken=MzY3"),
        # Encoded, as v2 does: not touched.
        (
            f"{JOBS}?$filter=iTwinId%20eq%205&$top=2&continuationToken=MT%3d%3D",
            "$filter=iTwinId%20eq%205&$top=2&continuationToken=MT%3d%3D",
        ),
        # A `+` of a token is never a space, whether the server decodes forms or not.
        (f"{JOBS}?continuationToken=ab+c/d==", "continuationToken=ab%2Bc/d=="),
        (f"{JOBS}?continuationToken=ab%2Bc%2Fd%3D%3D", "continuationToken=ab%2Bc%2Fd%3D%3D"),
        # Token names in any case, and encoded.
        (f"{JOBS}?ContinuationToken=x", "ContinuationToken=x"),
        (f"{JOBS}?CONTINUATIONTOKEN=x&a", "CONTINUATIONTOKEN=x&a"),
        (f"{JOBS}?continuation%54oken=x", "continuation%54oken=x"),
        # The same origin in other words.
        ("HTTPS://API.BENTLEY.COM:443/contextcapture/jobs?continuationToken=x", "continuationToken=x"),
        ("https://api.bentley.com:/contextcapture/jobs?continuationToken=x", "continuationToken=x"),
        ("https://api.bentley.com:0443/contextcapture/jobs?continuationToken=x", "continuationToken=x"),
        ("/contextcapture/jobs?continuationToken=x", "continuationToken=x"),
        (f"  {JOBS}?continuationToken=x\n", "continuationToken=x"),
        # Whatever is illegal is encoded, a lone % too, and a # does not cut the token off.
        (f'{JOBS}?a="<>\\^`{{|}}[]&continuationToken=x', "a=%22%3C%3E%5C%5E%60%7B%7C%7D%5B%5D&continuationToken=x"),
        (f"{JOBS}?a=100%&b=%zz&continuationToken=x", "a=100%25&b=%25zz&continuationToken=x"),
        (f"{JOBS}?a=b#c&continuationToken=x", "a=b%23c&continuationToken=x"),
        (f"{JOBS}?a=\u00e9\n\r\0&continuationToken=x", "a=%C3%A9%0A%0D%00&continuationToken=x"),
        (f"{JOBS}?a=\ud800&continuationToken=x", "a=%ED%A0%80&continuationToken=x"),
    ],
)
def test_next_link_is_followed(href: str, query: str) -> None:
    assert following(href) == f"/contextcapture/jobs?{query}"


@pytest.mark.parametrize(
    "text", ["name eq 'R&D'", "name eq '100%41'", "name eq 'a+b'", "name eq '#1'", "name eq 'a=b'"]
)
def test_our_own_filter_pasted_raw_into_a_link_is_encoded_as_the_text_it_is(text: str) -> None:
    first = first_request(BASE, V1, text, 100).partition("&$top")[0]
    assert following(f"{JOBS}?$filter={text}&continuationToken=x", text) == f"{first}&continuationToken=x"
    assert following(f"{JOBS}?a=b&%24Filter={text}&continuationToken=x", text) == (
        first.replace("?$filter", "?a=b&%24Filter") + "&continuationToken=x"
    )


ELSEWHERE = "page 1 of the list has a next link that leaves https://api.bentley.com: {}; it was not followed"
USER_PART = "page 1 of the list has a next link that holds a user part (...@); it was not followed"
PATH = "page 1 of the list has a next link that leaves /contextcapture/jobs: {}; it was not followed"
RELATIVE = "page 1 of the list has a next link that is no absolute address: {}; it was not followed"

FOREIGN = [
    ("https://evil.example/contextcapture/jobs?{}", ELSEWHERE.format("'https://evil.example'")),
    ("http://api.bentley.com/contextcapture/jobs?{}", ELSEWHERE.format("'http://api.bentley.com'")),
    ("https://api.bentley.com:444/contextcapture/jobs?{}", ELSEWHERE.format("'https://api.bentley.com:444'")),
    ("https://api.bentley.com:80/contextcapture/jobs?{}", ELSEWHERE.format("'https://api.bentley.com:80'")),
    ("https://api.bentley.com.evil/contextcapture/jobs?{}", ELSEWHERE.format("'https://api.bentley.com.evil'")),
    ("https://api.bentley.com./contextcapture/jobs?{}", ELSEWHERE.format("'https://api.bentley.com.'")),
    ("https://evilapi.bentley.com/contextcapture/jobs?{}", ELSEWHERE.format("'https://evilapi.bentley.com'")),
    ("https://\u0430pi.bentley.com/contextcapture/jobs?{}", ELSEWHERE.format("'https://\u0430pi.bentley.com'")),
    ("https://api.bentley.com\\.evil/contextcapture/jobs?{}", ELSEWHERE.format("'https://api.bentley.com\\.evil'")),
    ("https://api.bentley.com%2eevil/contextcapture/jobs?{}", ELSEWHERE.format("'https://api.bentley.com%2eevil'")),
    ("https://api.bentley.com:443:1/contextcapture/jobs?{}", ELSEWHERE.format("'https://api.bentley.com:443:1'")),
    ("https://api.bentley.com\n/contextcapture/jobs?{}", ELSEWHERE.format("'https://api.bentley.com\\n'")),
    ("https://api.bentley.com#/contextcapture/jobs?{}", PATH.format("'#/contextcapture/jobs'")),
    ("https:///contextcapture/jobs?{}", ELSEWHERE.format("'https://'")),
    ("https://api.bentley.com@evil.example/contextcapture/jobs?{}", USER_PART),
    ("https://me:pw@api.bentley.com/contextcapture/jobs?{}", USER_PART),
    ("https://api.bentley.com\\@evil.example/contextcapture/jobs?{}", USER_PART),
    ("https:api.bentley.com/contextcapture/jobs?{}", RELATIVE.format("'https:api.bentley.com/contextcapture/jobs'")),
    (
        "https:\\\\api.bentley.com/contextcapture/jobs?{}",
        RELATIVE.format("'https:\\\\api.bentley.com/contextcapture/jobs'"),
    ),
    ("//evil.example/contextcapture/jobs?{}", RELATIVE.format("'//evil.example/contextcapture/jobs'")),
    ("/\\evil.example/contextcapture/jobs?{}", RELATIVE.format("'/\\evil.example/contextcapture/jobs'")),
    ("///contextcapture/jobs?{}", RELATIVE.format("'///contextcapture/jobs'")),
    ("jobs?{}", RELATIVE.format("'jobs'")),
    ("?{}", RELATIVE.format("''")),
    ("javascript:alert(1)?{}", RELATIVE.format("'javascript:alert(1)'")),
    ("https://api.bentley.com/itwins?{}", PATH.format("'/itwins'")),
    ("https://api.bentley.com?{}", PATH.format("''")),
    ("https://api.bentley.com/contextcapture/jobsx?{}", PATH.format("'/contextcapture/jobsx'")),
    ("https://api.bentley.com/reality-modeling/jobs?{}", PATH.format("'/reality-modeling/jobs'")),
    ("https://api.bentley.com/contextcapture/jobs/../../x?{}", PATH.format("'/contextcapture/jobs/../../x'")),
    ("https://api.bentley.com/contextcapture/jobs/%2e%2E/x?{}", PATH.format("'/contextcapture/jobs/%2e%2E/x'")),
    ("https://api.bentley.com/contextcapture/jobs/..\\x?{}", PATH.format("'/contextcapture/jobs/..\\x'")),
    ("/itwins?{}", PATH.format("'/itwins'")),
]


@pytest.mark.parametrize("query", ["continuationToken=x", "page=2"])
@pytest.mark.parametrize(("href", "message"), FOREIGN)
def test_next_link_that_may_not_be_followed(href: str, message: str, query: str) -> None:
    with pytest.raises(PagingError) as raised:
        following(href.format(query))
    assert str(raised.value) == f"modeling-v1: {message}"


def test_an_overlong_next_link_is_not_followed() -> None:
    with pytest.raises(PagingError) as raised:
        following(f"{JOBS}?continuationToken={'x' * 60_000}")
    assert str(raised.value) == (
        "modeling-v1: page 1 of the list has a next link that is longer than 60,000 characters; it was not followed"
    )


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"_links": None},
        {"_links": {}},
        {"_links": {"next": None}},
        {"_links": {"next": {}}},
        {"_links": {"next": {"href": None}}},
        {"_links": {"next": {"href": ""}}},
        {"_links": {"next": {"href": JOBS}}},
        {"_links": {"next": {"href": f"{JOBS}?$filter=a eq 'continuationToken=x'&$top=2"}}},
        {"_links": {"next": {"href": f"{JOBS}?$filter=x&continuationToken="}}},
        {"_links": {"self": {"href": f"{JOBS}?continuationToken=x"}}},
    ],
)
@pytest.mark.parametrize("jobs", [{"jobs": [{"id": "a"}]}, {"jobs": []}, {"jobs": None}, {}])
def test_last_page(jobs: dict[str, object], more: dict[str, object]) -> None:
    walk = pager()
    assert walk.take(jobs | more) == (jobs.get("jobs") or [])
    assert walk.target is None


@pytest.mark.parametrize("jobs", [{"jobs": []}, {"jobs": None}, {}])
def test_an_empty_page_with_a_next_link_goes_on(jobs: dict[str, object]) -> None:
    walk = pager()
    assert walk.take(jobs | {"_links": {"next": {"href": f"{JOBS}?continuationToken=x"}}}) == []
    assert walk.target == "/contextcapture/jobs?continuationToken=x"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "is an array, where an object with 'jobs' belongs"),
        (None, "is null, where an object with 'jobs' belongs"),
        ("jobs", "is text, where an object with 'jobs' belongs"),
        (7, "is the number 7, where an object with 'jobs' belongs"),
        ({"error": 1, "\x1b[2J": 2}, "holds neither 'jobs' nor '_links' but 'error, \\x1b[2J'"),
        ({"Jobs": []}, "holds neither 'jobs' nor '_links' but 'Jobs'"),
        ({"jobs": {}}, "holds an object as 'jobs', where an array belongs"),
        ({"jobs": "x"}, "holds text as 'jobs', where an array belongs"),
        ({"jobs": [{}, None]}, "holds null as 'jobs[1]', where an object belongs"),
        ({"jobs": ["x"]}, "holds text as 'jobs[0]', where an object belongs"),
        ({"jobs": [], "_links": []}, "holds an array as '_links', where an object belongs"),
        ({"jobs": [], "_links": {"next": JOBS}}, "holds text as '_links.next', where an object belongs"),
        ({"jobs": [], "_links": {"next": {"href": 1}}}, "holds the number 1 as '_links.next.href', where text belongs"),
        ({"jobs": [], "_links": {"next": {"href": {}}}}, "holds an object as '_links.next.href', where text belongs"),
    ],
)
def test_an_envelope_of_another_shape(body: object, message: str) -> None:
    walk = pager()
    with pytest.raises(PagingError) as raised:
        walk.take(body)
    assert str(raised.value) == f"modeling-v1: page 1 of the list {message}"
    assert walk.target is None


@pytest.mark.parametrize(
    "links",
    [
        ["continuationToken=a", "continuationToken=a"],
        ["continuationToken=a", "continuationToken=b", "continuationToken=c", "continuationToken=a"],
        ["continuationToken=a%2B", "CONTINUATIONTOKEN=a+"],
    ],
)
def test_a_repeated_token_is_an_error(links: list[str]) -> None:
    walk = pager()
    pages = [{"_links": {"next": {"href": f"{JOBS}?{query}"}}} for query in links]
    for body in pages[:-1]:
        walk.take(body)
    with pytest.raises(PagingError) as raised:
        walk.take(pages[-1])
    assert str(raised.value) == (
        f"modeling-v1: page {len(links)} of the list repeats the continuation token of an earlier page, "
        f"so the list would never end"
    )


def linked(token: object, *jobs: object) -> dict[str, object]:
    return {"jobs": list(jobs), "_links": {"next": {"href": f"{JOBS}?continuationToken={token}"}}}


def test_empty_pages_without_end_are_an_error() -> None:
    walk = pager()
    for number in range(MAX_SAME_PAGES):
        walk.take(linked(number))
    with pytest.raises(PagingError) as raised:
        walk.take(linked("last"))
    assert str(raised.value) == (
        "modeling-v1: page 1001 of the list is the last of 1,000 in a row without a new job, so it would never end"
    )
    assert walk.target is None


def test_empty_pages_that_are_none_in_a_row_are_no_error() -> None:
    walk = pager()
    for number in range(3 * MAX_SAME_PAGES):
        walk.take(linked(number, *([{}] if number % MAX_SAME_PAGES == 0 else [])))
    assert walk.target is not None


def test_a_list_goes_on_where_it_was() -> None:
    first = pager()
    assert not first.begun
    first.take(linked("a+"))
    assert first.begun
    later = pager()
    later.go_to(first.target)
    assert (later.begun, later.target) == (True, "/contextcapture/jobs?continuationToken=a%2B")
    # The token that it goes on with is one that was seen.
    with pytest.raises(PagingError, match="repeats the continuation token"):
        later.take(linked("a+"))


def test_a_list_that_had_ended_has_ended() -> None:
    walk = pager()
    walk.go_to(None)
    assert (walk.begun, walk.target) == (True, None)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("/itwins?continuationToken=x", "resume holds a next link that leaves /contextcapture/jobs: '/itwins'"),
        (
            "https://evil.example/contextcapture/jobs?continuationToken=x",
            "resume holds a next link that leaves https://api.bentley.com: 'https://evil.example'",
        ),
        ("/contextcapture/jobs?page=2", "resume is no resume point of this list"),
        ("", "resume holds a next link that is no absolute address: ''"),
    ],
)
def test_where_no_list_goes_on(target: str, message: str) -> None:
    with pytest.raises(ValueError, match="resume") as raised:
        pager().go_to(target)
    assert str(raised.value) == message
