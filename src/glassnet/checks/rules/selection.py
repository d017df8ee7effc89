"""The best epoch, or setting, chosen by the score on the test set that is then reported."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from glassnet.checks.code import Code, called, codes, last_name, names, targets
from glassnet.checks.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Loader, Seen

TEST = re.compile(r"(^|_|\b)(test|te)(_|\b|\d|$)|^x_?te|test", re.IGNORECASE)
VALIDATION = re.compile(r"(^|_)(val|valid|validation|dev)", re.IGNORECASE)
BEST = re.compile(r"best|highest|lowest|max_|min_|top_|record", re.IGNORECASE)
STOPPER = re.compile(r"early_?stop|stopper|stopping", re.IGNORECASE)
SCORE = re.compile(r"acc|loss|score|f1|auc|err|metric|correct|perf", re.IGNORECASE)


def chosen_on_test_set(seen: Seen) -> Iterator[Finding]:
    """Find `if score > best` where the score is of the test set.

    Args:
        seen: Everything that was seen.

    Yields:
        A warning at the line that computes the score which chooses.
    """
    if seen.num_steps == 0:
        return
    for code in codes(seen):
        for node, score in _choices(code):
            found = _judged(seen, code, node, score)
            if found:
                yield found
                return


def _choices(  # noqa: C901 — one way to choose after the other
    code: Code,
) -> Iterator[tuple[ast.stmt, ast.expr]]:
    """Give the places where something is kept because its score is the best so far, with the score."""
    for node in code.nodes:
        if isinstance(node, ast.If) and code.function(node) is not None:
            for compare in ast.walk(node.test):
                if isinstance(compare, ast.Compare) and len(compare.ops) == 1:
                    sides = (compare.left, compare.comparators[0])
                    kept = [side for side in sides if BEST.search(last_name(side))]
                    others = [side for side in sides if side not in kept]
                    if kept and others and _keeps(node, last_name(kept[0])):
                        yield node, others[0]
        elif (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and called(node.value) in {"max", "min"}
        ):
            kept = [
                a
                for a in node.value.args
                if BEST.search(last_name(a)) and last_name(a) == last_name(node.targets[0])
            ]
            others = [a for a in node.value.args if a not in kept]
            if kept and others and code.loops(node):
                yield node, others[0]
        elif (
            isinstance(node, ast.Call)
            and called(node) in {"max", "min", "argmax", "argmin", "nanmax"}
            and len(node.args) == 1
        ):
            kept = last_name(node.args[0])
            if re.search("test", kept, re.IGNORECASE) and SCORE.search(kept) and _per_epoch(code, kept):
                yield next(o for o in code.around(node) if isinstance(o, ast.stmt)), node.args[0]
        elif isinstance(node, ast.Call) and STOPPER.search(called(node)) and code.loops(node) and node.args:
            statement = next(o for o in code.around(node) if isinstance(o, ast.stmt))
            yield statement, node.args[0]


def _per_epoch(code: Code, name: str) -> bool:
    """Tell whether scores are appended to a list in a loop."""
    return any(
        isinstance(call.func, ast.Attribute) and last_name(call.func.value) == name and code.loops(call)
        for call in code.calls("append")
    )


def _keeps(node: ast.If, best: str) -> bool:
    """Tell whether the block stores the new best score, or a network."""
    for statement in node.body:
        for part in ast.walk(statement):
            if isinstance(part, (ast.Assign, ast.AnnAssign)) and best in {
                last_name(t) for t in targets(part)
            }:
                return True
            if isinstance(part, ast.Call) and called(part) in {
                "save",
                "deepcopy",
                "state_dict",
                "save_checkpoint",
            }:
                return True
    return False


def _judged(seen: Seen, code: Code, node: ast.stmt, score: ast.expr) -> Finding | None:  # noqa: PLR0911 — one case after the other
    """Tell whether a score is of the test set; validation, in name or in place, is not."""
    if isinstance(score, ast.Call) and not names(score):
        return None
    word = last_name(score)
    if not word and not isinstance(score, ast.Call):
        return None
    if VALIDATION.search(word) or re.search("train", word, re.IGNORECASE):
        return None
    line, loader_words = _computed(code, node, score)
    if any(VALIDATION.search(name) for name in loader_words) or _is_validation(seen, loader_words):
        return None
    tested = bool(re.search("test", word, re.IGNORECASE)) or any(
        re.search("test", name, re.IGNORECASE) for name in loader_words
    )
    if not tested and not _test_data(seen, loader_words):
        return None
    if not SCORE.search(word) and not SCORE.search(" ".join(loader_words)):
        return None
    evidence: dict[str, object] = {
        "score": code.text(score),
        "line": node.lineno,
        "loader": _loader_name(loader_words) or word,
    }
    return Finding("chosen-on-test-set", "warning", code.source(line), evidence=evidence)


def _computed(code: Code, node: ast.stmt, score: ast.expr) -> tuple[ast.AST, set[str]]:  # noqa: PLR0911 — one case after the other
    """Find the line that computes a score, and the names of what it is computed from."""
    if isinstance(score, ast.Call):
        return score, names(score)
    word = last_name(score)
    function = code.function(node)
    before = [
        one
        for one in ast.walk(function)
        if isinstance(one, (ast.Assign, ast.AugAssign))
        and one.lineno < node.lineno
        and word in {last_name(t) for t in targets(one)}
        and code.function(one) is function
    ]
    if not before or _per_epoch(code, word):
        return node, {word}
    last = max(before, key=lambda one: one.lineno)
    if isinstance(last.value, ast.Call) and called(last.value) not in {
        "float",
        "round",
        "mean",
        "item",
        "sum",
    }:
        return last, names(last.value)
    loop = _evaluation_loop(code, function, last, names(last.value) | {word})
    if loop is not None:
        return loop, names(loop.iter) | {word}
    inner = set(names(last.value))  # correct / total, computed by an earlier call
    for one in sorted(before, key=lambda one: -one.lineno):
        if isinstance(one.value, ast.Call):
            return one, names(one.value)
    sources = [
        one
        for one in ast.walk(function)
        if isinstance(one, ast.Assign)
        and one.lineno < last.lineno
        and inner & {last_name(t) for t in targets(one)}
        and isinstance(one.value, ast.Call)
        and code.function(one) is function
    ]
    if sources:
        return max(sources, key=lambda one: one.lineno), names(sources[-1].value) | inner | {word}
    return last, names(last.value) | {word}


def _evaluation_loop(code: Code, function: ast.AST, last: ast.stmt, words: set[str]) -> ast.For | None:
    """Find the loop over batches in which the parts of a score are summed."""
    loops = [
        one
        for one in ast.walk(function)
        if isinstance(one, ast.For)
        and one.lineno < last.lineno
        and (one.end_lineno or 0) < last.lineno
        and words
        & {
            last_name(t)
            for part in ast.walk(one)
            if isinstance(part, (ast.AugAssign, ast.Assign))
            for t in targets(part)
        }
        and not code.calls("backward", inside=one)
    ]
    return max(loops, key=lambda one: one.lineno, default=None)


def _loader_name(words: set[str]) -> str:
    return next((word for word in sorted(words) if re.search("test", word, re.IGNORECASE)), "")


def _loaders_named(seen: Seen, words: set[str]) -> list[Loader]:
    return [loader for loader in seen.loaders if words & set(loader.names)]


def _is_validation(seen: Seen, words: set[str]) -> bool:
    return any(VALIDATION.search(name) for loader in _loaders_named(seen, words) for name in loader.names)


def _test_data(seen: Seen, words: set[str]) -> bool:
    """Tell whether a loader that is never trained on is called a test loader anywhere."""
    for loader in _loaders_named(seen, words):
        if loader.num_steps == 0 and any(re.search("test", name, re.IGNORECASE) for name in loader.names):
            return True
    return False
