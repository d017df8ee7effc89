"""The walls of the house: imports run one way, the package is light, files and functions stay short."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import glassnet

ROOT = Path(glassnet.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

# each layer may import itself and those before it; parts of one layer ignore each other unless listed below
LAYERS = (
    ("errors", "run", "draw", "texts"),
    ("pictures", "nets"),
    ("trace",),
    ("arithmetic",),
    ("inspection",),
    ("figures",),
    ("pages",),
    ("evaluation",),
    ("audit",),
    ("training",),
    ("checks",),
    ("watching",),
    ("tensorboard",),
    ("reports",),
    ("terminal",),
    ("verbs",),
    ("cli",),
)
INSIDE = {("run", "errors"), ("draw", "errors"), ("texts", "errors")}
EVERYWHERE = {"", "__version__"}  # glassnet itself
CPU_SECONDS = 0.3
# path -> why it is longer than 400 lines
LONG_FILES: dict[str, str] = {
    "trace/recorder.py": "one mode of PyTorch: what it notes of functions and of modules shares all of its state",
    "watching/watcher.py": "one method for each thing that PyTorch reports; they share what is open",
}
# path -> why functions in it take any options
TUNNELS: dict[str, str] = {
    "watching/taps.py": "they stand for PyTorch's own functions, and are called as those are",
    "watching/compilers.py": "they stand for PyTorch's own functions, and are called as those are",
    "watching/fastai.py": "they stand for fastai's own functions, and are called as those are",
    "watching/watcher.py": "a decorator of its own methods, typed by ParamSpec",
}
LONG_FUNCTIONS: dict[
    str, str
] = {  # path:function -> why it is longer than 60 lines, its docstring not counted
}


def part_of(module: str) -> str:
    """Give the part of the house that a module of glassnet belongs to."""
    return module.split(".")[1] if "." in module else ""


def imports(path: Path) -> set[str]:
    """Give the parts of glassnet that a file imports, also inside functions and for types only."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            found.add("relative")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "glassnet":
            names = [f"glassnet.{alias.name}" for alias in node.names] if node.module == "glassnet" else []
            found |= {part_of(name) for name in names or [node.module or ""]}
        elif isinstance(node, ast.Import):
            found |= {part_of(a.name) for a in node.names if a.name.split(".")[0] == "glassnet"}
    return found


def own_part(path: Path) -> str:
    relative = path.relative_to(ROOT)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def trouble(part: str, imported: str) -> bool:
    """Tell whether a part may not import another."""
    if imported in EVERYWHERE or imported == part or (part, imported) in INSIDE:
        return False
    level = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    return imported not in level or level[imported] >= level[part]


@pytest.mark.parametrize("path", [f for f in FILES if f != ROOT / "__init__.py"], ids=str)
def test_imports_run_one_way(path):
    part = own_part(path)
    assert part in {name for layer in LAYERS for name in layer}, f"{part} has no place in the order"
    assert [name for name in sorted(imports(path)) if trouble(part, name)] == []


def test_this_test_can_fail():
    assert trouble("nets", "pictures")
    assert trouble("training", "verbs")
    assert trouble("run", "draw")
    assert not trouble("verbs", "nets")


def spent(code: str) -> tuple[float, str]:
    """Run Python code; give the CPU time of its process, the least of some, and what it printed."""
    program = (
        "import contextlib, io, resource, sys\n"
        "out = io.StringIO()\n"
        "with contextlib.redirect_stdout(out):\n"
        f"    {code}\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(used.ru_utime + used.ru_stime)\n"
    )
    times, modules = [], ""
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        modules, seconds = done.stdout.strip().split("\n")
        times.append(float(seconds))
    return min(times), modules


LIGHT = {
    "import": "import glassnet",
    "help": "from glassnet.cli.app import run; assert run(['--help']) == 0",
    "help of train": "from glassnet.cli.app import run; assert run(['train', '--help']) == 0",
    "wrong use": "from glassnet.cli.app import run; assert run(['tran']) == 2",
}


@pytest.mark.skipif(sys.platform == "win32", reason="CPU time of a process is read from resource")
@pytest.mark.parametrize("name", LIGHT)
def test_light(name):
    seconds, modules = spent(LIGHT[name])
    assert not {"torch", "torchvision", "matplotlib", "tensorboard", "numpy"} & set(modules.split())
    bare, _ = spent("pass")
    assert seconds - bare < CPU_SECONDS or spent(LIGHT[name])[0] - bare < CPU_SECONDS


@pytest.mark.skipif(sys.platform == "win32", reason="CPU time of a process is read from resource")
def test_what_is_heavy_is_seen():
    assert "numpy" in spent("import numpy")[1].split()


@pytest.mark.parametrize("path", FILES, ids=str)
def test_short_files_and_functions(path):
    name = path.relative_to(ROOT).as_posix()
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 400 or LONG_FILES.get(name)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            described = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            docstring = (first.end_lineno or 0) - first.lineno + 1 if described else 0
            lines = (node.end_lineno or 0) - node.lineno + 1 - docstring
            assert lines <= 60 or LONG_FUNCTIONS.get(f"{name}:{node.name}"), f"{node.name}: {lines} lines"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_no_tunnels_of_options(path):
    if TUNNELS.get(path.relative_to(ROOT).as_posix()):
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            assert node.args.kwarg is None, f"line {node.lineno}: **{node.args.kwarg}"
