"""Graphs: every operation once, arrows are the trace's links, boxes nest and do not overlap."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from torch import nn
from torch.nn.functional import cross_entropy
from traces_for_tests import built, traces

from glassnet.errors import UsageError
from glassnet.figures.backward_graph import backward_graph
from glassnet.figures.boxes import boxes_of
from glassnet.figures.graph import forward_graph
from glassnet.figures.layout import place
from glassnet.figures.svg import draw_graph
from glassnet.nets.lenet import LeNet
from glassnet.trace.record import record

ALL = 99
SVG = "{http://www.w3.org/2000/svg}"


def groups_of(nodes, around=()):
    for node in nodes:
        yield node, around
        yield from groups_of(node.children, (*around, node.id))


def links_of(trace):
    """The trace's links, by its own data only."""
    found = set()
    for op in trace.ops:
        for number in op.inputs:
            value = trace.values[number]
            if value.kind == "input" or value.made_by is not None:
                found.add((-1 - number if value.made_by is None else value.made_by, op.number))
    return found


def check_placement(graph):
    """No two boxes overlap, each lies in its group, no arrow passes through a strange box."""
    placed = place(graph)
    around = {node.id: groups for node, groups in groups_of(graph.nodes)}
    assert sorted(around) == sorted(node.node.id for node in placed.nodes)
    for a, b in itertools.combinations(placed.nodes, 2):
        if a.node.id in around[b.node.id]:
            assert a.x <= b.x + 0.1
            assert a.y <= b.y + 0.1
            assert b.x + b.width <= a.x + a.width + 0.1
            assert b.y + b.height <= a.y + a.height + 0.1
        else:
            apart = a.x + a.width <= b.x + 0.1 or b.x + b.width <= a.x + 0.1
            assert apart or a.y + a.height <= b.y + 0.1 or b.y + b.height <= a.y + 0.1, (a.node.id, b.node.id)
    places = {node.node.id: node for node in placed.nodes}
    for edge in placed.edges:
        source, target = places[edge.edge.source], places[edge.edge.target]
        assert edge.points[0][1] == pytest.approx(source.y + source.height, abs=0.6)
        assert edge.points[-1][1] == pytest.approx(target.y, abs=0.6)
        assert source.x - 0.1 <= edge.points[0][0] <= source.x + source.width + 0.1
        assert target.x - 0.1 <= edge.points[-1][0] <= target.x + target.width + 0.1
        own = {edge.edge.source, edge.edge.target, *around[edge.edge.source], *around[edge.edge.target]}
        for (x1, y1), (x2, y2) in itertools.pairwise(edge.points):
            assert x1 == x2 or y1 == y2
            for node in placed.nodes:
                beside = max(x1, x2) <= node.x + 0.3 or min(x1, x2) >= node.x + node.width - 0.3
                off = max(y1, y2) <= node.y + 0.3 or min(y1, y2) >= node.y + node.height - 0.3
                assert node.node.id in own or beside or off, (edge.edge, node.node.id)
    return placed


@settings(deadline=None, max_examples=150)
@given(traces())
def test_any_graph_is_whole_and_placed_without_overlap(trace):
    graph = forward_graph(trace, depth=ALL, lang="en")
    boxes = list(boxes_of(graph.nodes))
    assert sorted(number for box in boxes for number in box.ops) == list(range(len(trace.ops)))
    drawn = {link for edge in graph.edges for link in edge.links}
    assert {link for link in drawn if link[1] >= 0} == links_of(trace)
    assert {link for link in drawn if link[1] < 0} == {(len(trace.ops) - 1, -1 - len(trace.ops))}
    for node, around in groups_of(graph.nodes):
        for outer in around:
            call = trace.calls[int(outer.rpartition("-")[2])]
            assert all(call.first_op <= number < call.end_op for number in node.ops)
    check_placement(graph)
    assert len({node.id for node, _ in groups_of(graph.nodes)}) == len(list(groups_of(graph.nodes)))


