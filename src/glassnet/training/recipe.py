"""The noun `Recipe`: every choice of one training, as plain data that a person can read, write and repeat."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

import tomlkit

from glassnet.errors import RecipeError, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

AUTO: Any = None  # "glassnet chooses": `choices.resolve` replaces it by a value and its reason


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Every choice of one training; a field left at None is chosen automatically, with its reason.

    Example:
        >>> Recipe(lr=0.1, epochs=2).optimizer is None
        True
    """

    net: str = AUTO
    """The network: a name, torchvision:NAME, timm:NAME or file.py:Class, with arguments in parentheses."""
    epochs: float = AUTO
    """How often each training picture is seen; fractions too."""
    batch: int = AUTO
    """Pictures per step."""
    lr: float = AUTO
    """Learning rate, the highest one of the schedule; of Muon, from which the rates of the rest follow."""
    optimizer: Literal["sgd", "nesterov", "adam", "adamw", "muon"] = AUTO
    """SGD with momentum, with Nesterov's, Adam, AdamW, or Muon for convolutions and Nesterov for the rest."""
    momentum: float = AUTO
    """Momentum of SGD and Nesterov; the first beta of Adam and AdamW; Muon's own is 0.6."""
    weight_decay: float = AUTO
    """Weight decay; one-dimensional parameters (norms, biases) and kernels under Muon have none."""
    schedule: Literal["constant", "step", "cosine", "one-cycle"] = AUTO
    """Learning rate over time: constant, step (times step-factor every step-epochs), cosine, one-cycle."""
    warmup: float = AUTO
    """Share of all steps in which the rate rises linearly from zero."""
    step_epochs: float = AUTO
    """Epochs between two falls of the step schedule."""
    step_factor: float = AUTO
    """What the step schedule multiplies the rate by."""
    label_smoothing: float = AUTO
    """Share of each label spread evenly over all classes."""
    class_weights: Literal["equal", "balanced"] = AUTO
    """Weight of each class in the loss: equal, or balanced (pictures / (classes · pictures of the class))."""
    flip: bool = AUTO
    """Mirror each picture left to right in every other epoch."""
    shift: int = AUTO
    """Shift each picture at random by up to so many pixels; the border is reflected."""
    cutout: int = AUTO
    """Side in pixels of a random square set to the mean colour; 0 for none."""
    mixup: float = AUTO
    """MixUp: alpha of the Beta distribution of the mixing share; 0 for none."""
    cutmix: float = AUTO
    """CutMix: alpha of the Beta distribution of the pasted area; 0 for none."""
    ema: float = AUTO
    """Decay per step of the exponential moving average of the weights that is judged and kept; 0 for none."""
    clip: float = AUTO
    """Largest norm of the whole gradient; 0 for no clipping."""
    normalize: Literal["pictures", "half"] = AUTO
    """Pixels: minus the mean, by the deviation of the training pictures; or half: (pixel − 0.5) / 0.5."""
    precision: Literal["float32", "bfloat16"] = AUTO
    """Number type of matrix products and convolutions; weights and losses are float32 always."""
    memory_format: Literal["channels-last", "contiguous"] = AUTO
    """Order of the numbers of a picture in memory; the same results, another speed."""
    onednn: bool = AUTO
    """Whether oneDNN computes on a processor; PyTorch's own convolutions are faster where a step is tiny."""
    device: str = AUTO
    """Where to compute: cpu, cuda, cuda:1, mps."""
    threads: int = AUTO
    """Processor threads of a step; another number of threads can change the last bits of a result."""
    val: float = AUTO
    """Share of the training pictures set aside for validation where the source has no such split; 0: none."""
    early_stop: int = AUTO
    """Stop after so many epochs without a better validation accuracy; 0: never."""
    seed: int = AUTO
    """Seed of initial weights, order, augmentation and dropout."""
    strict: bool = AUTO
    """Refuse operations that PyTorch cannot repeat to the same bits."""


TUTORIAL = Recipe(
    optimizer="sgd", momentum=0.9, weight_decay=0.0, schedule="constant", warmup=0.0, label_smoothing=0.0,
    flip=False, shift=0, cutout=0, ema=0.0, normalize="half", val=0.0,
)  # fmt: skip

RECIPES: dict[str, Recipe] = {
    "tutorial-mlp": replace(TUTORIAL, net="mlp", lr=0.01, batch=64, epochs=5.0),
    "tutorial-fashion-cnn": replace(TUTORIAL, net="fashion-cnn", lr=0.01, batch=64, epochs=5.0),
    "tutorial-lenet": replace(TUTORIAL, net="lenet", lr=0.001, batch=4, epochs=2.0),
}


def over(base: Recipe, wishes: Recipe) -> Recipe:
    """Lay the chosen fields of one recipe over another.

    Args:
        base: The recipe below.
        wishes: Its fields that are not None win.

    Returns:
        The merged recipe.

    Example:
        >>> over(Recipe(lr=0.1, batch=64), Recipe(lr=0.2)).lr
        0.2
    """
    return replace(base, **{name: value for name, value in asdict(wishes).items() if value is not None})


