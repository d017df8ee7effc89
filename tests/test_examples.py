"""Every docstring is whole, and every example in one is executed with its output compared."""

from __future__ import annotations

import ast
import doctest
import importlib
from pathlib import Path

import pytest
from PIL import Image

import glassnet
from glassnet.verbs.train import train

HOME = Path(glassnet.__file__).parent
FILES = sorted(path for path in HOME.rglob("*.py"))
MODULES = [
    ".".join(("glassnet", *path.relative_to(HOME).with_suffix("").parts)).removesuffix(".__init__")
    for path in FILES
]


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """What the examples of the verbs start from: a short real run, and a real picture."""
    folder = tmp_path_factory.mktemp("examples")
    path = folder / "boot.png"
    Image.fromarray(glassnet.load("fashion-mini")["test"].images[0, :, :, 0]).save(path)
    run = train("lenet", "fashion-mini", epochs=0.05, out=folder / "finished")
    return {"finished_run": run, "picture_path": path, "tmp_path": folder}


@pytest.mark.parametrize("module", MODULES)
def test_examples_are_true(module, names, capfd, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(importlib.import_module(module), extraglobs=names)
    assert result.failed == 0, capfd.readouterr().out


def public(tree):
    """Give each public class, function and method of a module."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node
            yield from (n for n in node.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_"))
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def untold(node):
    """Give what a docstring leaves out."""
    text = ast.get_docstring(node)
    if not text:
        return ["docstring"]
    if not text.split("\n\n")[0].rstrip().endswith((".", ":")):
        return ["a first sentence"]
    if isinstance(node, ast.ClassDef):
        return []
    decorators = {getattr(d, "id", getattr(d, "attr", None)) for d in node.decorator_list}
    if decorators & {"property", "overload"} or node.name == "forward":
        return []
    arguments = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    missing = [
        name for name in arguments
        if name not in ("self", "cls") and not name.startswith("_") and f"\n    {name}:" not in text
    ]  # fmt: skip
    yields = any(isinstance(n, ast.Yield | ast.YieldFrom) for n in ast.walk(node))
    returned = ast.unparse(node.returns) if node.returns else "None"
    if yields and "\nYields:" not in text:
        missing.append("Yields")
    if not yields and returned not in ("None", "NoReturn", "Never") and "\nReturns:" not in text:
        missing.append("Returns")
    return missing


# parts of the rules, whose docstrings are one sentence so far
UNTOLD = (
    "checks/agreement.py",
    "checks/batches.py",
    "checks/code.py",
    "checks/contents.py",
    "checks/levels.py",
    "checks/passes.py",
    "checks/places.py",
    "checks/rules/counts.py",
    "checks/rules/frozen.py",
    "checks/rules/nonlinearity.py",
    "checks/rules/normalisation.py",
    "checks/rules/optimizer_parameters.py",
    "checks/rules/order_of_samples.py",
    "checks/rules/tiny_batch.py",
    "checks/script_lines.py",
    "checks/timeline.py",
    "checks/transforms_of.py",
    "watching/looking.py",
    "watching/looks.py",
    "watching/watcher.py",
)


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(HOME)) for path in FILES])
def test_docstrings_tell_arguments_and_results(path):
    if path.as_posix().endswith(UNTOLD):
        return
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree), "the module says nothing of itself"
    gaps = {f"{node.name} (line {node.lineno})": untold(node) for node in public(tree)}
    if (
        path.parent.name == "cli"
    ):  # there a docstring is the page of --help, and what is returned the exit code
        gaps = {name: [gap for gap in found if gap != "Returns"] for name, found in gaps.items()}
    assert {name: gap for name, gap in gaps.items() if gap} == {}


def test_this_test_can_fail():
    tree = ast.parse('def f(a: int, *, b: int) -> int:\n    """Add.\n\n    Args:\n        a: One.\n    """\n')
    assert untold(tree.body[0]) == ["b", "Returns"]
