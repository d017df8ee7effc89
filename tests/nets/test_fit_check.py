"""A network that does not fit is named before training; one that is looked at stays as it was."""

from __future__ import annotations

import inspect
import random
from collections import namedtuple

import numpy as np
import pytest
import torch
from torch import nn

from glassnet.errors import NetError
from glassnet.nets.fit_check import OutputFacts, check_fits, materialise
from glassnet.nets.lenet import LeNet
from glassnet.nets.logits import logits_of
from glassnet.nets.mlp import MLP
from glassnet.nets.previews import ConvPreview, PoolPreview
from glassnet.nets.untouched import untouched
from glassnet.trace.cost import macs_per_picture

GREY = {"channels": 1, "height": 28, "width": 28, "num_classes": 10}
COLOUR = {"channels": 3, "height": 32, "width": 32, "num_classes": 10}


def error_of(module, pictures=COLOUR):
    with pytest.raises(NetError) as caught:
        check_fits(module, **pictures)
    return str(caught.value)


class Returns(nn.Module):
    """A network that gives what a function makes of its images."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class View(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(400, 10)

    def forward(self, x):
        x = self.pool(x)
        x = x.view(-1, 3 * 100)  # the wrong number
        return self.fc(x)


VIEW_LINE = inspect.getsourcelines(View)[1] + 8


def test_a_network_that_fits():
    assert check_fits(LeNet(), **COLOUR) == OutputFacts("tensor 2×10", "torch.float32", plain=True)
    assert check_fits(LeNet().double(), **COLOUR).dtype == "torch.float64"


@pytest.mark.parametrize(
    ("module", "pictures", "message"),
    [
        (
            LeNet(),
            {**COLOUR, "height": 28, "width": 28},
            (
                "the network does not fit pictures of 3×28×28\n  where: fc1 (Linear)\n  got: 2×256\n"
                "  expected: 2×400\n"
                "  hint: fc1 = nn.Linear(256, 120)"
            ),
        ),
        (
            LeNet(),
            {**COLOUR, "channels": 1},
            (
                "the network does not fit pictures of 1×32×32\n  where: conv1 (Conv2d)\n  got: 2×1×32×32\n"
                "  expected: 2×3×32×32\n  hint: conv1 = nn.Conv2d(1, 6, ...)"
            ),
        ),
        (
            nn.Sequential(nn.Linear(784, 10)),
            GREY,
            (
                "the network does not fit pictures of 1×28×28\n  where: 0 (Linear)\n  got: 2×1×28×28\n"
                "  expected: 2×1×28×784\n  hint: flatten each picture before it: torch.flatten(x, 1)"
            ),
        ),
        (
            nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(8)),
            GREY,
            (
                "the network does not fit pictures of 1×28×28\n  where: 1 (BatchNorm2d)\n  got: 2×4×26×26\n"
                "  expected: 2×8×26×26\n  hint: 1 = nn.BatchNorm2d(4)"
            ),
        ),
        (
            PoolPreview(),
            {**GREY, "height": 2, "width": 2},
            (
                "the network does not fit pictures of 1×2×2\n  where: maxpool (MaxPool2d)\n  got: 2×1×2×2\n"
                "  expected: larger pictures: what arrives here is smaller than the window"
            ),
        ),
        (
            nn.Sequential(nn.Flatten(0), nn.Linear(2 * 784, 10)),
            GREY,
            (
                "the network mixes up the pictures of a batch\n  got: 10 for 2 pictures of 1×28×28\n"
                "  expected: 2×10 for 2 pictures\n"
                "  hint: keep the first axis when you flatten or reshape: torch.flatten(x, 1)"
            ),
        ),
        (
            MLP(),
            {**GREY, "num_classes": 3},
            (
                "the network gives 10 numbers per picture, the pictures have 3 classes\n"
                "  got: 2×10 for 2 pictures of 1×28×28\n  expected: 2×3 for 2 pictures\n"
                "  hint: make its last layer one with 3 outputs"
            ),
        ),
        (
            ConvPreview(),
            COLOUR,
            (
                "the network gives 6×30×30 per picture, not one number for each class\n"
                "  got: 2×6×30×30 for 2 pictures of 3×32×32\n  expected: 2×10 for 2 pictures"
            ),
        ),
        (
            nn.Sequential(nn.Conv2d(3, 10, 32)),
            COLOUR,
            (
                "the network gives 10×1×1 per picture, not one number for each class\n"
                "  got: 2×10×1×1 for 2 pictures of 3×32×32\n  expected: 2×10 for 2 pictures\n"
                "  hint: flatten its output: torch.flatten(x, 1)"
            ),
        ),
        (
            Returns(lambda x: x.mean((1, 2, 3))),
            COLOUR,
            (
                "the network gives a single number per picture, not one number for each class\n"
                "  got: 2 for 2 pictures of 3×32×32\n  expected: 2×10 for 2 pictures"
            ),
        ),
        (
            Returns(lambda x: x.flatten(1)[:, :10].log()),
            COLOUR,
            (
                "the network's output is not finite before any training\n"
                "  got: 10 of 20 numbers are NaN or infinite\n"
                "  hint: look at its initial weights, and at divisions and logarithms in its forward"
            ),
        ),
        (
            Returns(lambda x: x.flatten(1)[:, :10].long()),
            COLOUR,
            "the network's output is not floating-point\n  got: torch.int64\n  expected: torch.float32",
        ),
        (
            Returns(lambda x: None),
            COLOUR,
            (
                "the network's output is not a tensor of logits\n"
                "  got: None (does forward return its result?)\n"
                "  expected: a tensor N×classes, an object or dict with `logits`, or a tuple that "
                "begins with it"
            ),
        ),
        (
            Returns(lambda x: {"boxes": x[:, 0, 0], "scores": [x[0, 0, 0, 0]]}),
            COLOUR,
            (
                "the network's output is not a tensor of logits\n"
                "  got: dict with boxes: tensor 2×32, scores: list of (tensor a single number)\n"
                "  expected: a tensor N×classes, an object or dict with `logits`, or a tuple that "
                "begins with it"
            ),
        ),
        (
            View(),
            COLOUR,
            (
                "the network does not fit pictures of 3×32×32\n"
                f"  where: {__file__}:{VIEW_LINE}\n"
                "  got: x = x.view(-1, 3 * 100)  # the wrong number: RuntimeError: shape '[-1, 300]' "
                "is invalid for "
                "input of size 1536; the layer before, pool (MaxPool2d), gave tensor 2×3×16×16"
            ),
        ),
    ],
)
def test_misfits_in_exact_words(module, pictures, message):
    assert error_of(module, pictures) == message


Out = namedtuple("Out", ["logits", "aux"])


@pytest.mark.parametrize(
    "wrap",
    [
        lambda logits: Out(logits, None),
        lambda logits: {"logits": logits, "features": 3},
        lambda logits: (logits, torch.zeros(2, 512)),
        lambda logits: [logits],
    ],
)
def test_where_the_logits_are_found(wrap):
    logits = torch.arange(20.0).reshape(2, 10)
    assert logits_of(wrap(logits)) is logits
    facts = check_fits(Returns(lambda x: wrap(x.flatten(1)[:, :10])), **COLOUR)
    assert not facts.plain
    assert "2×10" in facts.output


class Restless(nn.Module):
    """A network whose forward changes all that it can, and may raise at the end."""

    def __init__(self, *, fails):
        super().__init__()
        self.fails = fails
        self.calls = 0
        self.bn = nn.BatchNorm1d(10).train()
        self.fc = nn.Linear(784, 10)
        self.frozen = nn.Dropout().eval()
        self.register_buffer("seen", torch.zeros(3))
        self.register_buffer("gone", None)
        self.fc.register_forward_hook(lambda *_: None)

    def forward(self, x):
        self.calls += 1
        self.last = x
        self.seen += 1
        self.gone = torch.ones(2)
        self.bn.train()
        self.frozen.train()
        self.fc.weight.data.clamp_(-0.001, 0.001)
        self.fc.bias = nn.Parameter(torch.ones(10))
        self.fc.register_forward_hook(lambda *_: None)
        self.register_module("new", nn.Identity())
        random.random()
        np.random.rand()
        x = self.frozen(self.bn(self.fc(x.flatten(1)))) + torch.randn(10)
        if self.fails:
            raise RuntimeError("no")
        return x


def state_of(module):
    return {
        "tensors": [(id(t), t.clone()) for t in (*module.parameters(), *module.buffers())],
        "gradients": [t.grad for t in module.parameters()],
        "names": [name for name, _ in module.named_modules()],
        "modes": [part.training for part in module.modules()],
        "attributes": [sorted(vars(part)) for part in module.modules()],
        "hooks": [dict(part._forward_hooks) for part in module.modules()],
        "calls": module.calls,
        "gone": module.gone,
        "global hooks": [
            dict(torch.nn.modules.module._global_forward_pre_hooks),
            dict(torch.nn.modules.module._global_forward_hooks),
        ],
        "random": [random.getstate(), torch.get_rng_state().tolist()],
        "numpy": np.random.get_state()[1].tolist(),
        "grad mode": torch.is_grad_enabled(),
    }


def same(before, after):
    tensors = zip(before.pop("tensors"), after.pop("tensors"), strict=True)
    return before == after and all(i == j and torch.equal(a, b) for (i, a), (j, b) in tensors)


def look_macs(module):
    macs_per_picture(module, channels=1, height=28, width=28)


def look_fit(module):
    check_fits(module, **GREY)


@pytest.mark.parametrize("look", [look_macs, look_fit])
@pytest.mark.parametrize("fails", [False, True])
def test_looking_leaves_everything_as_it_was(look, fails):
    module = Restless(fails=fails)
    module.fc.weight.grad = torch.ones_like(module.fc.weight)
    before = state_of(module)
    if fails:
        with pytest.raises((NetError, RuntimeError)):
            look(module)
    else:
        look(module)
    assert same(before, state_of(module))


def test_the_wall_above_can_fail():
    module = Restless(fails=False)
    before = state_of(module)
    module(torch.zeros(2, 1, 28, 28))
    assert not same(before, state_of(module))


def test_nan_in_a_buffer_stays_as_it_is():
    module = nn.BatchNorm1d(3)
    module.running_mean.fill_(float("nan"))
    with untouched(module):
        module.running_mean.zero_()
    assert module.running_mean.isnan().all()


def test_checking_needs_no_random_numbers_and_repeats():
    module = LeNet()
    seen = []
    module.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    check_fits(module, **COLOUR)
    check_fits(module, **COLOUR)
    assert torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[0][0], seen[0][1])
    assert seen[0].abs().max() <= 1


def test_lazy_layers_get_their_shapes():
    module = nn.Sequential(
        nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(10), nn.Dropout()
    )
    module[4].eval()
    materialise(module, channels=1, height=28, width=28)
    assert (module[0].in_channels, module[1].num_features, module[3].in_features) == (1, 4, 4 * 26 * 26)
    assert [part.training for part in module] == [True, True, True, True, False]
    assert torch.equal(module[1].running_mean, torch.zeros(4))
    check_fits(module, **GREY)


def test_a_lazy_network_that_cannot_work_is_explained():
    with pytest.raises(NetError, match=r"where: 1 \(Linear\)"):
        materialise(nn.Sequential(nn.LazyConv2d(4, 3), nn.Linear(3, 4)), channels=1, height=28, width=28)
