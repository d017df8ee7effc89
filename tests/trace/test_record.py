"""What `record` writes down, on networks whose every number is known."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from glassnet.errors import NetError, UsageError
from glassnet.trace.completeness import completeness
from glassnet.trace.record import record
from glassnet.trace.trace import Ref, Trace

HERE = Path(__file__)


def line_of(text: str) -> int:
    """Give the number of the only line of this file that ends in a comment."""
    lines = [
        n for n, line in enumerate(HERE.read_text("utf-8").splitlines(), 1) if line.endswith(f"# {text}")
    ]
    assert len(lines) == 1
    return lines[0]


class Known(nn.Module):
    """y = relu(w·x + b), added to x, and then half of it: every number can be worked out in the head."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)
        with torch.no_grad():
            self.layer.weight.copy_(torch.tensor([[1.0, 2.0], [0.0, -1.0]]))
            self.layer.bias.copy_(torch.tensor([0.5, 0.0]))

    def forward(self, x):
        y = F.relu(self.layer(x))  # known: relu
        return (x + y) * 0.5  # known: sum


def ops(trace: Trace) -> list[str]:
    return [op.name for op in trace.ops]


def test_operations_are_linked_with_modules_lines_shapes_and_parameters():
    trace = record(Known(), torch.tensor([[1.0, 2.0]]))
    assert [(op.label, op.function) for op in trace.ops] == [
        ("layer.linear", "torch.nn.functional.linear"),
        ("relu", "torch.nn.functional.relu"),
        ("add", "torch.Tensor.add"),
        ("mul", "torch.Tensor.mul"),
    ]
    linear, relu, add, mul = trace.ops
    assert trace.values[linear.inputs[0]].name == "images"
    assert linear.parameters == ("layer.weight", "layer.bias")
    assert linear.macs == 4
    assert relu.inputs == linear.outputs
    assert add.inputs == (trace.inputs[0], relu.outputs[0])
    assert mul.args == (Ref(add.outputs[0]), 0.5)
    assert trace.output == Ref(mul.outputs[0])
    assert [trace.values[op.outputs[0]].shape for op in trace.ops] == [(1, 2)] * 4
    assert [op.source.line for op in trace.ops] == [line_of("known: relu")] * 2 + [line_of("known: sum")] * 2
    assert {op.source.file for op in trace.ops} == {str(HERE)}
    assert [(call.path, call.parent, call.first_op, call.end_op) for call in trace.calls] == [
        ("", None, 0, 4),
        ("layer", 0, 0, 1),
    ]
    assert [trace.calls[op.call].path for op in trace.ops] == ["layer", "", "", ""]
    assert trace.calls[1].inputs == trace.inputs
    assert trace.calls[1].outputs == linear.outputs
    assert trace.unseen == ()


def test_statistics_at_capture():
    trace = record(Known(), torch.tensor([[1.0, 2.0], [-3.0, 1.0]]))
    numbers = trace.values[trace.ops[1].outputs[0]].statistics  # relu of 5.5, -2, -0.5, -1
    assert (numbers.minimum, numbers.maximum, numbers.mean) == (0.0, 5.5, 1.375)
    assert numbers.deviation == pytest.approx(np.std([5.5, 0, 0, 0]))
    assert numbers.zeros == 0.75
    assert numbers.num_not_finite == 0


def test_gradients_of_values_and_parameters():
    net = Known()
    trace = record(net, torch.tensor([[1.0, 2.0]]), backward=torch.sum, keep="all")
    grads = {trace.values[number].name: grad.tolist() for number, grad in trace.kept_gradients.items()}
    assert grads == {
        "images": [[1.0, 1.5]],  # half, and half of the first row of the weights
        "layer.weight": [[0.5, 1.0], [0.0, 0.0]],
        "layer.bias": [0.5, 0.0],
        "layer.linear": [[0.5, 0.0]],
        "relu": [[0.5, 0.5]],
        "add": [[0.5, 0.5]],
        "mul": [[1.0, 1.0]],
        "sum": 1.0,
    }
    assert trace.values[trace.loss].name == "sum"
    assert trace.ops[-1].stage == "loss"
    assert net.layer.weight.grad is None
    assert [p.gradient.maximum for p in trace.modules[1].parameters] == [1.0, 0.5]


