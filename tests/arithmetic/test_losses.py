"""Losses, worked out place by place; those of the tutorials by hand."""

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

X, T = doubles(3, 4), doubles(3, 4, seed=1)
P = T.sigmoid()
W = doubles(3, 4, seed=2).abs()
SIGNS = T.sign()
EACH = {
    "l1": (nn.L1Loss, {}, T),
    "mse": (nn.MSELoss, {}, T),
    "smooth_l1": (nn.SmoothL1Loss, {"beta": 0.7}, T),
    "smooth_l1, no corner": (nn.SmoothL1Loss, {"beta": 0.0}, T),
    "huber": (nn.HuberLoss, {"delta": 0.7}, T),
    "bce": (nn.BCELoss, {}, P),
    "bce, weighted": (nn.BCELoss, {"weight": W}, P),
    "bce of logits": (nn.BCEWithLogitsLoss, {}, P),
    "bce of logits, pos_weight": (nn.BCEWithLogitsLoss, {"pos_weight": W[0]}, P),
    "bce of logits, both": (nn.BCEWithLogitsLoss, {"pos_weight": W[0], "weight": W}, P),
    "kl_div": (nn.KLDivLoss, {}, P),
    "kl_div of logarithms": (nn.KLDivLoss, {"log_target": True}, T),
    "soft_margin": (nn.SoftMarginLoss, {}, SIGNS),
    "poisson": (nn.PoissonNLLLoss, {}, P),
    "poisson of rates": (nn.PoissonNLLLoss, {"log_input": False}, P),
}


@pytest.mark.filterwarnings("ignore:reduction. .mean. divides")
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", EACH)
def test_of_two_tensors(name, reduction):
    loss, options, target = EACH[name]
    x = X.sigmoid() if name in {"bce", "bce, weighted", "poisson of rates"} else X
    for done in holds(called(loss(reduction=reduction, **options), x, target)):
        assert adds_up(done)


ROW_SIGNS = torch.tensor([1.0, -1.0, 1.0], dtype=torch.float64)
CLASS = torch.tensor([0, 3, 1])
MARGINS = {
    "margin_ranking": lambda how: F.margin_ranking_loss(X, T, SIGNS, 0.3, reduction=how),
    "hinge_embedding": lambda how: F.hinge_embedding_loss(X, SIGNS, 0.7, reduction=how),
    "cosine_embedding": lambda how: F.cosine_embedding_loss(X, T, ROW_SIGNS, 0.1, reduction=how),
    "cosine_embedding of one": lambda how: F.cosine_embedding_loss(X[0], T[0], ROW_SIGNS[0], reduction=how),
    "triplet_margin": lambda how: F.triplet_margin_loss(X, T, W, reduction=how),
    "triplet_margin, swapped": lambda how: F.triplet_margin_loss(X, T, W, 2.0, p=1, swap=True, reduction=how),
    "multi_margin": lambda how: F.multi_margin_loss(X, CLASS, reduction=how),
    "multi_margin, squared": lambda how: F.multi_margin_loss(X, CLASS, p=2, margin=0.5, reduction=how),
    "multi_margin of one": lambda how: F.multi_margin_loss(X[0], CLASS[0], reduction=how),
}


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", MARGINS)
def test_margins(name, reduction):
    call = called(MARGINS[name], reduction)
    if reduction == "none" and name in {"multi_margin", "multi_margin, squared"}:
        with pytest.raises(UnexpandedError, match="one loss for each sample"):
            call.expand(0)
        return
    for done in holds(call):
        assert adds_up(done)


def test_margins_by_hand():
    one = called(
        F.margin_ranking_loss, torch.tensor([1.0]), torch.tensor([3.0]), torch.tensor([1.0]), 0.5
    ).expand()
    assert one.worked == "(max(0, 0.5 − 1·(1 − 3)))/1"
    assert one.value == 2.5
    far = called(
        nn.TripletMarginLoss(p=1, eps=0), torch.tensor([[0.0]]), torch.tensor([[2.0]]), torch.tensor([[-2.5]])
    )
    assert far.expand().worked == "(max(0, 1 + 2 − 2.5))/1"
    assert far.expand().value == 0.5
    classes = called(nn.MultiMarginLoss(), torch.tensor([[0.5, 1.0, 0.0]]), torch.tensor([1])).expand()
    assert classes.value == pytest.approx((0.5 + 0) / 3)


