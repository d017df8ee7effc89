"""Where in a person's files a number or an initialisation is written; nothing is run."""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from glassnet.trace.source_line import is_own
from glassnet.trace.trace import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Seen

INIT_NAMES = (
    "zeros_",
    "ones_",
    "constant_",
    "normal_",
    "uniform_",
    "xavier_",
    "kaiming_",
    "trunc_normal_",
    "orthogonal_",
    "fill_",
    "zero_",
    "copy_",
    "mul_",
    "dirac_",
    "eye_",
    "glorot_",
)
FACTORIES = (
    "zeros",
    "ones",
    "full",
    "randn",
    "rand",
    "normal",
    "empty",
    "zeros_like",
    "ones_like",
    "full_like",
    "randn_like",
    "rand_like",
)


@dataclass(frozen=True)
class Init:
    """A place that gives weights their first values."""

    source: Source
    function: str
    text: str
    numbers: tuple[float, ...]


def own_files(seen: Seen) -> list[str]:
    """List the person's files that were met.

    Args:
        seen: What was seen.

    Returns:
        Their names: the script, and what built, called or wrote the networks.
    """
    files: dict[str, None] = {}
    if seen.script is not None:
        files[str(seen.script)] = None
    for thing in (*seen.networks, *seen.optimizers, *seen.events):
        if thing.source is not None:
            files[thing.source.file] = None
    for look in seen.looks[:1]:
        for op in look.trace.ops:
            if op.source is not None:
                files[op.source.file] = None
    return [file for file in files if is_own(file)]


@lru_cache(maxsize=64)
def tree_of(file: str) -> ast.Module | None:
    """Parse a file.

    Args:
        file: Its name.

    Returns:
        Its syntax tree, or None where it cannot be read or parsed.
    """
    try:
        return ast.parse(Path(file).read_text("utf-8"))
    except (OSError, SyntaxError, ValueError):
        return None


def function_name(call: ast.Call) -> str:
    """Give the last part of the name of what is called.

    Args:
        call: A call.

    Returns:
        `SGD` for `torch.optim.SGD(...)`; "" where it has no name.
    """
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def number_of(node: ast.AST | None) -> float | None:  # noqa: PLR0911
    """Read a literal number, also `-1`, `1/255` and `10 ** -3`.

    Args:
        node: An expression.

    Returns:
        The number, or None.

    Example:
        >>> number_of(ast.parse("-3e-4", mode="eval").body)
        -0.0003
    """
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            value = number_of(inner)
            return None if value is None else -value
        case ast.BinOp(left=left, op=op, right=right):
            one, two = number_of(left), number_of(right)
            if one is None or two is None:
                return None
            try:
                if isinstance(op, ast.Mult):
                    return one * two
                if isinstance(op, ast.Div):
                    return one / two
                if isinstance(op, ast.Add | ast.Sub):
                    return one + two if isinstance(op, ast.Add) else one - two
                return float(one**two) if isinstance(op, ast.Pow) else None
            except (ArithmeticError, TypeError):
                return None
    return None


def where_written(source: Source | None, argument: str, value: float) -> Source | None:
    """Find the line on which the number stands that became an argument of a call.

    It is in the call itself, or what the call names (`lr=LR`, `lr=args.lr`) gets it somewhere in the file.

    Args:
        source: The line of the call.
        argument: Name of the argument, such as `lr`.
        value: What it was.

    Returns:
        The line of the number where exactly one fits, else the line of the call.
    """
    if source is None or not is_own(source.file) or (tree := tree_of(source.file)) is None:
        return source
    given: ast.expr | None = None
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.lineno <= source.line <= (node.end_lineno or node.lineno):
            for keyword in node.keywords:
                if keyword.arg == argument:
                    given = keyword.value
    if given is None:
        return source
    written = (
        float(given.value) if isinstance(given, ast.Constant) and given.value is True else number_of(given)
    )
    if written is not None:
        return _at(source, given) if _same(written, value) else source
    name = _plain(
        given.attr
        if isinstance(given, ast.Attribute)
        else given.id
        if isinstance(given, ast.Name)
        else given.slice.value
        if isinstance(given, ast.Subscript)
        and isinstance(given.slice, ast.Constant)
        and isinstance(given.slice.value, str)
        else ""
    )
    named = {line for line, key, number in _named_numbers(tree) if key == name and _same(number, value)}
    return Source(source.file, named.pop(), source.function) if name and len(named) == 1 else source


def _at(source: Source, node: ast.expr) -> Source:
    return Source(source.file, node.lineno, source.function)


def _same(one: float, two: float) -> bool:
    return math.isclose(one, two, rel_tol=1e-6, abs_tol=1e-30)


def _plain(name: str) -> str:
    return name.strip("-").replace("-", "_").lower()