@settings(deadline=None, max_examples=60)
@given(traces(most=40))
def test_folded_graphs_keep_every_operation_and_link(trace):
    for depth in (0, 1, None):
        graph = forward_graph(trace, depth=depth, lang="en")
        box = {number: node.id for node in boxes_of(graph.nodes) for number in node.ops}
        assert sorted(box) == list(range(len(trace.ops)))
        kept = {link for edge in graph.edges for link in edge.links if link[1] >= 0}
        for start, end in links_of(trace) - kept:
            assert box[start] == box[end]
        check_placement(graph)


@settings(deadline=None, max_examples=30)
@given(traces())
def test_the_svg_is_sound_and_always_the_same(trace):
    text = draw_graph(forward_graph(trace, depth=ALL, lang="zh"))
    assert text == draw_graph(forward_graph(trace, depth=ALL, lang="zh"))
    root = ET.fromstring(text)
    drawn = [g for g in root.iter(f"{SVG}g") if g.get("data-kind") == "operation"]
    assert sorted(int(g.get("data-op")) for g in drawn) == list(range(len(trace.ops)))
    for g in root.iter(f"{SVG}g"):
        if g.get("data-op"):
            assert g.find(f"{SVG}title").text
    width, height = float(root.get("width")), float(root.get("height"))
    rectangle = root.find(f"{SVG}rect")
    assert (float(rectangle.get("width")), float(rectangle.get("height"))) == (width, height)


def test_lenet_as_a_person_reads_it():
    graph = forward_graph(record(LeNet(), torch.zeros(1, 3, 32, 32)), lang="en")
    assert graph.title == "LeNet"
    assert graph.subtitle == ("1×3×32×32 → 1×10 · 12 operations · 62,006 parameters · 651,720 multiply-adds")
    said = [(node.title, node.detail, node.note, node.shape, node.role) for node in graph.nodes]
    assert said[:4] == [
        ("images", "", "", "1×3×32×32", "other"),
        ("conv2d", "5×5, 3→6", "conv1", "1×6×28×28", "weights"),
        ("relu", "", "", "1×6×28×28", "activation"),
        ("max_pool2d", "2×2 /2", "pool", "1×6×14×14", "pool"),
    ]
    assert said[-3:] == [
        ("relu", "", "", "1×84", "activation"),
        ("linear", "84→10", "fc3", "1×10", "weights"),
        ("output", "", "", "1×10", "other"),
    ]
    assert not any(edge.shortcut for edge in graph.edges)
    assert graph.nodes[1].path == "conv1"
    assert "456 parameters" in graph.nodes[1].hover


class Block(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, padding=1)
        self.norm = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, padding=1, groups=outside)
        self.beside = nn.Conv2d(inside, outside, 1) if inside != outside else None

    def forward(self, x):
        y = self.conv2(torch.relu(self.norm(self.conv1(x))))
        return torch.relu(y + (x if self.beside is None else self.beside(x)))


class 残差网络(nn.Module):  # noqa: N801, PLC2401 — names of classes may be Chinese
    def __init__(self, blocks):
        super().__init__()
        self.起点 = nn.Conv2d(3, 4, 3, stride=2)
        self.层 = nn.Sequential(Block(4, 8), *(Block(8, 8) for _ in range(blocks)))
        self.终点 = nn.Linear(8, 5)

    def forward(self, x):
        return self.终点(self.层(self.起点(x)).mean((2, 3)))


@pytest.fixture(scope="module")
def residual():
    return record(
        残差网络(16).eval(),
        torch.randn(1, 3, 9, 9),
        backward=lambda out: cross_entropy(out, torch.tensor([1])),
    )


