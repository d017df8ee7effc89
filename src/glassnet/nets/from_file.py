"""Networks from a person's own Python file."""

from __future__ import annotations

import hashlib
import importlib.util
import linecache
import sys
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from torch import nn

from glassnet.errors import NetError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

SIBLING_MARK = "__glassnet_sibling__"


@dataclass(frozen=True)
class SourceFile:
    """A file that was run for its network: absolute path, SHA-256 of its content, and the same for siblings.

    `texts` maps paths relative to the file's folder to content: the file itself first, then every module that
    it imported from its own folder.
    """

    path: Path
    sha256: str
    texts: dict[str, str]
    siblings: dict[str, str]  # relative path -> SHA-256


def sha256_of(path: Path) -> str:
    """Compute the SHA-256 of a file.

    Args:
        path: The file.

    Returns:
        64 hex digits.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_class(path: str, name: str) -> tuple[Callable[..., object], SourceFile]:
    """Run a Python file and take a class (or a function that makes a network) from it.

    While the file runs, its folder comes first in `sys.path`, so that it can import its neighbours;
    neighbours imported for an earlier file are forgotten first. What is hashed is what is run: the file is
    read once.

    Args:
        path: The file.
        name: The class.

    Returns:
        The class, and what was run.

    Raises:
        NetError: The file is missing or raises, or there is no such class in it.
    """
    file = Path(path).expanduser().absolute()
    try:
        content = file.read_bytes()
    except OSError as error:
        raise NetError("the file of the network cannot be read", where=path, got=error.strerror) from error
    sha256 = hashlib.sha256(content).hexdigest()
    module = _new_module(file)
    with _neighbours_importable(file.parent), users_errors(file, "read"):
        before = set(sys.modules)
        text = importlib.util.decode_source(content)
        # exec, not import: the bytes that were hashed are the bytes that run
        exec(compile(content, str(file), "exec"), vars(module))  # noqa: S102
        siblings = _mark_siblings(file, [sys.modules[name] for name in sorted(set(sys.modules) - before)])
    linecache.checkcache(str(file))
    texts = {file.name: text}
    hashes = {}
    for sibling in siblings:
        relative = sibling.relative_to(file.parent).as_posix()
        hashes[relative] = sha256_of(sibling)
        texts[relative] = importlib.util.decode_source(sibling.read_bytes())
    return _found(module, name, path), SourceFile(file, sha256, texts, hashes)


def _new_module(file: Path) -> ModuleType:
    """Make an empty module under a name that no other file has."""
    unique = f"glassnet_user_{hashlib.sha256(str(file).encode()).hexdigest()[:12]}_{file.stem}"
    spec = importlib.util.spec_from_file_location(unique, file)
    if spec is None:  # a path that ends in .py always has one
        raise ImportError(str(file))
    module = importlib.util.module_from_spec(spec)
    sys.modules[unique] = module  # dataclasses and inspect look a class's module up here
    return module


@contextmanager
def _neighbours_importable(folder: Path) -> Iterator[None]:
    # vars, not hasattr: asked for an attribute, some modules of PyTorch load others
    for name in [
        name for name, module in sys.modules.items() if SIBLING_MARK in getattr(module, "__dict__", {})
    ]:
        del sys.modules[name]
    importlib.invalidate_caches()  # a neighbour may have been written a moment ago
    path_before = list(sys.path)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path[:] = path_before


def _mark_siblings(file: Path, imported: list[ModuleType]) -> list[Path]:
    """Find the modules that were imported from the file's folder, and mark them as to be forgotten."""
    found = []
    for module in imported:
        origin = getattr(module, "__file__", None)
        if (
            not isinstance(origin, str)
            or not origin.endswith(".py")
            or module.__name__.startswith("glassnet")
        ):
            continue
        path = Path(origin).absolute()
        if path.is_relative_to(file.parent) and _is_importable_from(file.parent, module, path):
            setattr(module, SIBLING_MARK, True)
            found.append(path)
    return found


def _is_importable_from(folder: Path, module: ModuleType, path: Path) -> bool:
    """Tell whether the module `blocks` is blocks.py in this folder, and not sub/blocks.py."""
    parts = path.relative_to(folder).with_suffix("").parts
    return module.__name__ == ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@contextmanager
def users_errors(file: Path, doing: str) -> Iterator[None]:
    """Turn whatever a person's own code raises into an error that shows their file and line, not our frames.

    Args:
        file: The person's file.
        doing: What was done with it, such as "read" or "built".

    Yields:
        Nothing.

    Raises:
        NetError: The code raised.
    """
    try:
        yield
    except NetError:
        raise
    except SyntaxError as error:
        where = f"{error.filename or file}" + (f":{error.lineno}" if error.lineno else "")
        got = (error.text or "").strip() or None
        raise NetError(f"the file is not valid Python: {error.msg}", where=where, got=got) from error
    except (Exception, SystemExit) as error:  # the person's code may raise anything
        frames = [f for f in traceback.extract_tb(error.__traceback__) if _is_below(f.filename, file.parent)]
        where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else str(file)
        message = str(error).strip().split("\n")[0]
        raise NetError(
            f"{file.name} raised {type(error).__name__} while it was {doing}: {message}".rstrip(": "),
            where=where,
            got=(frames[-1].line or None) if frames else None,
            hint=_hint(error),
        ) from error


def _is_below(filename: str, folder: Path) -> bool:
    return Path(filename).is_relative_to(folder) and "site-packages" not in filename


def _hint(error: BaseException) -> str | None:
    if isinstance(error, ImportError) and "relative import" in str(error):
        return "import a neighbouring file without the dot: from blocks import Block"
    if isinstance(error, SystemExit):
        return "put what the script does under if __name__ == '__main__':"
    return None


def _found(module: ModuleType, name: str, path: str) -> Callable[..., object]:
    classes = [
        key
        for key, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, nn.Module)
        and not value.__module__.startswith(("torch.", "torchvision.", "timm."))
    ]
    if name not in vars(module):
        hint = did_you_mean(name, classes) or "the file has no nn.Module class at all"
        raise NetError(f"there is no '{name}' in the file", where=path, hint=hint)
    found = getattr(module, name)
    if isinstance(found, nn.Module):
        return lambda: found  # the file has just been run, so nobody else holds this object
    if not callable(found) or (isinstance(found, type) and not issubclass(found, nn.Module)):
        raise NetError(
            f"'{name}' is not a network",
            where=path,
            got="a class" if isinstance(found, type) else repr(found)[:80],
            expected="a class derived from torch.nn.Module, or a function that makes one",
            hint=f"the file has {', '.join(sorted(classes))}" if classes else None,
        )
    return found