def test_the_backward_graph_starts_at_the_loss_and_ends_at_parameters():
    trace = record(Known(), torch.tensor([[1.0, 2.0]]), backward=torch.sum, input_gradient=False)
    chain = [(node.name, node.op, node.parameter) for node in trace.backward]
    assert chain[:4] == [
        ("SumBackward0", 4, None),
        ("MulBackward0", 3, None),
        ("AddBackward0", 2, None),
        ("ReluBackward0", 1, None),
    ]
    assert {parameter for _, _, parameter in chain if parameter} == {"layer.weight", "layer.bias"}
    assert trace.backward[0].next == (1,)


def test_kept_tensors_are_those_asked_for():
    net, x = Known(), torch.tensor([[1.0, 2.0]])
    assert record(net, x).kept == {}
    kept = record(net, x, keep=["layer"]).kept
    assert [tensor.tolist() for tensor in kept.values()] == [[[5.5, -2.0]]]
    everything = record(net, x, keep="all")
    assert set(everything.kept) == {value.number for value in everything.values}
    assert everything.kept[everything.output.value].tolist() == net(x).tolist()


class InPlace(nn.Module):
    def forward(self, x):
        y = x * 2
        y.add_(1)
        y[:, 0] = 7
        part = y[:, 1]
        part.mul_(10)
        return y + 0


def test_in_place_operations_end_one_value_and_begin_another():
    trace = record(InPlace(), torch.ones(1, 2), keep="all")
    assert ops(trace) == ["mul", "add_", "setitem", "getitem", "mul_", "add"]
    _, added, placed, part, scaled, last = trace.ops
    assert added.in_place
    assert trace.kept[added.inputs[0]].tolist() == [[2.0, 2.0]]
    assert trace.kept[added.outputs[0]].tolist() == [[3.0, 3.0]]
    assert trace.kept[placed.outputs[0]].tolist() == [[7.0, 3.0]]
    assert part.view
    assert trace.values[part.outputs[0]].bytes == 0
    read = trace.values[last.inputs[0]]  # y, into which its view was written
    assert read.made_by == scaled.number
    assert read.number in scaled.outputs
    assert trace.kept[read.number].tolist() == [[7.0, 30.0]]


def test_the_input_is_not_written_into():
    class Writes(nn.Module):
        def forward(self, x):
            return x.sub_(0.5)

    x = torch.ones(1, 2)
    trace = record(Writes(), x, backward=torch.sum)
    assert x.tolist() == [[1.0, 1.0]]
    assert trace.values[trace.inputs[0]].gradient is not None


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 3)
        self.again = self.layer
        self.act = nn.ReLU(inplace=True)

    def forward(self, x, times):
        for _ in range(times):
            x = self.act(self.layer(x))
        if x.sum() > 0:
            x = self.again(x)
        return x


def test_shared_modules_and_control_flow():
    trace = record(Shared(), (torch.ones(1, 3), 2))
    layers = [(call.path, call.repeat) for call in trace.calls if call.type == "Linear"]
    assert layers[:2] == [("layer", 0), ("layer", 1)]
    assert [op.label for op in trace.ops][:4] == ["layer.linear", "act.relu", "layer.linear_1", "act.relu_1"]
    assert [(u.what.partition(":")[0], u.module) for u in trace.unseen] == [("Python decides by a value", "")]
    assert trace.unseen[0].source.file == str(HERE)


@dataclass
class Answer:
    logits: torch.Tensor
    extra: dict


class ManyOutputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(2, 3), nn.Linear(2, 1)

    def forward(self, left, *, right):
        return Answer(self.a(left), {"parts": [self.b(right), 3]})


