"""Scores that are not what they are called: seen in the operations, and in how the code adds them up."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from glassnet.checks.code import Code, code_of, codes, last_name, names, targets
from glassnet.checks.finding import Finding
from glassnet.checks.rules.counts import counted
from glassnet.checks.timeline import trained_loaders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Loader, Look, Seen
    from glassnet.trace.trace import Op, Source

TEST = re.compile(r"test|val(?!ue)|valid|eval|holdout|(?<![a-z])dev(?![a-z])", re.IGNORECASE)
TRAIN = re.compile(r"train|fit|running", re.IGNORECASE)
COMPARES = {"eq", "ne", "__eq__", "equal"}
WINNERS = {"argmax", "max", "topk"}
SAME_PICTURES = ("leaked-pictures", "different-preprocessing")  # follow from testing on training pictures
VIEWS = {
    "view",
    "reshape",
    "squeeze",
    "detach",
    "cpu",
    "to",
    "float",
    "long",
    "softmax",
    "log_softmax",
    "sigmoid",
    "exp",
    "getitem",
    "contiguous",
    "flatten",
    "data",
}


def wrong_metric(seen: Seen) -> Iterator[Finding]:
    """Find accuracies over the wrong axis, data, or count.

    Args:
        seen: Everything that was seen.

    Yields:
        An error where the number is wrong, a warning where it is off or of other data than its name says.
    """
    found = _wrong_axis(seen) or _broadcast(seen) or _values(seen)
    if found:
        yield found
    yield from _on_training_data(seen)
    for code in codes(seen):
        yield from counted(seen, code)


def _wrong_axis(seen: Seen) -> Finding | None:
    """Find the winner taken over the samples instead of the classes."""
    for look in seen.looks:
        for op in look.trace.ops:
            if op.stage != "loss" or op.name not in WINNERS or not op.inputs:
                continue
            shape = look.trace.values[op.inputs[0]].shape
            if len(shape) != 2 or min(shape) < 2 or _axis(op) not in {0, -2}:  # noqa: PLR2004
                continue
            if not _from_network(look, op.inputs[0]) or not _of_predictions(op):
                continue
            evidence: dict[str, object] = {"op": op.name, "samples": shape[0], "classes": shape[1]}
            return Finding(
                "wrong-metric", "error", op.source, evidence=evidence, form="axis", explains=("wrong-dim",)
            )
    return None


def _axis(op: Op) -> object:
    place = 2 if op.name == "topk" else 1
    return op.kwargs.get("dim", op.kwargs.get("axis", op.args[place] if len(op.args) > place else None))


def _from_network(look: Look, value: int) -> bool:
    """Tell whether a value is what a network gave, through views and softmax at most."""
    made = {number: op for op in look.trace.ops for number in op.outputs}
    outputs = {number for call in look.trace.calls if call.parent is None for number in call.outputs}
    for _ in range(8):
        if value in outputs:
            return True
        op = made.get(value)
        if op is None or op.name not in VIEWS or not op.inputs:
            return False
        value = op.inputs[0]
    return False


def _of_predictions(op: Op) -> bool:
    """Tell whether an operation's line names its result a prediction, or compares it."""
    code = code_of(op.source.file) if op.source else None
    statement = code.statement(op.source.line) if code and op.source else None
    if statement is None:
        return True
    words = names(statement)
    return any(
        re.search(r"pred|correct|acc|label|target|class|hat|guess|^y", word, re.IGNORECASE) for word in words
    )


def _broadcast(seen: Seen) -> Finding | None:
    """Find predictions of shape (N, 1) compared with labels of shape (N): N times N comparisons."""
    for look in seen.looks:
        for op in look.trace.ops:
            if op.stage != "loss" or op.name not in COMPARES or len(op.inputs) != 2 or not op.outputs:  # noqa: PLR2004
                continue
            one, other = (look.trace.values[number].shape for number in op.inputs)
            result = look.trace.values[op.outputs[0]].shape
            if len(result) == 2 and sorted((len(one), len(other))) == [1, 2] and result[0] == result[1] > 1:  # noqa: PLR2004
                flat = max(one, other, key=len)
                if flat[1] == 1:
                    evidence: dict[str, object] = {"samples": result[0], "compared": result[0] * result[1]}
                    return Finding("wrong-metric", "error", op.source, evidence=evidence, form="broadcast")
    return None


def _values(seen: Seen) -> Finding | None:
    """Find the greatest logits themselves compared with labels: `output.max(1)[0] == labels`."""
    for look in seen.looks:
        made = {number: (op, place) for op in look.trace.ops for place, number in enumerate(op.outputs)}
        for op in look.trace.ops:
            if op.stage != "loss" or op.name not in COMPARES or len(op.inputs) != 2:  # noqa: PLR2004
                continue
            for value, other in (op.inputs, op.inputs[::-1]):
                maker, which = made.get(value, (None, 0))
                if maker is None or maker.name not in {"max", "topk"} or which or len(maker.outputs) < 2:  # noqa: PLR2004
                    continue
                types = look.trace.values[value].dtype, look.trace.values[other].dtype
                compared = types[0].startswith(("float", "bfloat")) and types[1].startswith("int")
                if compared and _from_network(look, maker.inputs[0]):
                    evidence: dict[str, object] = {"op": maker.name}
                    return Finding("wrong-metric", "error", op.source, evidence=evidence, form="values")
    return None


