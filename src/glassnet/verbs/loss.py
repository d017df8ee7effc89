"""The loss of a pass by name: what the network's output is compared with."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import torch
from torch.nn import functional

from glassnet.errors import UsageError, did_you_mean
from glassnet.nets.logits import described, logits_of, shape_text
from glassnet.nets.untouched import untouched
from glassnet.trace.record import record
from glassnet.verbs.given import read_given

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from glassnet.verbs.subject import Subject

LossName = Literal["cross-entropy", "nll", "mse", "l1", "smooth-l1", "bce", "sum", "mean", "output"]
OF_CLASSES = ("cross-entropy", "nll")
OF_OUTPUT = ("sum", "mean", "output")
COMPARED = {
    "cross-entropy": functional.cross_entropy, "nll": functional.nll_loss, "mse": functional.mse_loss,
    "l1": functional.l1_loss, "smooth-l1": functional.smooth_l1_loss,
    "bce": functional.binary_cross_entropy_with_logits,
}  # fmt: skip
NUMBERS = re.compile(r"\s*[-+\d.][-+\d.eE,\s]*")
BATCH_AXES = 2  # of logits


@dataclass(frozen=True, eq=False)
class Loss:
    """A loss and what it compares the output with.

    Attributes:
        name: Of the loss.
        function: From what the network returns to one number.
        label: The class that was wanted, for a loss of classes.
        label_name: Its name.
        label_from: `asked`, `picture` (it has one) or `predicted` (it has none: the network's own answer).
        target: What the output is compared with, where that is no class.
        one_hot: Whether the target was made of the label.
        for_want_of_classes: Whether nobody asked for it, and the output is no row of scores for classes.
    """

    name: LossName
    function: Callable[[Any], torch.Tensor]
    label: int | None = None
    label_name: str | None = None
    label_from: Literal["asked", "picture", "predicted"] | None = None
    target: torch.Tensor | None = None
    one_hot: bool = False
    for_want_of_classes: bool = False


def choose_loss(
    subject: Subject, *, name: str | None, label: str | int | None, target: str | torch.Tensor | None
) -> Loss:
    """Choose the loss, and what it compares the output with.

    Where no name is given: the output itself if it is one number, cross-entropy if it is a row of scores for
    each picture, else its sum (which `for_want_of_classes` says). A loss of classes takes
    the label that is asked for, else the picture's, else the class that the network predicts; other losses
    take the target, else a vector that is 1 for the label and else 0.

    Args:
        subject: The network, in its mode, and the picture.
        name: One of `LossName`.
        label: A class by its name or number.
        target: Numbers (`1,2,5`), a file of numbers, or a tensor.

    Returns:
        The loss.

    Raises:
        UsageError: It does not suit the output, or there is no such class.
    """
    output = run_once(subject)
    if name is not None and name not in get_args(LossName):
        raise UsageError(
            "there is no such loss", where="--loss", got=repr(name), expected=", ".join(get_args(LossName)),
            hint=_near(name, get_args(LossName)),
        )  # fmt: skip
    chosen: Any = name or _suitable(output, label=label, target=target)
    if chosen in OF_OUTPUT:
        _refuse(label, target, chosen)
        by_itself = name is None and chosen == "sum"
        return Loss(chosen, _of_output(chosen, output), for_want_of_classes=by_itself)
    logits = logits_of(output)
    if chosen in OF_CLASSES or target is None:
        if logits.dim() < BATCH_AXES:
            raise UsageError(
                f"the loss {chosen} wants one row of numbers for each picture", where="--loss",
                got=f"an output of {shape_text(logits)}", hint="--loss sum",
            )  # fmt: skip
        if target is not None:
            raise UsageError(
                f"the loss {chosen} compares with a class", where="--target", hint="--label CLASS"
            )
        number, whence = _label(subject, logits, label)
        wanted = _class_numbers(logits, number)
        one_hot = chosen not in OF_CLASSES
        compared = _one_hot(logits, wanted) if one_hot else wanted
        name_of_label = subject.classes[number] if number < len(subject.classes) else str(number)
        function = _comparing(chosen, compared)
        return Loss(chosen, function, number, name_of_label, whence, compared if one_hot else None, one_hot)
    _refuse(label, None, f"{chosen} with a target")
    numbers = _target(target, logits)
    return Loss(chosen, _comparing(chosen, numbers), target=numbers)


def run_once(subject: Subject) -> Any:
    """Run the network once, without a trace; it is left as it was.

    Args:
        subject: The network and its input.

    Returns:
        What it returned.

    Raises:
        NetError: It raises.
    """
    images = copy.deepcopy(subject.images)  # a network may write into its input
    try:
        with untouched(subject.module), torch.no_grad():
            match images:
                case tuple():
                    return subject.module(*images)
                case dict():
                    return subject.module(**images)
                case _:
                    return subject.module(images)
    except Exception:
        record(subject.module, subject.images)  # it tells a network's own error, and where
        raise


def _suitable(output: Any, *, label: object, target: object) -> str:
    if isinstance(output, torch.Tensor) and output.numel() == 1 and label is None and target is None:
        return "output"
    try:
        logits = logits_of(output)
    except Exception as error:
        raise UsageError("there is no loss for this output", got=described(output)) from error
    if target is not None:
        return "mse"
    scores = logits.dim() == BATCH_AXES and logits.shape[1] > 1
    return "cross-entropy" if scores or label is not None else "sum"


def _of_output(name: str, output: Any) -> Callable[[Any], torch.Tensor]:
    if name == "output" and not (isinstance(output, torch.Tensor) and output.numel() == 1):
        raise UsageError(
            "the output is not one number, so it is no loss", where="--loss", got=described(output),
            hint="--loss sum",
        )  # fmt: skip
    match name:
        case "sum":
            return lambda output: logits_of(output).sum()
        case "mean":
            return lambda output: logits_of(output).mean()
        case _:
            return lambda output: output


def _comparing(name: str, target: torch.Tensor) -> Callable[[Any], torch.Tensor]:
    compare = COMPARED[name]
    return lambda output: compare(logits_of(output), target)


def _label(
    subject: Subject, logits: torch.Tensor, label: str | int | None
) -> tuple[int, Literal["asked", "picture", "predicted"]]:
    count = logits.shape[1]
    if label is not None:
        if str(label) in subject.classes:
            return subject.classes.index(str(label)), "asked"
        if re.fullmatch(r"\d+", str(label)) and int(label) < count:
            return int(label), "asked"
        raise UsageError(
            "the network has no such class", where="--label", got=repr(str(label)),
            expected=f"0 to {count - 1}" + (f", or {', '.join(subject.classes)}" if subject.classes else ""),
            hint=_near(str(label), subject.classes),
        )  # fmt: skip
    if subject.label is not None and subject.label < count:
        return subject.label, "picture"
    if not len(logits):
        raise UsageError("an empty batch has no loss", where="--loss", got=shape_text(logits))
    flat = logits[0].flatten(1).sum(dim=1) if logits.dim() > BATCH_AXES else logits[0]
    return int(flat.argmax()), "predicted"


def _class_numbers(logits: torch.Tensor, label: int) -> torch.Tensor:
    shape = (logits.shape[0], *logits.shape[2:])
    return torch.full(shape, label, dtype=torch.long, device=logits.device)


def _one_hot(logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(logits).scatter_(1, wanted.unsqueeze(1), 1.0)


def _target(target: str | torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
    numbers: Any = target
    if isinstance(target, str) and NUMBERS.fullmatch(target):
        try:
            numbers = torch.tensor([float(word) for word in target.split(",") if word.strip()])
        except ValueError:
            raise UsageError("these are not numbers", where="--target", got=repr(target)) from None
    elif not isinstance(target, torch.Tensor):
        numbers = read_given(target)
    if not isinstance(numbers, torch.Tensor):
        raise UsageError("a target is numbers", where="--target", got=repr(str(target)), expected="1,2,5")
    if numbers.numel() != logits.numel():
        raise UsageError(
            "the target has another shape than the output", where="--target", got=shape_text(numbers),
            expected=shape_text(logits),
        )  # fmt: skip
    return numbers.to(logits).reshape(logits.shape)


def _refuse(label: object, target: object, name: str) -> None:
    for option, given in (("--label", label), ("--target", target)):
        if given is not None:
            raise UsageError(f"the loss {name} compares with nothing of that kind", where=option, got=given)


def _near(given: str, known: Sequence[str]) -> str | None:
    hint = did_you_mean(given, known)
    return hint if hint and hint.startswith("did") else None
