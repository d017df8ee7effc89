"""`explain`: one number of a network, its gradient or update, worked by hand and checked against PyTorch."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import torch

from glassnet.arithmetic.address import LOSS, Place, find, parse_address
from glassnet.arithmetic.explain import Explained
from glassnet.arithmetic.explain import explain as explain_number
from glassnet.arithmetic.gradient import ExplainedGradient, explain_gradient
from glassnet.arithmetic.update import ExplainedUpdate, Kind, Rule, explain_update
from glassnet.errors import UsageError
from glassnet.terminal import Terminal, open_terminal, quoted, show_next
from glassnet.terminal.explanation import show_number, show_what
from glassnet.terminal.lines import show_line
from glassnet.terminal.training_numbers import show_gradient, show_update
from glassnet.texts import choose_language, texts
from glassnet.trace.record import record
from glassnet.verbs.explain_files import write_animation, write_page
from glassnet.verbs.explanation import Explanation, Question
from glassnet.verbs.loss import choose_loss
from glassnet.verbs.subject import open_subject
from glassnet.verbs.surroundings import modes_kept, put_back

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import nn

    from glassnet.trace.trace import Trace
    from glassnet.verbs.loss import Loss
    from glassnet.verbs.subject import Subject

RATES = {"sgd": 0.01, "nesterov": 0.01, "adam": 0.001, "adamw": 0.001}
MOMENTUM = {"sgd": 0.0, "nesterov": 0.9, "adam": 0.9, "adamw": 0.9}
DECAY = {"sgd": 0.0, "nesterov": 0.0, "adam": 0.0, "adamw": 0.01}
LISTED, FOLLOWED = 10, 3  # terms of a long sum that are shown, and followed at each number of a tree
LARGEST_SEED = 2**63 - 1


def explain(
    net: nn.Module | str | Path,
    picture: Any = None,
    *,
    at: str | None = None,
    grad: str | None = None,
    step: str | None = None,
    depth: int = 1,
    terms: int | None = None,
    label: str | int | None = None,
    loss: str | None = None,
    target: Any = None,
    train: bool = False,
    optimizer: Kind = "sgd",
    lr: float | None = None,
    momentum: float | None = None,
    weight_decay: float | None = None,
    steps: int = 1,
    zero_grad: bool = True,
    seed: int = 0,
    input: str | tuple[int, ...] | None = None,  # noqa: A002 — the option's name
    weights: Path | str | None = None,
    data_dir: Path | None = None,
    html: Path | str | None = None,
    gif: Path | str | None = None,
    lang: str | None = None,
    terminal: Terminal | None = None,
) -> Explanation:
    """Work one number of a network out by hand, and check it against PyTorch's.

    Args:
        net: A module, a NET, or the folder of a run.
        picture: What it gets, see `open_subject`; None for ones.
        at: The address of a number: `conv1[0,3,5,7]`, `fc.weight[0,1]`, `loss`.
        grad: The address of a number by which the loss is differentiated.
        step: The address of a weight whose update is asked for. Exactly one of `at`, `grad`, `step` is given.
        depth: How many operations are worked out, one behind the other.
        terms: How many terms of a long sum are shown (10 by default), and followed with a depth above 1 (3).
        label: The class that the loss wants; the picture's own by default, else the one predicted.
        loss: Such as `cross-entropy`, `mse`, `sum`; see `choose_loss`.
        target: Numbers that the output is compared with, for `mse`, `l1`, `smooth-l1` and `bce`.
        train: Whether the network runs in training mode.
        optimizer: For `step`.
        lr: Learning rate; by default 0.01, with Adam 0.001.
        momentum: By default 0, Nesterov's 0.9; β₁ of Adam, 0.9.
        weight_decay: By default 0, AdamW's 0.01.
        steps: How many steps on this picture.
        zero_grad: Whether gradients are zeroed between steps; without it they add up.
        seed: Of what is drawn at random in training mode.
        input: Channels, height and width of the picture, such as `3x32x32`.
        weights: A weights file for the network.
        data_dir: Where data sets are looked for first.
        html: A file to write the operation to, as a page that needs no connection; with `at`.
        gif: A file to write the moving window of a convolution or pooling to; with `at`.
        lang: Language of the texts.
        terminal: Where they go; None for standard error.

    Returns:
        The explanation. A module that was given is left as it was.

    Raises:
        UsageError: There is no such number, or nothing is asked for.
        GlassnetError: A file cannot be written.

    Example:
        >>> found = explain("lenet", "fashion-mini", at="conv1[0,2,5,5]", lang="en")
        >>> found.formula, abs(found.difference) < 1e-6
        ('Σ input·weight + bias', True)
    """
    asked_lang, lang = lang, choose_language(lang)
    words = texts(lang, "explain")
    terminal = terminal or open_terminal(json=True)
    question, asked = _question(at, grad, step)
    _check_counts(depth=depth, terms=terms, steps=steps, seed=seed)
    rule = _rule(optimizer, lr, momentum, weight_decay, zero_grad=zero_grad)
    command = _command(net, picture, {
        "input": input, "weights": weights, "data-dir": data_dir, "train": train, "seed": seed or None,
        "label": label, "loss": loss, "target": target, "lang": asked_lang,
    })  # fmt: skip
    with put_back(), modes_kept(net):
        subject = open_subject(
            net, picture, input=input, weights=weights, data_dir=data_dir, training=train, lang=lang,
            terminal=terminal,
        )  # fmt: skip
        torch.manual_seed(seed)
        chosen = None
        if question != "number" or _wants_loss(asked, label, loss, target):
            chosen = choose_loss(subject, name=loss, label=label, target=target)
        torch.manual_seed(seed)
        trace = _traced(subject, chosen)
        place = _place(trace, asked, question)
        if question == "update":
            torch.manual_seed(seed)
            found = _update(subject, trace, place, chosen, rule, steps)
        else:
            work_out = explain_number if question == "number" else explain_gradient
            found = work_out(trace, place.value, place.index, depth=depth, most_terms=terms or FOLLOWED)
    notes = _notes(words, subject, place, chosen, train=train)
    answer = Explanation(question, found, subject, trace, chosen, train, notes)
    _show(answer, terms or LISTED, _write_files(answer, html, gif, lang), words, terminal, command)
    return answer


def _check_counts(*, depth: int, terms: int | None, steps: int, seed: int) -> None:
    for option, count in (("--depth", depth), ("--terms", terms), ("--steps", steps)):
        if count is not None and count < 1:
            raise UsageError(f"{option} is too small", got=count, expected="1 or more")
    if not 0 <= seed <= LARGEST_SEED:
        raise UsageError("--seed cannot be this", got=seed, expected=f"0 to {LARGEST_SEED}")


def _rule(
    optimizer: Kind, lr: float | None, momentum: float | None, weight_decay: float | None, *, zero_grad: bool
) -> Rule:
    """Fill in what is usual for an optimizer."""
    if optimizer not in get_args(Kind):
        raise UsageError(
            "there is no arithmetic for this optimizer", where="--optimizer", got=repr(optimizer),
            expected=", ".join(get_args(Kind)),
        )  # fmt: skip
    rule = Rule(
        kind=optimizer,
        lr=RATES[optimizer] if lr is None else lr,
        momentum=MOMENTUM[optimizer] if momentum is None else momentum,
        weight_decay=DECAY[optimizer] if weight_decay is None else weight_decay,
        zero_grad=zero_grad,
    )
    least = 0.0 if optimizer != "nesterov" else 1e-12
    for option, number, most in (
        ("--lr", rule.lr, math.inf), ("--weight-decay", rule.weight_decay, math.inf),
        ("--momentum", rule.momentum, 1.0),
    ):  # fmt: skip
        low = least if option == "--momentum" else 0.0
        if not low <= number < most:
            expected = "0 or more" if most == math.inf else f"{'above 0' if low else '0 or more'}, below 1"
            raise UsageError(f"{option} cannot be this", got=number, expected=expected)
    return rule


def _question(at: str | None, grad: str | None, step: str | None) -> tuple[Question, str]:
    asked: list[tuple[Question, str]] = []
    if at is not None:
        asked.append(("number", at))
    if grad is not None:
        asked.append(("gradient", grad))
    if step is not None:
        asked.append(("update", step))
    if len(asked) != 1:
        raise UsageError(
            "one question at a time" if asked else "which number is to be explained?",
            got=" and ".join(address for _, address in asked) or None,
            expected="one of --at, --grad and --step",
            hint='glassnet explain NET PICTURE --at "conv1[0,3,5,7]"',
        )  # fmt: skip
    return asked[0]


def _place(trace: Trace, address: str, question: Question) -> Place:
    """Find the number, and refuse what has no arithmetic of real numbers."""
    place = find(trace, address)
    dtype = trace.kept[place.value].dtype
    if dtype.is_complex:
        raise UsageError("complex numbers are not worked out", where=place.written, got=str(dtype)[6:])
    if question != "number" and not dtype.is_floating_point:
        raise UsageError("whole numbers have no gradient", where=place.written, got=str(dtype)[6:])
    return place


def _wants_loss(address: str, *options: object) -> bool:
    return parse_address(address).name == LOSS or any(option is not None for option in options)


def _traced(subject: Subject, loss: Loss | None) -> Trace:
    """Record the pass; what the loss compares with is called `target`, to the recorder it is any constant."""
    backward = loss.function if loss else None
    trace = record(subject.module, subject.images, keep="all", backward=backward)
    read = {number for op in trace.ops if op.stage == "loss" for number in op.inputs}
    values = (
        replace(value, name="target") if value.number in read and value.name == "constant" else value
        for value in trace.values
    )
    return replace(trace, values=tuple(values))


def _update(
    subject: Subject, trace: Trace, place: Place, loss: Loss | None, rule: Rule, steps: int
) -> ExplainedUpdate:
    value = trace.values[place.value]
    if loss is None or value.kind != "parameter":
        trained = [v.name for v in trace.values if v.kind == "parameter" and v.requires_grad]
        raise UsageError(
            "an optimizer changes parameters only", where=place.written, got=f"a value of kind {value.kind}",
            expected=f"{', '.join(trained[:8])}{', …' if trained[8:] else ''}" if trained else None,
            hint=f'its gradient: --grad "{place.written}"',
        )  # fmt: skip
    return explain_update(
        subject.module, subject.images, loss.function, value.name, place.index, rule, steps=steps
    )


def _notes(
    words: dict[str, str], subject: Subject, place: Place, loss: Loss | None, *, train: bool
) -> tuple[str, ...]:
    notes = [*subject.notes, *(words[key].format(**fields) for key, fields in place.notes)]
    if train:
        notes.append(words["train_mode"])
    if loss is not None and loss.for_want_of_classes:
        notes.append(words["loss_sum"])
    if loss is not None and loss.label_from is not None:
        notes.append(words[f"label_{loss.label_from}"].format(label=loss.label_name))
    if loss is not None and loss.one_hot:
        notes.append(words["one_hot"].format(label=loss.label_name))
    return tuple(dict.fromkeys(notes))


def _write_files(
    answer: Explanation, html: Path | str | None, gif: Path | str | None, lang: str
) -> list[tuple[str, Path | str]]:
    """Write what is asked for; give the name of each file's text, and the file."""
    files: list[tuple[str, Path | str]] = []
    if html is not None:
        write_page(answer, Path(html), lang=lang)
        files.append(("page", html))
    if gif is not None:
        write_animation(answer, Path(gif), lang=lang)
        files.append(("animation", gif))
    return files