def test_several_inputs_and_nested_outputs():
    trace = record(ManyOutputs(), {"left": torch.ones(1, 2), "right": torch.ones(4, 2)})
    assert [trace.values[number].name for number in trace.inputs] == ["left", "right"]
    a, b = (op.outputs[0] for op in trace.ops)
    assert trace.output == {"logits": Ref(a), "extra": {"parts": [Ref(b), 3]}}
    assert trace.calls[0].outputs == (a, b)


class Loose(nn.Module):
    """Layers in a plain list, a tensor that is no buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = [nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2))]
        self.scale = torch.tensor(2.0)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x * self.scale


def test_layers_in_a_plain_list_are_found_and_said_to_be_unregistered():
    trace = record(Loose(), torch.ones(1, 2))
    assert [(c.path, c.registered) for c in trace.calls] == [
        ("", True),
        ("layers[0]", False),
        ("layers[1]", False),
        ("layers[1].0", False),
    ]
    named = {value.name: value.kind for value in trace.values}
    assert named["layers[1].0.weight"] == "constant"
    assert named["scale"] == "constant"


class Escapes(nn.Module):
    def forward(self, x):
        y = torch.from_numpy(x.numpy() * 2)
        return y + x.sum().item()


def test_escapes_are_listed():
    trace = record(Escapes(), torch.ones(1, 2))
    assert [u.what.partition(":")[0].partition(" (")[0] for u in trace.unseen] == [
        "NumPy takes over",
        "a number leaves the network",
        "a tensor that no operation of this pass made",
    ]
    assert {u.source.function for u in trace.unseen} == {"forward"}
    assert trace.values[trace.ops[-1].inputs[0]].kind == "constant"


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("make", [torch.jit.script, lambda m: torch.jit.trace(m, torch.ones(1, 2))])
def test_a_scripted_part_is_one_operation_and_named(make):
    net = nn.Sequential(nn.Linear(2, 2), make(nn.Sequential(nn.Linear(2, 3), nn.ReLU())), nn.Linear(3, 1))
    trace = record(net, torch.ones(1, 2))
    assert len(trace.ops) == 3
    scripted = trace.ops[1]
    assert scripted.function == "unseen"
    assert scripted.inputs == trace.ops[0].outputs
    assert scripted.outputs[0] in trace.ops[2].inputs
    assert [(u.what.partition(" ")[0], u.module) for u in trace.unseen] == [("TorchScript", "1")]


def test_a_compiled_network_is_run_uncompiled_and_that_is_said():
    net = torch.compile(Known())
    trace = record(net, torch.ones(1, 2))
    assert ops(trace) == ["linear", "relu", "add", "mul"]
    assert trace.unseen[0].what.startswith("torch.compile")


def test_what_torch_func_transforms_is_named():
    class Mapped(nn.Module):
        def forward(self, x):
            return torch.vmap(lambda row: row.sum() * 2)(x) + 1

    trace = record(Mapped(), torch.ones(2, 3), keep="all")
    assert ops(trace) == ["add"]
    assert [u.what.partition(" (")[0] for u in trace.unseen] == [
        "torch.func",
        "a tensor that no operation of this pass made",
    ]
    assert trace.kept[trace.output.value].tolist() == [7.0, 7.0]


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        return grad * 2


class Custom(nn.Module):
    def forward(self, x):
        return Doubled.apply(x) + 1


@pytest.mark.parametrize("backward", [None, torch.sum])
def test_a_custom_function_is_seen_inside(backward):
    trace = record(Custom(), torch.ones(1, 2), backward=backward)
    assert ops(trace)[:2] == ["mul", "add"]
    assert trace.ops[1].inputs == trace.ops[0].outputs


CASES = {
    "attention": (nn.TransformerEncoderLayer(8, 2, batch_first=True), torch.randn(2, 5, 8)),
    "lstm": (nn.LSTM(4, 3, num_layers=2, bidirectional=True), torch.randn(5, 2, 4)),
    "gru": (nn.GRU(4, 3), torch.randn(5, 2, 4)),
    "rnn cell": (nn.RNNCell(4, 3), torch.randn(2, 4)),
    "half": (nn.Sequential(nn.Linear(4, 4), nn.GELU()).bfloat16(), torch.randn(2, 4).bfloat16()),
    "norms": (nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.Dropout()), torch.randn(2, 2, 6, 6)),
}


@pytest.mark.parametrize("mode", ["train", "eval"])
@pytest.mark.parametrize("name", CASES)
def test_kinds_of_layers(name, mode):
    net, x = CASES[name]
    net.train(mode == "train")
    torch.manual_seed(0)
    with torch.no_grad():
        expected = [t.clone() for t in _tensors(record_free(net, x))]
    torch.manual_seed(0)
    trace = record(net, x, keep="all")
    found = [trace.kept[ref.value] for ref in _refs(trace.output)]
    assert all(torch.equal(a, b) for a, b in zip(expected, found, strict=True))
    assert trace.unseen == ()
    assert completeness(net, x).outside == {}


def record_free(net, x):
    """Run a network as the recorder does: a mode switches the fast path of attention off."""
    from torch.overrides import TorchFunctionMode

    class Nothing(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            return func(*args, **(kwargs or {}))

    state = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    with Nothing():
        output = net(x)
    net.load_state_dict(state)
    return output


def _tensors(output):
    return [output] if isinstance(output, torch.Tensor) else [t for part in output for t in _tensors(part)]


def _refs(output):
    return [output] if isinstance(output, Ref) else [r for part in output for r in _refs(part)]


@pytest.mark.parametrize("net", [
    nn.Conv1d(2, 4, 3, stride=2, groups=2), nn.Conv2d(2, 4, (3, 2), padding=1, dilation=2), nn.Conv3d(2, 3, 2),
    nn.ConvTranspose2d(2, 3, 3, stride=2), nn.Linear(6, 5, bias=False), nn.MultiheadAttention(6, 3),
], ids=str)  # fmt: skip
def test_multiply_adds_equal_pytorchs_own_count(net):
    sizes = {
        nn.Conv1d: (2, 2, 9),
        nn.Conv3d: (2, 2, 4, 4, 4),
        nn.Linear: (3, 4, 6),
        nn.MultiheadAttention: (5, 2, 6),
    }
    x = torch.randn(sizes.get(type(net), (2, 2, 8, 9)))
    inputs = (x, x, x) if isinstance(net, nn.MultiheadAttention) else (x,)
    counter = FlopCounterMode(display=False)
    with counter:
        net(*inputs)
    assert 2 * sum(op.macs for op in record(net, inputs).ops) == counter.get_total_flops()


PRODUCTS = {
    "matmul": lambda a: a @ a.mT,
    "bmm": lambda a: torch.bmm(a, a.mT),
    "baddbmm": lambda a: torch.baddbmm(torch.zeros(1), a, a.mT),
    "addmm": lambda a: torch.addmm(torch.zeros(1), a[0], a[1].T),
    "mm": lambda a: a[0].mm(a[1].T),
    "einsum": lambda a: torch.einsum("bij,bkj->bik", a, a),
    "einsum dots": lambda a: torch.einsum("...ij,...kj->...ik", a, a),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_multiply_adds_of_products(name):
    class Net(nn.Module):
        def forward(self, x):
            return PRODUCTS[name](x)

    x, counter = torch.randn(3, 4, 5), FlopCounterMode(display=False)
    with counter:
        Net()(x)
    assert 2 * sum(op.macs for op in record(Net(), x).ops) == counter.get_total_flops() > 0


def test_multiply_adds_of_recurrent_layers():
    steps, batch, wide, hidden = 5, 2, 4, 3
    trace = record(nn.LSTM(wide, hidden, num_layers=2), torch.randn(steps, batch, wide))
    lstm = next(op for op in trace.ops if op.name == "lstm")
    assert lstm.macs == steps * batch * 4 * hidden * ((wide + hidden) + (hidden + hidden))


# -- the wall: nothing is changed ----------------------------------------------------------------------------


class Restless(nn.Module):
    """Does everything that a forward pass should not."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.layer = nn.BatchNorm1d(3), nn.Linear(3, 3)
        self.register_buffer("steps", torch.zeros(1))
        self.seen = 0
        self.fail = False

    def forward(self, x):
        self.seen += 1
        self.steps += 1
        random.random(), np.random.rand(), torch.rand(1)
        with torch.no_grad():
            self.layer.weight.mul_(2)
            self.layer.bias.data[0] = 3
            self.norm.weight.detach().numpy()[:] = 4
            F.relu(self.norm.bias, inplace=True)
        self.norm.eval()
        x = F.dropout(self.layer(self.norm.train()(x)))
        if self.fail:
            raise ValueError("no")
        return x


