"""Does the network fit the pictures? One forward pass before any training, and one clear error if not."""

from __future__ import annotations

import sys
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from glassnet.errors import NetError
from glassnet.nets.logits import described, logits_of, shape_text
from glassnet.nets.untouched import untouched

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCH = 2  # one picture would hide a lost batch axis
NOT_THE_NETWORK = (str(Path(torch.__file__).parent), str(Path(__file__).parent / "fit_check.py"))


@dataclass(frozen=True)
class OutputFacts:
    """What the network gave for `BATCH` pictures.

    `output` says in words what `forward` returned, `dtype` is that of the logits, and `plain` tells whether
    it returned the logits themselves and not something that holds them.
    """

    output: str
    dtype: str
    plain: bool


@dataclass
class _Progress:
    """How far a forward pass came: modules that were entered and not left, and the last one that was left."""

    entered: list[tuple[nn.Module, tuple]]
    last: tuple[nn.Module, object] | None = None


def check_fits(
    module: nn.Module,
    *,
    channels: int,
    height: int,
    width: int,
    num_classes: int,
    device: torch.device | str | None = None,
) -> OutputFacts:
    """Run two made-up pictures through the network in eval mode and look at what comes out.

    The network is left exactly as it was (see `untouched`), also after an error. Which tensor of the output
    counts is decided by `logits_of`.

    Args:
        module: The network.
        channels: Channels of a picture.
        height: Its height in pixels.
        width: Its width in pixels.
        num_classes: Number of classes.
        device: Where the pictures are made; where the network is, if not given.

    Returns:
        Facts about the output.

    Raises:
        NetError: The pass fails (with the layer, what it got and what it expects), or the output is not one
            finite floating-point number per picture and class.

    Example:
        >>> check_fits(nn.Flatten(), channels=1, height=2, width=5, num_classes=10)
        OutputFacts(output='tensor 2×10', dtype='torch.float32', plain=True)
    """
    images = _made_up(module, channels=channels, height=height, width=width, device=device)
    with untouched(module), torch.no_grad():
        module.eval()
        output = _forward(module, images)
    logits = logits_of(output)
    _check_logits(logits, images, num_classes)
    return OutputFacts(described(output), str(logits.dtype), isinstance(output, torch.Tensor))


def materialise(module: nn.Module, *, channels: int, height: int, width: int) -> None:
    """Give lazy layers (`nn.LazyLinear`, ...) their shapes and first weights, by one forward pass.

    Args:
        module: The network; one without lazy layers is not touched.
        channels: Channels of a picture.
        height: Its height in pixels.
        width: Its width in pixels.

    Raises:
        NetError: The pass fails.

    Example:
        >>> net = nn.Sequential(nn.Flatten(), nn.LazyLinear(10))
        >>> materialise(net, channels=1, height=2, width=3)
        >>> net[1]
        Linear(in_features=6, out_features=10, bias=True)
    """
    if not any(nn.parameter.is_lazy(tensor) for tensor in (*module.parameters(), *module.buffers())):
        return
    images = torch.zeros(BATCH, channels, height, width)
    modes = [(part, part.training) for part in module.modules()]
    try:
        with torch.no_grad():
            _forward(module.eval(), images)
    finally:
        for part, mode in modes:
            part.training = mode


def _made_up(
    module: nn.Module, *, channels: int, height: int, width: int, device: torch.device | str | None
) -> torch.Tensor:
    """Make two different pictures with values in [-1, 1], without any random generator."""
    some = next((p for p in module.parameters() if p.is_floating_point()), torch.zeros(1))
    values = torch.linspace(-1, 1, BATCH * channels * height * width, dtype=torch.float32)
    images = values.reshape(BATCH, channels, height, width)
    return images.to(device=device or some.device, dtype=some.dtype)


def _forward(module: nn.Module, images: torch.Tensor) -> object:
    progress = _Progress([])
    try:
        with _watched(module, progress):
            return module(images)
    except NetError:
        raise
    except Exception as error:  # a person's forward may raise anything
        raise _explained(module, images, progress, error) from error


