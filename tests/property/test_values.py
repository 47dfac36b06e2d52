"""A filter is a value: equal, hashed, shown, pickled and copied by its tree."""

from __future__ import annotations

import copy
import pickle

from hypothesis import given

import reality_jobs
from reality_jobs import Filter, parse
from reality_jobs.nodes import And, Node, Or
from tests.strategies import filters


@given(filters())
def test_equal_filters_are_one_value(node: Node) -> None:
    f, same = Filter(node), parse(str(Filter(node)))
    assert f == same
    assert (f != same) is False
    assert hash(f) == hash(same)
    assert len({f, same}) == 1


@given(filters(), filters())
def test_filters_are_equal_exactly_when_their_trees_are(node: Node, other: Node) -> None:
    assert (Filter(node) == Filter(other)) is (node == other)
    assert (str(Filter(node)) == str(Filter(other))) is (node == other)


@given(filters())
def test_pickle_and_copies(node: Node) -> None:
    f = Filter(node)
    f.predicate(missing="null")  # what is compiled stays at home
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(f, protocol)) == f  # noqa: S301
    assert copy.copy(f) == f
    assert copy.deepcopy(f) == f


@given(filters())
def test_repr_evaluates_to_the_filter(node: Node) -> None:
    f = Filter(node)
    assert eval(repr(f), {"parse": reality_jobs.parse}) == f  # noqa: S307


@given(filters(), filters())
def test_joined_filters_stay_flat(left: Node, right: Node) -> None:
    for joined, kind in ((Filter(left) & Filter(right), And), (Filter(left) | Filter(right), Or)):
        parts = [x for side in (left, right) for x in (side.operands if isinstance(side, kind) else (side,))]
        assert joined.node == kind(tuple(parts))
        assert parse(str(joined)) == joined
