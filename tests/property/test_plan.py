"""The plan answers the filter: what its requests return, and their residuals keep, is what the filter means.

The world is simulated: a server that knows every e-mail address though v2 records leave it out, the caller's own jobs
in any iTwin, and other people's. A request with a scope sees one iTwin's jobs, whoever made them; one without sees
the caller's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from hypothesis import event, given
from hypothesis import strategies as st

from reality_jobs import Filter, Unanswerable, parse
from reality_jobs import services as registry
from reality_jobs.nodes import And, Comparison, Guid, Membership, Node, Null, Operator, Or, Text, leaves
from reality_jobs.plan import Plan, Request, ServicePlan, halved
from reality_jobs.plan.fold import ALWAYS, NEVER, fold
from reality_jobs.plan.words import Words
from tests import oracle
from tests.strategies import (
    EMAILS,
    FEW,
    GUIDS,
    PROPERTIES,
    SERVICES,
    Record,
    filters,
    plain_records,
    records,
    redundant_filters,
    terms,
    values,
)

TWINS = GUIDS[:2]
NARROW = ("modeling-v2", "analysis-v2")
ALWAYS_SENT = "createdDateTime ge 1970-01-01T00:00:00Z"


@dataclass(frozen=True)
class Posted:
    """A job as the server has it; `own` where the caller made it."""

    record: Record
    service: str
    email: str | None
    own: bool


@st.composite
def posted(draw: st.DrawFn, service: str) -> Posted:
    record = draw(records(service))
    if draw(st.integers(0, 3)):  # few iTwins, so that jobs and filters meet
        record = {**record, "iTwinId": draw(st.sampled_from(TWINS))}
    for name in ("id", "name", "state"):
        if draw(st.booleans()):
            literal = draw(st.sampled_from(FEW[name]))
            record = {**record, name: literal.value if isinstance(literal, Guid | Text) else None}
    email = draw(st.none() | st.sampled_from(EMAILS))
    if service not in oracle.V2:
        found = record.get("email")
        email = found if isinstance(found, str) else None
        record = {**record, "email": email}
    return Posted(record, service, email, draw(st.booleans()))


def clear(job: Posted, node: Node) -> bool:
    """No odd value is in reach of the filter, those are the predicate's to judge, and nothing that the schema requires
    is missing, or the service would not be the one that is published."""
    required = registry.ALL[job.service].required
    return not any(verdict(leaf, job).odd for leaf in leaves(node)) and not any(
        verdict(Comparison(name, Operator.EQ, Null()), job).answer for name in required
    )


STATES = {
    "v1": ("unsubmitted", "active", "success", "failed", "cancelled"),
    "v2": ("queued", "active", "terminatingoncancel", "terminatingonfailure", "cancelled", "failed", "success"),
}


def foreign(job: Posted) -> bool:
    """Whether it has a type or a state that other services list and its own does not."""
    types = {
        name: {t.lower() for t in (*oracle.V1_TYPES.get(name, ()), *oracle.V2_INPUTS.get(name, ()))}
        for name in SERVICES
    }
    states = {name: STATES[name[-2:]] for name in SERVICES}
    for name, listed in (("type", types), ("state", states)):
        value = str(job.record.get(name)).lower()
        if value not in listed[job.service] and any(value in some for some in listed.values()):
            return True
    return False


def verdict(leaf: Comparison | Membership, job: Posted) -> oracle.Verdict:
    if leaf.property == "email":
        return oracle.verdict(leaf, {"email": job.email})
    return oracle.verdict(leaf, job.record, job.service)


def true(node: Node, job: Posted) -> bool:
    """Of the job as the server has it."""
    if isinstance(node, And):
        return all(true(o, job) for o in node.operands)
    if isinstance(node, Or):
        return any(true(o, job) for o in node.operands)
    return bool(verdict(node, job).answer)


def true_in_scope(node: Node, job: Posted) -> bool:
    """True by a branch that names the job's iTwin, and so looks at other people's jobs too."""
    if isinstance(node, And):
        return all(true(o, job) for o in node.operands) and any(true_in_scope(o, job) for o in node.operands)
    if isinstance(node, Or):
        return any(true_in_scope(o, job) for o in node.operands)
    if isinstance(node, Membership):
        literals, equal = [x for x in node.literals if x != Null()], True
    else:
        literals, equal = [node.literal], node.operator is Operator.EQ and node.literal != Null()
    return node.property == "iTwinId" and equal and true(Membership("iTwinId", tuple(literals)), job)


def meant(node: Node, job: Posted) -> bool:
    """Among the caller's own jobs every branch counts, among others' only those that name their iTwin."""
    return true(node, job) if job.own else true_in_scope(node, job)


def returned(request: Request, job: Posted) -> bool:
    """Whether the server would return it, going by the text alone. Every real job was created after 1970."""
    if request.pushed is None:
        return job.own
    sent = parse(request.filter).node
    return true(sent, job) if job.own else true_in_scope(sent, job)


def answered(requests: Sequence[Request], job: Posted, missing: str = "error") -> bool:
    return any(
        returned(request, job)
        and (
            request.residual is None
            or oracle.verdict(request.residual, job.record, job.service, missing).answer is True
        )
        for request in requests
    )


def service_plan(plan: Plan) -> ServicePlan:
    (only,) = plan.services
    return only


@st.composite
def scoped_filters(draw: st.DrawFn) -> Node:
    """Filters in which iTwins, e-mail addresses and what a dialect lacks are common."""

    def term() -> Node:
        guid = Guid(draw(st.sampled_from(TWINS)))
        if not draw(st.integers(0, 4)):
            return draw(terms())
        likely: tuple[Node, ...] = (
            Comparison("iTwinId", Operator.EQ, guid),
            Comparison("iTwinId", Operator.EQ, guid),
            Membership("iTwinId", (guid, Guid(TWINS[0]))),
            Membership("iTwinId", (guid, Null())),
            Comparison("iTwinId", Operator.NE, guid),
            Comparison("email", Operator.EQ, Text(EMAILS[0])),
            Comparison("email", Operator.NE, Null()),
            Comparison("inputId", Operator.EQ, guid),
            Comparison("state", Operator.EQ, Text("Success")),
            Comparison("id", Operator.NE, guid),
            Membership("name", ()),
        )
        return draw(st.sampled_from(likely))

    def tree(depth: int) -> Node:
        if depth == 0 or not draw(st.integers(0, 3)):
            return term()
        join: type[And | Or] = And if draw(st.booleans()) else Or
        operands: list[Node] = []
        for _ in range(draw(st.integers(2, 3))):
            made = tree(depth - 1)
            operands += made.operands if isinstance(made, And | Or) and isinstance(made, join) else (made,)
        return join(tuple(operands))

    return tree(3)


any_filters = filters() | scoped_filters() | redundant_filters() | scoped_filters()
services = st.sampled_from(SERVICES)
worlds = services.flatmap(lambda name: st.tuples(st.just(name), st.lists(posted(name), min_size=1, max_size=6)))


@given(worlds, any_filters, st.sampled_from((1, 2, 3, 64)), st.sampled_from((400, 500, 2_048)), st.booleans())
def test_the_requests_answer_the_filter(
    world: tuple[str, list[Posted]], node: Node, max_requests: int, max_url: int, prune: bool
) -> None:
    service, jobs = world
    plan = service_plan(Filter(node).plan([service], prune=prune, max_requests=max_requests, max_url=max_url))
    event(f"requests: {'refused' if plan.refused else min(len(plan.requests), 3)}")
    event(f"folded: {bool(plan.folded)}, pruned: {bool(plan.pruned)}")
    if plan.refused is not None:
        assert plan.requests == ()
        return
    jobs = [job for job in jobs if clear(job, node)]
    for job in jobs:
        # A job that has what its service does not list may be left out, and no other may come in its place.
        wanted = {meant(node, job), False} if prune and foreign(job) else {meant(node, job)}
        assert answered(plan.requests, job) in wanted
    for request in plan.requests:
        if request.checked is not None:
            for job in jobs:
                if returned(request, job):
                    assert oracle.verdict(request.checked, job.record, service).answer is True


@st.composite
def about_states(draw: st.DrawFn) -> Node:
    """Filters over a few states, each of which some service lists."""
    literals = st.sampled_from(("Queued", "unsubmitted", "Active")).map(Text)
    lists = st.lists(literals, max_size=2).map(lambda found: Membership("state", tuple(found)))
    single = st.builds(Comparison, st.just("state"), st.sampled_from((Operator.EQ, Operator.NE)), literals)
    named = st.just(Comparison("name", Operator.NE, Text("a")))
    operands = st.lists(st.one_of(single, lists, named), min_size=1, max_size=3)
    return joined(And, [joined(Or, found) for found in draw(st.lists(operands, min_size=1, max_size=2))])


@given(services.flatmap(lambda name: st.tuples(st.just(name), posted(name))), about_states(), st.data())
def test_pruning_lets_no_job_in(world: tuple[str, Posted], node: Node, data: st.DataObject) -> None:
    service, found = world
    job = replace(
        found, record={**found.record, "state": data.draw(st.sampled_from(("queued", "Unsubmitted", "active")))}
    )
    plan = service_plan(Filter(node).plan([service]))
    event(f"pruned: {bool(plan.pruned)}")
    if clear(job, node):
        assert answered(plan.requests, job) <= meant(node, job)


@given(worlds, any_filters, st.sampled_from((500, 2_048)))
def test_halves_answer_for_the_whole_until_there_is_nothing_to_halve(
    world: tuple[str, list[Posted]], node: Node, max_url: int
) -> None:
    service, jobs = world
    plan = service_plan(Filter(node).plan([service], "null", False, max_url=max_url))
    jobs = [job for job in jobs if clear(job, node)]
    smallest: list[Request] = []
    pending = list(plan.requests)
    while pending:
        whole = pending.pop()
        halves = halved(whole, plan.service)
        event(f"halves: {len(halves)}")
        assert all(len(quote(half.filter)) < len(quote(whole.filter)) for half in halves)
        assert all(half.itwin_id == whole.itwin_id for half in halves)
        (pending if halves else smallest).extend(halves or [whole])
        if halves:
            assert [answered([whole], job, "null") for job in jobs] == [answered(halves, job, "null") for job in jobs]
    for request in smallest:
        sent = request.pushed.operands if isinstance(request.pushed, And) else (request.pushed,)
        if len(sent) == 1 and len(quote(request.filter)) <= len(quote(ALWAYS_SENT)):
            continue
        for term in sent:
            if term is not None and oracle.mentioned(term) != {"iTwinId"}:
                # Records cannot stand in for the server here, so there is nothing else to leave out.
                assert service in oracle.V2
                assert isinstance(term, Comparison)
                assert term.property == "email"


required_names = st.frozensets(st.sampled_from([name for name in PROPERTIES if name not in oracle.COLLECTIONS]))


@given(redundant_filters(), required_names, st.lists(plain_records(), min_size=3, max_size=8))
def test_folding_keeps_the_meaning(node: Node, required: frozenset[str], found: list[dict[str, object]]) -> None:
    jobs = [
        Posted(record, "", str(record["email"]) if record["email"] is not None else None, own)
        for record in found
        for own in (True, False)
        if all(record.get(name) is not None for name in required & record.keys())
    ]
    folded = fold(node, required, Words())
    event(f"folded: {'always' if folded == ALWAYS else 'never' if folded == NEVER else folded != node}")
    assert [meant(folded, job) for job in jobs] == [meant(node, job) for job in jobs]


@given(any_filters, required_names)
def test_folding_is_done_once(node: Node, required: frozenset[str]) -> None:
    words = Words()
    folded = fold(node, required, words)
    again = Words()
    assert fold(folded, required, again) == folded
    assert again.all() == ()
    assert len(words.all()) <= 6
    assert all(len(word) < 1_000 for word in words.all())
    assert len(list(leaves(folded))) <= len(list(leaves(node)))
    flat = [folded]
    while flat:
        inner = flat.pop()
        if isinstance(inner, And | Or):
            assert not any(isinstance(o, type(inner)) for o in inner.operands)
            assert inner in (ALWAYS, NEVER) or len(inner.operands) > 1
            flat.extend(inner.operands)


@given(worlds, any_filters)
def test_what_records_never_hold_is_read_as_null_only_where_the_filter_would_be_refused(
    world: tuple[str, list[Posted]], node: Node
) -> None:
    service, jobs = world
    strict = service_plan(Filter(node).plan([service], prune=False))
    lax = service_plan(Filter(node).plan([service], "null", False))
    if strict.refused is None:
        assert lax == strict
        return
    assert isinstance(strict.refused, Unanswerable)
    assert (strict.refused.property, strict.refused.service) == ("email", service)
    assert service in oracle.V2
    assert lax.refused is None
    for job in jobs:
        # The server may know of more, and whoever judges by the record alone may not.
        if clear(job, node) and job.email is None:
            assert answered(lax.requests, job, "null") == meant(node, job)


@given(services, any_filters, st.integers(1, 5), st.sampled_from((400, 450, 600, 2_048)))
def test_limits(service: str, node: Node, max_requests: int, max_url: int) -> None:
    plan = service_plan(Filter(node).plan([service], "null", max_requests=max_requests, max_url=max_url))
    assert len(plan.requests) <= max_requests
    for request in plan.requests:
        sent = quote(request.filter, safe="", errors="surrogatepass")
        alone = request.pushed is None or (request.itwin_id and isinstance(request.pushed, Comparison))
        assert alone or len(f"GET {plan.service.path}/jobs?$filter={sent}&$top=1000 HTTP/1.1") <= max_url


@given(services, any_filters)
def test_only_what_the_dialect_knows_is_sent(service: str, node: Node) -> None:
    for request in service_plan(Filter(node).plan([service], "null")).requests:
        sent = parse(request.filter).node
        found = list(leaves(sent))
        if service in NARROW:
            assert not {leaf.property for leaf in found} & {"inputId", "outputId"}
            assert all(isinstance(leaf, Comparison) for leaf in found)
        for leaf in found:
            literals = (leaf.literal,) if isinstance(leaf, Comparison) else leaf.literals
            assert Null() not in literals
            assert literals
        scopes = [leaf for leaf in found if leaf.property == "iTwinId"]
        assert len(scopes) == (request.itwin_id is not None)
        if scopes:
            assert isinstance(sent, And) or sent == scopes[0]
            assert isinstance(scopes[0], Comparison)
            assert scopes[0].operator is Operator.EQ
        assert (request.pushed is None) <= (request.filter == ALWAYS_SENT)


def long_lists(*names: str) -> st.SearchStrategy[Node]:
    return st.sampled_from(names).flatmap(
        lambda name: st.lists(values(name), min_size=5, max_size=60, unique=True).map(
            lambda literals: Membership(name, tuple(literals))
        )
    )


many_cheap = st.lists(values("name"), min_size=20, max_size=60, unique=True).map(
    lambda names: And(tuple(Comparison("name", Operator.NE, name) for name in names))
)
answerable = long_lists("id", "name", "state", "inputId") | many_cheap
addressed = long_lists("email") | st.sampled_from(EMAILS).map(lambda x: Comparison("email", Operator.EQ, Text(x)))


def joined(join: type[And] | type[Or], nodes: Sequence[Node]) -> Node:
    flat = [
        o
        for node in nodes
        for o in (node.operands if isinstance(node, And | Or) and isinstance(node, join) else (node,))
    ]
    return flat[0] if len(flat) == 1 else join(tuple(flat))


@given(
    worlds,
    st.lists(answerable | addressed | scoped_filters(), min_size=1, max_size=3),
    st.sampled_from((And, Or)),
    st.sampled_from((3, 64)),
)
def test_long_lists_are_cut_and_mean_the_same(
    world: tuple[str, list[Posted]], operands: list[Node], join: type[And] | type[Or], max_requests: int
) -> None:
    service, jobs = world
    f = Filter(joined(join, operands))
    plan = service_plan(f.plan([service], prune=False, max_url=700, max_requests=max_requests))
    event(f"requests: {'refused' if plan.refused else min(len(plan.requests), 5)}")
    if plan.refused is None:
        assert plan == service_plan(f.plan([service], "null", False, max_url=700, max_requests=max_requests))
        jobs = [job for job in jobs if clear(job, f.node)]
        assert [answered(plan.requests, job) for job in jobs] == [meant(f.node, job) for job in jobs]


@given(
    services,
    addressed,
    st.lists(answerable, min_size=1, max_size=3),
    st.sampled_from((And, Or)),
    st.sampled_from((1, 2, 3, 64)),
    st.sampled_from((400, 700, 2_048)),
)
def test_what_only_the_service_can_answer_is_sent_whatever_else_there_is(
    service: str, only: Node, others: list[Node], join: type[And] | type[Or], max_requests: int, max_url: int
) -> None:
    def planned(node: Node) -> ServicePlan:
        return service_plan(Filter(node).plan([service], prune=False, max_requests=max_requests, max_url=max_url))

    alone = planned(only)
    plan = planned(joined(join, [*others, only]))
    # In an `or` everything else takes one more request, or more where there are more.
    fits = alone.refused is None and len(alone.requests) + (join is Or) <= max_requests
    event(f"fits: {fits}, refused: {plan.refused is not None}, {join.__name__}")
    assert not fits or plan.refused is None


@st.composite
def products(draw: st.DrawFn) -> Node:
    """An `and` of many `or`s over few terms, some of which name an iTwin and some of which records cannot answer."""
    twins = [Comparison("iTwinId", Operator.EQ, Guid(guid)) for guid in TWINS]
    few: list[Node] = [
        *twins,
        And((twins[0], Comparison("name", Operator.NE, Text("a")))),
        Comparison("email", Operator.EQ, Text(EMAILS[0])),
        Comparison("inputId", Operator.EQ, Guid(GUIDS[0])),
        Comparison("state", Operator.EQ, Text("Success")),
        Comparison("id", Operator.NE, Guid(GUIDS[0])),
    ]
    factors = st.lists(st.sampled_from(few), min_size=2, max_size=3, unique=True).map(lambda terms: Or(tuple(terms)))
    return And(tuple(draw(st.lists(factors, min_size=2, max_size=6))))


@given(worlds, products())
def test_products_mean_the_same(world: tuple[str, list[Posted]], node: Node) -> None:
    service, jobs = world
    plan = service_plan(Filter(node).plan([service], prune=False))
    event(f"requests: {'refused' if plan.refused else min(len(plan.requests), 5)}")
    if plan.refused is None:
        jobs = [job for job in jobs if clear(job, node)]
        assert [answered(plan.requests, job) for job in jobs] == [meant(node, job) for job in jobs]


@given(services, any_filters)
def test_a_plan_prints_and_repeats(service: str, node: Node) -> None:
    plan = Filter(node).plan([service])
    assert plan == Filter(node).plan([service])
    assert str(plan).startswith(service)
    for request in service_plan(plan).requests[:5]:
        assert request.filter[:300] in str(plan)
        if request.residual is not None:
            assert str(Filter(request.residual))[:300] in str(plan)