@pytest.mark.parametrize("backward", [None, torch.sum])
@pytest.mark.parametrize("fail", [False, True])
def test_recording_changes_nothing(fail, backward):
    net = Restless()
    net.fail = fail
    net.layer.weight.grad = torch.full((3, 3), 5.0)
    net.norm.eval()
    with torch.no_grad():
        net.norm.bias.fill_(-1)
    hook = net.layer.register_forward_hook(lambda *_: None)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    hooks = dict(nn.modules.module._global_forward_hooks), dict(nn.modules.module._global_forward_pre_hooks)
    states = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    if fail:
        with pytest.raises(NetError, match="the network raises ValueError: no"):
            record(net, torch.randn(4, 3), backward=backward)
    else:
        record(net, torch.randn(4, 3, generator=torch.Generator().manual_seed(0)), backward=backward)
    if not fail:
        assert (
            random.getstate(),
            np.random.get_state()[1].tolist(),
            torch.get_rng_state().tolist(),
        ) == states
    assert all(torch.equal(before[name], tensor) for name, tensor in net.state_dict().items())
    assert net.layer.weight.grad.tolist() == [[5.0] * 3] * 3
    assert (net.training, net.norm.training, net.seen) == (True, False, 0)
    assert list(net.layer._forward_hooks) == [hook.id]
    assert (
        dict(nn.modules.module._global_forward_hooks),
        dict(nn.modules.module._global_forward_pre_hooks),
    ) == hooks


