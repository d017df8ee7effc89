"""Rows add up to totals, and totals are those of independent counters."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from glassnet.inspection.as_data import plain, table_as_data, trace_as_data
from glassnet.inspection.fold import MOST_LINES, fold
from glassnet.inspection.table import table_of
from glassnet.nets.build import build
from glassnet.trace.record import record
from toys import Tiny


class Twice(nn.Module):
    """One layer used twice, one that shares its weight, one that is never called."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(6, 6)
        self.tied = nn.Linear(6, 6, bias=False)
        self.tied.weight = self.first.weight
        self.idle = nn.Linear(6, 2)
        self.frozen = nn.Linear(6, 3).requires_grad_(False)

    def forward(self, x):
        return self.frozen(self.tied(torch.relu(self.first(self.first(x)))))


def looked(net, *shape):
    return table_of(record(net.eval(), torch.rand(*shape)))


def test_a_net_whose_every_number_is_known():
    rows = looked(Tiny(), 1, 1, 8, 8).root.children
    assert [(row.name, row.kind, row.parameters, row.macs, row.bytes) for row in rows] == [
        ("conv", "module", 4 * 9 + 4, 8 * 8 * 4 * 9, 4 * 64 * 4),
        ("norm", "module", 8, 0, 4 * 64 * 4),
        ("relu", "operation", 0, 0, 4 * 64 * 4),
        ("max_pool2d", "operation", 0, 0, 4 * 16 * 4),
        ("flatten", "operation", 0, 0, 0),
        ("drop", "module", 0, 0, rows[5].bytes),
        ("head", "module", 64 * 3 + 3, 64 * 3, 3 * 4),
    ]
    assert [row.outputs for row in rows] == [
        ((1, 4, 8, 8),), ((1, 4, 8, 8),), ((1, 4, 8, 8),), ((1, 4, 4, 4),), ((1, 64),), ((1, 64),), ((1, 3),),
    ]  # fmt: skip
    assert all(row.source is not None and row.source.file.endswith("toys.py") for row in rows)


@pytest.mark.parametrize("net", ["lenet", "glass", "fashion-cnn", "cifar-quick", "torchvision:resnet18",
                                 "torchvision:mobilenet_v3_small", "timm:vit_tiny_patch16_224"])  # fmt: skip
def test_totals_are_those_of_independent_counters(net):
    side = 224 if ":" in net else 32
    module = build(net, in_channels=3, height=side, width=side, num_classes=10).module.eval()
    images = torch.rand(1, 3, side, side)
    table = table_of(record(module, images))
    counter = FlopCounterMode(display=False)
    # the counter does not know the processor's fused attention
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
        module(images)
    assert 2 * table.totals.macs == counter.get_total_flops()
    assert table.totals.parameters == sum(p.numel() for p in module.parameters())
    assert table.totals.trainable == sum(p.numel() for p in module.parameters() if p.requires_grad)
    assert table.totals.parameter_bytes == 4 * table.totals.parameters


def every_row(table):
    return [row for row in table.root.walk() if row.children]


@pytest.mark.parametrize("net", ["glass", "torchvision:resnet18", "torchvision:swin_t"])
def test_columns_add_up(net):
    side = 224 if ":" in net else 32
    module = build(net, in_channels=3, height=side, width=side, num_classes=10).module
    table = looked(module, 1, 3, side, side)
    for row in every_row(table):
        for column in ("parameters", "trainable", "macs", "bytes", "operations"):
            assert getattr(row, column) == sum(getattr(child, column) for child in row.children), row.path
    assert table.root.macs == table.totals.macs
    assert table.root.bytes == table.totals.activation_bytes
    assert table.root.parameters + table.totals.parameters_unused == table.totals.parameters
    assert sum(row.op is not None for row in table.root.walk()) == table.totals.operations


def test_what_is_used_twice_counts_once_and_what_is_not_used_is_named():
    table = looked(Twice(), 1, 6)
    rows = {(row.name, row.repeat): row for row in table.root.children}
    assert rows["first", 0].parameters == 42
    assert rows["first", 1].parameters == 0
    assert rows["tied", 0].parameters == 0
    assert (rows["frozen", 0].parameters, rows["frozen", 0].trainable) == (21, 0)
    assert table.unused == ("idle.weight", "idle.bias")
    assert (table.totals.parameters, table.totals.parameters_unused) == (42 + 14 + 21, 14)


def test_a_network_that_is_one_layer_still_has_a_row():
    assert [row.name for row in looked(nn.Linear(2, 1), 1, 2).root.children] == ["linear"]


def test_a_module_that_does_nothing_has_a_row():
    rows = looked(nn.Sequential(nn.Identity(), nn.ReLU()), 1, 2).root.children
    assert [(row.type, row.operations) for row in rows] == [("Identity", 0), ("ReLU", 1)]


def test_the_loss_stands_apart():
    net = nn.Linear(2, 3)
    label = torch.tensor([1])
    trace = record(net, torch.rand(1, 2), backward=lambda out: nn.functional.cross_entropy(out, label))
    table = table_of(trace)
    assert [row.name for row in table.loss] == ["cross_entropy"]
    assert [row.name for row in table.root.children] == ["linear"]


def test_equal_blocks_are_one_line_and_different_ones_are_not():
    block = [nn.Sequential(nn.Linear(4, 4), nn.ReLU()) for _ in range(3)]
    net = nn.Sequential(*block, nn.Sequential(nn.Linear(4, 5), nn.ReLU()))
    lines, _ = fold(looked(net, 1, 4))
    assert [(line.row.path, line.times) for line in lines if line.level == 1] == [("0", 3), ("3", 1)]


def test_a_network_of_a_thousand_operations_stays_readable():
    class Block(nn.Module):
        def __init__(self, wide):
            super().__init__()
            self.parts = nn.Sequential(*(nn.Linear(wide, wide) for _ in range(10)))

        def forward(self, x):
            return self.parts(x) + x

    net = nn.Sequential(
        *(nn.Sequential(*(Block(4 + i) for i in [0] * 9), nn.Linear(4, 4)) for _ in range(10))
    )
    table = looked(net, 1, 4)
    assert table.totals.operations == 1000
    lines, _ = fold(table)
    assert len(lines) <= MOST_LINES
    shown = sum(line.row.op is not None for line in lines)
    assert shown + sum(line.folded for line in lines) == 1000
    everything, deepest = fold(table, depth=99)
    assert deepest == 4
    assert len(everything) > len(list(fold(table, depth=1)[0]))


def test_what_is_written_down_is_json():
    trace = record(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()), torch.full((1, 1, 4, 4), float("nan")))
    data = {**trace_as_data(trace), **table_as_data(table_of(trace))}
    again = json.loads(json.dumps(data, allow_nan=False))
    assert again["rows"]["children"][0]["receptive_field"][0]["size"] == 3
    assert again["values"][0]["statistics"]["mean"] is None
    assert plain({"a": slice(0, None, 2), "b": torch.float32}) == {
        "a": {"slice": [0, None, 2]},
        "b": "torch.float32",
    }