def test_residual_connections_are_shortcuts(residual):
    graph = forward_graph(residual, depth=ALL, lang="en")
    ops = residual.ops
    short = {link for edge in graph.edges if edge.shortcut for link in edge.links}
    sums = [op.number for op in ops if op.name == "add"]
    assert len(sums) == 17
    first = {(ops[n].label, ops[m].label) for n, m in short if m <= sums[0]}
    assert first == {("起点.conv2d", "层.0.beside.conv2d"), ("层.0.beside.conv2d", "层.0.add")}
    assert {m for _, m in short} >= set(sums)
    assert len(short) == 2 + 16


def test_equal_blocks_are_one_box_with_their_number(residual):
    graph = forward_graph(residual, lang="en")
    nodes = {node.title: node for node, _ in groups_of(graph.nodes)}
    pile = nodes["层.1–16"]
    assert (pile.kind, pile.count, pile.detail) == ("group", 16, "16 × Block")
    assert pile.note == "one after another; the first is drawn"
    assert [child.title for child in pile.children] == [
        "conv2d", "batch_norm", "relu", "conv2d", "add", "relu"
    ]  # fmt: skip
    assert all(len(child.ops) == 16 for child in pile.children)
    inside = {child.id for child in pile.children}
    assert (
        sum(edge.shortcut for edge in graph.edges if edge.source not in inside and edge.target in inside) == 1
    )
    closed = forward_graph(residual, depth=0, lang="en")
    assert [node.title for node in closed.nodes] == [
        "images", "conv2d", "层", "mean", "linear", "tensor", "cross_entropy", "output"
    ]  # fmt: skip
    size = sum(p.numel() for p in 残差网络(16).层.parameters())
    assert closed.nodes[2].note == f"{7 + 16 * 6} operations · {size:,} parameters"


def test_a_wanted_module_is_opened_by_itself(residual):
    graph = forward_graph(residual, open=["层.5"], lang="en")
    nodes = {node.title: node for node, _ in groups_of(graph.nodes)}
    assert nodes["层.5"].kind == "group"
    assert nodes["层.5"].count == 1
    assert (nodes["层.1–4"].count, nodes["层.6–16"].count) == (4, 11)
    deep = forward_graph(residual, depth=0, open=["层.5"], lang="en")
    assert {n.title: n.kind for n, _ in groups_of(deep.nodes)}["层.4"] == "closed"


def test_wrong_paths_and_depths_are_refused(residual):
    with pytest.raises(UsageError) as error:
        forward_graph(residual, open=["层.55"], lang="en")
    assert str(error.value).startswith("no module that ran has this path\n  where: open\n  got: '层.55'")
    with pytest.raises(UsageError) as error:
        forward_graph(residual, depth=-1, lang="en")
    assert str(error.value) == "the depth is negative\n  where: depth\n  got: -1\n  expected: 0, 1, 2, …"
    with pytest.raises(UsageError) as error:
        backward_graph(record(LeNet(), torch.zeros(1, 3, 32, 32)), lang="en")
    assert str(error.value).startswith("the trace has no backward pass")


def test_branches_that_differ_are_not_laid_over_each_other():
    # 0 → (1 2 3) and (4 5 6) → 7: equal modules side by side that read and feed the same
    side = built(
        [[-1], [0], [1], [2], [0], [4], [5], [3, 6]] + [[n] for n in range(7, 90)], [(1, 4, 0), (4, 7, 0)],
        names=["conv2d", *["conv2d", "relu", "relu"] * 2, "cat", *["relu"] * 83], types=["Branch"] * 2,
    )  # fmt: skip
    found = [node for node, _ in groups_of(forward_graph(side, lang="en").nodes) if node.path]
    assert [node.count for node in found] == [1, 1]  # too little is saved
    # the second reads something else: never one
    other = built(
        [[-1], [0], [1], [2], [3], [4], [-1], [6], [7], [8], [9], [5, 10]] + [[n] for n in range(11, 90)],
        [(1, 6, 0), (6, 11, 0)],
        names=["conv2d", *["conv2d", "relu", "relu", "relu", "relu"] * 2, "cat", *["relu"] * 79],
        types=["Branch"] * 2,
    )
    found = [node for node, _ in groups_of(forward_graph(other, lang="en").nodes) if node.path]
    assert [node.count for node in found] == [1, 1]