def named(name: str) -> Recipe:
    """Look up a shipped recipe.

    Args:
        name: A key of `RECIPES`.

    Returns:
        The recipe.

    Raises:
        UsageError: There is none of that name.

    Example:
        >>> named("tutorial-lenet").batch
        4
    """
    if name not in RECIPES:
        raise UsageError(f"unknown recipe '{name}'", hint=did_you_mean(name, RECIPES))
    return RECIPES[name]


def read_toml(path: Path) -> Recipe:
    """Read a recipe that a run wrote or a person did.

    Args:
        path: A TOML file; its keys are fields of `Recipe`.

    Returns:
        The recipe, checked.

    Raises:
        RecipeError: The file is missing or no TOML, a key is unknown, or a value is impossible.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise RecipeError("no such recipe file", where=path) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise RecipeError("the recipe file cannot be read", where=path, got=error) from None
    return from_table(table, where=str(path))


def from_table(table: Mapping[str, object], *, where: str) -> Recipe:
    """Make a recipe of keys and values.

    Args:
        table: Field names and values.
        where: What to name in an error.

    Returns:
        The recipe, checked.

    Raises:
        RecipeError: A key is unknown or a value is impossible.

    Example:
        >>> from_table({"lr": 1}, where="example").lr
        1.0
    """
    types = get_type_hints(Recipe)
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in types:
            raise RecipeError(f"unknown key '{key}'", where=where, hint=did_you_mean(key, types))
        values[key] = float(value) if types[key] is float and type(value) is int else value
    recipe = Recipe(**values)
    check(recipe, where=where)
    return recipe


def to_toml(recipe: Recipe, reasons: Mapping[str, str]) -> str:
    """Write a recipe as TOML, each automatic choice with its reason beside it.

    Args:
        recipe: Fields at None are left out.
        reasons: Field name to reason.

    Returns:
        The text of the file.

    Example:
        >>> print(to_toml(Recipe(batch=64), {"batch": "the tutorial's"}))
        batch = 64 # the tutorial's
        <BLANKLINE>
    """
    document = tomlkit.document()
    for name, value in asdict(recipe).items():
        if value is not None:
            item = tomlkit.item(value)
            if name in reasons:
                item.comment(reasons[name])
            document.add(name, item)
    return tomlkit.dumps(document)


# lowest and highest value of each number; None: no bound
BOUNDS: dict[str, tuple[float | None, float | None]] = {
    "epochs": (0.0, None), "batch": (1, None), "lr": (0.0, None), "momentum": (0.0, 0.9999),
    "weight_decay": (0.0, None), "warmup": (0.0, 1.0), "step_epochs": (0.0, None), "step_factor": (0.0, 1.0),
    "label_smoothing": (0.0, 1.0), "shift": (0, None), "cutout": (0, None), "mixup": (0.0, None),
    "cutmix": (0.0, None), "ema": (0.0, 1.0), "clip": (0.0, None), "val": (0.0, 0.9), "early_stop": (0, None),
    "seed": (0, 2**63 - 1), "threads": (1, None),
}  # fmt: skip


ABOVE_ZERO = ("epochs", "step_epochs")  # here the lowest value itself is not allowed
KINDS = {float: "a number", int: "a whole number", bool: "true or false", str: "a text"}


def check(recipe: Recipe, *, where: str) -> None:
    """Refuse impossible values.

    Args:
        recipe: Fields at None are passed over.
        where: What to name in the error: a file, or `the command line`.

    Raises:
        RecipeError: A value has another type, is none of the choices, or is out of its bounds.
    """
    types = get_type_hints(Recipe)
    for field in fields(recipe):
        name, value = field.name, getattr(recipe, field.name)
        if value is None:
            continue
        expected = _expected(name, value, types[name])
        if expected is not None:
            near = did_you_mean(value, get_args(types[name])) if isinstance(value, str) else None
            raise RecipeError(
                f"'{name}' has an impossible value", where=where, got=repr(value), expected=expected,
                hint=near if near and near.startswith("did") else None,
            )  # fmt: skip
    if recipe.mixup and recipe.cutmix:
        raise RecipeError("mixup and cutmix cannot both be on", where=where, hint="set one of them to 0")


def _expected(name: str, value: Any, kind: Any) -> str | None:
    """Say what a value should have been; None where it is right."""
    if get_origin(kind) is Literal:
        return None if value in get_args(kind) else ", ".join(get_args(kind))
    accepted = (int, float) if kind is float else kind
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        return KINDS[kind]
    low, high = BOUNDS.get(name, (None, None))
    inside = low is None or (value >= low and value <= (sys.float_info.max if high is None else high))
    if inside and not (value == low and name in ABOVE_ZERO):
        return None
    if high is not None:
        return f"{low} to {high}"
    lowest = f"above {low}" if name in ABOVE_ZERO else f"at least {low}"
    return f"{lowest}, and finite" if kind is float else lowest