FUNCTIONAL = {
    "l1": lambda: F.l1_loss(X, T),
    "l1, weighted": lambda: F.l1_loss(X, T, weight=W),
    "mse": lambda: F.mse_loss(X, T, reduction="sum"),
    "mse, weighted": lambda: F.mse_loss(X, T, weight=W),
    "huber, weighted": lambda: F.huber_loss(X, T, weight=W, delta=0.5),
    "smooth_l1": lambda: F.smooth_l1_loss(X, T),
    "kl_div": lambda: F.kl_div(X, P, reduction="batchmean"),
    "bce": lambda: F.binary_cross_entropy(P, T.sigmoid().round()),
    "bce of sure ones": lambda: F.binary_cross_entropy(P.round(), 1 - P.round()),
    "bce of logits": lambda: F.binary_cross_entropy_with_logits(X, P, pos_weight=torch.tensor(3.0)),
    "kl_div of impossible ones": lambda: F.kl_div(X, P.round(), reduction="none"),
    "nll": lambda: F.nll_loss(X, torch.tensor([0, 3, 1])),
    "cross_entropy": lambda: F.cross_entropy(X, torch.tensor([0, 3, 1])),
}


@pytest.mark.parametrize("name", FUNCTIONAL)
def test_functions(name):
    for done in holds(called(FUNCTIONAL[name])):
        assert adds_up(done)


@pytest.mark.parametrize(
    ("options", "reduction"), [({"reduce": False}, "none"), ({"size_average": False}, "sum")]
)
def test_reductions_said_in_the_old_way(options, reduction):
    with pytest.warns(UserWarning, match="will be deprecated"):
        old = called(lambda: F.mse_loss(X, T, **options))
    assert old.outputs[0].shape == F.mse_loss(X, T, reduction=reduction).shape
    holds(old)


CLASSES = torch.tensor([0, 3, 1])
PIXELS, PIXEL_CLASSES = (
    doubles(2, 4, 3, 2),
    torch.tensor([[[0, 1], [3, 2], [1, 1]], [[2, -1], [0, 0], [3, -1]]]),
)
SHARES = doubles(3, 4, seed=3).softmax(1)
OPTIONS = {
    "plain": {},
    "weights": {"weight": W[0]},
    "ignored": {"ignore_index": 3},
    "smoothed": {"label_smoothing": 0.1},
    "all of it": {"weight": W[0], "ignore_index": 1, "label_smoothing": 0.2},
}


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", OPTIONS)
def test_cross_entropy(name, reduction):
    loss = nn.CrossEntropyLoss(**OPTIONS[name], reduction=reduction)
    calls = [called(loss, X, CLASSES), called(loss, X[0], CLASSES[0])]
    if name not in {"ignored", "all of it"}:
        calls.append(called(loss, X, SHARES))
        calls.append(called(loss, PIXELS, PIXELS.softmax(1)))
        calls.append(called(loss, X[0], SHARES[0]))
    pixels = nn.CrossEntropyLoss(**{**OPTIONS[name], "ignore_index": -1}, reduction=reduction)
    for call in [*calls, called(pixels, PIXELS, PIXEL_CLASSES)]:
        for done in holds(call):
            assert adds_up(done)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("options", [{}, {"weight": W[0]}, {"ignore_index": 0}], ids=str)
def test_nll(options, reduction):
    loss = nn.NLLLoss(**options, reduction=reduction)
    for x, t in ((X, CLASSES), (X[0], CLASSES[0]), (PIXELS, PIXEL_CLASSES.clamp(min=0))):
        for done in holds(called(loss, x.log_softmax(min(1, x.ndim - 1)), t)):
            assert adds_up(done)


@given(
    rows=st.integers(1, 5), classes=st.integers(1, 6), smoothing=st.sampled_from([0.0, 0.3]), data=st.data()
)
@settings(max_examples=40, deadline=None)
def test_any_classes(rows, classes, smoothing, data):
    target = torch.tensor(data.draw(st.lists(st.integers(0, classes - 1), min_size=rows, max_size=rows)))
    x = doubles(rows, classes, seed=data.draw(st.integers(0, 99))) * 5
    for reduction in ("mean", "sum", "none"):
        loss = nn.CrossEntropyLoss(label_smoothing=smoothing, reduction=reduction)
        holds(called(loss, x, target))