# -- errors --------------------------------------------------------------------------------------------------


class Wrong(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 6, 5), nn.Linear(10, 3)

    def forward(self, x):
        return self.head(F.relu(self.conv(x)).flatten(1))  # wrong: head


def test_a_failing_network_tells_its_own_error_and_what_ran_before():
    with pytest.raises(NetError) as error:
        record(Wrong(), torch.zeros(1, 3, 8, 8))
    assert str(error.value) == (
        "the network raises RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x96 and 10x3)\n"
        f"  where: module head, {HERE}:{line_of('wrong: head')}\n"
        "  got: linear(1×96, 3×10, 3)\n"
        "  hint: before it: conv.conv2d → 1×6×4×4; relu → 1×6×4×4; flatten → 1×96"
    )
    assert isinstance(error.value.__cause__, RuntimeError)


def test_a_loss_that_cannot_go_back():
    with pytest.raises(UsageError, match="the loss is not one number"):
        record(Known(), torch.ones(1, 2), backward=lambda output: output)
    with pytest.raises(UsageError, match="does not depend on any parameter"):
        record(Known(), torch.ones(1, 2), backward=lambda output: output.detach().sum())


def test_a_path_to_keep_that_does_not_exist():
    with pytest.raises(UsageError) as error:
        record(Known(), torch.ones(1, 2), keep=["layr"])
    assert str(error.value) == (
        "there is no module with this path\n  where: keep\n  got: 'layr'\n  hint: did you mean 'layer'?"
    )