@contextmanager
def _watched(module: nn.Module, progress: _Progress) -> Iterator[None]:
    """Follow the pass by hooks that torch keeps outside the network: the network's own stay as they are."""
    ours = set(module.modules())

    def enter(part: nn.Module, inputs: tuple) -> None:
        if part in ours:
            progress.entered.append((part, inputs))

    def leave(part: nn.Module, _inputs: tuple, output: object) -> None:
        if part in ours:
            progress.entered.pop()
            progress.last = (part, output)

    handles = [register_module_forward_pre_hook(enter), register_module_forward_hook(leave)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _explained(module: nn.Module, images: torch.Tensor, progress: _Progress, error: Exception) -> NetError:
    """Say where the pass failed: a layer with its shapes, or a line of the network's own code."""
    paths = {part: path for path, part in module.named_modules()}
    part, inputs = progress.entered[-1] if progress.entered else (module, (images,))
    what = f"the network does not fit pictures of {shape_text(images[0])}"
    first = inputs[0] if inputs and isinstance(inputs[0], torch.Tensor) else None
    expectation = None if first is None else _expectation(part, first, paths[part])
    if first is not None and expectation is not None:
        expected, mend = expectation
        where = f"{paths[part] or 'the network'} ({type(part).__name__})"
        return NetError(what, where=where, got=shape_text(first), expected=expected, hint=mend)
    frames = [
        f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(NOT_THE_NETWORK)
    ]
    own = [f for f in frames if not f.filename.startswith(sys.prefix)] or frames
    message = f"{type(error).__name__}: {str(error).strip().split(chr(10))[0]}"
    if progress.last is not None:
        last, output = progress.last
        last_name = f"{paths[last] or 'the network'} ({type(last).__name__})"
        message += f"; the layer before, {last_name}, gave {described(output)}"
    if own:
        message = f"{own[-1].line}: {message}" if own[-1].line else message
        return NetError(what, where=f"{own[-1].filename}:{own[-1].lineno}", got=message)
    where = f"{paths[part] or 'the network'} ({type(part).__name__})"
    return NetError(what, where=where, got=f"{described(inputs[0]) if inputs else 'nothing'}: {message}")


def _expectation(  # noqa: PLR0911 - one return for each kind of layer
    part: nn.Module, given: torch.Tensor, path: str
) -> tuple[str, str | None] | None:
    """Say what a layer expects, and the mend, where its input's shape is what is wrong; else None."""
    axes = "×".join(map(str, given.shape[:-1]))
    assign = f"{path} = nn.{type(part).__name__}"
    match part:
        case nn.Linear() if given.dim() > 0 and given.shape[-1] != part.in_features:
            flat = given.dim() == 4 and given[0].numel() == part.in_features  # noqa: PLR2004 - N×C×H×W
            mend = "flatten each picture before it: torch.flatten(x, 1)" if flat else None
            mend = mend or f"{assign}({given.shape[-1]}, {part.out_features})"
            return f"{axes}×{part.in_features}", mend
        case nn.Conv2d() if given.dim() != 4:  # noqa: PLR2004
            return f"N×{part.in_channels}×height×width", None
        case nn.Conv2d() if given.shape[1] != part.in_channels:
            shape = f"{given.shape[0]}×{part.in_channels}×{given.shape[2]}×{given.shape[3]}"
            return shape, f"{assign}({given.shape[1]}, {part.out_channels}, ...)"
        case nn.BatchNorm2d() if given.dim() != 4:  # noqa: PLR2004
            return f"N×{part.num_features}×height×width", None
        case nn.BatchNorm1d() | nn.BatchNorm2d() if given.dim() > 1 and given.shape[1] != part.num_features:
            rest = "".join(f"×{n}" for n in given.shape[2:])
            return f"{given.shape[0]}×{part.num_features}{rest}", f"{assign}({given.shape[1]})"
        case nn.Conv2d() | nn.MaxPool2d() | nn.AvgPool2d():
            return "larger pictures: what arrives here is smaller than the window", None
        case _:
            return None


def _check_logits(logits: torch.Tensor, images: torch.Tensor, num_classes: int) -> None:
    expected = f"{BATCH}×{num_classes} for {BATCH} pictures"
    got = f"{shape_text(logits)} for {BATCH} pictures of {shape_text(images[0])}"
    if logits.dim() == 0 or logits.shape[0] != BATCH:
        raise NetError(
            "the network mixes up the pictures of a batch",
            got=got,
            expected=expected,
            hint="keep the first axis when you flatten or reshape: torch.flatten(x, 1)",
        )
    if logits.dim() != len(("pictures", "classes")):
        per_picture = shape_text(logits[0]) if logits.dim() > 1 else "a single number"
        flat = logits.dim() > 1 and logits[0].numel() == num_classes
        raise NetError(
            f"the network gives {per_picture} per picture, not one number for each class",
            got=got,
            expected=expected,
            hint="flatten its output: torch.flatten(x, 1)" if flat else None,
        )
    outputs = logits.shape[1]
    if outputs != num_classes:
        numbers = "1 number" if outputs == 1 else f"{outputs} numbers"
        classes = "1 class" if num_classes == 1 else f"{num_classes} classes"
        raise NetError(
            f"the network gives {numbers} per picture, the pictures have {classes}",
            got=got,
            expected=expected,
            hint=f"make its last layer one with {num_classes} outputs",
        )
    if not logits.is_floating_point():
        raise NetError(
            "the network's output is not floating-point", got=logits.dtype, expected="torch.float32"
        )
    if not torch.isfinite(logits).all():
        bad = int((~torch.isfinite(logits)).sum())
        raise NetError(
            "the network's output is not finite before any training",
            got=f"{bad} of {logits.numel()} numbers are NaN or infinite",
            hint="look at its initial weights, and at divisions and logarithms in its forward",
        )
