# ruff: noqa: PLR0911, PLR2004 — a rule is a row of conditions
"""Random numbers that are the same in every worker of a loader, in every epoch, or for every sample."""

from __future__ import annotations

import ast
import inspect
import random
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from glassnet.checks.finding import Finding
from glassnet.checks.script_lines import line_that_sets
from glassnet.checks.transforms_of import parts_of, steps_of
from glassnet.trace.trace import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from glassnet.checks.seen import Loader, Seen

CODE = "same-random-numbers"
GENERATORS = (np.random.RandomState, np.random.Generator, random.Random, torch.Generator)
SEEDERS = ("seed", "manual_seed", "seed_everything", "set_seed", "seed_all")
RUN = ("__getitem__", "__getitems__", "__iter__", "__call__", "forward", "transform", "_transform", "augment")


def same_random_numbers(seen: Seen) -> Iterator[Finding]:
    """Find generators that are copied into workers, and seeds set anew for each worker, epoch or sample.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    for loader in seen.loaders:
        finding = _of_loader(loader)
        if finding is not None:
            yield finding
            return


def _of_loader(loader: Loader) -> Finding | None:
    dataset = loader.loader.dataset
    functions = list(_functions(dataset))
    for function in functions:
        line = _seeded_with_constant(function)
        if line is not None:
            return Finding(
                CODE, "warning", line, evidence={"function": function.__name__}, form="each_sample"
            )
    workers = getattr(loader.loader, "num_workers", 0)
    if not workers:
        return None
    evidence: dict[str, object] = {"workers": workers}
    start = getattr(loader.loader, "worker_init_fn", None)
    if start is not None:
        seeded = _seeds_in(start)
        if seeded is None:
            return None
        line, fresh, by_worker = seeded
        if fresh:
            return None
        form = "each_epoch" if by_worker else "worker_init"
        if by_worker and (loader.num_epochs < 2 or getattr(loader.loader, "persistent_workers", False)):
            return None
        severity = "note" if by_worker or workers < 2 else "warning"
        return Finding(CODE, severity, line, evidence=evidence, form=form)
    held = _held_generator(functions)
    if held is not None and (workers > 1 or loader.num_epochs > 1):
        name, line = held
        return Finding(CODE, "warning", line, evidence=evidence | {"generator": name}, form="copied")
    return None


def _functions(dataset: Any) -> Iterator[Callable[..., Any]]:
    """List a person's own functions that make a sample: of datasets, of transforms, and plain ones."""
    things = [*parts_of(dataset), *(step.transform for step in steps_of(dataset))]
    for thing in things:
        if inspect.isfunction(thing):
            yield thing
        elif not type(thing).__module__.startswith(("torch.", "torchvision.", "torch")):
            for name in dir(type(thing)):
                function = inspect.getattr_static(type(thing), name, None)
                own = inspect.isfunction(function) and (name in RUN or not name.startswith("__"))
                if own and not function.__module__.startswith("torch"):
                    yield _bound(function, thing)
        for attribute in ("lambd",):
            inner = getattr(thing, attribute, None)
            if inspect.isfunction(inner):
                yield inner


def _bound(function: Callable[..., Any], thing: Any) -> Callable[..., Any]:
    return function.__get__(thing)


def _held_generator(functions: list[Callable[..., Any]]) -> tuple[str, Source | None] | None:
    """Find a generator that a function uses: an attribute of its object, or a name of its module."""
    for function in functions:
        code = function.__code__
        owner = getattr(function, "__self__", None)
        for name in code.co_names:
            own = getattr(owner, "__dict__", {}).get(name)
            if isinstance(own, GENERATORS):
                return f"self.{name}", _line_setting(function, f"self.{name}")
            shared = getattr(function, "__globals__", {}).get(name)
            if isinstance(shared, GENERATORS):
                return name, _line_setting(function, name)
    return None


def _line_setting(function: Callable[..., Any], name: str) -> Source:
    """Find where a generator that a function uses was made, else the function."""
    code = function.__code__
    return line_that_sets(code.co_filename, name) or Source(
        code.co_filename, code.co_firstlineno, code.co_name
    )


def _tree_of(function: Any) -> Iterator[tuple[ast.AST, Source]]:
    """Walk the source of a function, with the line of each part in its file."""
    try:
        lines, start = inspect.getsourcelines(function.__code__)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        line = max(start, 1) + getattr(node, "lineno", 1) - 1
        yield node, Source(function.__code__.co_filename, line, function.__name__)


def _seed_calls(thing: Any) -> Iterator[tuple[ast.Call, Source]]:
    for node, source in _tree_of(thing):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in SEEDERS:
                yield node, source


def _seeded_with_constant(function: Callable[..., Any]) -> Source | None:
    """Find a seed in `__getitem__` or a transform that is the same for every sample."""
    if function.__name__ not in RUN and getattr(function, "__self__", None) is not None:
        return None
    if function.__name__ == "__iter__":
        return None
    code = function.__code__
    own = set(code.co_varnames) - {"self"}
    for call, source in _seed_calls(function):
        if ast.unparse(call.func).startswith("self.") and ast.unparse(call.func).count(".") > 1:
            continue  # a generator of its own may be set back on purpose
        names = {part.id for part in ast.walk(call.args[0]) if isinstance(part, ast.Name)}
        if any(isinstance(part, ast.Call) for part in ast.walk(call.args[0])) or names & own:
            continue
        return source
    return None


def _seeds_in(start: Callable[..., Any]) -> tuple[Source, bool, bool] | None:
    """Read what a worker_init_fn seeds with: the line, whether it is fresh, whether it differs by worker."""
    function = getattr(start, "func", start)
    if not inspect.isfunction(function):
        return None
    text = [node for node, _ in _tree_of(function)]
    names = {getattr(node, "attr", getattr(node, "id", "")) for node in text}
    if names & {"initial_seed", "get_worker_info", "urandom", "time", "time_ns", "SeedSequence"}:
        return None
    worker = function.__code__.co_varnames[: function.__code__.co_argcount]
    for call, source in _seed_calls(function):
        used = {part.id for part in ast.walk(call.args[0]) if isinstance(part, ast.Name)}
        drawn = any(isinstance(part, ast.Call) for part in ast.walk(call.args[0]))
        local = used & (set(function.__code__.co_varnames) - set(worker))
        if local or (drawn and not used & set(worker) and "get_state" not in names):
            return source, True, True
        return source, False, bool(used & set(worker))
    return None