def test_names_are_escaped_and_chinese_stays():
    hostile = '<script>alert("&")</script>\x00'
    trace = built(
        [[-1], [0], [1]], [(0, 2, 0)], names=[hostile, "relu", "add"], network=f"网络{hostile}",
        paths=[f'层"{hostile}'], types=[hostile],
    )  # fmt: skip
    text = draw_graph(forward_graph(trace, lang="zh"))
    root = ET.fromstring(text)
    assert "<script" not in text
    assert root.find(f"{SVG}title").text.startswith('网络<script>alert("&")</script>')
    paths = {g.get("data-path") for g in root.iter(f"{SVG}g")}
    assert '层"<script>alert("&")</script>�' in paths


def test_the_backward_graph_has_every_node_and_every_link(residual):
    graph = backward_graph(residual, depth=ALL, lang="en")
    boxes = [box for box in boxes_of(graph.nodes) if box.id != "backward-loss"]
    assert len(boxes) == len(residual.backward)
    links = {link for edge in graph.edges for link in edge.links}
    assert links == {(node.number, after) for node in residual.backward for after in node.next}
    ends = {f"{box.path} {box.title}" for box in boxes if box.kind == "parameter"}
    assert len(ends) == sum(node.parameter is not None for node in residual.backward)
    check_placement(graph)
    check_placement(backward_graph(residual, lang="en"))
    assert graph.nodes[0].title == "loss"
    assert graph.edges[0].source == "backward-loss"


def test_a_backward_box_tells_its_operation_and_its_gradient():
    net = LeNet()
    trace = record(
        net, torch.randn(2, 3, 32, 32), backward=lambda out: cross_entropy(out, torch.tensor([1, 2]))
    )
    boxes = {box.title: box for box in boxes_of(backward_graph(trace, lang="en").nodes)}
    bias = boxes["conv1.bias"]
    gradient = next(v.gradient for v in trace.values if v.name == "conv1.bias")
    assert bias.note == f"∇ {gradient.minimum:.2g} … {gradient.maximum:.2g}".replace("-", "−")
    assert bias.shape == "6"
    convolutions = [
        box for box in boxes_of(backward_graph(trace, lang="en").nodes) if "Convolution" in box.title
    ]
    assert [box.note for box in convolutions] == ["conv2.conv2d", "conv1.conv2d"]
    assert all(trace.ops[box.ops[0]].label == box.note for box in convolutions)


def test_graphs_of_larger_networks_can_be_read():
    torchvision = pytest.importorskip("torchvision")
    for name in ("resnet50", "googlenet", "mobilenet_v3_small", "vit_b_16"):
        options = {"init_weights": False} if name == "googlenet" else {}
        trace = record(getattr(torchvision.models, name)(**options).eval(), torch.zeros(1, 3, 224, 224))
        graph = forward_graph(trace, lang="en")
        assert len(list(boxes_of(graph.nodes))) <= 70
        check_placement(graph)
        shown = {number for box in boxes_of(graph.nodes) for number in box.ops}
        assert shown == {op.number for op in trace.ops}


def test_a_picture_that_was_looked_at_stays(tmp_path):
    """LeNet's SVG is that of `lenet.svg`; after a wished change look at the new one and keep it."""
    text = draw_graph(forward_graph(record(LeNet(), torch.zeros(1, 3, 32, 32)), lang="en"))
    shapes = [line for line in text.splitlines() if line.startswith(("<g ", "<path", "<svg"))]
    known = Path(__file__).with_name("lenet.svg").read_text("utf-8").splitlines()
    assert [line.split("<title>")[0] for line in shapes] == [
        line.split("<title>")[0] for line in known if line.startswith(("<g ", "<path", "<svg"))
    ]
