"""Attention: one number as the weighted sum that it is, in every way of calling it."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from glassnet.arithmetic.unexpanded import UnexpandedError

from real_calls import adds_up, called, doubles, holds

Q, K, V = doubles(2, 4, 3, 5), doubles(2, 4, 6, 5, seed=1), doubles(2, 4, 6, 7, seed=2)
BOOL = doubles(3, 6, seed=3) > -0.5
CALLS = {
    "plain": lambda: F.scaled_dot_product_attention(Q, K, V),
    "by name": lambda: F.scaled_dot_product_attention(query=Q, key=K, value=V, scale=0.3),
    "three dimensions": lambda: F.scaled_dot_product_attention(Q[0], K[0], V[0]),
    "no batch": lambda: F.scaled_dot_product_attention(Q[0, 0], K[0, 0], V[0, 0]),
    "truths": lambda: F.scaled_dot_product_attention(Q, K, V, BOOL),
    "truths, each head": lambda: F.scaled_dot_product_attention(Q, K, V, attn_mask=doubles(2, 4, 3, 6) > -1),
    "truths, each sample": lambda: F.scaled_dot_product_attention(
        Q, K, V, attn_mask=doubles(2, 1, 1, 6) > -1
    ),
    "numbers": lambda: F.scaled_dot_product_attention(Q, K, V, doubles(3, 6)),
    "numbers, each head": lambda: F.scaled_dot_product_attention(Q, K, V, doubles(4, 3, 6)),
    "causal": lambda: F.scaled_dot_product_attention(K, K, V, is_causal=True),
    "causal, more keys": lambda: F.scaled_dot_product_attention(Q, K, V, is_causal=True),
    "grouped": lambda: F.scaled_dot_product_attention(Q, K[:, :2], V[:, :2], enable_gqa=True),
    "one head for all": lambda: F.scaled_dot_product_attention(Q, K[:, :1], V[:, :1], enable_gqa=True),
    "all hidden": lambda: F.scaled_dot_product_attention(Q, K, V, torch.zeros(3, 6, dtype=torch.bool)),
}


@pytest.mark.parametrize("name", CALLS)
def test_scaled_dot_product_attention(name):
    for done in holds(called(CALLS[name])):
        assert adds_up(done)
        weights = [term.numbers[0].value for term in done.terms]
        assert math.fsum(weights) == pytest.approx(0 if name == "all hidden" else 1)


def test_by_hand():
    """One query that meets two keys with scores 0 and ln 3: weights 1/4 and 3/4."""
    q = torch.tensor([[1.0]])
    k, v = torch.tensor([[0.0], [math.log(3)]]), torch.tensor([[8.0], [-4.0]])
    done = called(F.scaled_dot_product_attention, q, k, v).expand(0, 0)
    assert done.value == pytest.approx(0.25 * 8 - 0.75 * 4)
    assert done.worked == "0.25·8 + 0.75·(−4)"
    assert done.formula == "Σ softmax(query·key·scale)·value"
    assert (done.facts["count"], done.facts["strongest"], done.facts["scale"]) == (2, 1, 1)
    assert [term.numbers[1].index for term in done.terms] == [(0, 0), (1, 0)]
    causal = called(lambda: F.scaled_dot_product_attention(q, k, v, is_causal=True)).expand(0, 0)
    assert (causal.value, causal.facts["masked"]) == (8, 1)


def layer(**options) -> nn.MultiheadAttention:
    """Give a layer whose biases are not zero."""
    torch.manual_seed(0)
    made = nn.MultiheadAttention(8, 2, **options).double().eval()
    for parameter in made.parameters():
        nn.init.normal_(parameter)
    return made


X, Y = doubles(5, 3, 8), doubles(6, 3, 8, seed=1)  # places, samples, embedding
CAUSAL = torch.ones(5, 5, dtype=torch.bool).triu(1)
LAYERS = {
    "plain": lambda: layer()(X, X, X),
    "each head": lambda: layer()(X, X, X, average_attn_weights=False),
    "no weights": lambda: layer()(X, X, X, need_weights=False),
    "batch first": lambda: layer(batch_first=True)(X, X, X),
    "no batch": lambda: layer()(X[:, 0], Y[:, 0], Y[:, 0]),
    "no batch, each head": lambda: layer()(X[:, 0], Y[:, 0], Y[:, 0], average_attn_weights=False),
    "other keys": lambda: layer()(X, Y, Y.flip(0)),
    "no bias": lambda: layer(bias=False)(X, Y, Y),
    "other sizes": lambda: layer(kdim=4, vdim=6)(X, Y[..., :4], Y[..., :6]),
    "bias of keys": lambda: layer(add_bias_kv=True)(X, Y, Y),
    "zero key": lambda: layer(add_zero_attn=True)(X, Y, Y, need_weights=False),
    "both": lambda: layer(add_zero_attn=True, add_bias_kv=True)(X, Y, Y),
    "mask": lambda: layer()(X, X, X, attn_mask=CAUSAL),
    "mask of numbers": lambda: layer()(X, X, X, attn_mask=doubles(5, 5)),
    "mask, each head": lambda: layer()(X, X, X, attn_mask=doubles(6, 5, 5) > 1, average_attn_weights=False),
    "mask and bias of keys": lambda: layer(add_bias_kv=True)(X, X, X, attn_mask=CAUSAL),
    "causal": lambda: layer()(X, X, X, attn_mask=CAUSAL, is_causal=True, need_weights=False),
    "padding": lambda: layer()(X, Y, Y, key_padding_mask=doubles(3, 6) > 0.5),
    "padding and mask": lambda: layer()(X, X, X, key_padding_mask=doubles(3, 5) > 0.7, attn_mask=CAUSAL.T),
    "padding of numbers": lambda: layer()(X, Y, Y, key_padding_mask=doubles(3, 6), need_weights=False),
    "in training, nothing dropped": lambda: layer().train()(X, X, X),
}


@pytest.mark.parametrize("name", LAYERS)
def test_multi_head_attention(name):
    for done in holds(called(LAYERS[name]), at_most=30):
        if done.kind in {"sum_of_products", "mean"}:
            assert adds_up(done)


def test_the_parts_of_a_layer():
    done = called(layer(), X, X, X).expand(1, 2, 4)
    assert done.formula == "Σ heads·out_proj_weight + out_proj_bias"
    assert len(done.terms) == 9
    assert done.terms[-1].numbers[0].operand == "out_proj_bias"
    assert (done.facts["num_heads"], done.facts["keys"]) == (2, 5)
    mean = called(layer(), X, X, X).expand(2, 1, 3, output=1)
    assert (mean.kind, len(mean.terms)) == ("mean", 2)
    heads = called(lambda: layer()(X, X, X, average_attn_weights=False))
    each = [heads.expand(2, h, 1, 3, output=1).value for h in range(2)]
    assert mean.value == pytest.approx(sum(each) / 2)


@given(seed=st.integers(0, 1000), causal=st.booleans(), scale=st.one_of(st.none(), st.floats(0.01, 3)))
@settings(max_examples=30, deadline=None)
def test_any_numbers(seed, causal, scale):
    q, k, v = (doubles(2, 4, 3, seed=seed + i) * 3 for i in range(3))
    holds(called(lambda: F.scaled_dot_product_attention(q, k, v, is_causal=causal, scale=scale)), at_most=8)


def test_what_is_dropped_at_random_inside_cannot_be_seen():
    with pytest.raises(UnexpandedError) as caught:
        called(lambda: F.scaled_dot_product_attention(Q, K, V, dropout_p=0.5)).expand(0, 0, 0, 0)
    assert str(caught.value) == (
        "no arithmetic is known for scaled_dot_product_attention: "
        "its weights are dropped at random inside it and cannot be seen\n"
        "  got: query 2×4×3×5 float64, key 2×4×6×5 float64, value 2×4×6×7 float64"
    )
    with pytest.raises(UnexpandedError, match="dropped at random"):
        called(layer(dropout=0.1).train(), X, X, X).expand(0, 0, 0)
    with pytest.raises(UnexpandedError, match="ready made"):
        own = layer()
        called(
            lambda: F.multi_head_attention_forward(
                X, X, X, 8, 2, own.in_proj_weight, own.in_proj_bias, None, None, False, 0.0,
                own.out_proj.weight, own.out_proj.bias, static_k=doubles(6, 5, 4),
            )
        ).expand(0, 0, 0)  # fmt: skip
