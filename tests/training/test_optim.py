"""Optimizers and schedules, against PyTorch's own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from glassnet.training.muon import Muon, orthogonalize
from glassnet.training.optim import build_optimizers, rate_at
from toys import PLAIN, Tiny

STEPS, PER_EPOCH = 60, 20


@pytest.mark.parametrize("kind", ["sgd", "nesterov", "adam", "adamw", "muon"])
def test_only_weights_of_two_and_more_dimensions_decay(kind):
    net = Tiny()
    optimizers = build_optimizers(net, replace(PLAIN, optimizer=kind, weight_decay=0.1))
    decay = {
        id(p): group.get("weight_decay", 0.0)
        for optimizer in optimizers for group in optimizer.param_groups for p in group["params"]
    }  # fmt: skip
    assert len(decay) == len(list(net.parameters()))
    for name, parameter in net.named_parameters():
        if parameter.ndim < 2 or (kind == "muon" and name == "conv.weight"):
            assert decay[id(parameter)] == 0.0, name
        else:
            assert decay[id(parameter)] == 0.1, name


@pytest.mark.parametrize(("name", "kind"), [("sgd", "SGD"), ("adam", "Adam"), ("adamw", "AdamW")])
def test_steps_are_those_of_pytorch_to_the_bit(name, kind):
    states = []
    for own in (True, False):
        torch.manual_seed(0)
        net = nn.Linear(5, 3)
        settings = {"lr": 0.05, "weight_decay": 0.01, "fused": True}
        settings |= {"momentum": 0.9} if name == "sgd" else {"betas": (0.9, 0.999)}
        recipe = replace(PLAIN, optimizer=name, lr=0.05, weight_decay=0.01, momentum=0.9)
        groups = [{"params": [net.weight]}, {"params": [net.bias], "weight_decay": 0.0}]
        made = build_optimizers(net, recipe) if own else [getattr(torch.optim, kind)(groups, **settings)]
        for _ in range(5):
            net.zero_grad()
            net(torch.ones(2, 5)).square().sum().backward()
            made[0].step()
        states.append(net.state_dict())
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


@pytest.mark.parametrize("nesterov", [False, True])
def test_steps_of_kernels_in_any_order_and_of_mixed_types_are_those_of_pytorch(nesterov):
    states = []
    for own in (True, False):
        torch.manual_seed(0)
        net = nn.Sequential(
            nn.Conv2d(4, 8, 3), nn.Flatten(), nn.Linear(8, 3).double(), nn.Linear(3, 2).double()
        )
        net.to(memory_format=torch.channels_last)
        net[3].weight.requires_grad_(False)
        settings = {"lr": 0.05, "momentum": 0.9, "nesterov": nesterov}
        recipe = replace(PLAIN, optimizer="nesterov" if nesterov else "sgd", lr=0.05, weight_decay=0.0)
        (made,) = build_optimizers(net, recipe) if own else [torch.optim.SGD(net.parameters(), **settings)]
        for step in range(4):
            net.zero_grad()
            out = net[3](net[2](net[1](net[0](torch.ones(1, 4, 3, 3) * step)).double()))
            out.square().sum().backward()
            if step == 2:
                net[0].bias.grad = None
            made.step()
        states.append(net.state_dict())
    for key, value in states[0].items():
        torch.testing.assert_close(value, states[1][key], rtol=1e-6, atol=1e-7)


def test_a_start_does_not_load_the_compiler():
    code = (
        "import sys, torch; from glassnet.training.without_compiler import SGD, Adam, AdamW\n"
        "for kind in (SGD, Adam, AdamW):\n"
        "    net = torch.nn.Linear(2, 2); made = kind(net.parameters(), lr=0.1)\n"
        "    net(torch.ones(1, 2)).sum().backward(); made.step()\n"
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_decay_all_parameters_are_one_group():
    net = Tiny()
    (optimizer,) = build_optimizers(net, replace(PLAIN, weight_decay=0.0))
    (group,) = optimizer.param_groups
    assert {id(p) for p in group["params"]} == {id(p) for p in net.parameters()}
    assert group["weight_decay"] == 0.0


def test_frozen_parameters_are_left_out():
    net = Tiny()
    net.conv.requires_grad_(False)
    (optimizer,) = build_optimizers(net, PLAIN)
    assert sum(len(group["params"]) for group in optimizer.param_groups) == 4


def test_muon_takes_kernels_and_leaves_the_rest_to_nesterov():
    first, second = build_optimizers(Tiny(), replace(PLAIN, optimizer="muon"))
    assert isinstance(first, Muon)
    assert [tuple(p.shape) for p in first.param_groups[0]["params"]] == [(4, 1, 3, 3)]
    assert isinstance(second, torch.optim.SGD)
    assert second.defaults["nesterov"]
    only_linear = build_optimizers(nn.Linear(3, 3), replace(PLAIN, optimizer="muon"))
    assert [type(optimizer).__name__ for optimizer in only_linear] == ["SGD"]
    only_kernels = build_optimizers(nn.Conv2d(1, 2, 3, bias=False), replace(PLAIN, optimizer="muon"))
    assert [type(optimizer) for optimizer in only_kernels] == [Muon]


def test_momentum_zero_is_plain_descent():
    net = nn.Linear(2, 1)
    (optimizer,) = build_optimizers(net, replace(PLAIN, optimizer="nesterov", momentum=0.0, weight_decay=0.0))
    before = [p.detach().clone() for p in net.parameters()]
    net(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    for p, old in zip(net.parameters(), before, strict=True):
        assert torch.equal(p.detach(), old - PLAIN.lr * p.grad)


def rates(**fields):
    recipe = replace(PLAIN, **fields)
    return [rate_at(recipe, step, STEPS, PER_EPOCH) for step in range(STEPS)]


def by_torch(scheduler, **options):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = scheduler(optimizer, **options)
    told = []
    for _ in range(STEPS):
        told.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return told


def test_schedules_are_those_of_torch():
    schedulers = torch.optim.lr_scheduler
    assert rates(schedule="constant") == [1.0] * STEPS
    assert rates(schedule="step", step_epochs=1.0, step_factor=0.1) == pytest.approx(
        by_torch(schedulers.StepLR, step_size=PER_EPOCH, gamma=0.1), rel=1e-12
    )
    assert rates(schedule="step", step_epochs=0.5, step_factor=0.7) == pytest.approx(
        by_torch(schedulers.StepLR, step_size=PER_EPOCH // 2, gamma=0.7), rel=1e-12
    )
    assert rates(schedule="cosine") == pytest.approx(
        by_torch(schedulers.CosineAnnealingLR, T_max=STEPS), rel=1e-9
    )
    assert rates(schedule="one-cycle") == pytest.approx(
        by_torch(schedulers.LinearLR, start_factor=1.0, end_factor=1e-300, total_iters=STEPS), rel=1e-9
    )


@settings(deadline=None)
@given(
    st.sampled_from(["constant", "step", "cosine", "one-cycle"]), st.floats(0, 1), st.integers(1, 300),
    st.integers(1, 40),
)  # fmt: skip
def test_rates_rise_to_the_highest_and_never_leave_0_to_1(schedule, warmup, num_steps, per_epoch):
    recipe = replace(PLAIN, schedule=schedule, warmup=warmup)
    told = [rate_at(recipe, step, num_steps, per_epoch) for step in range(num_steps)]
    warm = sum(step < warmup * num_steps for step in range(num_steps))
    assert all(0 < rate <= 1 for rate in told)
    assert told[:warm] == sorted(told[:warm])
    if schedule != "step":
        assert told[warm:] == sorted(told[warm:], reverse=True)


def test_one_cycle_rises_and_falls_in_straight_lines():
    told = rates(schedule="one-cycle", warmup=0.25)
    assert told[:15] == pytest.approx([(step + 1) / 16 for step in range(15)])
    assert told[15:] == pytest.approx([1 - step / 45 for step in range(45)])
    assert max(told) == told[15] == 1.0


@pytest.mark.parametrize("shape", [(16, 16), (8, 40), (40, 8), (4, 9)])
def test_orthogonalized_matrices_have_singular_values_near_one(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    u, s, v = torch.linalg.svd(matrix, full_matrices=False)
    matrix = u @ torch.diag(s.clamp(min=s.max() / 10)) @ v
    for rounds, low, high in ((3, 0.4, 1.3), (5, 0.65, 1.25)):
        ours = orthogonalize(matrix, rounds=rounds)
        values = torch.linalg.svdvals(ours)
        assert low < float(values.min())
        assert float(values.max()) < high
        # the singular vectors are kept: in their base, the result is diagonal
        inside = u.T @ ours @ v.T
        assert torch.allclose(inside, torch.diag(inside.diagonal()), atol=2e-5)


def test_orthogonalized_in_bfloat16_it_is_nearly_the_same_matrix():
    matrix = torch.randn(32, 144, generator=torch.Generator().manual_seed(2))
    exact = orthogonalize(matrix.double(), dtype=torch.float64)
    for dtype, error in ((torch.float32, 1e-6), (torch.bfloat16, 2e-2)):
        ours = orthogonalize(matrix, dtype=dtype)
        assert ours.dtype == torch.float32
        assert float((ours - exact).norm() / exact.norm()) < error


def test_muon_holds_kernels_at_a_norm_and_moves_against_the_gradient():
    kernel = nn.Parameter(torch.randn(8, 3, 3, 3, generator=torch.Generator().manual_seed(0)))
    muon = Muon([kernel], lr=0.01)
    kernel.grad = torch.randn(8, 3, 3, 3, generator=torch.Generator().manual_seed(1))
    before = kernel.detach() * (8**0.5 / kernel.detach().norm())
    muon.step()
    moved = (before - kernel.detach()).flatten(1)
    assert float((moved * kernel.grad.flatten(1)).sum()) > 0
    values = torch.linalg.svdvals(moved) / 0.01  # the first step's direction: the gradient, orthogonal
    assert float(values.min()) > 0.3
    assert float(values.max()) < 1.3
    for _ in range(20):
        muon.step()
    assert float(kernel.detach().norm()) == pytest.approx(8**0.5, rel=0.05)
    with pytest.raises(ValueError, match="Muon takes no closure"):
        muon.step(lambda: 0.0)  # pyright: ignore[reportArgumentType]


def test_muon_passes_over_parameters_without_a_gradient():
    kernel = nn.Parameter(torch.ones(2, 1, 3, 3))
    Muon([kernel]).step()
    assert torch.equal(kernel.detach(), torch.ones(2, 1, 3, 3))
