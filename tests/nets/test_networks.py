"""The tutorials' networks: exactly their layers, parameters counted by hand, other shapes of pictures."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest
import torch
import torchvision
from torch import fx, nn
from torch.utils.flop_counter import FlopCounterMode

from glassnet.errors import NetError
from glassnet.nets import NETS
from glassnet.nets.activation import ACTIVATIONS, Activation
from glassnet.nets.cifar_quick import CifarQuick
from glassnet.nets.fashion_cnn import FashionCNN
from glassnet.nets.lenet import LeNet
from glassnet.nets.measure import num_parameters
from glassnet.nets.mlp import MLP
from glassnet.nets.mlp_deep import DeepMLP
from glassnet.nets.previews import ConvPreview, LinearPreview, PoolPreview
from glassnet.trace.cost import macs_per_picture


def layers(module: nn.Module) -> list[str]:
    """List the operations of the forward pass in order, by symbolic tracing: modules and functions alike."""
    written = []
    for node in fx.symbolic_trace(module).graph.nodes:
        if node.op == "call_module":
            part = module.get_submodule(node.target)
            match part:
                case nn.Linear():
                    written.append(f"Linear {part.in_features}→{part.out_features}")
                case nn.Conv2d():
                    kernel, pad = part.kernel_size[0], part.padding[0]
                    written.append(f"Conv {kernel} pad {pad} {part.in_channels}→{part.out_channels}")
                case nn.BatchNorm2d() | nn.BatchNorm1d():
                    written.append(f"BatchNorm {part.num_features}")
                case nn.MaxPool2d():
                    written.append(f"MaxPool {part.kernel_size}")
                case nn.Dropout():
                    written.append(f"Dropout {part.p}")
                case _:
                    written.append(type(part).__name__)
        elif node.op == "call_function":
            names = {"relu": "ReLU", "flatten": "Flatten"}
            written.append(names.get(node.target.__name__) or f"MaxPool {node.args[1]}")
    return written


def conv_block(inputs: int, outputs: int) -> list[str]:
    return [f"Conv 3 pad 1 {inputs}→{outputs}", f"BatchNorm {outputs}", "ReLU", "MaxPool 2"]


def quick(activation: list[str]) -> list[str]:
    blocks = [
        [f"Conv 5 pad 2 {inputs}→{outputs}", *activation, "MaxPool 2"]
        for inputs, outputs in ((3, 32), (32, 32), (32, 64))
    ]
    return [
        *(layer for block in blocks for layer in block),
        "Flatten",
        "Linear 1024→64",
        *activation,
        "Linear 64→10",
    ]


LAYERS = [
    (MLP, {}, ["Flatten", "Linear 784→512", "ReLU", "Linear 512→512", "ReLU", "Linear 512→10"]),
    (
        DeepMLP,
        {},
        [
            "Flatten",
            *("Linear 784→1024", "ReLU", "Linear 1024→1024", "ReLU", "Linear 1024→512", "ReLU"),
            *("Linear 512→512", "ReLU", "Linear 512→10"),
        ],
    ),
    (
        FashionCNN,
        {},
        [
            *conv_block(1, 32),
            *conv_block(32, 64),
            *conv_block(64, 128),
            "Flatten",
            *("Linear 1152→512", "BatchNorm 512", "ReLU", "Dropout 0.4"),
            *("Linear 512→512", "BatchNorm 512", "ReLU", "Dropout 0.4"),
            "Linear 512→10",
        ],
    ),
    (
        LeNet,
        {},
        [
            *("Conv 5 pad 0 3→6", "ReLU", "MaxPool 2", "Conv 5 pad 0 6→16", "ReLU", "MaxPool 2", "Flatten"),
            *("Linear 400→120", "ReLU", "Linear 120→84", "ReLU", "Linear 84→10"),
        ],
    ),
    (CifarQuick, {"activation": None}, quick([])),
    (CifarQuick, {}, quick(["ReLU"])),
    (Activation, {"name": "relu"}, ["ReLU"]),
    (ConvPreview, {}, ["Conv 3 pad 0 3→6"]),
    (PoolPreview, {}, ["MaxPool 3"]),
    (LinearPreview, {}, ["Flatten", "Linear 3072→10"]),
]


@pytest.mark.parametrize(("network", "arguments", "expected"), LAYERS)
def test_layers_are_those_of_the_tutorials(network, arguments, expected):
    assert layers(network(**arguments).eval()) == expected


def linear(inputs: int, outputs: int) -> int:
    return inputs * outputs + outputs


def conv(inputs: int, outputs: int, kernel: int) -> int:
    return inputs * outputs * kernel * kernel + outputs


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        (MLP(), 669_706),
        (
            DeepMLP(),
            linear(784, 1024) + linear(1024, 1024) + linear(1024, 512) + linear(512, 512) + linear(512, 10),
        ),
        (
            FashionCNN(),
            *[
                conv(1, 32, 3)
                + conv(32, 64, 3)
                + conv(64, 128, 3)
                + 2 * (32 + 64 + 128 + 512 + 512)
                + linear(1152, 512)
                + linear(512, 512)
                + linear(512, 10)
            ],
        ),
        (LeNet(), 62_006),
        (LeNet(in_channels=1, size=28), 44_426),
        (
            LeNet(width=64),
            conv(3, 64, 5) + conv(64, 16, 5) + linear(400, 120) + linear(120, 84) + linear(84, 10),
        ),
        (CifarQuick(), 145_578),
        (CifarQuick(activation=None), 145_578),
        (ConvPreview(), 168),
        (PoolPreview(), 0),
        (Activation(), 0),
        (LinearPreview(), 30_730),
    ],
)
def test_parameters_counted_by_hand(module, expected):
    assert num_parameters(module) == expected


@pytest.mark.parametrize("network", [MLP, DeepMLP, FashionCNN, LeNet, CifarQuick, LinearPreview])
@pytest.mark.parametrize(
    ("channels", "size", "classes"), [(1, 28, 10), (3, 32, 7), (1, 32, 2), (3, (48, 30), 5), (3, 64, 100)]
)
def test_every_classifier_fits_other_pictures(network, channels, size, classes):
    height, width = (size, size) if isinstance(size, int) else size
    module = network(in_channels=channels, size=size, num_classes=classes)
    assert module(torch.zeros(2, channels, height, width)).shape == (2, classes)


@pytest.mark.parametrize(("network", "smallest"), [(FashionCNN, 8), (LeNet, 16), (CifarQuick, 8)])
def test_the_smallest_pictures_work_and_smaller_ones_are_refused(network, smallest):
    assert network(in_channels=3, size=smallest).eval()(torch.zeros(1, 3, smallest, smallest)).shape == (
        1,
        10,
    )
    with pytest.raises(NetError) as caught:
        network(size=(smallest - 1, 40))
    name = {"FashionCNN": "fashion-cnn", "LeNet": "lenet", "CifarQuick": "cifar-quick"}[network.__name__]
    assert str(caught.value) == (
        f"the pictures are too small for {name}\n"
        f"  got: {smallest - 1}×40\n"
        f"  expected: at least {smallest}×{smallest}"
    )


def test_pooling_as_worked_by_hand_in_the_tutorials():
    picture = torch.tensor(
        [[1, 2, 0, 3, 1], [0, 1, 2, 3, 1], [1, 2, 1, 0, 0], [5, 2, 3, 1, 1], [2, 1, 0, 1, 1]]
    ).float()[None, None]
    assert PoolPreview(ceil_mode=False)(picture).tolist() == [[[[2]]]]
    assert PoolPreview(ceil_mode=True)(picture).tolist() == [[[[2, 3], [5, 1]]]]


def test_cifar_quick_as_the_tutorials_write_it_is_linear_but_for_pooling():
    module = CifarQuick(activation=None)
    images = torch.rand(2, 3, 32, 32)
    for part in module.modules():
        if getattr(part, "bias", None) is not None:
            nn.init.zeros_(part.bias)
    assert torch.allclose(module(3 * images), 3 * module(images), rtol=1e-4, atol=1e-5)  # max(3x) = 3 max(x)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_keeps_the_shape(name):
    assert Activation(name=name)(torch.randn(2, 3, 5, 4)).shape == (2, 3, 5, 4)


def test_an_unknown_activation_gets_a_suggestion():
    with pytest.raises(NetError) as caught:
        CifarQuick(activation="rellu")
    assert str(caught.value) == "there is no such activation\n  got: 'rellu'\n  hint: did you mean 'relu'?"


def test_every_name_leads_to_a_module_with_defaults():
    for place in NETS.values():
        module_name, _, class_name = place.partition(":")
        assert isinstance(getattr(importlib.import_module(module_name), class_name)(), nn.Module)


def test_the_names_and_the_parser_load_no_torch():
    code = "import sys, glassnet.nets, glassnet.nets.spec; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    can_fail = "import sys, glassnet.nets.mlp; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", can_fail], check=False).returncode == 1


def test_multiply_adds_counted_by_hand():
    hand = 28 * 28 * 6 * 3 * 25 + 10 * 10 * 16 * 6 * 25 + 400 * 120 + 120 * 84 + 84 * 10
    assert macs_per_picture(LeNet(), channels=3, height=32, width=32) == hand
    assert macs_per_picture(MLP(), channels=1, height=28, width=28) == 784 * 512 + 512 * 512 + 512 * 10
    assert macs_per_picture(PoolPreview(), channels=3, height=9, width=9) == 0


@pytest.mark.parametrize("name", ["resnet18", "swin_t", "mobilenet_v3_small"])
def test_multiply_adds_are_those_that_pytorch_counts(name):
    net = torchvision.models.get_model(name, weights=None)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        net.eval()(torch.zeros(2, 3, 224, 224))
    assert macs_per_picture(net, channels=3, height=224, width=224) == counter.get_total_flops() // 4


def test_shared_and_frozen_parameters_are_counted_right():
    shared = nn.Linear(4, 4)
    module = nn.Sequential(shared, shared)
    shared.bias.requires_grad_(False)
    assert num_parameters(module) == 20
    assert num_parameters(module, trainable_only=True) == 16


def test_our_own_networks_load_no_torchvision():
    code = (
        "import sys; from glassnet.nets.build import build\n"
        "build('{}', in_channels=1, height=28, width=28, num_classes=10)\n"
        "sys.exit('torchvision' in sys.modules)"
    )
    for net, loaded in (("lenet", 0), ("torchvision:squeezenet1_0", 1)):
        assert subprocess.run([sys.executable, "-c", code.format(net)], check=False).returncode == loaded
