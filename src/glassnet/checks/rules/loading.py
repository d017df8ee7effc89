"""Weights that were to be loaded, and were not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from glassnet.checks.code import Code, called, codes, last_name, names, place, targets
from glassnet.checks.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Event, Seen
    from glassnet.trace.trace import Source

COUNTERS = "num_batches_tracked"
INITIALISERS = ("xavier", "kaiming", "normal_", "uniform_", "constant_", "orthogonal_", "trunc_normal_")


def weights_not_loaded(seen: Seen) -> Iterator[Finding]:
    """Find checkpoints that `load_state_dict` did not take over, or took over only in part.

    Args:
        seen: Everything that was seen.

    Yields:
        An error at the line that loads them.
    """
    told = False
    for at, event in enumerate(seen.events):
        if event.kind == "load" and (found := _partly(seen, event) or _changed_nothing(seen, at, event)):
            told = True
            yield found
    if not told:
        yield from _by_code(seen)


def _partly(seen: Seen, event: Event) -> Finding | None:
    missing = [name for name in event.facts.get("missing", ()) if not name.endswith(COUNTERS)]
    unexpected = [name for name in event.facts.get("unexpected", ()) if not name.endswith(COUNTERS)]
    loaded = event.facts.get("num_loaded", 0)
    if event.facts.get("strict") or not missing:
        return None
    evidence: dict[str, object] = {
        "missing": len(missing), "loaded": loaded, "unexpected": len(unexpected),
        "name": missing[0], "given": unexpected[0] if unexpected else "",
    }  # fmt: skip
    if not loaded:
        return _finding("none", "error", event.source, evidence)
    renamed = _renamed(missing, unexpected)
    if renamed:
        evidence |= {"name": renamed[0], "given": renamed[1]}
        return _finding("partly", "error", event.source, evidence)
    if unexpected and _in_the_middle(seen, event, missing):
        return _finding("partly", "error", event.source, evidence)
    return None


def _renamed(missing: list[str], unexpected: list[str]) -> tuple[str, str] | None:
    """Find a name that is given with another beginning than it has in the network."""
    for name in missing:
        for given in unexpected:
            shorter, longer = sorted((name, given), key=len)
            if shorter.count(".") and longer.endswith(f".{shorter}"):
                return name, given
    return None


def _in_the_middle(seen: Seen, event: Event, missing: list[str]) -> bool:
    """Tell whether layers after a missing one were loaded: what is missing is no new head."""
    if event.who < 0:
        return False
    root = seen.networks[event.who].module
    try:
        part = root.get_submodule(event.facts.get("path", ""))
    except AttributeError:
        return False
    order = [name for name, _ in part.named_parameters()]
    places = [order.index(name) for name in missing if name in order]
    return bool(places) and any(name not in missing for name in order[min(places) + 1 :])


def _changed_nothing(seen: Seen, at: int, event: Event) -> Finding | None:
    """Find a state that was the network's own: filtered until nothing was left."""
    if event.facts.get("changed") != 0 or not event.facts.get("num_loaded") or event.who < 0:
        return None
    used = any(e.kind == "network" and e.who == event.who for e in seen.events[:at])
    filtered = _filtered(seen)
    if used or filtered is None:
        return None
    evidence: dict[str, object] = {
        "loaded": event.facts["num_loaded"],
        "missing": 0,
        "unexpected": 0,
        "name": "",
        "given": "",
    }
    return _finding("own", "error", filtered, evidence)


def _filtered(seen: Seen) -> Source | None:
    """Find the line that filters a state by the names of the network."""
    for code in codes(seen):
        for node in code.nodes:
            if isinstance(node, ast.DictComp) and any(generator.ifs for generator in node.generators):
                return code.source(node)
    return None


def _finding(form: str, severity: str, source: object, evidence: dict[str, object]) -> Finding:
    follows = ("initial-loss", "plateau")
    return Finding("weights-not-loaded", severity, source, evidence=evidence, form=form, explains=follows)  # type: ignore[arg-type]


