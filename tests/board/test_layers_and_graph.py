"""A trace as TensorBoard's pictures and graph: every channel by itself, every operation in its module."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from glassnet.draw import coloured, scale_of
from glassnet.tensorboard.graph import graph_of
from glassnet.tensorboard.layers import layer_pictures, sheet
from glassnet.tensorboard.projector import MOST_SHEET, choose_points, last_layer, thumbnails
from glassnet.trace.record import record
from toys import Tiny, pictures


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 64, 3, padding=1)
        self.conv_again = nn.Conv2d(64, 64, 3, padding=1)

    def forward(self, images):
        x = torch.relu(self.conv(images))
        x = torch.relu(self.conv_again(x) + x)
        left, right = x.chunk(2, 1)
        return {"logits": left.mean((2, 3)), "maps": right}


@pytest.fixture(scope="module")
def trace():
    torch.manual_seed(0)
    return record(Block().eval(), torch.rand(1, 3, 8, 8), keep="all")


def shown(values, tag):
    (value,) = [value for value in values if value.tag == tag]
    return np.asarray(Image.open(io.BytesIO(value.image.encoded_image_string)))


def test_sixty_four_channels_are_sixty_four_maps(trace):
    values, notes = layer_pictures(trace)
    assert notes == []
    image = shown(values, "layers/001 conv.conv2d, output")
    maps = trace.kept[trace.ops[0].outputs[0]][0].numpy()
    colours = coloured(maps, scale_of(maps))  # 64×8×8×3
    side = 8  # px: the sheet is magnified so many times
    found = 0
    for channel in colours:
        tile = channel.repeat(side, 0).repeat(side, 1)
        strip = tile[side // 2]
        rows = np.flatnonzero((image[:, :, :] == strip[0]).all(-1).any(1))
        for y in rows[::1]:
            xs = np.flatnonzero((image[y] == strip[0]).all(-1))
            if any(np.array_equal(image[y, x : x + len(strip)], strip) for x in xs):
                found += 1
                break
    assert found == 64


def test_what_comes_out_of_a_layer_goes_into_the_next(trace):
    values, _ = layer_pictures(trace)
    out = shown(values, "layers/001 conv.conv2d, output")
    assert np.array_equal(out, shown(values, "layers/002 relu, input"))
    assert [value.tag for value in values if "004" in value.tag] == [
        "layers/004 add, input", "layers/004 add, input 2", "layers/004 add, output",
    ]  # fmt: skip


def test_one_scale_for_all_maps_brought_into_its_ends():
    maps = np.array([[[-1.0, 0.0]], [[0.5, 2.0]]], np.float32)
    image = sheet(maps, "numbers")
    colours = {tuple(colour) for colour in image.reshape(-1, 3).tolist()}
    for number in (-1.0, 0.0, 0.5, 2.0):
        assert tuple(coloured(np.array([number]), scale_of(maps))[0].tolist()) in colours


def test_not_finite_numbers_are_magenta_and_huge_maps_fit():
    assert (sheet(np.full((1, 4, 4), np.nan), "") == (255, 0, 255)).all(-1).sum() > 1000
    large = sheet(np.random.default_rng(0).normal(size=(300, 300, 300)).astype(np.float32), "large")
    assert max(large.shape) < 3000
    assert sheet(np.zeros((2048, 1, 1), np.float32), "many").shape[1] < 900


def test_many_layers_are_cut_evenly_and_that_is_said():
    net = nn.Sequential(*[nn.ReLU() for _ in range(50)])
    values, notes = layer_pictures(record(net, torch.rand(1, 1, 2, 2), keep="all"))
    assert notes == ["pictures of 40 of 50 operations, evenly spread; glassnet look draws any"]
    assert [values[0].tag, values[-1].tag] == ["layers/001 0.relu, input", "layers/050 49.relu, output"]


def test_the_graph_holds_every_operation_and_its_wires(trace):
    nodes = {node.name: node for node in graph_of(trace).node}
    assert set(nodes) == {
        "images", "conv/weight", "conv/bias", "conv_again/weight", "conv_again/bias", "conv/conv2d", "relu",
        "conv_again/conv2d", "add", "relu_1", "chunk", "mean", "output",
    }  # fmt: skip
    assert list(nodes["conv/conv2d"].input) == ["images", "conv/weight", "conv/bias"]
    assert list(nodes["add"].input) == ["conv_again/conv2d", "relu"]
    assert list(nodes["output"].input) == ["mean", "chunk:1"]
    shape = nodes["conv/conv2d"].attr["_output_shapes"].list.shape[0]
    assert [side.size for side in shape.dim] == [1, 64, 8, 8]
    told = {key: value.s.decode() for key, value in nodes["conv/conv2d"].attr.items() if value.s}
    assert told["module"].startswith("Conv2d(3, 64, kernel_size=(3, 3)")
    assert told["multiply-adds"] == f"{64 * 3 * 9 * 64:,}"
    assert told["line"].startswith("test_layers_and_graph.py:")


def test_every_wire_of_the_graph_begins_at_a_node():
    trace = record(Tiny().eval(), torch.rand(1, 1, 8, 8))
    nodes = graph_of(trace).node
    names = {node.name for node in nodes}
    assert len(names) == len(nodes)
    assert {name.split(":")[0] for node in nodes for name in node.input} <= names


def test_the_last_layer_is_found_behind_functions(trace):
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head, self.scale = nn.Linear(64, 5), nn.Linear(5, 3), nn.Parameter(torch.ones(3))

        def forward(self, images):
            return torch.log_softmax(self.head(self.body(images.flatten(1)).relu()) * self.scale, 1)

    assert last_layer(record(Scaled(), torch.rand(1, 1, 8, 8))) == ("head", 0, 5)
    assert last_layer(trace) == ("conv_again", 0, 64)
    assert last_layer(record(nn.Flatten(), torch.rand(1, 1, 2, 2))) is None


@pytest.mark.parametrize(("count", "size"), [(1, (8, 8)), (7, (30, 10)), (500, (300, 400))])
def test_thumbnails_fit_and_stand_in_square_cells(count, size):
    images = np.random.default_rng(0).integers(0, 255, (min(count, 9), *size, 3), np.uint8)
    images = images[np.arange(count) % len(images)]
    png, side = thumbnails(images)
    sheet_size = Image.open(io.BytesIO(png)).size
    columns = sheet_size[0] // side
    assert sheet_size[0] == sheet_size[1] == columns * side <= MOST_SHEET
    assert columns**2 >= count > (columns - 1) ** 2


def test_long_points_are_fewer():
    source = pictures(2000)
    assert [len(choose_points(source, size)) for size in (10, 2000, 4096, 100_000)] == [500, 500, 244, 100]
    assert choose_points(pictures(3), 10).tolist() == [0, 1, 2]
