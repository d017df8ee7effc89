"""Scores that are not what they are called: seen in the operations, and in how the code adds them up."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from glassnet.checks.code import Code, called, code_of, codes, last_name, names, targets
from glassnet.checks.finding import Finding
from glassnet.checks.timeline import with_loader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Loader, Look, Seen
    from glassnet.trace.trace import Op, Source

TEST = re.compile(r"test|val(?!ue)|valid|eval|holdout|(?<![a-z])dev(?![a-z])", re.IGNORECASE)
TRAIN = re.compile(r"train|fit|running", re.IGNORECASE)
COMPARES = {"eq", "ne", "__eq__", "equal"}
WINNERS = {"argmax", "max", "topk"}
VIEWS = {"view", "reshape", "squeeze", "detach", "cpu", "to", "float", "long", "softmax", "log_softmax", "sigmoid", "exp", "getitem", "contiguous", "flatten", "data"}  # fmt: skip
FEW_PERCENT = 0.01


def wrong_metric(seen: Seen) -> Iterator[Finding]:
    """Find accuracies over the wrong axis, data, or count.

    Yields:
        An error where the number is wrong, a warning where it is off or of other data than its name says.
    """
    found = _wrong_axis(seen) or _broadcast(seen)
    if found:
        yield found
    yield from _on_training_data(seen)
    for code in codes(seen):
        yield from _counts(seen, code)


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


def _on_training_data(seen: Seen) -> Iterator[Finding]:
    """Find an evaluation of the training pictures that is called a test."""
    trained = _trained(seen)
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
                    explains=("leaked-pictures", "different-preprocessing"),
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


def _trained(seen: Seen) -> set[int]:
    """Give the loaders in whose loops an optimizer stepped."""
    return {
        loader.number for _, event, loader in with_loader(seen) if event.kind == "step" and loader is not None
    }


def _evaluated(seen: Seen, loader: Loader) -> Finding | None:
    """Find a whole pass over the training loader, without a step, whose result is called test or validation."""
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
        if isinstance(function, ast.Module) or last_name(getattr(statement, "iter", None)) not in _parameters(
            function
        ):
            if _called_test(code, function, statement, name):
                evidence: dict[str, object] = {
                    "name": name or "test",
                    "train": loader.names[0] if loader.names else "train_loader",
                }
                return Finding("wrong-metric", "error", source, evidence=evidence, form="train_data")
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
    if TEST.search(name) and not TRAIN.search(name):
        return True
    summed = {
        last_name(t)
        for node in ast.walk(statement)
        if isinstance(node, (ast.AugAssign, ast.Assign))
        for t in targets(node)
    }
    del code, function
    return any(TEST.search(word) for word in summed) and not any(TRAIN.search(word) for word in summed)


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
        if any(TEST.search(word) for word in about) and not any(TRAIN.search(word) for word in about):
            evidence: dict[str, object] = {
                "name": min(w for w in about if TEST.search(w)).strip(),
                "train": passed[0],
            }
            return Finding("wrong-metric", "error", code.source(call), evidence=evidence, form="train_data")
    return None


# -- how the code adds up --------------------------------------------------------------------------------------


def _counts(seen: Seen, code: Code) -> Iterator[Finding]:
    """Find sums of correct answers divided by the wrong number, and means averaged over unequal batches."""
    for node in code.nodes:
        if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Div):
            continue
        divided = _divided_name(node.left)
        if not divided or not _ran(seen, code, node):
            continue
        kind = _kind(code, node, divided)
        count = _count(code, node, node.right)
        evidence: dict[str, object] = {
            "sum": divided,
            "line": code.text(node),
            "difference": 0.0,
            "last": 0,
            "batch": 0,
        }
        if kind == "count" and count == "batches":
            yield Finding(
                "wrong-metric", "error", code.source(node), evidence=evidence, form="count_by_batches"
            )
        elif kind == "mean" and count == "samples":
            yield Finding(
                "wrong-metric", "error", code.source(node), evidence=evidence, form="mean_by_samples"
            )
        elif kind == "mean" and count == "batches":
            yield from _unequal(seen, code, node, divided, evidence)
        elif kind == "count" and count == "total" and (found := _not_reset(code, node, divided, evidence)):
            yield found


def _divided_name(node: ast.expr) -> str:
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):  # 100 * correct / total
        node = node.right if isinstance(node.left, ast.Constant) else node.left
    while isinstance(node, ast.Call):
        node = (
            node.func.value
            if isinstance(node.func, ast.Attribute) and not node.args
            else node.args[0]
            if node.args
            else node.func
        )
    return last_name(node)


def _ran(seen: Seen, code: Code, node: ast.AST) -> bool:
    """Tell whether the function that a line stands in took part in what was seen."""
    function = code.function(node)
    if isinstance(function, ast.Module):
        return True
    name = getattr(function, "name", "")
    return any(e.source and e.source.file == code.file and e.source.function == name for e in seen.events)


def _added(code: Code, node: ast.AST, name: str) -> list[ast.expr]:
    """Give what is added to a variable, in the function of a node."""
    function = code.function(node)
    found: list[ast.expr] = []
    for one in ast.walk(function):
        if isinstance(one, ast.AugAssign) and isinstance(one.op, ast.Add) and last_name(one.target) == name:
            found.append(one.value)
        elif (
            isinstance(one, ast.Assign)
            and isinstance(one.value, ast.BinOp)
            and isinstance(one.value.op, ast.Add)
        ):
            if last_name(one.targets[0]) == name and last_name(one.value.left) == name:
                found.append(one.value.right)
    return found


def _kind(code: Code, node: ast.AST, name: str) -> str:
    """Tell what a variable sums up: `count` of correct answers, `mean` accuracies of batches, or neither."""
    kinds = {_kind_of(code, node, value, 3) for value in _added(code, node, name)}
    return kinds.pop() if len(kinds) == 1 else ""


def _kind_of(code: Code, node: ast.AST, value: ast.expr, depth: int) -> str:
    text = code.text(value)
    compares = any(
        isinstance(part, ast.Compare) or (isinstance(part, ast.Call) and called(part) in {"eq"})
        for part in ast.walk(value)
    )
    calls = {called(part) for part in ast.walk(value) if isinstance(part, ast.Call)}
    divides = any(isinstance(part, ast.BinOp) and isinstance(part.op, ast.Div) for part in ast.walk(value))
    times = any(isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mult) for part in ast.walk(value))
    if times:
        return "" if not compares else "weighted"
    if compares:
        if "mean" in calls or divides:
            return "mean"
        return "count" if calls & {"sum", "count_nonzero"} else ""
    word = last_name(value) or _divided_name(value)
    if depth and word:
        function = code.function(node)
        for one in ast.walk(function):
            if (
                isinstance(one, ast.Assign)
                and word in {last_name(t) for t in one.targets}
                and not isinstance(one.value, ast.Constant)
            ):
                return _kind_of(code, node, one.value, depth - 1)
    if isinstance(value, ast.Call) and depth:
        inner = value
        while isinstance(inner.func, ast.Attribute) and isinstance(inner.func.value, ast.Call):
            inner = inner.func.value
        for function in code.nodes:
            if isinstance(function, ast.FunctionDef) and function.name == called(inner):
                returned = [
                    r.value for r in ast.walk(function) if isinstance(r, ast.Return) and r.value is not None
                ]
                if len(returned) == 1:
                    return _kind_of(code, returned[0], returned[0], depth - 1)
    del text
    return ""


def _count(code: Code, node: ast.AST, divisor: ast.expr) -> str:
    """Tell what a divisor counts: `batches`, `samples`, `total` (a sum), or nothing known."""
    if isinstance(divisor, ast.Call) and called(divisor) in {"float", "int", "max"} and divisor.args:
        divisor = divisor.args[0]
    if isinstance(divisor, ast.Call) and called(divisor) == "len" and divisor.args:
        given = divisor.args[0]
        if isinstance(given, ast.Attribute) and given.attr == "dataset":
            return "samples"
        word = last_name(given)
        if re.search(r"loader|_dl$|^dl|iter$|batches", word, re.IGNORECASE):
            return "batches"
        return "samples" if re.search(r"set|data|^ds|_ds$|^x|^y|labels|targets", word, re.IGNORECASE) else ""
    word = last_name(divisor)
    if not word:
        return ""
    added = _added(code, node, word)
    if added:
        ones = all(isinstance(value, ast.Constant) and value.value == 1 for value in added)
        return "batches" if ones else "total"
    function = code.function(node)
    for one in ast.walk(function):
        if (
            isinstance(one, ast.Assign)
            and word in {last_name(t) for t in one.targets}
            and isinstance(one.value, ast.Call)
        ):
            return _count(code, node, one.value) if called(one.value) == "len" else ""
    return ""


def _not_reset(code: Code, node: ast.AST, name: str, evidence: dict[str, object]) -> Finding | None:
    """Find a count that goes on from epoch to epoch, and is told in each."""
    function = code.function(node)
    told_in = code.loops(node)
    adds = [
        one for one in ast.walk(function) if isinstance(one, ast.AugAssign) and last_name(one.target) == name
    ]
    starts = [
        one for one in ast.walk(function)
        if isinstance(one, ast.Assign) and any(name in {last_name(t) for t in _flat(target)} for target in one.targets)
        and code.function(one) is function
    ]  # fmt: skip
    if not told_in or not adds or not starts:
        return None
    inner = code.loops(adds[0])
    if len(inner) <= len(told_in) or told_in[-1] not in inner:
        return None
    if any(told_in[-1] in code.loops(one) for one in starts) or any(
        isinstance(one.value, ast.BinOp) for one in starts
    ):
        return None
    return Finding("wrong-metric", "error", code.source(starts[-1]), evidence=evidence, form="not_reset")


def _flat(target: ast.expr) -> list[ast.expr]:
    return list(target.elts) if isinstance(target, (ast.Tuple, ast.List)) else [target]


def _unequal(
    seen: Seen, code: Code, node: ast.AST, name: str, evidence: dict[str, object]
) -> Iterator[Finding]:
    """Find the mean of batches' accuracies where the last batch is smaller: how far off it can be."""
    words = names(code.function(node)) if not isinstance(code.function(node), ast.Module) else names(node)
    divisor = {last_name(part) for part in ast.walk(node) if isinstance(part, (ast.Name, ast.Attribute))}
    function = getattr(code.function(node), "name", "<module>")
    for loader in seen.loaders:
        if not (divisor & set(loader.names)) and not (
            loader.iterated and loader.iterated.function == function and len(seen.loaders) == 1
        ):
            continue
        if loader.number in _trained(seen) and not TEST.search(name):
            continue
        size = getattr(loader.loader, "batch_size", None)
        try:
            total = len(loader.loader.dataset)  # type: ignore[arg-type]
        except (TypeError, NotImplementedError, AttributeError):
            continue
        if not size or loader.loader.drop_last or total % size == 0 or total < size:
            continue
        last, number = total % size, -(-total // size)
        difference = 1 / number - last / total
        evidence |= {"difference": difference, "last": last, "batch": size}
        yield Finding(
            "wrong-metric", "warning" if difference >= FEW_PERCENT * 2 else "note", code.source(node),
            evidence=evidence, form="unequal",
        )  # fmt: skip
        return
    del words
