"""A run's network is built again from its record; code from a stranger's run never runs by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from glassnet.errors import NetError
from glassnet.nets import named
from glassnet.nets.build import BuiltNet, made, plan_net, record_of
from glassnet.nets.fill_in import Shape
from glassnet.nets.fit_check import materialise
from glassnet.nets.from_file import sha256_of
from glassnet.nets.spec import NetSpec, parse_spec

if TYPE_CHECKING:
    from glassnet.nets.build import Plan


def rebuild(record: dict[str, Any], *, run: Path, net: str | None = None, weights_bytes: int) -> BuiltNet:
    """Build a run's network again, without weights; the code in a stranger's run never runs by itself.

    Networks of glassnet, torchvision and timm are built from the record. A network from a file is built
    where the person named it before, with these arguments and this content (see `named`), and the file lies
    unchanged in its place; else, and for an object, the person has to name it: `net`.

    Args:
        record: A `BuiltNet.record`, read back from JSON; it may come from a stranger.
        run: The run folder, for the error.
        net: The NET that the person names instead of the record's.
        weights_bytes: Size of the run's weights file; a network of glassnet or a library that would be more
            than twice as large is refused before it takes memory.

    Returns:
        The network with fresh weights.

    Raises:
        NetError: The record is not one, the file has to be named, or the network cannot be built.
    """
    try:
        size = record["input"]
        numbers = (size["channels"], size["height"], size["width"], record["num_classes"])
        resolved, source = record["resolved"], record["source"]
    except (KeyError, TypeError) as error:
        raise NetError("the run's record of its network is damaged", where=run) from error
    if not (all(type(n) is int and n > 0 for n in numbers) and isinstance(resolved, str | None)):
        raise NetError("the run's record of its network is damaged", where=run)
    shape = Shape(*numbers)
    if net is None:
        if resolved is None:
            raise _to_be_named(run, record, "the run was trained with a network object")
        if parse_spec(resolved).kind == "file":
            _refuse_strangers_file(parse_spec(resolved), source, run, record)
        net = resolved
    plan = plan_net(net, shape, None, rebuilding=True)
    if plan.source is None:
        _refuse_too_large(plan, net, limit_bytes=2 * weights_bytes)
    module = made(plan, net)
    materialise(module, channels=shape.channels, height=shape.height, width=shape.width)
    new_record = record_of(net, str(plan.spec), module, shape, weights=None, source=plan.source)
    return BuiltNet(module, new_record, plan.source.texts if plan.source else {}, tuple(plan.notes))


def _refuse_strangers_file(spec: NetSpec, source: object, run: Path, record: dict[str, Any]) -> None:
    """Let only a file pass that the person named before, and that is unchanged, with its neighbours."""
    path = Path(spec.path or "")
    sha256 = sha256_of(path) if path.is_file() else None
    if sha256 is None:
        raise _to_be_named(run, record, f"the network's file {path} is not there")
    if not named.is_remembered(str(spec), sha256):
        what = f"you have never named this network with the file {path} as it is now"
        raise _to_be_named(run, record, what)
    if not isinstance(source, dict) or source.get("sha256") != sha256:
        raise _to_be_named(run, record, f"the network's file {path} has changed since the training")
    siblings = source.get("siblings")
    for name, then in siblings.items() if isinstance(siblings, dict) else ():
        sibling = path.parent / name
        if not sibling.is_file() or sha256_of(sibling) != then:
            raise _to_be_named(run, record, f"{sibling}, which the network's file imports, has changed since")


def _to_be_named(run: Path, record: dict[str, Any], what: str) -> NetError:
    source = record["source"]
    path = source.get("path") if isinstance(source, dict) else None
    kept = f"{run}/net/{Path(path).name}" if isinstance(path, str) else None
    if kept is None:
        hint = "name it: --net NET"
    else:
        resolved = record["resolved"]
        spec = (
            parse_spec(resolved)
            if resolved
            else NetSpec("file", str(record["class"]).rpartition(".")[2], {}, "")
        )
        hint = f'if you trust the run\'s own copy, name it: --net "{replace(spec, path=kept)}"'
    return NetError(what, where=run, expected="code from a run folder runs only when you name it", hint=hint)


def _refuse_too_large(plan: Plan, net: str, *, limit_bytes: int) -> None:
    """Build on the meta device, which takes no memory, and compare: the record may come from a stranger."""
    with torch.device("meta"):
        module = made(plan, net)
    needed_bytes = sum(t.numel() * t.element_size() for t in module.state_dict().values())
    if needed_bytes > limit_bytes:
        raise NetError(
            "the run's network is not the one of its weights",
            where=net,
            got=f"{needed_bytes:,} bytes of parameters",
            expected=f"about {limit_bytes // 2:,}",
        )