def _show(
    answer: Explanation,
    listed: int,
    files: Sequence[tuple[str, Path | str]],
    words: dict[str, str],
    terminal: Terminal,
    command: str | None,
) -> None:
    show_what(
        words, terminal, network=answer.subject.record["net"],
        picture=answer.subject.picture, label=answer.subject.label_name,
        loss=answer.loss and answer.loss.name, notes=answer.notes,
    )  # fmt: skip
    found = answer.found
    match found:
        case Explained():
            show_number(found, answer.trace, listed, words, terminal)
        case ExplainedGradient():
            show_gradient(found, listed, words, terminal)
        case ExplainedUpdate():
            show_update(found, words, terminal)
    for name, path in files:
        show_line(words[name], str(path), terminal)
    if command is not None:
        show_next(
            [f"{command} {question}" for question in _next_questions(answer)], terminal, name=words["next"]
        )


def _next_questions(answer: Explanation) -> list[str]:
    """Choose what is worth asking after this."""
    found, address = answer.found, quoted(answer.address)
    match found:
        case Explained() if found.name == LOSS and found.expansion is not None:
            number = next((n for term in found.expansion.terms for n in term.numbers), None)
            operand = number and found.address(number)
            return [f"--grad {quoted(operand)}"] if operand else []
        case Explained():
            deeper = any(answer.trace.values[read].made_by is not None for read in _reads(found))
            if not deeper or found.branches or found.expansion is None:
                return [f"--grad {address}"]
            return [f"--at {address} --depth 2"]
        case ExplainedGradient() if found.followed or answer.trace.values[found.number].kind == "parameter":
            on_way = answer.trace.values[found.number].kind != "parameter"
            return [f"--{'at' if on_way else 'step'} {address}"]
        case ExplainedGradient():
            return [f"--grad {address} --depth 2"]
        case _:
            return [f"--grad {address}"]


def _reads(found: Explained) -> tuple[int, ...]:
    return found.op.inputs if found.op else ()


def _command(net: object, picture: object, options: Mapping[str, object]) -> str | None:
    """Write the command that asks the same network, picture and loss; None where they are objects."""
    words = [net] if picture is None else [net, picture]
    given = {name: value for name, value in options.items() if value not in (None, False)}
    if not all(isinstance(word, str | os.PathLike | int) for word in (*words, *given.values())):
        return None
    flags = [f"--{name}" if value is True else f"--{name} {quoted(value)}" for name, value in given.items()]
    return " ".join(["glassnet explain", *map(quoted, words), *flags])
