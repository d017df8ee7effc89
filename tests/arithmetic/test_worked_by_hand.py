"""Numbers worked out on paper, those of the tutorials first: no other run of PyTorch stands behind them."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from glassnet.arithmetic.expand import expand_call, operands, plain_name, rule_of
from glassnet.arithmetic.expansion import At, Number
from glassnet.arithmetic.numbers import short
from glassnet.arithmetic.unexpanded import UnexpandedError
from glassnet.trace.trace import Ref

from recorded_calls import call_of

INPUT = torch.tensor(
    [[1, 2, 0, 3, 1], [0, 1, 2, 3, 1], [1, 2, 1, 0, 0], [5, 2, 3, 1, 1], [2, 1, 0, 1, 1]], dtype=torch.float32
).reshape(1, 1, 5, 5)
KERNEL = torch.tensor([[1, 2, 1], [0, 1, 0], [2, 1, 0]], dtype=torch.float32).reshape(1, 1, 3, 3)


def line(found):
    """Write a number as a person does: what is worked, and what comes out."""
    return f"{found.worked} = {short(found.value)}"


def all_values(call):
    return [call.explained(*index, output=output).value for output, index in call.places]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [10, 12, 12, 18, 16, 16, 13, 9, 3]),
        ({"stride": 2}, [10, 12, 13, 3]),
        (
            {"padding": 1},
            [1, 3, 4, 10, 8, 5, 10, 12, 12, 6, 7, 18, 16, 16, 8, 11, 13, 9, 3, 4, 14, 13, 9, 7, 4],
        ),
    ],
)
def test_convolution_of_the_tutorial(settings, expected):
    call = call_of(lambda: F.conv2d(INPUT, KERNEL, **settings))
    assert all_values(call) == expected


def test_convolution_reads_as_in_the_tutorial():
    found = call_of(lambda: F.conv2d(INPUT, KERNEL)).explained(0, 0, 0, 0)
    assert found.kind == "sum_of_products"
    assert found.formula == "Σ input·weight"
    assert line(found) == "1·1 + 2·2 + 0·1 + 0·0 + 1·1 + 2·0 + 1·2 + 2·1 + 1·0 = 10"
    assert found.facts == {"padded": 0}
    assert found.terms[6].numbers == (
        Number("input", (0, 0, 2, 0), 1.0),
        Number("weight", (0, 0, 2, 0), 2.0),
    )
    assert found.terms[6].value == 2


def test_places_in_the_padding_are_counted_and_are_no_terms():
    found = call_of(lambda: F.conv2d(INPUT, KERNEL, padding=1)).explained(0, 0, 0, 0)
    assert line(found) == "1·1 + 2·0 + 0·1 + 1·0 = 1"
    assert found.facts == {"padded": 5}


def test_bias_is_a_term_of_its_own():
    net = nn.Conv2d(1, 1, 3)
    net.weight.data, net.bias.data = KERNEL, torch.tensor([-0.5])
    found = call_of(lambda: net(INPUT), "conv2d").explained(0, 0, 2, 2)
    assert found.formula == "Σ input·weight + bias"
    assert line(found) == "1·1 + 0·2 + 0·1 + 3·0 + 1·1 + 1·0 + 0·2 + 1·1 + 1·0 + (−0.5) = 2.5"
    assert found.terms[-1].numbers == (Number("bias", (0,), -0.5),)


def test_channels_of_a_group_are_its_own():
    picture = torch.arange(4.0).reshape(1, 4, 1, 1)  # channel c holds c
    weight = torch.tensor([[1.0, 10.0], [1.0, 10.0]]).reshape(2, 2, 1, 1)
    call = call_of(lambda: F.conv2d(picture, weight, groups=2))
    assert line(call.explained(0, 0, 0, 0)) == "0·1 + 1·10 = 10"
    assert line(call.explained(0, 1, 0, 0)) == "2·1 + 3·10 = 32"


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_same_padding_is_larger_at_the_end():
    signal = torch.tensor([[[1.0, 2.0, 3.0]]])
    call = call_of(lambda: F.conv1d(signal, torch.tensor([[[1.0, 10.0]]]), padding="same"))
    assert all_values(call) == [21, 32, 3]
    call = call_of(lambda: F.conv1d(signal, torch.tensor([[[1.0, 10.0]]]), padding="same", dilation=2))
    assert all_values(call) == [20, 31, 2]


def test_transposed_convolution_by_hand():
    signal, kernel = torch.tensor([[[1.0, 2.0]]]), torch.tensor([[[1.0, 10.0, 100.0]]])
    call = call_of(lambda: F.conv_transpose1d(signal, kernel, stride=2))
    assert all_values(call) == [1, 10, 102, 20, 200]  # 1·kernel at 0 and 2·kernel at 2
    assert line(call.explained(0, 0, 2)) == "2·1 + 1·100 = 102"


def test_max_pooling_of_the_tutorial():
    call = call_of(lambda: nn.MaxPool2d(3, ceil_mode=False)(INPUT))
    assert all_values(call) == [2]
    call = call_of(lambda: nn.MaxPool2d(3, ceil_mode=True)(INPUT))
    assert all_values(call) == [2, 3, 5, 1]
    found = call.explained(0, 0, 1, 1)
    assert line(found) == "max(1, 1, 1, 1) = 1"
    assert (found.kind, found.facts["winner"], found.facts["padded"]) == ("maximum", 0, 5)
    first = call.explained(0, 0, 0, 0)
    assert line(first) == "max(1, 2, 0, 0, 1, 2, 1, 2, 1) = 2"
    assert first.facts["winner"] == 1  # the first of equals


def test_place_of_the_largest():
    call = call_of(lambda: nn.MaxPool2d(3, ceil_mode=True, return_indices=True)(INPUT))
    found = call.explained(0, 0, 1, 0, output=1)
    assert (found.kind, line(found)) == ("place", "argmax(5, 2, 3, 2, 1, 0) = 15")


def test_nan_wins_a_maximum():
    picture = torch.tensor([[[1.0, math.nan, 3.0, 2.0]]])
    found = call_of(lambda: F.max_pool1d(picture, 4)).explained(0, 0, 0)
    assert math.isnan(found.value)


@pytest.mark.parametrize(
    ("settings", "worked"),
    [
        ({}, "(1 + 2 + 0 + 1)/9 = 0.4444"),
        ({"count_include_pad": False}, "(1 + 2 + 0 + 1)/4 = 1"),
        ({"divisor_override": 2}, "(1 + 2 + 0 + 1)/2 = 2"),
    ],
)
def test_mean_of_a_window_in_the_corner(settings, worked):
    call = call_of(lambda: F.avg_pool2d(INPUT, 3, 2, 1, **settings))
    assert line(call.explained(0, 0, 0, 0)) == worked


def test_mean_of_everything():
    found = call_of(lambda: nn.AdaptiveAvgPool2d(1)(INPUT)).explained(0, 0, 0, 0)
    assert found.formula == "Σ input/divisor"
    assert line(found) == "(1 + 2 + 0 + … + 1)/25 = 1.4"
    assert len(found.terms) == 25


def test_shares_overlap():
    call = call_of(lambda: F.adaptive_avg_pool1d(torch.tensor([[[1.0, 2.0, 3.0, 4.0, 5.0]]]), 3))
    assert [line(call.explained(0, 0, n)) for n in range(3)] == [
        "(1 + 2)/2 = 1.5", "(2 + 3 + 4)/3 = 3", "(4 + 5)/2 = 4.5"
    ]  # fmt: skip


def test_norm_of_a_window():
    found = call_of(lambda: F.lp_pool1d(torch.tensor([[[3.0, 4.0]]]), 2.0, 2)).explained(0, 0, 0)
    assert found.formula == "(Σ input^2)^(1/2)"
    assert line(found) == "(3^2 + 4^2)^(1/2) = 5"


def test_linear_of_the_tutorial():
    x = torch.tensor([2.0, 5, 3, 1, 4, 6, 7, 8, 9])
    weight = torch.tensor([[1.0, 0] * 4 + [1], [0, 1.0] * 4 + [0], [1.0] * 9, [0, 0, 1.0] * 3])
    call = call_of(lambda: F.linear(x, weight, torch.tensor([1.0, 2, 3, 4])))
    assert [call.explained(n).value for n in range(4)] == [26, 22, 48, 22]
    found = call.explained(0)
    assert line(found) == "2·1 + 5·0 + 3·1 + 1·0 + 4·1 + 6·0 + 7·1 + 8·0 + 9·1 + 1 = 26"
    assert found.terms[1].numbers == (Number("input", (1,), 5.0), Number("weight", (0, 1), 0.0))


def test_a_long_sum_shows_its_first_and_last():
    found = call_of(lambda: F.linear(torch.arange(100.0), torch.ones(1, 100))).explained(0)
    assert line(found) == "0·1 + 1·1 + 2·1 + … + 99·1 = 4950"


def test_reshape_of_the_tutorial_mixes_samples():
    images = torch.arange(64 * 6 * 30 * 30.0).reshape(64, 6, 30, 30)
    call = call_of(lambda: images.reshape(128, 3, 30, 30))
    found = call.explained(1, 0, 2, 5)  # the second "sample" is the second half of the first one's channels
    assert found.terms[0].numbers == (Number("input", (0, 3, 2, 5), float(images[0, 3, 2, 5])),)
    assert (found.kind, found.formula) == ("copy", "input")
    assert found.worked == "input[0, 3, 2, 5]"
    kept_apart = call_of(lambda: torch.flatten(images, 1)).explained(7, 901)
    assert kept_apart.terms[0].numbers[0].index == (7, 1, 0, 1)
    mixed = call_of(lambda: images.view(-1)).explained(5401)
    assert mixed.terms[0].numbers[0].index == (1, 0, 0, 1)


def test_matrix_product_by_hand():
    a, b = torch.tensor([[1.0, 2.0], [3.0, -4.0]]), torch.tensor([[5.0, 6.0], [-7.0, 8.0]])
    assert line(call_of(lambda: a @ b).explained(1, 0)) == "3·5 + (−4)·(−7) = 43"
    found = call_of(lambda: torch.addmm(torch.tensor([1.0, 2.0]), a, b, beta=3, alpha=0.5)).explained(0, 1)
    assert found.formula == "alpha·Σ mat1·mat2 + beta·input"
    assert line(found) == "0.5·1·6 + 0.5·2·8 + 3·2 = 17"


def test_einsum_names_its_operands():
    a, b = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0]])
    found = call_of(lambda: torch.einsum("ik,jk->ij", a, b)).explained(0, 0)
    assert found.formula == "Σ operands[0]·operands[1]"
    assert line(found) == "1·3 + 2·4 = 11"


def test_interpolation_by_hand():
    row = torch.tensor([[[0.0, 4.0]]])
    call = call_of(lambda: F.interpolate(row, size=4, mode="linear"))
    assert [call.explained(0, 0, n).value for n in range(4)] == [0, 1, 3, 4]
    found = call.explained(0, 0, 1)
    assert found.formula == "Σ coefficient·input"
    assert line(found) == "0.75·0 + 0.25·4 = 1"


def test_nearest_neighbours_are_copies():
    found = call_of(lambda: F.interpolate(INPUT, scale_factor=2)).explained(0, 0, 7, 3)
    assert (found.kind, found.terms[0].numbers[0].index) == ("copy", (0, 0, 3, 1))


def test_padding_has_no_source():
    call = call_of(lambda: F.pad(INPUT, (1, 1), value=2.5))
    outside, inside = call.explained(0, 0, 0, 0), call.explained(0, 0, 0, 1)
    assert (outside.kind, outside.value, outside.terms) == ("padding", 2.5, ())
    assert (inside.kind, line(inside)) == ("copy", "input[0, 0, 0, 0] = 1")


@pytest.mark.parametrize(("mode", "column"), [("reflect", 2), ("replicate", 0), ("circular", 3)])
def test_padding_modes(mode, column):
    found = call_of(lambda: F.pad(INPUT, (2, 2, 2, 2), mode=mode)).explained(0, 0, 2, 0)
    assert found.terms[0].numbers[0].index == (0, 0, 0, column)


def test_written_numbers_are_told_from_those_before():
    def write():
        x = torch.zeros(2, 3) + torch.tensor([1.0, 2.0, 3.0])
        x[0] = torch.tensor([7.0, 8.0, 9.0])

    call = call_of(write, "setitem")
    assert line(call.explained(0, 1)) == "value[1] = 8"
    assert line(call.explained(1, 1)) == "input[1, 1] = 2"


def test_a_type_that_cannot_hold_the_number_rounds_it():
    x = torch.tensor([0.1, -2.7], dtype=torch.float64)
    assert line(call_of(x.half).explained(0)) == "float16(0.1) = 0.09998"
    assert line(call_of(x.int).explained(1)) == "int32(−2.7) = −2"
    assert call_of(x.bool).explained(0).value == 1


def test_joined_tensors_are_told_apart():
    call = call_of(lambda: torch.cat([torch.tensor([1.0]), torch.tensor([2.0, 3.0])]))
    assert line(call.explained(2)) == "tensors[1][1] = 3"


def test_infinities_are_summed_as_pytorch_does():
    x = torch.tensor([math.inf, -math.inf, 1.0])
    assert math.isnan(call_of(lambda: F.linear(x, torch.ones(1, 3))).explained(0).value)
    assert call_of(lambda: F.linear(x[:1], torch.ones(1, 1))).explained(0).value == math.inf


def test_an_unknown_operation_is_not_guessed():
    call = call_of(lambda: F.fractional_max_pool2d(INPUT, 2, output_size=2))
    with pytest.raises(UnexpandedError) as caught:
        call.explained(0, 0, 0, 0)
    assert str(caught.value) == (
        "no arithmetic is known for fractional_max_pool2d\n  got: #0 1×1×5×5 float32"
    )
    assert list(caught.value.inputs) == ["#0"]


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (lambda: INPUT.view(torch.int32), "the bits of numbers are read as another type"),
        (
            lambda: torch.zeros(3).index_put((torch.tensor([0, 0]),), torch.ones(2), accumulate=True),
            "several numbers go to one place",
        ),
        (
            lambda: torch.zeros(3).scatter(0, torch.tensor([0]), torch.ones(1), reduce="add"),
            "several numbers go to one place",
        ),
        (lambda: torch.ones(3, dtype=torch.complex64) @ torch.ones(3, dtype=torch.complex64), "its numbers are complex"),
        (lambda: F.lp_pool1d(INPUT[0], math.inf, 2), "the norm of ∞ is no root of a sum"),
        (
            lambda: F.interpolate(INPUT.byte(), size=(7, 7), mode="bilinear"),
            "whole numbers are rounded on the way",
        ),
        (
            lambda: torch.empty(2),
            "it is memory that nobody has written to",
        ),
        (
            lambda: F.ctc_loss(torch.zeros(4, 1, 3), torch.tensor([[1, 2]]), torch.tensor([4]), torch.tensor([2])),
            "it is a sum over all ways to place the labels in time",
        ),
        (lambda: INPUT.sum(dtype=torch.int64), "its numbers are made whole ones first"),
        (
            lambda: torch.repeat_interleave(torch.tensor([2, 1])),
            "it cannot be done again",
        ),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:The reduce argument")
def test_a_case_that_is_not_covered_is_refused_with_words(run, why):
    call = call_of(run)
    with pytest.raises(UnexpandedError) as caught:
        call.explained(*[0] * call.outputs[0].dim())
    assert caught.value.why is not None
    assert caught.value.why.startswith(why)


def test_forms_in_place_have_the_plain_rule():
    assert rule_of("squeeze_") is rule_of("squeeze")
    assert [plain_name(name) for name in ("imul", "itruediv", "add_", "inner", "index_add_", "isnan")] == [
        "mul", "truediv", "add", "inner", "index_add", "isnan"
    ]  # fmt: skip


def test_operands_of_a_recorded_call():
    assert operands("conv2d", (Ref(1), Ref(2), None, (1, 1)), {}) == {"input": Ref(1), "weight": Ref(2)}
    assert operands("einsum", ("ij,j", Ref(1), Ref(2)), {}) == {"operands[0]": Ref(1), "operands[1]": Ref(2)}
    assert operands("einsum", ("ij,j", [Ref(1), Ref(2)]), {}) == {
        "operands[0]": Ref(1),
        "operands[1]": Ref(2),
    }
    assert operands("setitem", (Ref(1), (0, Ref(2)), Ref(3)), {}) == {
        "input": Ref(1), "index[1]": Ref(2), "value": Ref(3)
    }  # fmt: skip
    assert operands("max_pool2d", (Ref(4), 2), {"stride": 2}) == {"input": Ref(4)}
    assert operands("linear", (), {"weight": Ref(1), "input": Ref(0)}) == {"weight": Ref(1), "input": Ref(0)}


@pytest.mark.parametrize("name", ["zero_", "mul_"])
def test_a_tensor_that_was_changed_through_a_view_is_not_guessed(name):
    view, whole = torch.tensor([2.0, 3.0]), torch.tensor([1.0, 2.0, 3.0])
    arguments = (view,) if name == "zero_" else (view, 0.0)
    found = expand_call(name, f"torch.Tensor.{name}", At((1,), (view * 0, whole)), arguments, {})
    assert found.value == 0
    with pytest.raises(
        UnexpandedError, match="of what it changes only its result is worked out, not a running average"
    ):
        expand_call(name, f"torch.Tensor.{name}", At((1,), (view * 0, whole), 1), arguments, {})


def test_the_nearest_number_is_that_of_the_operation_and_not_of_its_derivative():
    call = call_of(lambda: F.interpolate(torch.tensor([[[0.0, 1.0]]]), scale_factor=1.25))
    assert call.explained(0, 0, 1).terms[0].numbers[0].index == (0, 0, 0)  # ⌊1/1.25⌋


def test_zeros_written_in_place_are_constants():
    found = call_of(lambda: torch.ones(2).zero_()).explained(1)
    assert (found.kind, found.terms, found.value) == ("constant", (), 0)
