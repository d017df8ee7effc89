"""Products and moves of all shapes: PyTorch is the oracle, over equations and indices that nobody chose."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from recorded_calls import call_of, check, doubles

SOME = settings(max_examples=40, deadline=None)
SIDES = {"a": 2, "b": 3, "c": 1, "d": 4, "E": 2}


@SOME
@given(st.data(), st.integers(1, 3), st.booleans(), st.booleans())
def test_einsums(data, num_operands, arrow, dots):
    letters = [data.draw(st.text("abcdE", max_size=3)) for _ in range(num_operands)]
    hidden = [data.draw(st.sampled_from([(), (2,), (3, 2), (1, 2)])) if dots else None for _ in letters]
    tensors = [
        doubles(*([] if more is None else more), *(SIDES[letter] for letter in own), seed=place)
        for place, (own, more) in enumerate(zip(letters, hidden, strict=False))
    ]
    equation = ",".join(("..." if dots else "") + own for own in letters)
    if arrow:
        known = sorted(set("".join(letters)))
        result = data.draw(
            st.permutations(known).flatmap(lambda p: st.integers(0, len(p)).map(lambda n: p[:n]))
        )
        equation += "->" + ("..." if dots else "") + "".join(result)
    check(call_of(lambda: torch.einsum(equation, *tensors)), most=12)


@SOME
@given(st.data(), st.integers(1, 4), st.integers(1, 4))
def test_matrix_products(data, axes_left, axes_right):
    batch = [data.draw(st.integers(1, 3)) for _ in range(2)]
    rows, shared, columns = (data.draw(st.integers(1, 4)) for _ in range(3))

    def shape(axes, matrix):
        before = [data.draw(st.sampled_from([1, side])) for side in batch]
        return [shared] if axes == 1 else [*before[4 - axes :], *matrix]

    left = doubles(*shape(axes_left, (rows, shared)), seed=1)
    right = doubles(*shape(axes_right, (shared, columns)), seed=2)
    check(call_of(lambda: left @ right), most=12)


@SOME
@given(st.data())
def test_linears(data):
    before = data.draw(st.lists(st.integers(1, 3), max_size=3))
    x = doubles(*before, 5, seed=1)
    weight = doubles(3, 5, seed=2)
    bias = data.draw(st.sampled_from([None, doubles(3, seed=3)]))
    check(call_of(lambda: F.linear(x, weight, bias)), most=12)


@SOME
@given(st.data(), st.permutations(range(4)), st.integers(0, 3))
def test_moves_one_after_the_other(data, order, axis):
    x = doubles(2, 3, 4, 2)
    moved = x.permute(order)
    factor = data.draw(st.sampled_from([n for n in (2, 3, 4, 6) if x.numel() % n == 0]))
    for run in (
        lambda: x.permute(order),
        lambda: moved.reshape(factor, -1),
        lambda: moved.flatten(0, axis),
        lambda: moved.roll(factor, axis),
        lambda: torch.cat([moved, moved.flip(axis)], axis),
        lambda: torch.stack([moved, -moved], axis),
        lambda: moved.unbind(axis),
        lambda: moved.repeat_interleave(2, axis),
    ):
        check(call_of(run), most=12, tolerance=0)


part = st.one_of(
    st.integers(-3, 2),
    st.slices(3),
    st.just(Ellipsis),
    st.none(),
    st.lists(st.integers(-3, 2), min_size=1, max_size=3).map(torch.tensor),
    st.lists(st.booleans(), min_size=3, max_size=3).map(torch.tensor),
)


@SOME
@given(st.lists(part, min_size=1, max_size=4), st.booleans())
def test_any_index(index, write):
    x = doubles(3, 3, 3)
    whole = tuple(
        slice(None) if place is Ellipsis and Ellipsis in index[:number] else place
        for number, place in enumerate(index)
        if not (isinstance(place, slice) and (place.step or 1) < 0)
    ) if not any(isinstance(place, torch.Tensor) for place in index) else tuple(
        place for place in index if not isinstance(place, slice) and place is not Ellipsis
    )  # fmt: skip
    try:
        shape = x[whole].shape
    except (IndexError, ValueError, RuntimeError):
        return  # not an index
    if write:
        value = torch.arange(float(shape.numel())).double().reshape(shape)
        call = call_of(lambda: x.clone().__setitem__(whole, value), "setitem")
    else:
        call = call_of(lambda: x[whole], "getitem")
    check(call, most=30, tolerance=0)
