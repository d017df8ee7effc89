"""Run a network once and write down everything that it does."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import torch

from glassnet.errors import NetError, UsageError, did_you_mean
from glassnet.nets.untouched import untouched
from glassnet.trace.modules import modules_of
from glassnet.trace.nested import with_refs, with_tensors
from glassnet.trace.recorder import Recorder
from glassnet.trace.source_line import is_a_persons
from glassnet.trace.trace import BackwardNode, Source, Statistics, Trace, Unseen, Value, shape_text
from glassnet.trace.uncompiled import uncompiled

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from torch import nn

Inputs = torch.Tensor | tuple | Mapping[str, Any]
LAST_OPS = 3  # told of a pass that failed
COMPILED = "torch.compile: what is recorded is the same code, run without compiling"


def record(
    net: nn.Module,
    images: Inputs,
    *,
    backward: Callable[[Any], torch.Tensor] | None = None,
    keep: Collection[str] | Literal["all", "nothing"] = "nothing",
    input_gradient: bool = True,
    parameter_statistics: bool = False,
) -> Trace:
    """Run a network once, unmodified and in the mode it is in, and write down everything that it does.

    The network is left as it was, also after an error: parameters, buffers, gradients, modes, hooks, and the
    state of the random generators. It gets a copy of the images. What `torch.compile` made is run without
    compiling; what else cannot be seen stands in `Trace.unseen`. PyTorch leaves the fused path of
    `nn.MultiheadAttention` as soon as anything looks on, so there the last bits may differ from a plain pass.

    Args:
        net: Any `nn.Module`.
        images: A batch, B×C×H×W; or several inputs, as a tuple, or by name as a dict.
        backward: From what `net` returns to the loss, one number. With it gradients are recorded, too;
            without it the pass runs under `torch.no_grad`.
        keep: Whose tensors are kept in the trace: `nothing`, `all`, or the outputs of the modules with these
            paths.
        input_gradient: Whether, with `backward`, the gradient of floating-point images is recorded, too.
        parameter_statistics: Whether parameters are measured, too; a network may have more of them than of
            all other values.

    Returns:
        The trace.

    Raises:
        NetError: The network, or `backward`, raises: its own error, with the operations before it.
        UsageError: A path in `keep` does not exist, or the loss is not one number with a gradient.

    Example:
        >>> from torch.nn import Conv2d, Flatten, Linear, ReLU, Sequential
        >>> net = Sequential(Conv2d(1, 2, 3), ReLU(), Flatten(), Linear(8, 3))
        >>> trace = record(net, torch.zeros(1, 1, 4, 4))
        >>> [(op.label, trace.values[op.outputs[0]].shape) for op in trace.ops]
        [('0.conv2d', (1, 2, 2, 2)), ('1.relu', (1, 2, 2, 2)), ('2.flatten', (1, 8)), ('3.linear', (1, 3))]
    """
    if not isinstance(net, torch.nn.Module):
        raise UsageError("this is no network", got=repr(net)[:80], expected="an nn.Module")
    _check_paths(net, keep)
    recorder = Recorder(net, keep=keep, gradients=backward is not None)
    going_back = backward is not None
    with untouched(net, copy_parameters=going_back), uncompiled(), torch.set_grad_enabled(going_back):
        args, kwargs, leaves = _given(images, recorder, with_gradient=going_back and input_gradient)
        inputs = tuple(range(len(recorder.tensors.values)))
        start = time.perf_counter()
        loss, loss_value, nodes = None, None, ()
        try:
            with recorder:
                output = net(*args, **kwargs)
                output_refs = with_refs(output, recorder.tensors.read)
                if backward is not None:
                    recorder.stage = "loss"
                    loss = backward(output)
            if backward is not None:
                loss = _checked_loss(loss)
                loss_value = recorder.tensors.read(loss)
                recorder.stage = "backward"
                _go_back(loss, net, leaves, recorder)
                nodes = _backward_nodes(loss, net, recorder)
        except UsageError:
            raise
        except Exception as error:
            raise _told(error, recorder) from error
        finally:
            recorder.tensors.put_back()
        seconds = time.perf_counter() - start
    gradients = recorder.tensors.gradients
    values = tuple(
        replace(value, gradient=gradients[value.number]) if value.number in gradients else value
        for value in recorder.tensors.values
    )
    return Trace(
        network=type(net).__name__,
        modules=modules_of(net, _gradients(values), measured=parameter_statistics),
        calls=tuple(recorder.calls),
        ops=recorder.all_ops(),
        values=values,
        inputs=inputs,
        output=output_refs,
        loss=loss_value,
        backward=nodes,
        unseen=tuple(dict.fromkeys((*_compiled_parts(net), *recorder.unseen))),
        seconds=seconds,
        kept=recorder.tensors.kept,
        kept_gradients=recorder.tensors.kept_gradients,
    )


def _check_paths(net: nn.Module, keep: Collection[str] | str) -> None:
    if keep in ("all", "nothing"):
        return
    known = {path for path, _ in net.named_modules()}
    for path in (keep,) if isinstance(keep, str) else keep:
        if path not in known:
            raise UsageError(
                "there is no module with this path", where="keep", got=repr(path),
                hint=did_you_mean(path, known - {""}),
            )  # fmt: skip


def _given(
    images: Inputs, recorder: Recorder, *, with_gradient: bool
) -> tuple[tuple, dict[str, Any], dict[int, torch.Tensor]]:
    """Copy what the network is given, name it, and make leaves of what shall have a gradient."""
    names = {id(images): "images"}
    if isinstance(images, Mapping):
        names = {id(part): str(name) for name, part in images.items()}
    copies: dict[int, torch.Tensor] = {}
    leaves: dict[int, torch.Tensor] = {}

    def copy_of(tensor: torch.Tensor) -> int:
        copy = tensor.detach().clone()
        number = len(recorder.tensors.values)
        if with_gradient and copy.is_floating_point():
            leaves[number] = copy.requires_grad_()
            copy = copy.clone()  # a network may write into its input, which a leaf refuses
            recorder.own_nodes.add(copy.grad_fn)
        copies[number] = copy
        return recorder.tensors.add(copy, "input", names.get(id(tensor), f"inputs[{number}]"))

    given = with_tensors(with_refs(images, copy_of), copies.__getitem__)
    if isinstance(given, Mapping):
        return (), dict(given), leaves
    return given if isinstance(given, tuple) else (given,), {}, leaves


def _told(error: Exception, recorder: Recorder) -> NetError:
    """Tell the network's own error, with where it was and what ran before it."""
    failure = recorder.failure if recorder.failure is not None and recorder.failure.error is error else None
    source = failure.source if failure else _line_of(error)
    module = f"module {failure.path}" if failure and failure.path else ""
    place = [module, f"{source.file}:{source.line}" if source else ""]
    before = [
        f"{op.label} → {_shapes(op.outputs, recorder)}" for op in recorder.ops[-LAST_OPS:] if op.outputs
    ]
    what = {"forward": "the network", "loss": "the loss", "backward": "the backward pass"}[recorder.stage]
    return NetError(
        f"{what} raises {type(error).__name__}: {error}".rstrip(": "),
        where=", ".join(filter(None, place)) or None,
        got=failure.what if failure else None,
        expected=None,
        hint=f"before it: {'; '.join(before)}" if before else None,
    )


