"""How code adds up a score: sums of correct answers, and what they are divided by."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from glassnet.checks.code import Code, called, last_name, names
from glassnet.checks.finding import Finding
from glassnet.checks.timeline import num_samples, trained_loaders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Seen

TEST = re.compile(r"test|val(?!ue)|valid|eval|holdout|(?<![a-z])dev(?![a-z])", re.IGNORECASE)
FORMS = {("count", "batches"): "count_by_batches", ("mean", "samples"): "mean_by_samples"}
MATERIAL = 0.02  # of the accuracy: how much too much the last batch may count


def counted(seen: Seen, code: Code) -> Iterator[Finding]:
    """Find sums of correct answers divided by the wrong number, and means averaged over unequal batches."""
    for node, sum_of, divisor in _divisions(code):
        divided = _divided_name(sum_of)
        if not divided or not _ran(seen, code, node):
            continue
        kind = _kind(code, node, divided)
        count = "batches" if divisor is None else _count(code, node, divisor)
        evidence: dict[str, object] = {"sum": divided, "line": code.text(node)}
        if (kind, count) in FORMS:
            form = FORMS[kind, count]
            yield Finding("wrong-metric", "error", code.source(node), evidence=evidence, form=form)
        elif (kind, count) == ("mean", "batches"):
            yield from _unequal(seen, code, node, _over(code, node, divided), evidence)
        elif (kind, count) == ("count", "total") and (found := _not_reset(code, node, divided, evidence)):
            yield found
        elif (kind, count) == ("count", "padded"):
            yield from _padded(seen, code, node, evidence)
        elif kind == "count" and (found := _wiped(code, node, divided, evidence)):
            yield found
    for call in code.calls("update"):  # a meter that is not told of how many samples a value is the mean
        alone = len(call.args) == 1 and not call.keywords and code.loops(call) and _ran(seen, code, call)
        if alone and _takes_number(code) and _kind_of(code, call, call.args[0], 3) == "mean":
            words = names(getattr(code.loops(call)[0], "iter", None))
            yield from _unequal(seen, code, call, words, {"sum": "", "line": code.text(call)})


def _padded(seen: Seen, code: Code, node: ast.AST, evidence: dict[str, object]) -> Iterator[Finding]:
    """Find a count divided by batches times batch size, though the last batch is smaller."""
    for loader in seen.loaders:
        size = getattr(loader.loader, "batch_size", None)
        total = num_samples(loader)
        if (
            names(node) & set(loader.names)
            and size
            and total
            and not loader.loader.drop_last
            and total % size
        ):
            full = -(-total // size) * size
            evidence |= {"samples": total, "counted": full}
            severity = "warning" if full / total - 1 >= MATERIAL else "note"
            yield Finding("wrong-metric", severity, code.source(node), evidence=evidence, form="padded")
            return


def _takes_number(code: Code) -> bool:
    """Tell whether a meter's `update` takes a value and the number of samples that it is the mean of."""
    updates = [node for node in code.nodes if isinstance(node, ast.FunctionDef) and node.name == "update"]
    return any(len(node.args.args) == 3 and len(node.args.defaults) == 1 for node in updates)  # noqa: PLR2004


def _over(code: Code, node: ast.AST, name: str) -> set[str]:
    """Give the names of what a mean is taken over: in the line itself, and of the loop that adds up."""
    words = names(node)
    for added in _added(code, node, name):
        words |= names(getattr(next(iter(code.loops(added)), None), "iter", None))
    return words