def test_all_places_ignored_is_not_a_number():
    holds(called(nn.CrossEntropyLoss(ignore_index=1), X, torch.ones(3, dtype=torch.long)))
    holds(called(nn.NLLLoss(ignore_index=1), X, torch.ones(3, dtype=torch.long)))


def test_two_tensors_by_hand():
    x, t = torch.tensor([1.0, -2.0, 3.0]), torch.tensor([1.5, 0.0, 3.0])
    l1 = called(nn.L1Loss(), x, t).expand()
    assert l1.formula == "Σ |input − target|/count"
    assert l1.worked == "(|1 − 1.5| + |−2 − 0| + |3 − 3|)/3"
    assert l1.value == pytest.approx(2.5 / 3)
    mse = called(nn.MSELoss(), x, t).expand()
    assert mse.worked == "((1 − 1.5)² + (−2 − 0)² + (3 − 3)²)/3"
    assert mse.value == pytest.approx(4.25 / 3)
    assert [term.value for term in mse.terms] == pytest.approx([0.25 / 3, 4 / 3, 0])
    huber = called(nn.HuberLoss(delta=1.0), x, t).expand()
    assert huber.value == pytest.approx((0.125 + 1.5 + 0) / 3)
    smooth = called(nn.SmoothL1Loss(reduction="sum", beta=2.0), x, t).expand()
    assert smooth.value == pytest.approx(0.0625 + 1.0)
    bce = called(nn.BCELoss(), torch.tensor([0.25]), torch.tensor([1.0])).expand()
    assert bce.value == pytest.approx(math.log(4))
    logits = called(nn.BCEWithLogitsLoss(), torch.tensor([0.0]), torch.tensor([1.0])).expand()
    assert logits.worked == "(1·ln(1 + exp(−0)) + (1 − 1)·ln(1 + exp(0)))/1"
    assert logits.value == pytest.approx(math.log(2))


def test_cross_entropy_by_hand():
    """Logits 1, 2, 3 and class 2: ln(e + e² + e³) − 3 = 0.4076, as −ln(0.6652)."""
    one = called(nn.CrossEntropyLoss(), torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([2])).expand()
    assert one.worked == "ln(exp(1) + exp(2) + exp(3)) − 3"
    assert one.formula == "Σ (ln(Σ exp(input)) − input[target])/count"
    assert one.value == pytest.approx(-math.log(0.6652409557748219))
    assert one.facts["target"] == 2
    assert [n.index for n in one.terms[0].numbers] == [(0, 2), (0, 0), (0, 1)]
    two = called(
        nn.CrossEntropyLoss(), torch.tensor([[0.0, 0.0], [0.0, math.log(3)]]), torch.tensor([0, 1])
    ).expand()
    assert two.value == pytest.approx((math.log(2) + math.log(4 / 3)) / 2)
    assert two.worked == "(0.6931 + 0.2877)/2"
    weighted = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 3.0]))
    done = called(weighted, torch.tensor([[0.0, 0.0], [0.0, math.log(3)]]), torch.tensor([0, 1])).expand()
    assert done.value == pytest.approx((math.log(2) + 3 * math.log(4 / 3)) / 4)
    assert done.formula == "Σ (weight[target]·(ln(Σ exp(input)) − input[target]))/Σ weight[target]"
    ten = called(nn.CrossEntropyLoss(), torch.zeros(4, 10), torch.tensor([1, 2, 3, 4])).expand()
    assert ten.value == pytest.approx(2.302585)  # what an untrained net of ten classes begins with


def test_a_loss_over_many_pixels_stays_short():
    x, t = doubles(1, 3, 200, 200), torch.zeros(1, 200, 200, dtype=torch.long)
    done = called(nn.CrossEntropyLoss(), x, t).expand()
    assert adds_up(done)
    assert len(done.worked) < 100
    assert len(done.terms) == MOST_TERMS
    assert done.terms[-1].numbers == ()
    mse = called(nn.MSELoss(), x, x + 1).expand()
    assert adds_up(mse)
    assert mse.value == pytest.approx(1)
    assert len(mse.worked) < 100
