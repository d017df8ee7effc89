"""Many numbers to one, running sums, sorting, softmax."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from glassnet.arithmetic.elements import MOST_TERMS
from glassnet.arithmetic.unexpanded import UnexpandedError

from real_calls import adds_up, called, doubles, holds

CALLS = {
    "sum": torch.sum,
    "sum, method": lambda x: x.sum(1),
    "sum of two": lambda x: x.sum((0, 2)),
    "sum, kept": lambda x: x.sum(-1, keepdim=True),
    "sum, axis": lambda x: x.sum(axis=1),
    "sum, no dimension": lambda x: torch.sum(x, dim=()),
    "mean": lambda x: x.mean(),
    "mean of two": lambda x: x.mean([1, 2]),
    "mean, kept": lambda x: torch.mean(x, dim=(-1, -2), keepdim=True),
    "mean, axis": lambda x: x.mean(axis=2),
    "prod": torch.prod,
    "prod of one": lambda x: x.prod(1),
    "amax": lambda x: x.amax(dim=(1, 2)),
    "amax of all": torch.amax,
    "amin": lambda x: torch.amin(x, 1, True),
    "aminmax": lambda x: torch.aminmax(x, dim=1),
    "max": torch.max,
    "max of one": lambda x: x.max(1),
    "max, kept": lambda x: torch.max(x, dim=-1, keepdim=True),
    "min": lambda x: x.min(),
    "min of one": lambda x: torch.min(x, 2),
    "median": torch.median,
    "median of one": lambda x: x.median(1),
    "median, kept": lambda x: torch.median(x, dim=-1, keepdim=True),
    "cdist": lambda x: torch.cdist(x, x.flip(0)[:, :2]),
    "cdist 1": lambda x: torch.cdist(x[0], x[1], p=1.0),
    "cdist ∞": lambda x: torch.cdist(x, x[:1], p=math.inf),
    "pairwise_distance": lambda x: F.pairwise_distance(x, x.flip(0)),
    "pairwise_distance, broadcast": lambda x: F.pairwise_distance(x, x[0, 0], p=3.0, keepdim=True),
    "softmax, dtype": lambda x: torch.softmax(x, 1, torch.float64),
    "argmax": torch.argmax,
    "argmax of one": lambda x: x.argmax(1),
    "argmax, kept": lambda x: x.argmax(dim=-1, keepdim=True),
    "argmin": lambda x: torch.argmin(x, dim=0),
    "var": torch.var,
    "var, biased": lambda x: x.var(False),
    "var of one": lambda x: x.var(1, unbiased=False),
    "var with a correction": lambda x: torch.var(x, dim=(1, 2), correction=0, keepdim=True),
    "std": lambda x: x.std(),
    "std of two": lambda x: x.std((1, 2)),
    "std of one": lambda x: torch.std(x, 1, False, True),
    "var_mean": lambda x: torch.var_mean(x, dim=(0, 2)),
    "std_mean": lambda x: torch.std_mean(x, [1, 2], correction=0, keepdim=True),
    "var_mean of all": torch.var_mean,
    "logsumexp": lambda x: torch.logsumexp(x, 1),
    "any": lambda x: (x > 1).any(1),
    "any of all": lambda x: (x > 9).any(),
    "all": lambda x: torch.all(x > -9, dim=2),
    "norm": torch.norm,
    "norm, method": lambda x: x.norm(),
    "norm of one": lambda x: x.norm(dim=1, keepdim=True),
    "norm 1": lambda x: x.norm(1, dim=-1),
    "norm 3": lambda x: torch.norm(x, p=3, dim=(1, 2)),
    "norm ∞": lambda x: x.norm(p=math.inf, dim=1),
    "norm 0": lambda x: x.norm(p=0),
    "vector_norm": torch.linalg.vector_norm,
    "vector_norm of two": lambda x: torch.linalg.vector_norm(x, ord=1, dim=(1, 2), keepdim=True),
    "vector_norm −∞": lambda x: torch.linalg.vector_norm(x, -math.inf),
    "linalg.norm": torch.linalg.norm,
    "linalg.norm of one": lambda x: torch.linalg.norm(x, dim=1),
    "cumsum": lambda x: x.cumsum(1),
    "cumsum, last": lambda x: torch.cumsum(x, dim=-1),
    "cumprod": lambda x: torch.cumprod(x, 0),
    "topk": lambda x: x.topk(2),
    "topk of one": lambda x: torch.topk(x, 2, dim=1, largest=False),
    "sort": lambda x: x.sort(1, descending=True),
    "sort, last": torch.sort,
    "argsort": lambda x: torch.argsort(x, dim=1),
    "softmax": lambda x: F.softmax(x, dim=1),
    "softmax, torch": lambda x: torch.softmax(x, -1),
    "softmax, method": lambda x: x.softmax(dim=0),
    "softmax, module": nn.Softmax(dim=2),
    "log_softmax": lambda x: F.log_softmax(x, 1),
    "log_softmax, module": nn.LogSoftmax(dim=-1),
    "softmin": lambda x: F.softmin(x, dim=1),
    "softmin, module": nn.Softmin(dim=0),
    "softmax2d": nn.Softmax2d(),
}
SUMS = {"sum", "mean"}


@pytest.mark.parametrize("name", CALLS)
def test_reductions(name):
    for done in holds(called(CALLS[name], doubles(3, 4, 5))):
        if done.kind in SUMS:
            assert adds_up(done)
        if done.kind == "spread":
            assert math.fsum(term.value for term in done.terms) == pytest.approx(done.facts["variance"])
        if done.kind == "softmax":
            assert math.fsum(term.value for term in done.terms) == pytest.approx(1)


@given(
    dims=st.sets(st.integers(-4, 3), min_size=1).filter(lambda s: len({d % 4 for d in s}) == len(s)),
    keep=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_any_dimensions(dims, keep):
    for function in (torch.sum, torch.mean, torch.amax, torch.var, torch.linalg.vector_norm):
        holds(
            called(lambda x, f=function: f(x, dim=tuple(dims), keepdim=keep), doubles(2, 3, 2, 4)), at_most=6
        )


@pytest.mark.parametrize(
    "function",
    [torch.sum, torch.mean, torch.max, torch.prod, torch.norm, lambda x: x.softmax(0), lambda x: x.cumsum(0)],
)
def test_a_tensor_of_one_number(function):
    holds(called(function, torch.tensor(2.5, dtype=torch.float64)))


def test_values_known_by_hand():
    x = torch.tensor([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0])
    spread = called(lambda: x.std(correction=0)).expand()  # the textbook example: mean 5, deviation 2
    assert (spread.value, spread.facts["mean"], spread.facts["variance"], spread.facts["count"]) == (
        2,
        5,
        4,
        8,
    )
    assert called(x.var).expand().value == pytest.approx(32 / 7)
    assert called(torch.norm, torch.tensor([3.0, 4.0])).expand().value == 5
    assert called(torch.norm, torch.tensor([3.0, -4.0])).expand().worked == "√(3² + (−4)²)"
    assert called(torch.mean, torch.tensor([1.0, -2.0, 4.0])).expand().worked == "(1 + (−2) + 4)/3"
    assert called(lambda: torch.tensor([1.0, 3.0]).var()).expand().worked == "((1 − 2)² + (3 − 2)²)/1"
    assert called(torch.logsumexp, torch.zeros(4), 0).expand().value == pytest.approx(math.log(4))
    best = called(torch.max, torch.tensor([1.0, 7.0, 7.0, 2.0]), 0)
    assert best.expand(output=0).worked == "max(1, 7, 7, 2)"
    assert best.expand(output=1).value == float(best.outputs[1])
    assert called(lambda: torch.tensor([5.0, 1.0, 3.0]).sort()).expand(1, output=1).value == 2
    assert called(lambda: torch.tensor([5.0, 1.0, 3.0]).cumsum(0)).expand(2).worked == "5 + 1 + 3"


def test_softmax_as_it_is_taught():
    half = called(F.softmax, torch.tensor([1.0, 2.0, 3.0]), 0).expand(2)
    assert half.formula == "exp(input)/Σ exp(input)"
    assert half.worked == "exp(3)/(exp(1) + exp(2) + exp(3))"
    assert half.value == pytest.approx(0.6652409557748219)
    assert [round(term.value, 4) for term in half.terms] == [0.0900, 0.2447, 0.6652]
    assert called(lambda: torch.tensor([1e4, 0.0]).softmax(0)).expand(0).value == 1  # exp(10000) is no number


def test_of_a_very_long_sum_the_last_term_holds_the_rest():
    x = doubles(MOST_TERMS * 2)
    done = called(torch.sum, x).expand()
    assert len(done.terms) == MOST_TERMS
    assert done.terms[-1].numbers == ()
    assert adds_up(done)
    assert done.facts["count"] == MOST_TERMS * 2
    assert len(done.worked) < 80


def test_what_is_not_a_number_wins():
    x = torch.tensor([1.0, math.nan, 3.0], dtype=torch.float64)
    for function in (torch.max, torch.amax, torch.sum, torch.argmax):
        holds(called(function, x))


def test_what_is_not_worked_out():
    with pytest.raises(UnexpandedError, match="nuclear"):
        called(lambda: doubles(3, 3).norm("nuc")).expand()
    with pytest.raises(UnexpandedError, match="the norm 2 of a matrix"):
        called(lambda: torch.linalg.norm(doubles(3, 3), 2)).expand()