def _by_code(seen: Seen) -> Iterator[Finding]:
    """Find checkpoints that are read and never given to a network."""
    evidence: dict[str, object] = {}
    loads = any(event.kind == "load" for event in seen.events)
    for code in codes(seen):
        for node in code.uncalled("load_state_dict"):
            yield _finding("unused", "error", code.source(node), evidence)
            return
        for node in code.nodes:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _copy_of_state(node.value):
                yield _finding("copy", "error", code.source(node), evidence)
                return
            if isinstance(node, ast.Assign) and any(
                isinstance(t, ast.Attribute) and t.attr == "state_dict" for t in node.targets
            ):
                yield _finding("copy", "error", code.source(node), evidence)
                return
        if not loads and (source := _read_in_vain(code)):
            yield _finding("unused", "warning", source, evidence)
            return
    yield from _initialised_after(seen)
    yield from _made_anew(seen)


def _copy_of_state(call: ast.Call) -> bool:
    """Tell whether a call changes only a copy: `net.state_dict().update(…)`."""
    return (
        called(call) == "update"
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Call)
        and called(call.func.value) == "state_dict"
    )


def _read_in_vain(code: Code) -> Source | None:
    """Find `state = torch.load(…)` whose result nobody uses afterwards."""
    for node in code.nodes:
        call = node.value if isinstance(node, (ast.Assign, ast.Expr)) else None
        if not isinstance(call, ast.Call) or called(call) not in {
            "load",
            "load_file",
            "load_state_dict_from_url",
        }:
            continue
        if called(call) == "load" and not (
            isinstance(call.func, ast.Attribute) and last_name(call.func.value) == "torch"
        ):
            continue
        if isinstance(node, ast.Expr):
            return code.source(node)
        made = {last_name(target) for target in targets(node)}
        used = [
            other
            for other in code.nodes
            if isinstance(other, (ast.Name, ast.Attribute))
            and isinstance(other.ctx, ast.Load)
            and last_name(other) in made
        ]
        if not used:
            return code.source(node)
    return None


def _initialised_after(seen: Seen) -> Iterator[Finding]:
    """Find weights that are initialised anew after they were loaded: `net.apply(init)` below the loading."""
    loads = [event for event in seen.events if event.kind == "load" and event.source and event.step == 0]
    for event in loads[:8]:
        code = next((c for c in codes(seen) if event.source and c.file == event.source.file), None)
        statement = code.statement(event.source.line) if code and event.source else None
        if code is None or statement is None:
            continue
        function = code.function(statement)
        owner = _owner(statement)
        for call in code.calls("apply", inside=function):
            if (
                call.lineno > (statement.end_lineno or statement.lineno) and code.function(call) is function
                and isinstance(call.func, ast.Attribute) and code.text(call.func.value) == owner
                and call.args and _initialises(code, last_name(call.args[0]))
            ):  # fmt: skip
                evidence: dict[str, object] = {"loaded": event.facts.get("num_loaded", 0)}
                yield _finding("overwritten", "error", code.source(call), evidence)
                return


def _made_anew(seen: Seen) -> Iterator[Finding]:
    """Find a network that is made anew after weights were loaded into the one before it."""
    for event in [one for one in seen.events if one.kind == "load" and one.source][:8]:
        at = place(event.source)
        owner = _owner(at[1]) if at else ""
        if at is None or not owner.isidentifier():
            continue
        code, statement = at
        block = code.parents.get(statement)
        for node in getattr(block, "body", []):
            made = node.value if isinstance(node, ast.Assign) and node.lineno > statement.lineno else None
            if (
                isinstance(made, ast.Call) and any(last_name(t) == owner for t in node.targets)
                and owner not in names(made) and _makes_network(seen, called(made))
            ):  # fmt: skip
                evidence: dict[str, object] = {"loaded": event.facts.get("num_loaded", 0)}
                yield _finding("made_anew", "error", code.source(node), evidence)
                return


def _makes_network(seen: Seen, name: str) -> bool:
    """Tell whether a name is that of a network's class, or of a function of torchvision's that makes one."""
    return any(name.lower() == network.name.lower() for network in seen.networks)


def _owner(statement: ast.stmt) -> str:
    for node in ast.walk(statement):
        if (
            isinstance(node, ast.Call)
            and called(node) == "load_state_dict"
            and isinstance(node.func, ast.Attribute)
        ):
            return ast.unparse(node.func.value)
    return ""


def _initialises(code: Code, name: str) -> bool:
    for node in code.nodes:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return any(part.startswith(INITIALISERS) for part in names(node))
    return False