def _on_training_data(seen: Seen) -> Iterator[Finding]:
    """Find an evaluation of the training pictures that is called a test."""
    trained = trained_loaders(seen)
    if not trained:
        return
    for loader in seen.loaders:
        if (
            loader.number in trained
            or not loader.num_epochs
            or not any(TEST.search(name) for name in loader.names)
        ):
            continue
        for number in trained:
            other = seen.loaders[number]
            if other.loader.dataset is loader.loader.dataset and _all_of(other) and _all_of(loader):
                evidence: dict[str, object] = {
                    "name": _named(loader),
                    "train": other.names[0] if other.names else "train_loader",
                }
                yield Finding(
                    "wrong-metric", "error", loader.source, evidence=evidence, form="same_data",
                    explains=SAME_PICTURES,
                )  # fmt: skip
                return
    for number in sorted(trained):
        found = _evaluated(seen, seen.loaders[number])
        if found:
            yield found
            return


def _named(loader: Loader) -> str:
    return next((name for name in loader.names if TEST.search(name)), "test_loader")


def _all_of(loader: Loader) -> bool:
    return type(getattr(loader.loader, "sampler", None)).__name__ in {"RandomSampler", "SequentialSampler"}


def _evaluated(seen: Seen, loader: Loader) -> Finding | None:
    """Find a whole pass over the training loader, without a step, that is called a test or validation."""
    begun: dict[Source | None, list[int]] = {}
    open_at: int | None = None
    for at, event in enumerate(seen.events):
        if event.kind == "epoch" and event.who == loader.number:
            open_at = at
        elif event.kind == "epoch_end" and event.who == loader.number and open_at is not None:
            between = seen.events[open_at:at]
            if not any(e.kind in {"step", "backward"} for e in between) and any(
                e.kind == "network" for e in between
            ):
                begun.setdefault(seen.events[open_at].source, []).append(open_at)
            open_at = None
    for source in begun:
        code = code_of(source.file) if source else None
        statement = code.statement(source.line) if code and source else None
        if code is None or statement is None or source is None:
            continue
        function = code.function(statement)
        name = getattr(function, "name", "")
        if not names(getattr(statement, "iter", statement)) & _parameters(function):
            if _called_test(code, function, statement, name):
                evidence: dict[str, object] = {
                    "name": name or "test",
                    "train": loader.names[0] if loader.names else "train_loader",
                }
                return Finding(
                    "wrong-metric",
                    "error",
                    source,
                    evidence=evidence,
                    form="train_data",
                    explains=SAME_PICTURES,
                )
            continue
        found = _call_with_training_loader(code, name, loader)
        if found:
            return found
    return None


def _parameters(function: ast.AST) -> set[str]:
    arguments = getattr(function, "args", None)
    return {argument.arg for argument in arguments.args} if arguments else set()


def _called_test(code: Code, function: ast.AST, statement: ast.stmt, name: str) -> bool:
    """Tell whether a loop over the training loader stands in a function, or sums into names, of a test."""
    if TEST.search(name.replace("eval", "")) and not TRAIN.search(name):
        return True
    summed = {
        last_name(t)
        for node in ast.walk(statement)
        if isinstance(node, (ast.AugAssign, ast.Assign))
        for t in targets(node)
    }
    del code, function
    return any(TEST.search(word) for word in summed) and not any(TRAIN.search(word) for word in summed)


def _only_call(code: Code, call: ast.Call, name: str, loader: Loader) -> bool:
    """Tell whether a function gets no other loader than the one to train on."""
    others = [one for one in code.calls(name) if one is not call]
    return all(names(one) & set(loader.names) for one in others)


def _call_with_training_loader(code: Code, name: str, loader: Loader) -> Finding | None:
    """Find `test_acc = evaluate(net, train_loader)`."""
    for call in code.calls(name):
        given = {last_name(a) for a in [*call.args, *(k.value for k in call.keywords)]}
        passed = [word for word in given if word in loader.names and not TEST.search(word)]
        if not passed:
            continue
        statement = next((outer for outer in code.around(call) if isinstance(outer, ast.stmt)), None)
        if statement is None:
            continue
        assigned = {last_name(t) for t in targets(statement)}
        printed = {
            str(node.value)
            for node in ast.walk(statement)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        about = assigned | (printed if isinstance(statement, ast.Expr) else set())
        if not any(TEST.search(word) for word in about) and _only_call(code, call, name, loader):
            about |= {name.replace("eval", "")}
        if any(TEST.search(word) for word in about) and not any(TRAIN.search(word) for word in about):
            evidence: dict[str, object] = {
                "name": min(w for w in about if TEST.search(w)).strip(),
                "train": passed[0],
            }
            return Finding(
                "wrong-metric",
                "error",
                code.source(call),
                evidence=evidence,
                form="train_data",
                explains=SAME_PICTURES,
            )
    return None
