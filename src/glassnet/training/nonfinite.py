"""Where a loss or gradient stopped being finite: the first operation that made it."""

from __future__ import annotations

import re
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F  # noqa: N812 — its name everywhere
from torch.overrides import TorchFunctionMode

from glassnet.nets.logits import logits_of

if TYPE_CHECKING:
    from glassnet.evaluation.forward import Compute

FRAME = re.compile(r'\s*File "(.+)", line (\d+), in (\S+)')
TORCH = (str(Path(torch.__file__).parent), "<")  # PyTorch's own files, and generated code


class _Watch(TorchFunctionMode):
    """Note the first function whose result is not finite, unless a later one is finite again.

    A mask of -inf before attention's softmax is sound, say.
    """

    def __init__(self, net: torch.nn.Module) -> None:
        super().__init__()
        self.paths = {module: path for path, module in net.named_modules()}
        self.inside: list[str] = []
        self.found: str | None = None

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        results = [tensor for tensor in _tensors(result) if tensor.is_floating_point()]
        fed = not all(map(_finite, _tensors((args, kwargs or {}))))
        if all(map(_finite, results)):
            if fed and results:
                self.found = None
        elif self.found is None:
            name = getattr(func, "__name__", str(func))
            cause = " (it was given such numbers)" if fed else ""
            place = self.inside[-1] if self.inside else "the network"
            self.found = f"{name} in {place}{_line(_calls_now())}{cause}"
        return result

    def enter(self, module: torch.nn.Module, _args: object) -> None:
        self.inside.append(
            f"'{self.paths[module]}' ({type(module).__name__})"
            if self.paths[module]
            else type(module).__name__
        )

    def leave(self, _module: torch.nn.Module, _args: object, _output: object) -> None:
        self.inside.pop()


def _line(frames: list[tuple[str, int, str]]) -> str:
    """Give the line of the network's own code that ran last; nothing where only PyTorch's layers did.

    Args:
        frames: File, line and function of each call, the innermost last.
    """
    functions = [function for _, _, function in frames]
    below = functions.index("first_not_finite") + 1 if "first_not_finite" in functions else 0
    inner = [frame for frame in frames[below:] if not frame[0].startswith((*TORCH, __file__))]
    return f", {inner[-1][0]}:{inner[-1][1]}" if inner else ""


def _calls_now() -> list[tuple[str, int, str]]:
    return [(frame.filename, frame.lineno or 0, frame.name) for frame in traceback.extract_stack()]


def _calls_of(node: Any) -> list[tuple[str, int, str]]:
    """Give the calls that made a node of the graph, which anomaly mode notes as text."""
    lines = [FRAME.match(entry) for entry in node.metadata.get("traceback_") or ()]
    return [(line[1], int(line[2]), line[3]) for line in lines if line]


def _tensors(value: object) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [t for item in value for t in _tensors(item)] if isinstance(value, list | tuple) else []


def _finite(tensor: torch.Tensor) -> bool:
    return not tensor.is_floating_point() or bool(torch.isfinite(tensor.detach()).all())


def first_not_finite(
    net: torch.nn.Module,
    images: torch.Tensor,
    targets: torch.Tensor,
    compute: Compute,
    *,
    class_weights: torch.Tensor | None,
    label_smoothing: float,
) -> str:
    """Find the first operation whose result is not finite, by taking the batch through the network again.

    Args:
        net: In the mode and with the weights of the step.
        images: float32, B×C×H×W.
        targets: int64, B, or float32, B×K.
        compute: As in the step.
        class_weights: float32, K, or None.
        label_smoothing: As in the step.

    Returns:
        What and where: the pictures, a parameter, an operation with its module and line, the loss, or a step
        of the backward pass.
    """
    if not _finite(images):
        return "the pictures themselves, before the network"
    bad = [name for name, parameter in net.named_parameters() if not _finite(parameter)]
    if bad:
        return f"the parameter '{bad[0]}', before this step"
    watch = _Watch(net)
    hooks = [
        h
        for m in net.modules()
        for h in (
            m.register_forward_pre_hook(watch.enter),
            m.register_forward_hook(watch.leave, always_call=True),
        )
    ]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # anomaly mode warns that it is on
            with torch.autograd.set_detect_anomaly(True, check_nan=False), watch, compute.autocast():
                logits = logits_of(net(images)).float()
    finally:
        for hook in hooks:
            hook.remove()
    if watch.found:
        return watch.found
    loss = F.cross_entropy(logits, targets, class_weights, label_smoothing=label_smoothing)
    if not _finite(loss):
        return "the loss, cross_entropy"
    return f"the backward pass, {_first_backward(loss)}"


def _first_backward(loss: torch.Tensor) -> str:
    """Name the first function of the backward pass that turns finite gradients into others."""
    found: list[str] = []

    def note(node: Any) -> Any:
        def after(grad_inputs: Any, grad_outputs: Any) -> None:
            if (
                not found
                and all(map(_finite, _tensors(list(grad_outputs))))
                and not all(map(_finite, _tensors(list(grad_inputs))))
            ):
                found.append(node.name() + _line(_calls_of(node)))

        return node.register_hook(after)

    nodes, waiting, hooks = set(), [loss.grad_fn], []
    while waiting:
        node = waiting.pop()
        if node is not None and node not in nodes:
            nodes.add(node)
            hooks.append(note(node))
            waiting += [parent for parent, _ in node.next_functions]
    try:
        loss.backward()
    finally:
        for hook in hooks:
            hook.remove()
    return found[0] if found else "an operation that could not be told"
