"""Recurrent layers and cells, and embeddings."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from glassnet.arithmetic.unexpanded import UnexpandedError

from real_calls import adds_up, called, check_numbers, doubles, holds

LAYERS = {
    "lstm": nn.LSTM,
    "gru": nn.GRU,
    "tanh": nn.RNN,
    "relu": lambda *a, **o: nn.RNN(*a, nonlinearity="relu", **o),
}
OPTIONS = {
    "plain": {},
    "batch first": {"batch_first": True},
    "no bias": {"bias": False},
    "both directions": {"bidirectional": True},
    "three layers": {"num_layers": 3},
    "both directions, two layers": {"bidirectional": True, "num_layers": 2, "batch_first": True},
    "dropout, not in training": {"num_layers": 2, "dropout": 0.5},
}


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("name", LAYERS)
def test_layers(name, options):
    torch.manual_seed(0)
    net = LAYERS[name](3, 4, **OPTIONS[options]).double().eval()
    x = doubles(5, 2, 3)
    for done in holds(called(net, x), at_most=25):
        if name == "gru":
            assert adds_up(done)
        if name in {"tanh", "relu"}:
            assert math.fsum(t.value for t in done.terms) == pytest.approx(done.facts["a"])
    holds(called(net, x[:, 0]), at_most=5)  # no batch


@pytest.mark.parametrize("name", LAYERS)
def test_states_that_were_given(name):
    torch.manual_seed(0)
    net = LAYERS[name](3, 4, num_layers=2).double()
    h, c = doubles(2, 2, 4, seed=5), doubles(2, 2, 4, seed=6)
    holds(called(net, doubles(3, 2, 3), (h, c) if name == "lstm" else h), at_most=20)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    "cell", [nn.LSTMCell, nn.GRUCell, nn.RNNCell, lambda *a, **o: nn.RNNCell(*a, nonlinearity="relu", **o)]
)
def test_cells(cell, bias):
    torch.manual_seed(0)
    made = cell(3, 4, bias=bias).double()
    holds(called(made, doubles(2, 3)))
    holds(called(made, doubles(3)))


def test_an_lstm_by_hand():
    """All weights zero: every gate is 1/2, g is 0, so c = c₀/2 and h = tanh(c₀/2)/2."""
    cell = nn.LSTMCell(1, 1)
    for parameter in cell.parameters():
        nn.init.zeros_(parameter)
    call = called(lambda: cell(torch.ones(1, 1), (torch.ones(1, 1), torch.full((1, 1), 2.0))))
    hidden, state = call.expand(0, 0), call.expand(0, 0, output=1)
    assert hidden.value == pytest.approx(math.tanh(1) / 2)
    assert (hidden.formula, hidden.worked) == ("o·tanh(f·c + i·g)", "0.5·tanh(0.5·2 + 0.5·0)")
    assert (state.value, state.worked) == (1, "0.5·2 + 0.5·0")
    assert adds_up(state)
    assert hidden.facts == {
        "i": 0.5,
        "f": 0.5,
        "g": 0.0,
        "o": 0.5,
        "cell_before": 2.0,
        "cell": 1.0,
        "unit": 0,
    }


def test_a_gru_by_hand():
    cell = nn.GRUCell(1, 1)
    for parameter in cell.parameters():
        nn.init.zeros_(parameter)
    done = called(lambda: cell(torch.ones(1, 1), torch.full((1, 1), 4.0))).expand(0, 0)
    assert (done.value, done.worked) == (2, "(1 − 0.5)·0 + 0.5·4")


def test_a_plain_cell_by_hand():
    cell = nn.RNNCell(2, 1)
    values = ([[0.5, -1.0]], [[2.0]], [0.25], [0.0])
    for parameter, value in zip(
        (cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh), values, strict=True
    ):
        parameter.data = torch.tensor(value)
    done = called(lambda: cell(torch.tensor([[1.0, 3.0]]), torch.tensor([[0.5]]))).expand(0, 0)
    assert done.worked == "tanh(0.5·1 + (−1)·3 + 2·0.5 + 0.25 + 0)"
    assert done.value == pytest.approx(math.tanh(-1.25))
    assert [n.operand for t in done.terms for n in t.numbers if n.index] == [
        "w_ih",
        "w_ih",
        "w_hh",
        "b_ih",
        "b_hh",
    ]


def test_facts_say_where():
    net = nn.GRU(3, 4, num_layers=2, bidirectional=True).double()
    facts = called(net, doubles(5, 2, 3)).expand(1, 0, 6).facts
    assert (facts["layer"], facts["direction"], facts["time"], facts["unit"]) == (1, 1, 1, 2)


def test_what_is_not_worked_out():
    lengths = pack_padded_sequence(doubles(5, 2, 3), [5, 3])
    for net in (nn.LSTM(3, 4).double(), nn.GRU(3, 4).double()):
        with pytest.raises(UnexpandedError, match=r"sequences of different lengths \(packed\)"):
            called(net, lengths).expand(0, 0)
    with pytest.raises(UnexpandedError, match="proj_size"):
        called(nn.LSTM(3, 4, proj_size=2).double(), doubles(5, 2, 3)).expand(0, 0, 0)
    dropping = called(nn.LSTM(3, 4, num_layers=2, dropout=0.5).double().train(), doubles(5, 2, 3))
    with pytest.raises(UnexpandedError, match="dropped at random between its layers"):
        dropping.expand(0, 0, 0)
    assert dropping.expand(0, 0, 0, output=1).value == pytest.approx(
        float(dropping.outputs[1][0, 0, 0])
    )  # below


TABLE = nn.Embedding(6, 3).double()
EMBEDDED = {
    "module": lambda: TABLE(torch.tensor([[1, 2], [5, 1]])),
    "functional": lambda: F.embedding(torch.tensor([1, 4]), TABLE.weight, padding_idx=4),
    "torch": lambda: torch.embedding(TABLE.weight, torch.tensor([3, 3])),
    "one": lambda: TABLE(torch.tensor(2)),
    "shortened": lambda: F.embedding(torch.tensor([0, 1, 2]), TABLE.weight.detach() * 3, max_norm=1.0),
    "bag": lambda: nn.EmbeddingBag(6, 3).double()(torch.tensor([1, 2, 4, 5]), torch.tensor([0, 3])),
    "bag, two dimensions": lambda: F.embedding_bag(torch.tensor([[1, 2], [5, 5]]), TABLE.weight, mode="sum"),
    "bag, empty": lambda: F.embedding_bag(torch.tensor([1, 2]), TABLE.weight, torch.tensor([0, 0, 1])),
    "bag, largest": lambda: F.embedding_bag(torch.tensor([[1, 2], [5, 5]]), TABLE.weight, mode="max"),
    "bag, weighted": lambda: F.embedding_bag(
        torch.tensor([[1, 2], [5, 0]]), TABLE.weight, mode="sum", per_sample_weights=doubles(2, 2)
    ),
    "bag, padded": lambda: F.embedding_bag(torch.tensor([[1, 2], [5, 5]]), TABLE.weight, padding_idx=2),
    "bag, last offset": lambda: F.embedding_bag(
        torch.tensor([1, 2, 3]), TABLE.weight, torch.tensor([0, 1, 3]), include_last_offset=True
    ),
}


@pytest.mark.parametrize("name", EMBEDDED)
def test_embeddings(name):
    torch.manual_seed(0)
    call = called(EMBEDDED[name])
    for index in torch.cartesian_prod(*(torch.arange(n) for n in call.outputs[0].shape)).view(
        -1, call.outputs[0].ndim
    ):
        done = call.expand(*index.tolist())
        assert done.value == pytest.approx(float(call.outputs[0][tuple(index)]), rel=1e-12)


def test_an_embedding_is_a_copy():
    done = called(TABLE, torch.tensor([[1, 4]])).expand(0, 1, 2)
    assert (done.kind, done.formula, done.worked) == ("copy", "weight[input]", "weight[4, 2]")
    assert done.terms[0].numbers[0].index == (4, 2)


def test_an_embedding_names_the_arguments_of_its_own_call():
    call = called(lambda: torch.embedding(TABLE.weight, torch.tensor([[1, 4]])))
    check_numbers(call, call.expand(0, 1, 2))
