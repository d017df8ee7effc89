"""Mistakes in the structure of a network: their code, their line, what was seen of them."""

import torch
import torch.nn.functional as F
from structures_for_tests import line_of, seen_of
from torch import nn

from glassnet.checks.rules.activations import activation_on_logits, activation_twice
from glassnet.checks.rules.bottleneck import narrow_bottleneck
from glassnet.checks.rules.nonlinearity import no_nonlinearity
from glassnet.checks.rules.norm_order import batchnorm_shared, bias_before_batchnorm, dropout_before_batchnorm
from glassnet.checks.rules.registration import unregistered_module
from glassnet.checks.rules.sizes import feature_map_too_small, small_receptive_field, stride_skips_pixels
from glassnet.checks.rules.unused import unused_module, unused_result


class ThrownAway(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(12, 16), nn.Linear(16, 5)

    def forward(self, x):
        x = self.one(x.flatten(1))
        F.relu(x)
        return self.two(x)


def test_a_result_that_is_thrown_away():
    (found,) = unused_result(seen_of(ThrownAway))
    assert (found.severity, found.form, found.evidence["what"]) == ("warning", "thrown", "relu")
    assert found.source.line == line_of(ThrownAway, "F.relu(x)")
    assert "no-nonlinearity" in found.explains


class Overwritten(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.norm, self.two = nn.Linear(12, 16), nn.BatchNorm1d(16), nn.Linear(16, 5)

    def forward(self, x):
        h = self.one(x.flatten(1))
        out = self.norm(h)
        out = F.relu(h)
        return self.two(out)


def test_a_result_whose_name_is_overwritten():
    (found,) = unused_result(seen_of(Overwritten))
    assert (found.form, found.module, found.evidence["name"]) == ("overwritten", "norm", "out")
    assert found.source.line == line_of(Overwritten, "self.norm(h)")
    assert found.evidence["line"] == found.source.line + 1


class NeverCalled(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(12, 16), nn.Linear(16, 5)
        self.between = nn.Sequential(nn.Linear(16, 16), nn.ReLU())

    def forward(self, x):
        return self.two(F.relu(self.one(x.flatten(1))))


def test_a_module_that_is_never_called():
    (found,) = unused_module(seen_of(NeverCalled))
    assert (found.severity, found.module, found.evidence["parameters"]) == ("warning", "between", 272)
    assert found.source.line == line_of(NeverCalled, "self.between =")


def linear_net():
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(12, 32),
        nn.Dropout(0.1),
        nn.Linear(32, 5),
    )


def test_a_network_without_any_activation_is_told_once_at_its_first_layer():
    (found,) = no_nonlinearity(seen_of(linear_net))
    assert (found.severity, found.form, found.evidence["layers"]) == ("error", "whole", 2)
    assert found.source.line == line_of(linear_net, "nn.Linear(12, 32)")


def test_only_max_pooling_between_the_layers_is_a_warning():
    (found,) = no_nonlinearity(
        seen_of(
            lambda: nn.Sequential(
                nn.Conv2d(3, 8, 3, padding=1),
                nn.MaxPool2d(2),
                nn.Conv2d(8, 8, 1),
                nn.Flatten(),
                nn.Linear(8, 5),
            )
        )
    )
    assert (found.severity, found.form) == ("warning", "pooled")


def test_two_linear_layers_in_a_row_beside_others():
    (found,) = no_nonlinearity(
        seen_of(
            lambda: nn.Sequential(
                nn.Flatten(), nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 16), nn.Linear(16, 5), nn.Softplus()
            )
        )
    )
    assert (found.severity, found.form) == ("warning", "pair")
    assert (found.evidence["first"], found.evidence["second"]) == ("3", "4")


def test_a_sigmoid_of_a_sigmoid_warns_and_a_relu_of_a_relu_is_noted():
    for act, severity in ((nn.Sigmoid, "warning"), (nn.ReLU, "note")):
        (found,) = activation_twice(
            seen_of(
                lambda act=act: nn.Sequential(nn.Flatten(), nn.Linear(12, 8), act(), act(), nn.Linear(8, 5))
            )
        )
        assert found.severity == severity


def test_a_relu_on_the_logits():
    (found,) = activation_on_logits(seen_of(lambda: nn.Sequential(nn.Flatten(), nn.Linear(12, 5), nn.ReLU())))
    assert (found.severity, found.form, found.evidence["loss"]) == ("warning", "below", "cross_entropy")


def test_a_bias_and_a_dropout_before_batchnorm_are_notes():
    seen = seen_of(
        lambda: nn.Sequential(
            nn.Flatten(),
            nn.Linear(12, 8),
            nn.BatchNorm1d(8),
            nn.ReLU(),
            nn.Linear(8, 8, bias=False),
            nn.Dropout(0.2),
            nn.BatchNorm1d(8),
            nn.ReLU(),
            nn.Linear(8, 5),
        )
    )
    (bias,), (dropout,) = bias_before_batchnorm(seen), dropout_before_batchnorm(seen)
    assert (bias.severity, bias.evidence["layer"], bias.evidence["layers"]) == ("note", "1", 1)
    assert (dropout.severity, dropout.form, dropout.evidence["rate"]) == ("note", "direct", 0.2)


class OneNormForTwo(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two, self.norm = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8)
        self.head = nn.Linear(32, 5)

    def forward(self, x):
        x = F.relu(self.norm(self.one(x)))
        x = F.relu(self.norm(self.two(x)))
        return self.head(x.flatten(1))


def test_one_batchnorm_for_two_layers():
    (found,) = batchnorm_shared(seen_of(OneNormForTwo))
    assert (found.severity, found.evidence["uses"], found.evidence["layers"]) == ("warning", 2, "one, two")
    assert found.source.line == line_of(OneNormForTwo, "self.norm(self.two(x))")


def test_a_kernel_over_one_pixel():
    (found,) = feature_map_too_small(
        seen_of(
            lambda: nn.Sequential(
                nn.Conv2d(3, 8, 3, padding=1),
                nn.ReLU(),
                nn.MaxPool2d(2),
                nn.Conv2d(8, 8, 3, padding=1),
                nn.ReLU(),
                nn.Flatten(),
                nn.Linear(8, 5),
            )
        )
    )
    assert (found.severity, found.evidence["unused"], found.evidence["size"]) == ("warning", 8, 9)


def test_a_stride_wider_than_the_window():
    (found,) = stride_skips_pixels(
        seen_of(
            lambda: nn.Sequential(nn.Conv2d(3, 8, 2, stride=4), nn.ReLU(), nn.Flatten(), nn.Linear(32, 5)),
            side=8,
        )
    )
    assert (found.severity, found.evidence["seen"], found.evidence["gap"]) == ("warning", 25.0, 2)


def small_eyed():
    layers = [part for width in (3, 8, 8) for part in (nn.Conv2d(width, 8, 3, padding=1), nn.ReLU())]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5))