def _named_numbers(tree: ast.Module) -> Iterator[tuple[int, str, float]]:  # noqa: C901
    """Give every literal number that gets a name: line, name, number."""
    for node in ast.walk(tree):
        pairs: list[tuple[str, ast.AST | None]] = []
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                        pairs += [(_target(t), v) for t, v in zip(target.elts, value.elts, strict=False)]
                    else:
                        pairs.append((_target(target), value))
            case ast.AnnAssign(target=target, value=value):
                pairs.append((_target(target), value))
            case ast.keyword(arg=str() as arg, value=value):
                pairs.append((arg, value))
            case ast.Dict(keys=keys, values=values):
                pairs += [
                    (k.value, v)
                    for k, v in zip(keys, values, strict=True)
                    if isinstance(k, ast.Constant) and isinstance(k.value, str)
                ]
            case ast.FunctionDef(args=arguments):
                positional = [*arguments.posonlyargs, *arguments.args]
                pairs += [
                    (a.arg, d)
                    for a, d in zip(reversed(positional), reversed(arguments.defaults), strict=False)
                ]
                pairs += [
                    (a.arg, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
                ]
            case ast.Call() if function_name(node) == "add_argument":
                default = next((k.value for k in node.keywords if k.arg == "default"), None)
                pairs += [
                    (a.value, default)
                    for a in node.args
                    if isinstance(a, ast.Constant) and isinstance(a.value, str)
                ]
        for name, value in pairs:
            number = number_of(value)
            if number is not None and value is not None:
                yield getattr(value, "lineno", 0), _plain(name), number


def _target(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def initialisations(seen: Seen, *, biases: bool = False) -> list[Init]:
    """Find what gives weights their first values in the person's files; not biases, not normalisation.

    Args:
        seen: What was seen.
        biases: Whether lines that speak of biases alone count.

    Returns:
        The places, in the order of the files' lines.
    """
    found = []
    for file in own_files(seen):
        tree = tree_of(file)
        if tree is None:
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name, text = function_name(node), ast.unparse(node)
            inside = _parameter_of(node) if name == "Parameter" else None
            if inside is not None:
                name = function_name(inside)
            elif not name.startswith(INIT_NAMES) or not name.endswith("_"):
                continue
            if not biases and "bias" in text and "weight" not in text:
                continue
            call = inside or node
            given = [number_of(part) for part in (*call.args, *(keyword.value for keyword in call.keywords))]
            numbers = tuple(number for number in given if number is not None)
            found.append(Init(Source(file, node.lineno, ""), name, text, numbers))
    return sorted(found, key=lambda init: (init.source.file, init.source.line))


def _parameter_of(call: ast.Call) -> ast.Call | None:
    """Give what becomes a parameter: the call `torch.zeros(3)` in `nn.Parameter(torch.zeros(3))`."""
    for node in ast.walk(call):
        if isinstance(node, ast.Call) and node is not call and function_name(node) in FACTORIES:
            return node
    return None


def where_gradient_is_off(source: Source | None) -> Source | None:
    """Find what switches gradients off around a line: `with torch.no_grad():`, or a decorator.

    Args:
        source: A line in the block.

    Returns:
        The line of the `with` or the decorator; None where neither is around it in its file.
    """
    if source is None or not is_own(source.file) or (tree := tree_of(source.file)) is None:
        return None
    found: Source | None = None
    for node in ast.walk(tree):  # outer ones first
        if not isinstance(node, ast.stmt) or not node.lineno <= source.line <= (node.end_lineno or 0):
            continue
        switches: list[ast.expr] = []
        if isinstance(node, ast.With | ast.AsyncWith):
            switches = [item.context_expr for item in node.items]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            switches = list(node.decorator_list)
        for switch in switches:
            text = ast.unparse(switch)
            if any(word in text for word in ("no_grad", "inference_mode", "set_grad_enabled(False")):
                found = Source(source.file, switch.lineno, source.function)
    return found


def lost_updates(seen: Seen) -> Iterator[Source]:
    """Find updates by hand whose result goes nowhere: `p.sub(...)`, or `p = p - lr * p.grad` in a loop.

    Args:
        seen: What was seen.

    Yields:
        Their lines.
    """
    for file in own_files(seen):
        for node in ast.walk(tree_of(file) or ast.Module([], [])):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and node.value.args:
                if function_name(node.value) in (
                    "sub",
                    "add",
                    "mul",
                    "addcmul",
                    "addcdiv",
                    "lerp",
                    "subtract",
                ):
                    yield Source(file, node.lineno, "")
            elif isinstance(node, ast.For):
                looped = {name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)}
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Assign) and _is_step(inner, looped):
                        yield Source(file, inner.lineno, "")


def _is_step(assign: ast.Assign, looped: set[str]) -> bool:
    names = {target.id for target in assign.targets if isinstance(target, ast.Name)}
    reads = {name.id for name in ast.walk(assign.value) if isinstance(name, ast.Name)}
    grads = any(isinstance(part, ast.Attribute) and part.attr == "grad" for part in ast.walk(assign.value))
    return bool(names & looped & reads) and grads


def divisions(seen: Seen) -> Iterator[Source]:
    """Find divisions by a deviation, a norm, a largest value or a sum, outside every class.

    Args:
        seen: What was seen.

    Yields:
        Their lines.
    """
    for file in own_files(seen):
        for node in ast.walk(tree_of(file) or ast.Module([], [])):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                text = ast.unparse(node.right).lower()
                safe = isinstance(node.right, ast.BinOp) and isinstance(node.right.op, ast.Add)
                if any(word in text for word in ("std", "norm", "max", "sum", "var", "scale")) and not safe:
                    yield Source(file, node.lineno, "")
