"""A NET becomes a module, with everything that a run needs to build it again later."""

from __future__ import annotations

import importlib
import inspect
import re
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from glassnet.errors import NetError, UsageError
from glassnet.nets import NETS, from_timm, named
from glassnet.nets.fill_in import Shape, fill_in, parameters_of
from glassnet.nets.fit_check import materialise
from glassnet.nets.from_file import SourceFile, load_class, sha256_of, users_errors
from glassnet.nets.spec import NetSpec, parse_spec
from glassnet.nets.weights import adapt_input, load_weights, read_weights

if TYPE_CHECKING:
    from collections.abc import Callable

    Loaded = tuple[Callable[..., object], SourceFile]

VERSION_OF_WEIGHTS = re.compile(r"[A-Z][A-Z0-9_]*")  # DEFAULT, IMAGENET1K_V1: not a path
NOT_A_PERSONS_OWN = ("torch.", "torchvision.", "timm.", "glassnet.")


@dataclass(frozen=True, eq=False)
class BuiltNet:
    """A network, and what a run keeps of it.

    `record` is plain JSON: `net` (as the person wrote it), `resolved` (the NET with every argument; None
    for an object), `class`, `input` (channels, height, width), `num_classes`, `weights` (None, or `from`
    and `sha256`) and `source` (None, or `path`, `sha256` and `siblings`). `sources` are texts for the run's
    folder `net/`, by file name: the person's own file first, then those of its neighbours that it imported.
    `notes` are for people: what was filled in, replaced or left out.
    """

    module: nn.Module
    record: dict[str, Any]
    sources: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A NET with every argument, ready to be made: `make()` gives the module with fresh weights."""

    spec: NetSpec
    make: Callable[[], object]
    weights: str | None
    source: SourceFile | None
    notes: list[str]


def build(
    net: str,
    *,
    in_channels: int,
    height: int,
    width: int,
    num_classes: int,
    weights: Path | None = None,
    loaded: Loaded | None = None,
) -> BuiltNet:
    """Build a network for pictures of a shape; fresh weights come from torch's global random generator.

    What the pictures decide is filled in where the network takes it (see `fill_in`). torchvision's networks
    get a head for the number of classes, and with one channel a first convolution that is summed over its
    three. `weights` (or the NET's argument of that name) is a file, or `DEFAULT` for those of torchvision and
    timm; a head of another number of classes starts anew. A class in a person's own file that takes `weights`
    itself gets that argument.

    Args:
        net: A NET, see `parse_spec`.
        in_channels: Channels of a picture.
        height: Its height in pixels.
        width: Its width in pixels.
        num_classes: Number of classes.
        weights: A weights file to start from.
        loaded: What `load_class` gave for this NET, so that a person's file is not run a second time.

    Returns:
        The network on the CPU, in training mode.

    Raises:
        NetError: It cannot be built, or the weights do not fit.

    Example:
        >>> built = build("lenet", in_channels=1, height=28, width=28, num_classes=7)
        >>> built.record["resolved"]
        'lenet(in_channels=1, num_classes=7, size=28)'
        >>> built.module.fc3
        Linear(in_features=84, out_features=7, bias=True)
    """
    shape = Shape(in_channels, height, width, num_classes)
    plan = plan_net(net, shape, weights, loaded=loaded)
    if plan.spec.kind == "timm" and plan.weights == "DEFAULT":
        module, url, notes = from_timm.make_with_weights(plan.spec.name, plan.spec.arguments, net=net)
        kept: dict[str, str] | None = {"from": url}
    else:
        module = made(plan, net)
        materialise(module, channels=in_channels, height=height, width=width)
        kept, notes = _load(module, plan, shape, net)
    return BuiltNet(
        module,
        record_of(net, str(plan.spec), module, shape, weights=kept, source=plan.source),
        plan.source.texts if plan.source else {},
        (*plan.notes, *notes),
    )


def given(module: nn.Module, *, in_channels: int, height: int, width: int, num_classes: int) -> BuiltNet:
    """Describe a network that a person made themselves, with a copy of its class's source where there is one.

    Args:
        module: The network.
        in_channels: Channels of a picture.
        height: Its height in pixels.
        width: Its width in pixels.
        num_classes: Number of classes.

    Returns:
        The same module with its record. Its arguments are unknown, so a run of it has to be told the NET
        again.

    Example:
        >>> net = nn.Sequential(nn.Flatten())
        >>> given(net, in_channels=1, height=8, width=8, num_classes=64).record["class"]
        'torch.nn.modules.container.Sequential'
    """
    materialise(module, channels=in_channels, height=height, width=width)
    source, notes = None, []
    if not type(module).__module__.startswith(NOT_A_PERSONS_OWN):
        try:
            path = Path(inspect.getsourcefile(type(module)) or "").absolute()
            source = SourceFile(path, sha256_of(path), {path.name: path.read_text(encoding="utf-8")}, {})
        except (OSError, TypeError, UnicodeDecodeError):
            notes.append(f"the source of {type(module).__name__} was not found: the run keeps no copy of it")
    shape = Shape(in_channels, height, width, num_classes)
    record = record_of(type(module).__qualname__, None, module, shape, weights=None, source=source)
    return BuiltNet(module, record, source.texts if source else {}, tuple(notes))


def plan_net(
    net: str,
    shape: Shape,
    weights: Path | None,
    *,
    rebuilding: bool = False,
    loaded: Loaded | None = None,
) -> Plan:
    """Find a network's class and complete its arguments; a person's own file is run for that.

    Args:
        net: A NET.
        shape: What the pictures decide.
        weights: A weights file, which the NET must not name too.
        rebuilding: Whether weights are left out, for those of a run follow.
        loaded: As for `build`.

    Returns:
        All that is needed to make it.

    Raises:
        NetError: The class or an argument is wrong.
    """
    spec = parse_spec(net)
    source, notes = None, []
    arguments = dict(spec.arguments)
    chosen = arguments.pop("weights", None)
    match spec.kind:
        case "torchvision":
            from glassnet.nets import from_torchvision  # noqa: PLC0415 - loads as slowly as torch itself

            complete = from_torchvision.complete_arguments(spec.name, arguments, shape, net=net)
            make = partial(from_torchvision.make, spec.name, complete, channels=shape.channels)
        case "timm":
            complete = from_timm.complete_arguments(spec.name, arguments, shape, net=net)
            make = partial(from_timm.make, spec.name, complete)
        case "glassnet":
            module_name, _, class_name = NETS[spec.name].partition(":")
            own_class = getattr(importlib.import_module(module_name), class_name)
            complete = fill_in(own_class, arguments, shape, net=net)
            make = partial(own_class, **complete)
        case "file":
            own_class, source = loaded or load_class(spec.path or "", spec.name)
            if chosen is not None and "weights" in parameters_of(own_class, net):
                arguments, chosen = dict(spec.arguments), None
            complete = fill_in(own_class, arguments, shape, net=net)
            make = partial(own_class, **complete)
            spec = replace(spec, path=str(source.path), arguments=complete)
            trouble = named.remember(str(spec), source.sha256)
            notes += [trouble] if trouble else []
    if chosen is not None and weights is not None:
        raise UsageError("weights are given twice", where=net, got=f"{chosen} and {weights}")
    if chosen is not None and not isinstance(chosen, str):
        raise NetError("weights are a file or DEFAULT", where=net, got=repr(chosen))
    filled = [f"{name}={value!r}" for name, value in complete.items() if name not in arguments]
    if filled:
        notes.append(f"filled in for the pictures: {', '.join(filled)}")
    text = None if rebuilding else str(weights) if weights else chosen
    return Plan(replace(spec, arguments=complete), make, text, source, notes)


def made(plan: Plan, net: str) -> nn.Module:
    """Make the planned network; what its class raises becomes one error.

    Args:
        plan: From `plan_net`.
        net: The NET, for the error.

    Returns:
        The module with fresh weights.

    Raises:
        NetError: Its class raises, or what it makes is no `nn.Module`.
    """
    if plan.source is not None:
        with users_errors(plan.source.path, "built"):
            module = plan.make()
    else:
        try:
            module = plan.make()
        except NetError:
            raise
        except Exception as error:  # libraries raise anything for an argument that does not suit them
            message = f"{type(error).__name__}: {str(error).strip().split(chr(10))[0]}"
            raise NetError("the network cannot be built", where=str(plan.spec), got=message) from error
    if not isinstance(module, nn.Module):
        raise NetError(
            f"{plan.spec.name} made no network", where=net, got=type(module).__name__, expected="an nn.Module"
        )
    return module


def _load(module: nn.Module, plan: Plan, shape: Shape, net: str) -> tuple[dict[str, str] | None, list[str]]:
    """Load the weights that the person chose, if any; give their origin and notes."""
    if plan.weights is None:
        return None, []
    path = Path(plan.weights).expanduser()
    from_library = VERSION_OF_WEIGHTS.fullmatch(plan.weights) and not path.exists()
    if from_library and plan.spec.kind != "torchvision":
        raise NetError(
            f"there are no weights '{plan.weights}' for this network", where=net, hint="weights='PATH'"
        )
    if plan.spec.kind == "torchvision":
        from glassnet.nets import from_torchvision  # noqa: PLC0415 - loads as slowly as torch itself

        if from_library:
            path = from_torchvision.download_weights(plan.spec.name, plan.weights, net=net)
        tensors, notes = read_weights(path)
        tensors, more = from_torchvision.todays_keys(plan.spec.name, tensors, module)
        notes += more
    else:
        tensors, notes = read_weights(path)
    if plan.spec.kind in ("torchvision", "timm"):
        tensors, more = adapt_input(module, tensors, channels=shape.channels)
        notes += more
    notes += load_weights(module, tensors, where=path, num_classes=shape.num_classes)
    return {"from": str(path.absolute()), "sha256": sha256_of(path)}, notes


def record_of(
    net: str,
    resolved: str | None,
    module: nn.Module,
    shape: Shape,
    *,
    weights: dict[str, str] | None,
    source: SourceFile | None,
) -> dict[str, Any]:
    """Write down what a run keeps of a network, as plain JSON.

    Args:
        net: The NET as the person wrote it.
        resolved: The NET with every argument; None for an object.
        module: The network.
        shape: What the pictures decided.
        weights: Where its first weights come from.
        source: The person's file, if it is from one.

    Returns:
        The record, see `BuiltNet`.
    """
    return {
        "net": net,
        "resolved": resolved,
        "class": f"{type(module).__module__}.{type(module).__qualname__}",
        "input": {"channels": shape.channels, "height": shape.height, "width": shape.width},
        "num_classes": shape.num_classes,
        "weights": weights,
        "source": source and {"path": str(source.path), "sha256": source.sha256, "siblings": source.siblings},
    }