def test_a_small_field_of_view():
    (found,) = small_receptive_field(seen_of(small_eyed, side=32))
    assert (found.severity, found.evidence["field"], found.evidence["picture"]) == ("warning", "7×7", "32×32")
    (found,) = small_receptive_field(seen_of(small_eyed, side=16))
    assert found.severity == "note"
    assert list(small_receptive_field(seen_of(small_eyed, side=7))) == []


class Unregistered(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(12, 16), nn.Linear(16, 5)
        self.hidden = [nn.Linear(16, 16), nn.Linear(16, 16)]
        self.scale = torch.ones(16, requires_grad=True)

    def forward(self, x):
        x = F.relu(self.first(x.flatten(1))) * self.scale
        for layer in self.hidden:
            x = F.relu(layer(x))
        return self.last(x)


def test_layers_in_a_list_and_a_loose_tensor():
    layers, tensor = unregistered_module(seen_of(Unregistered))
    assert (layers.severity, layers.form, layers.evidence["parameters"]) == ("error", "list", 544)
    assert layers.source.line == line_of(Unregistered, "self.hidden =")
    assert (tensor.form, tensor.evidence["attribute"], tensor.evidence["parameters"]) == (
        "tensor",
        "scale",
        16,
    )


class Anew(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(12, 16)

    def forward(self, x):
        x = F.relu(self.first(x.flatten(1)))
        return nn.Linear(16, 5)(x)


def test_a_layer_made_in_forward():
    (found,) = unregistered_module(seen_of(Anew))
    assert (found.form, found.evidence["type"], found.evidence["parameters"]) == ("anew", "Linear", 85)
    assert found.source.line == line_of(Anew, "nn.Linear(16, 5)(x)")


def test_two_numbers_for_five_classes():
    (found,) = narrow_bottleneck(
        seen_of(lambda: nn.Sequential(nn.Flatten(), nn.Linear(12, 2), nn.Tanh(), nn.Linear(2, 5)))
    )
    assert (found.severity, found.evidence["width"], found.evidence["classes"]) == ("warning", 2, 5)
