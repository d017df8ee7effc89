"""A NET as a person writes it, parsed into plain data; nothing is evaluated and torch is not loaded."""

from __future__ import annotations

import ast
import math
import re
from dataclasses import dataclass, field
from typing import Literal

from glassnet.errors import NetError, did_you_mean
from glassnet.nets import NETS

LONGEST = 10_000  # characters; a run's record may come from a stranger
FORMS = "a name (lenet), lenet(width=64), torchvision:NAME, timm:NAME or path/to/file.py:Class(width=64)"
LIBRARIES = ("torchvision", "timm")
FILE = re.compile(r"(?P<path>.+?\.py):(?P<name>[^()\s]*)(?P<arguments>\(.*\))?", re.DOTALL)
NAMED = re.compile(r"(?:(?P<library>\w+):)?(?P<name>[^():\s]+)(?P<arguments>\(.*\))?", re.DOTALL)


@dataclass(frozen=True)
class NetSpec:
    """A network's name and arguments; `str` writes it as a NET that parses to the same.

    `kind` says where it comes from, `path` is the file of kind `file`, and `arguments` are Python literals.
    """

    kind: Literal["glassnet", "torchvision", "timm", "file"]
    name: str
    arguments: dict[str, object] = field(default_factory=dict)
    path: str | None = None

    def __str__(self) -> str:
        """Write the NET."""
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        front = {"glassnet": "", "file": f"{self.path}:"}.get(self.kind, f"{self.kind}:")
        return f"{front}{self.name}({arguments})" if arguments else f"{front}{self.name}"


def parse_spec(net: str) -> NetSpec:
    """Parse a NET.

    Args:
        net: A name in `NETS`, `torchvision:NAME`, `timm:NAME` or `path/to/file.py:Class`, each with or
            without arguments such as `(width=64, activation='tanh')`. Arguments are given by name and are
            Python literals: numbers, quoted text, True, False, None, and tuples, lists and dicts of these.
            Only `weights=DEFAULT` may stand without quotes.

    Returns:
        Its parts.

    Raises:
        NetError: The text is none of these forms, the name is unknown, or an argument is not a literal.

    Example:
        >>> parse_spec("lenet(width=64)")
        NetSpec(kind='glassnet', name='lenet', arguments={'width': 64}, path=None)
        >>> str(parse_spec("my/net.py:Net( width = 8 )"))
        'my/net.py:Net(width=8)'
    """
    if len(net) > LONGEST:
        raise NetError(
            "this NET is too long", got=f"{len(net):,} characters", expected=f"at most {LONGEST:,}"
        )
    net = net.strip()
    if match := FILE.fullmatch(net):
        name = match["name"]
        if not name.isidentifier():
            raise NetError("no class is named after the file", where=net, expected="path/to/file.py:Class")
        return NetSpec("file", name, _parse_arguments(match["arguments"], net), match["path"])
    if net.endswith(".py"):
        raise NetError("a file of networks needs the name of a class", where=net, expected=f"{net}:Class")
    match = NAMED.fullmatch(net)
    if match is None:
        raise NetError("this is not a NET", got=repr(net), expected=FORMS)
    arguments = _parse_arguments(match["arguments"], net)
    name = match["name"]
    match match["library"]:
        case None:
            if name not in NETS:
                raise NetError(f"there is no network '{name}'", expected=FORMS, hint=did_you_mean(name, NETS))
            return NetSpec("glassnet", name, arguments)
        case "torchvision":
            return NetSpec("torchvision", name, arguments)
        case "timm":
            return NetSpec("timm", name, arguments)
        case library:
            raise NetError(f"networks do not come from '{library}'", hint=did_you_mean(library, LIBRARIES))


def _parse_arguments(text: str | None, net: str) -> dict[str, object]:
    if text is None:
        return {}
    try:
        call = ast.parse(f"f{text}", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NetError("the arguments of the network cannot be read", where=net, got=text) from error
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
        raise NetError("the arguments of the network cannot be read", where=net, got=text)
    if call.args:
        raise NetError(
            "arguments of a network are given by name",
            where=net,
            got=ast.unparse(call.args[0]),
            expected="width=64",
        )
    arguments: dict[str, object] = {}
    for keyword in call.keywords:
        if keyword.arg is None:
            raise NetError(
                "arguments of a network are given by name", where=net, got=f"**{ast.unparse(keyword.value)}"
            )
        if keyword.arg in arguments:
            raise NetError(f"the argument '{keyword.arg}' is given twice", where=net)
        arguments[keyword.arg] = _literal(keyword.arg, keyword.value, net)
    return arguments


def _literal(name: str, node: ast.expr, net: str) -> object:
    if name == "weights" and isinstance(node, ast.Name):
        return node.id
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError, MemoryError):
        value = ...
    if not is_plain(value):
        written = ast.unparse(node)
        hint = (
            f"text stands in quotes: {name}='{written}'"
            if isinstance(node, ast.Name | ast.Attribute)
            else None
        )
        raise NetError(
            f"the argument '{name}' is not a plain value",
            where=net,
            got=written,
            expected="a number, quoted text, True, False, None, or a tuple, list or dict of these",
            hint=hint,
        )
    return value


def is_plain(value: object) -> bool:
    """Tell whether a value is a literal that a NET can carry: written out, it reads back as the same.

    Args:
        value: Anything.

    Returns:
        True for None, bools, finite numbers, text, and tuples, lists and dicts of these.

    Example:
        >>> is_plain({"sizes": (3, 5)}), is_plain(float("inf")), is_plain({1, 2})
        (True, False, False)
    """
    match value:
        case None | bool() | int() | str():
            return True
        case float():
            return math.isfinite(value)
        case tuple() | list():
            return all(is_plain(item) for item in value)
        case dict():
            return all(is_plain(key) and is_plain(item) for key, item in value.items())
        case _:
            return False
