"""What a NET says of itself before it is built: the pictures it is made for, its classes, its scaling."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glassnet.nets import NETS
from glassnet.nets.fill_in import CHANNELS, CLASSES, SIZE, SIZE_IF_TUPLE, parameters_of
from glassnet.nets.from_file import load_class
from glassnet.nets.spec import parse_spec
from glassnet.pictures.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Callable

    from glassnet.nets.build import Loaded
    from glassnet.nets.spec import NetSpec

ANY_SIZE = (3, 32, 32)  # for networks of ours that take every picture
USUAL_CLASSES = 10


@dataclass(frozen=True)
class OwnSight:
    """What a NET says of itself.

    `shape` is channels, height, width, or None where it does not say; `scale` and `classes` belong to
    pretrained weights and are known with them only; `loaded` is a person's file, already run.
    """

    shape: tuple[int, ...] | None
    num_classes: int
    scale: Scale | None = None
    classes: tuple[str, ...] = ()
    loaded: Loaded | None = None


def own_sight(net: str, weights: Path | None) -> OwnSight:
    """Ask a NET what it is made for; a person's own file is run for that.

    Args:
        net: A NET.
        weights: A weights file for it.

    Returns:
        What it says.

    Raises:
        NetError: It is no NET, or its file cannot be run.

    Example:
        >>> own_sight("lenet(size=28)", None).shape, own_sight("mlp", None).shape
        ((3, 28, 28), (1, 28, 28))
    """
    spec = parse_spec(net)
    chosen = str(weights) if weights else spec.arguments.get("weights")
    match spec.kind:
        case "glassnet":
            module_name, _, class_name = NETS[spec.name].partition(":")
            own_class = getattr(importlib.import_module(module_name), class_name)
            shape, num_classes = _from_signature(own_class, spec, net)
            return OwnSight(shape or ANY_SIZE, num_classes)
        case "file":
            loaded = load_class(spec.path or "", spec.name)
            shape, num_classes = _from_signature(loaded[0], spec, net)
            return OwnSight(shape, num_classes, loaded=loaded)
        case "torchvision":
            return _torchvision(spec, chosen)
        case "timm":
            return _timm(spec, chosen)


def _from_signature(
    make: Callable[..., object], spec: NetSpec, net: str
) -> tuple[tuple[int, ...] | None, int]:
    """Read the arguments given and the defaults of those that were not."""
    values = {name: parameter.default for name, parameter in parameters_of(make, net).items()}
    values |= spec.arguments
    channels = next((values[name] for name in CHANNELS if isinstance(values.get(name), int)), None)
    num_classes = next((values[name] for name in CLASSES if isinstance(values.get(name), int)), USUAL_CLASSES)
    match next((values[name] for name in (*SIZE, *SIZE_IF_TUPLE) if name in values), None):
        case int(side):
            size = (side, side)
        case [int(height), int(width)]:
            size = (height, width)
        case [int(channels), int(height), int(width)]:
            size = (height, width)
        case _:
            size = (values.get("height"), values.get("width"))
    shape = (channels, *size)
    return (shape if all(isinstance(side, int) for side in shape) else None), num_classes  # pyright: ignore[reportReturnType]


def _torchvision(spec: NetSpec, chosen: object) -> OwnSight:
    from torchvision import models  # noqa: PLC0415 - loads as slowly as torch itself

    classes = spec.arguments.get("num_classes", 1000)
    num_classes = classes if isinstance(classes, int) else 1000
    try:
        versions = models.get_model_weights(spec.name)
    except ValueError:  # an unknown name: building it tells so
        return OwnSight(None, num_classes)
    known = {name: versions[name] for name in versions.__members__}
    version = next(
        (
            weights
            for name, weights in known.items()
            if chosen is not None and (chosen == name or Path(str(chosen)).name == Path(weights.url).name)
        ),
        None,
    )
    transforms = (version or known["DEFAULT"]).transforms()
    side = transforms.crop_size[0]
    shape = (3, side, side)
    if version is None:
        return OwnSight(shape, num_classes)
    scale = Scale(tuple(transforms.mean), tuple(transforms.std))
    return OwnSight(shape, num_classes, scale, tuple(version.meta["categories"]))


def _timm(spec: NetSpec, chosen: object) -> OwnSight:
    try:
        import timm  # noqa: PLC0415 - an extra

        config = timm.get_pretrained_cfg(spec.name)
    except (ImportError, RuntimeError):  # building it tells so
        config = None
    given = spec.arguments.get("num_classes")
    num_classes = given if isinstance(given, int) else config.num_classes if config else 1000
    if config is None:
        return OwnSight(None, num_classes)
    shape = tuple(config.input_size)
    if chosen != "DEFAULT":
        return OwnSight(shape, num_classes)
    return OwnSight(shape, num_classes, Scale(tuple(config.mean), tuple(config.std)))