# -- invariants ----------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["conv", "relu", "pool", "norm", "skip", "inplace", "view"]), max_size=8),
    st.integers(0, 9),
)
def test_any_chain_is_linked_from_input_to_output(kinds, seed):
    class Chain(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList(
                nn.Conv2d(2, 2, 3, padding=1) if kind == "conv" else nn.BatchNorm2d(2) for kind in kinds
            )

        def forward(self, x):
            for kind, layer in zip(kinds, self.layers, strict=True):
                if kind in ("conv", "norm"):
                    x = layer(x)
                elif kind == "relu":
                    x = F.relu(x)
                elif kind == "pool":
                    x = F.max_pool2d(x, 3, 1, 1)
                elif kind == "skip":
                    x = x + F.relu(layer(x))
                elif kind == "inplace":
                    x = (x * 1).mul_(2)
                else:
                    x = x.permute(0, 1, 3, 2)
            return x.mean()

    torch.manual_seed(seed)
    net, x = Chain(), torch.randn(2, 2, 4, 4)
    trace = record(net, x, backward=lambda y: y, keep="all")
    for op in trace.ops:
        assert all(number < min(op.outputs) for number in op.inputs)
        assert all(trace.values[number].made_by == op.number for number in op.outputs)
    labels = [op.label for op in trace.ops]
    assert len(set(labels)) == len(labels)
    leaf = x.clone().requires_grad_()
    state = {k: v.clone() for k, v in net.state_dict().items()}
    y = net(leaf)
    y.backward()
    net.load_state_dict(state)
    assert trace.kept[trace.output.value].item() == y.item()
    assert torch.equal(trace.kept_gradients[trace.inputs[0]], leaf.grad)
    gradients = {p.name: p.gradient for module in trace.modules for p in module.parameters}
    for name, parameter in net.named_parameters():
        assert (parameter.grad is None) == (gradients[name] is None)
        if parameter.grad is not None:
            assert math.isclose(
                gradients[name].maximum, parameter.grad.max().item(), rel_tol=1e-6, abs_tol=1e-9
            )


class Overwrites(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)

    def forward(self, x):
        y = self.layer(x).sigmoid()
        y.mul_(2)  # sigmoid's gradient needs what it gave
        return y


def test_an_error_of_the_backward_pass_is_told():
    with pytest.raises(NetError, match="the backward pass raises RuntimeError: one of the variables needed"):
        record(Overwrites(), torch.ones(1, 2), backward=torch.sum)


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_what_runs_outside_of_recorded_operations_is_counted():
    net = nn.Sequential(nn.Linear(2, 2), torch.jit.trace(nn.ReLU(), torch.ones(1, 2)))
    counted = completeness(net, torch.ones(1, 2))
    assert counted.outside == {"aten.relu.default": 1}
    assert counted.num_low_level == counted.num_inside + 1


def test_parameters_are_measured_where_that_is_asked_for():
    plain = record(Known(), torch.ones(1, 2))
    assert plain.modules[1].parameters[0].statistics is None
    measured = record(Known(), torch.ones(1, 2), parameter_statistics=True)
    weight = measured.modules[1].parameters[0]
    assert (weight.name, weight.shape, weight.size, weight.trainable) == ("layer.weight", (2, 2), 4, True)
    assert (weight.statistics.minimum, weight.statistics.maximum, weight.statistics.mean) == (-1.0, 2.0, 0.5)


def test_the_backward_graph_does_not_show_how_the_input_was_copied():
    trace = record(Known(), torch.tensor([[1.0, 2.0]]), backward=torch.sum)
    assert {node.name for node in trace.backward} == {
        "SumBackward0", "MulBackward0", "AddBackward0", "ReluBackward0", "AddmmBackward0", "TBackward0",
        "AccumulateGrad",
    }  # fmt: skip
    assert {node.parameter for node in trace.backward if node.name == "AccumulateGrad"} == {
        "layer.weight",
        "layer.bias",
    }