def _line_of(error: Exception) -> Source | None:
    """Find the last line of an error that is neither PyTorch's nor the recorder's."""
    found, trace = None, error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if is_a_persons(code.co_filename):
            found = Source(code.co_filename, trace.tb_lineno, code.co_name)
        trace = trace.tb_next
    return found


def _shapes(numbers: Iterable[int], recorder: Recorder) -> str:
    shapes = [recorder.tensors.values[number].shape for number in numbers]
    return ", ".join(map(shape_text, shapes))


def _checked_loss(loss: object) -> torch.Tensor:
    """Refuse a loss that no gradient can start from."""
    if not isinstance(loss, torch.Tensor) or loss.numel() != 1:
        got = shape_text(loss.shape) if isinstance(loss, torch.Tensor) else type(loss).__name__
        raise UsageError("the loss is not one number", where="backward", got=got, expected="a scalar tensor")
    if loss.is_complex():
        raise UsageError(
            "the loss is a complex number, which has no gradient", where="backward", got=str(loss.dtype)[6:],
            expected="a real number, such as output.abs().sum()",
        )  # fmt: skip
    if not loss.requires_grad:
        raise UsageError(
            "the loss does not depend on any parameter through PyTorch's operations", where="backward",
            got="a tensor without gradient",
            hint="detach(), .data, .item(), NumPy and torch.no_grad cut the graph",
        )  # fmt: skip
    return loss


def _go_back(loss: torch.Tensor, net: nn.Module, leaves: dict[int, torch.Tensor], recorder: Recorder) -> None:
    """Run the backward pass; no parameter's `.grad` is touched."""
    values = {value.name: value.number for value in recorder.tensors.values if value.kind == "parameter"}
    trained = {values[name]: p for name, p in net.named_parameters() if p.requires_grad and name in values}
    sought = {**leaves, **trained}
    gradients = torch.autograd.grad(loss, list(sought.values()), allow_unused=True, retain_graph=True)
    for number, gradient in zip(sought, gradients, strict=True):
        if gradient is not None and number in trained:
            recorder.tensors.add_gradient(number, gradient)


def _backward_nodes(loss: torch.Tensor, net: nn.Module, recorder: Recorder) -> tuple[BackwardNode, ...]:
    """List the backward graph from the loss on, breadth first."""
    names = {id(parameter): name for name, parameter in net.named_parameters()}
    order: list[Any] = [loss.grad_fn]
    numbers: dict[Any, int] = {loss.grad_fn: 0}
    for node in order:
        for following, _ in node.next_functions:
            if following is not None and following not in numbers and following not in recorder.own_nodes:
                numbers[following] = len(order)
                order.append(following)
    return tuple(
        BackwardNode(
            number,
            node.name().rpartition("::")[2],
            recorder.nodes.get(node),
            names.get(id(getattr(node, "variable", None))),
            tuple(numbers[following] for following, _ in node.next_functions if following in numbers),
        )
        for node, number in numbers.items()
    )


def _gradients(values: tuple[Value, ...]) -> dict[str, Statistics | None]:
    return {value.name: value.gradient for value in values if value.kind == "parameter"}


def _compiled_parts(net: nn.Module) -> Iterator[Unseen]:
    if "torch._dynamo" not in sys.modules:
        return
    for path, module in net.named_modules():
        if hasattr(module, "_orig_mod") or getattr(module, "_compiled_call_impl", None) is not None:
            yield Unseen(COMPILED, path, None)
