"""`look`: what a network does with one picture, in numbers."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

import glassnet
from glassnet.errors import NetError
from glassnet.inspection.ones import OnesCheck, check_ones
from glassnet.inspection.table import Table, table_of
from glassnet.inspection.tensor_facts import TensorFacts, tensor_facts
from glassnet.terminal import Terminal, open_terminal, show_field, show_next
from glassnet.terminal.look_answer import show_check, show_device, show_network, show_picture, show_unseen
from glassnet.terminal.look_lists import show_order, show_parameters
from glassnet.terminal.look_rows import show_rows
from glassnet.texts import choose_language, texts
from glassnet.trace.record import record
from glassnet.verbs.look_next import next_commands
from glassnet.verbs.loss import choose_loss
from glassnet.verbs.subject import open_subject
from glassnet.verbs.surroundings import modes_kept
from glassnet.verbs.usual_sizes import first_that_fits, shape_of, usual_sizes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from glassnet.trace.trace import Trace
    from glassnet.verbs.subject import Subject

PICTURE_AXES = 4
BATCH_FIRST = (2, 4, 5)  # axes of vectors, pictures, volumes; with three, the second may be the batch


@dataclass(frozen=True)
class Wanted:
    """Which files are asked for; pictures go to the folder `out`."""

    graph: Path | None = None
    backward_graph: Path | None = None
    maps: str | None = None
    curves: bool = False
    html: Path | None = None
    out: Path = Path()

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return self.tensors or self.graph is not None or self.backward_graph is not None

    @property
    def tensors(self) -> bool:
        """Whether the values of the pass are needed."""
        return self.maps is not None or self.curves or self.html is not None


@dataclass(frozen=True, eq=False)
class Look:
    """What a network does with one picture.

    Attributes:
        subject: The network and the picture.
        trace: Everything that the pass did.
        table: The same as rows nested by module, with totals.
        buffers: Numbers in the network's buffers.
        facts: Facts of what the network got; None where that is not one tensor.
        raw_facts: Facts of the picture before it was scaled; None where there is none.
        check: What comes out for pictures of ones; None where the network does not get one batch of vectors,
            pictures or volumes.
        device: Where the network computed.
        versions: Of glassnet, PyTorch, Python, NumPy, torchvision, and timm where it is installed.
        files: What was written, by name: `graph`, `backward_graph`, `maps`, `kernels`, `curves`, `page`.
    """

    subject: Subject
    trace: Trace
    table: Table
    buffers: int
    facts: TensorFacts | None
    raw_facts: TensorFacts | None
    check: OnesCheck | None
    device: str
    versions: dict[str, str]
    files: dict[str, Path]


def look(
    net: nn.Module | str | Path,
    images: Any = None,
    *,
    input: str | tuple[int, ...] | None = None,  # noqa: A002 — the option's name
    weights: Path | str | None = None,
    data_dir: Path | None = None,
    train: bool = False,
    lang: str | None = None,
    depth: int | None = None,
    parameters: bool = False,
    order: bool = False,
    graph: Path | str | None = None,
    backward_graph: Path | str | None = None,
    maps: str | None = None,
    curves: bool = False,
    html: Path | str | None = None,
    out: Path | str = ".",
    terminal: Terminal | None = None,
) -> Look:
    """Show what a network does with a picture: every operation, its shapes, cost and source line.

    Args:
        net: A module, a NET, or the folder of a run; a module is left as it was.
        images: What it gets, see `open_subject`; a picture of ones where it is None.
        input: Channels, height and width such as `3x32x32`, where `images` does not tell.
        weights: A weights file for the network.
        data_dir: Where data sets are looked for first.
        train: Whether the network runs in training mode.
        lang: `en` or `zh`, see `choose_language`.
        depth: Rows nested deeper are folded; None for as many as fit about 60 lines.
        parameters: Whether every parameter is listed.
        order: Whether the operations are listed line by line of code.
        graph: An SVG file for the graph of the network.
        backward_graph: An SVG file for the graph along which the gradients of a loss flow.
        maps: A layer whose feature maps, and kernels where it has some, are drawn.
        curves: Whether the activation functions are drawn, with what goes into them.
        html: A file for the network as an offline page.
        out: Folder of the pictures that `maps` and `curves` draw.
        terminal: Where texts go; None for standard error.

    Returns:
        The trace, the table made of it, and facts.

    Raises:
        UsageError: The network or the picture cannot be used, or the network raises.

    Example:
        >>> found = look("lenet", lang="en")
        >>> found.table.totals.parameters, found.table.totals.macs, found.check.outputs
        (62006, 651720, 10)
    """
    terminal = terminal or open_terminal(json=True)
    asked_lang, lang = lang, choose_language(lang)
    words = texts(lang, "look")
    wanted = Wanted(_path(graph), _path(backward_graph), maps, curves, _path(html), Path(out))
    with modes_kept(net):
        subject = open_subject(
            net, images, input=input, weights=weights, data_dir=data_dir, training=train, lang=lang,
            terminal=terminal,
        )  # fmt: skip
        trace = _recorded(subject, wanted, measured=parameters)
        one = subject.images if isinstance(subject.images, torch.Tensor) else None
        can_check = one is not None and one.dim() in BATCH_FIRST and one.is_floating_point()
        table = table_of(trace)
        found = Look(
            subject=subject,
            trace=trace,
            table=table,
            buffers=sum(buffer.numel() for buffer in subject.module.buffers()),
            facts=None if one is None else tensor_facts(one, beside=subject.raw),
            raw_facts=None if subject.raw is None else tensor_facts(subject.raw),
            check=check_ones(subject.module, one) if one is not None and can_check else None,
            device=_device(trace),
            versions=versions(),
            files=_files(wanted, subject, trace, table, depth=depth, lang=lang) if wanted.any else {},
        )
    _show(found, words, terminal, depth=depth, parameters=parameters, order=order)
    commands = next_commands(net, images, found.trace, input=input, weights=weights, lang=asked_lang)
    show_next(commands, terminal, name=words["next"])
    return found


def _files(
    wanted: Wanted, subject: Subject, trace: Trace, table: Table, *, depth: int | None, lang: str
) -> dict[str, Path]:
    from glassnet.verbs.look_files import write_files  # noqa: PLC0415 — loads matplotlib, a second

    return write_files(wanted, subject, trace, table, depth=depth, lang=lang)


def _show(
    found: Look,
    words: Mapping[str, str],
    terminal: Terminal,
    *,
    depth: int | None,
    parameters: bool,
    order: bool,
) -> None:
    subject = found.subject
    show_network(found.trace, found.table, found.buffers, subject.notes, words, terminal)
    show_picture(subject.picture, subject.label_name, found.facts, found.raw_facts, words, terminal)
    show_device(found.device, found.versions, words, terminal)
    if found.check is not None:
        show_check(found.check, words, terminal)
    terminal.text.print()
    show_rows(found.table, words, terminal, depth=depth)
    if parameters:
        show_parameters(found.trace, words, terminal)
    if order:
        show_order(found.trace, words, terminal)
    terminal.text.print()
    show_unseen(found.trace.unseen, words, terminal)
    for place, path in enumerate(found.files.values()):
        show_field("" if place else words["written"], str(path), terminal)


def _path(given: Path | str | None) -> Path | None:
    return None if given is None else Path(given).expanduser()


def _recorded(subject: Subject, wanted: Wanted, *, measured: bool) -> Trace:
    """Record the pass; where it fails, say which size would run through the network."""
    try:
        loss = None
        if wanted.backward_graph is not None:
            loss = choose_loss(subject, name=None, label=None, target=None).function
        return record(
            subject.module,
            subject.images,
            backward=loss,
            keep="all" if wanted.tensors else "nothing",
            parameter_statistics=measured or wanted.html is not None,
        )
    except NetError as error:
        images = subject.images
        if not isinstance(images, torch.Tensor) or images.dim() != PICTURE_AXES:
            raise
        if not error.what.startswith("the network raises"):
            raise
        given = tuple(images.shape[1:])
        sizes = [size for size in usual_sizes(subject.module) if size != given]
        fits = first_that_fits(subject.module, sizes)
        if fits is not None:
            expected = f"pictures of {shape_of(fits)}, which run through it"
        elif isinstance(error.__cause__, RuntimeError | ValueError):
            tried = ", ".join(map(shape_of, [given, *sizes]))
            expected = f"another size of pictures (--input), or another network: none of {tried} fits"
        else:
            raise
        parts = error.parts | {"expected": expected}
        raise NetError(error.what, **parts) from error


def _device(trace: Trace) -> str:
    """Give the device of the last result."""
    results = [value.device for value in trace.values if value.kind == "result"]
    return results[-1] if results else "cpu"


def versions() -> dict[str, str]:
    """Tell the versions of what computes.

    Returns:
        By name.

    Example:
        >>> versions()["torch"] == torch.__version__
        True
    """
    found = {
        "glassnet": glassnet.__version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
    }
    for name in ("numpy", "torchvision", "timm"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # timm is an extra
            continue
    return found