def _divisions(code: Code) -> Iterator[tuple[ast.AST, ast.expr, ast.expr | None]]:
    """Give every `a / b`, `a /= b` and mean of a list: it, what is divided, by what (None: its length)."""
    for node in code.nodes:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            whole = isinstance(node.left, ast.Call) and called(node.left) == "sum" and node.left.args
            yield node, node.left.args[0] if whole else node.left, None if whole else node.right  # type: ignore[union-attr]
        elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Div):
            yield node, node.target, node.value
        elif isinstance(node, ast.Call) and called(node) in {"mean", "fmean", "average"} and node.args:
            yield node, node.args[0], None


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
            (
                isinstance(one, ast.Assign)
                and isinstance(one.value, ast.BinOp)
                and isinstance(one.value.op, ast.Add)
            )
            and last_name(one.targets[0]) == name
            and last_name(one.value.left) == name
        ):
            found.append(one.value.right)
        elif (
            isinstance(one, ast.Call)
            and called(one) == "append"
            and last_name(_owner(one)) == name
            and one.args
        ):
            found.append(one.args[0])
    return found


def _owner(call: ast.Call) -> ast.expr | None:
    """Give what a method is called on."""
    return call.func.value if isinstance(call.func, ast.Attribute) else None


def _kind(code: Code, node: ast.AST, name: str) -> str:
    """Tell what a variable sums up: `count` of correct answers, `mean` accuracies of batches, or neither."""
    kinds = {_kind_of(code, node, value, 3) for value in _added(code, node, name)}
    return kinds.pop() if len(kinds) == 1 else ""


def _kind_of(code: Code, node: ast.AST, value: ast.expr, depth: int) -> str:  # noqa: C901 — one case after the other
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
    return ""


def _count(code: Code, node: ast.AST, divisor: ast.expr) -> str:  # noqa: PLR0911 — one case after the other
    """Tell what a divisor counts: `batches`, `samples`, `total` (a sum), or nothing known."""
    if isinstance(divisor, ast.Call) and called(divisor) in {"float", "int", "max"} and divisor.args:
        divisor = divisor.args[0]
    if isinstance(divisor, ast.BinOp) and isinstance(divisor.op, ast.Mult):
        sides = {_count(code, node, divisor.left), _count(code, node, divisor.right)}
        sized = any(re.search(r"batch_?size|^bs$", name, re.IGNORECASE) for name in names(divisor))
        return "padded" if "batches" in sides and sized else ""
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
        one
        for one in ast.walk(function)
        if isinstance(one, ast.Assign)
        and any(name in {last_name(t) for t in _flat(target)} for target in one.targets)
        and code.function(one) is function
    ]
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


def _wiped(code: Code, node: ast.AST, name: str, evidence: dict[str, object]) -> Finding | None:
    """Find a count that begins anew with every batch, and is divided after the last one."""
    function = code.function(node)
    adding = {
        loop
        for one in ast.walk(function)
        if isinstance(one, ast.AugAssign) and last_name(one.target) == name
        for loop in code.loops(one)[:1]
    }
    for one in ast.walk(function):
        if not isinstance(one, ast.Assign) or not isinstance(one.value, ast.Constant):
            continue
        named = any(name in {last_name(part) for part in _flat(target)} for target in one.targets)
        loop = code.parents.get(one)
        if named and loop in adding and loop not in code.loops(node):
            return Finding("wrong-metric", "error", code.source(one), evidence=evidence, form="wiped")
    return None


def _flat(target: ast.expr) -> list[ast.expr]:
    return list(target.elts) if isinstance(target, (ast.Tuple, ast.List)) else [target]


def _unequal(
    seen: Seen, code: Code, node: ast.AST, words: set[str], evidence: dict[str, object]
) -> Iterator[Finding]:
    """Find the mean of batches' accuracies where the last batch is smaller: how far off it can be."""
    for loader in seen.loaders:
        if not words & set(loader.names):
            continue
        if loader.number in trained_loaders(seen):
            continue
        size = getattr(loader.loader, "batch_size", None)
        total = num_samples(loader)
        if not size or loader.loader.drop_last or total % size == 0 or total < size:
            continue
        last, number = total % size, -(-total // size)
        difference = 1 / number - last / total
        evidence |= {"difference": difference, "last": last, "batch": size}
        yield Finding(
            "wrong-metric", "warning" if difference >= MATERIAL else "note", code.source(node),
            evidence=evidence, form="unequal",
        )  # fmt: skip
        return
