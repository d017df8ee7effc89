"""Updates by hand: torch.optim is the oracle."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from glassnet.arithmetic.update import Rule, explain_update
from glassnet.errors import UsageError
from glassnet.nets.build import build

RULES = {
    "sgd": Rule(lr=0.1),
    "weight decay": Rule(lr=0.1, weight_decay=0.2),
    "momentum": Rule(lr=0.1, momentum=0.9),
    "momentum and decay": Rule(lr=0.1, momentum=0.9, weight_decay=0.2),
    "nesterov": Rule(kind="nesterov", lr=0.1, momentum=0.9, weight_decay=0.1),
    "adam": Rule(kind="adam", lr=0.1, momentum=0.9),
    "adam with decay": Rule(kind="adam", lr=0.1, momentum=0.8, weight_decay=0.3),
    "adamw": Rule(kind="adamw", lr=0.1, momentum=0.9, weight_decay=0.3),
    "nothing zeroed": Rule(lr=0.1, momentum=0.9, zero_grad=False),
    "adam, nothing zeroed": Rule(kind="adam", lr=0.1, momentum=0.9, zero_grad=False),
}


def one_weight(value=1.0):
    net = nn.Linear(1, 1, bias=False)
    nn.init.constant_(net.weight, value)
    return net


def line(step, name):
    return next(line for line in step.lines if line.name == name)


@pytest.mark.parametrize("name", RULES)
def test_five_steps_agree_with_torch_optim(name):
    torch.manual_seed(0)
    net, x = (
        build("lenet", in_channels=1, height=28, width=28, num_classes=10).module,
        torch.rand(1, 1, 28, 28),
    )
    found = explain_update(
        net,
        x,
        lambda output: F.cross_entropy(output, torch.tensor([3])),
        "fc3.weight",
        (3, 5),
        RULES[name],
        steps=5,
    )
    assert [step.step for step in found.steps] == [1, 2, 3, 4, 5]
    for step in found.steps:
        assert step.difference == pytest.approx(0, abs=1e-5)
        assert step.value == step.lines[-1].value
    assert found.steps[-1].value != found.steps[0].before


@pytest.mark.parametrize("name", RULES)
def test_the_network_is_left_as_it_was(name):
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(), nn.Linear(4, 2)).train()
    net[0].weight.grad = torch.ones(4, 3)
    before, grad, random = copy.deepcopy(net.state_dict()), net[0].weight.grad, torch.get_rng_state()
    explain_update(
        net, torch.linspace(-1, 1, 15).reshape(5, 3), torch.sum, "0.weight", (0, 0), RULES[name], steps=3
    )
    assert all(torch.equal(before[key], tensor) for key, tensor in net.state_dict().items())
    assert net[0].weight.grad is grad
    assert torch.equal(grad, torch.ones(4, 3))
    assert net[3].weight.grad is None
    assert torch.equal(random, torch.get_rng_state())


def test_known_numbers_of_sgd():
    found = explain_update(one_weight(), torch.tensor([[2.0]]), torch.sum, "weight", (0, 0), Rule(lr=0.5))
    (step,) = found.steps
    assert [(x.name, x.formula, x.worked, x.value) for x in step.lines] == [
        ("g", "gradient", "", 2.0),
        ("w", "w − lr·g", "1 − 0.5·2", 0.0),
    ]
    assert (step.loss, step.before, step.value, step.torch_value) == (2.0, 1.0, 0.0, 0.0)


def test_momentum_builds_up():
    rule = Rule(lr=0.1, momentum=0.5)
    steps = explain_update(
        one_weight(), torch.tensor([[2.0]]), torch.sum, "weight", (0, 0), rule, steps=3
    ).steps
    assert [line(step, "b").value for step in steps] == [2.0, 3.0, 3.5]
    assert line(steps[2], "b").worked == "0.5·3 + 2"


def test_gradients_add_up_unless_zeroed():
    rule = Rule(lr=0.1, zero_grad=False)
    steps = explain_update(
        one_weight(), torch.tensor([[2.0]]), torch.sum, "weight", (0, 0), rule, steps=3
    ).steps
    assert [line(step, "g").value for step in steps] == [2.0, 4.0, 6.0]
    assert line(steps[1], "g").worked == "2 + 2"
    assert [step.gradient for step in steps] == [2.0, 2.0, 2.0]


def test_adam_begins_with_a_step_of_the_learning_rate():
    rule = Rule(kind="adam", lr=0.01, momentum=0.9)
    (step,) = explain_update(one_weight(), torch.tensor([[2.0]]), torch.sum, "weight", (0, 0), rule).steps
    assert (line(step, "m̂").value, line(step, "v̂").value) == (pytest.approx(2), pytest.approx(4))
    assert step.value == pytest.approx(0.99)


def test_a_frozen_parameter():
    net = one_weight()
    net.weight.requires_grad_(requires_grad=False)
    with pytest.raises(UsageError) as error:
        explain_update(net, torch.ones(1, 1), torch.sum, "weight", (0, 0), Rule())
    assert str(error.value) == (
        "this parameter is frozen: no optimizer changes it\n"
        "  where: weight\n"
        "  hint: requires_grad of weight is False"
    )


def test_a_parameter_that_is_not_used():
    class Unused(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = nn.Linear(1, 1), nn.Linear(1, 1)

        def forward(self, x):
            return self.used(x)

    with pytest.raises(UsageError, match="the loss does not depend on this parameter: it gets no gradient"):
        explain_update(Unused(), torch.ones(1, 1), torch.sum, "unused.weight", (0, 0), Rule())


def test_a_shared_parameter_by_either_name():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    values = [
        explain_update(net, torch.ones(1, 2), torch.sum, name, (0, 1), Rule(lr=0.1)).steps[0].value
        for name in ("0.weight", "1.weight")
    ]
    assert values[0] == values[1]
