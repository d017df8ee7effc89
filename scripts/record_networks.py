"""Record networks of torchvision and timm, and hold every recording against independent witnesses.

usage: python scripts/record_networks.py [--family NAME ...] [--limit N] [--each N] [--output FILE.md]

All classification networks of torchvision at the size of their own weights, and the smallest ones of each
family of timm (its modules) at a small size, LIMIT in all. The weights are random, the mode is eval, the
batch is one picture. Each family runs in a process of its own. The witnesses: PyTorch's FLOP counter for
multiply-adds, a dispatch mode for completeness, the plain pass for the output, a sum over all bits for what
must stay untouched. Exit code 1 where one disagrees.
"""

from __future__ import annotations

import argparse
import datetime
import gc
import platform
import time
import traceback
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from timm.models._registry import list_modules
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from glassnet.trace.completeness import completeness
from glassnet.trace.nested import tensors_in, with_tensors
from glassnet.trace.record import record
from networks import (
    TORCHVISION,
    VERSIONS,
    in_own_process,
    make,
    minutes_of_processor,
    of_timm,
    of_torchvision,
    shares,
    short_place,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from glassnet.trace.trace import Unseen

LIMIT = 400  # networks of timm
MILLION = 1_000_000
RECURRENT = {"lstm", "gru", "rnn_tanh", "rnn_relu"}
WORDS_OF_BYTES = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
HOW = """Five witnesses hold each recording:

- the parameters in the trace add up to those of the network;
- its multiply-adds are those that PyTorch's FLOP counter finds (`torch.utils.flop_counter`: two operations
  are one multiply-add; it does not know the processor's fused kernels, so for it attention is computed as
  matrix products, and LSTM without oneDNN);
- every low-level (ATen) operation, seen by a dispatch mode, ran inside an operation of the trace;
- the recorded output has the bits of the plain pass (without PyTorch's fused path of
  `nn.MultiheadAttention`, which PyTorch leaves as soon as anything looks on);
- the network is as before: all bits of parameters and buffers, modes, hooks, attributes, and the random
  generator.
"""
COLUMNS = (
    "family", "networks", "failures", "operations", "unseen", "parameters", "in trace", "multiply-adds",
    "counted", "low-level", "inside",
)  # fmt: skip


@dataclass
class Row:
    """What was measured of one network; `failure` is the first line of the error that prevented it."""

    family: str
    network: str
    failure: str = ""
    shape: tuple[int, ...] = ()
    parameters: int = 0
    parameters_in_trace: int = 0
    operations: int = 0
    unseen: Counter[str] = field(default_factory=Counter)
    macs: int = 0
    macs_counted: int = 0
    low_level: int = 0
    outside: dict[str, int] = field(default_factory=dict)
    same_output: bool = False
    untouched: bool = False
    seconds: float = 0.0
    seconds_plain: float = 0.0

    @property
    def faults(self) -> list[str]:
        """Name the witnesses that disagree."""
        if self.failure:
            return [self.failure]
        found = {
            f"parameters {self.parameters_in_trace:,}": self.parameters_in_trace != self.parameters,
            f"multiply-adds {self.macs:,}, counted {self.macs_counted:,}": self.macs != self.macs_counted,
            f"outside {self.outside}": bool(self.outside),
            "another output": not self.same_output,
            "network touched": not self.untouched,
        }
        return [name for name, holds in found.items() if holds]

    @property
    def unseen_text(self) -> str:
        """Name what was unseen, with how often."""
        return ", ".join(f"{count} × {what}" for what, count in self.unseen.items())


# -- one network ---------------------------------------------------------------------------------------------


def measure(family: str, name: str) -> Row:
    """Record a network and ask the witnesses.

    Args:
        family: `torchvision …`, or one of timm's.
        name: Of the network.

    Returns:
        What was found.
    """
    row = Row(family, name)
    torch.manual_seed(0)
    try:
        net, picture = make(family, name)
        row.shape = tuple(picture.shape)
        _measure(row, net, picture)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        first = str(error).strip().partition("\n")[0][:200]
        row.failure = f"{type(error).__name__}: {first} ({short_place(last.filename)}:{last.lineno})"
    return row


def _measure(row: Row, net: nn.Module, picture: torch.Tensor) -> None:
    with torch.no_grad(), _unfused_attention():
        net(picture)  # the first pass of a process is slower
        torch.manual_seed(1)
        start = time.perf_counter()
        output = net(picture)
        row.seconds_plain = time.perf_counter() - start
    before = _state(net)
    torch.manual_seed(1)
    generator = torch.get_rng_state()
    start = time.perf_counter()
    trace = record(net, picture, keep=[""])
    row.seconds = time.perf_counter() - start
    row.untouched = _state(net) == before and torch.equal(torch.get_rng_state(), generator)
    recorded, plain = tensors_in(with_tensors(trace.output, trace.kept.__getitem__)), tensors_in(output)
    row.same_output = len(plain) == len(recorded) and all(map(_same_bits, plain, recorded))
    row.operations = len(trace.ops)
    row.unseen = Counter(map(_unseen_text, trace.unseen))
    row.parameters = sum(parameter.numel() for parameter in net.parameters())
    own = [parameter for module in trace.modules for parameter in module.parameters]
    row.parameters_in_trace = sum(parameter.size for parameter in own if parameter.shared_with is None)
    row.macs = sum(op.macs for op in trace.ops)
    recurrent = any(op.name in RECURRENT for op in trace.ops)
    row.macs_counted = counted_multiply_adds(net, picture, recurrent=recurrent)
    counts = completeness(net, picture)
    row.low_level, row.outside = counts.num_low_level, counts.outside


def counted_multiply_adds(net: nn.Module, picture: torch.Tensor, *, recurrent: bool) -> int:
    """Let PyTorch's FLOP counter count one pass.

    Args:
        net: Its parameters stop requiring gradients: the counter stumbles over one as a module's input.
        picture: Goes in.
        recurrent: Whether the network has recurrent layers.

    Returns:
        Multiply-adds.
    """
    net.requires_grad_(requires_grad=False)
    counter = FlopCounterMode(display=False)
    with ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        stack.enter_context(_unfused_attention())
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        if recurrent:
            stack.enter_context(torch.backends.mkldnn.flags(enabled=False))
        stack.enter_context(counter)
        net(picture)
    return counter.get_total_flops() // 2


@contextmanager
def _unfused_attention() -> Iterator[None]:
    """Keep PyTorch from its fused path of attention, which it takes only where nothing looks on."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def _state(net: nn.Module) -> tuple:
    """Sum the bits of each parameter and buffer up, and list modes, hooks and attributes."""
    bits = [(id(tensor), _sum_of_bits(tensor)) for tensor in (*net.parameters(), *net.buffers())]
    parts = [
        (path, part.training, len(part._forward_hooks), len(part._forward_pre_hooks), tuple(vars(part)))  # noqa: SLF001
        for path, part in net.named_modules()
    ]
    return bits, parts


def _sum_of_bits(tensor: torch.Tensor) -> int:
    flat = tensor.detach().contiguous().view(-1)
    return int(flat.view(WORDS_OF_BYTES[flat.element_size()]).sum(dtype=torch.int64))


def _same_bits(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.shape == other.shape and one.numpy().tobytes() == other.numpy().tobytes()


def _unseen_text(unseen: Unseen) -> str:
    place = f" ({short_place(unseen.source.file)}:{unseen.source.line})" if unseen.source else ""
    return unseen.what.partition(":")[0] + place


# -- all of them ---------------------------------------------------------------------------------------------


def measure_all(family: str, names: list[str]) -> list[Row]:
    """Measure networks one after the other, and print a line for each.

    Args:
        family: Theirs.
        names: Theirs.

    Returns:
        A row for each.
    """
    rows = []
    for name in names:
        rows.append(measure(family, name))
        print(line_of(rows[-1]), flush=True)
        gc.collect()
    return rows


def line_of(row: Row) -> str:
    """Write what was found of a network on a line.

    Args:
        row: What was found.

    Returns:
        The line.
    """
    side = f"{row.shape[-1]}²" if row.shape else "—"
    slower = row.seconds / row.seconds_plain if row.seconds_plain else 0
    unseen = f"  unseen: {row.unseen_text}" if row.unseen else ""
    return (
        f"{row.family:28} {row.network:40} {side:>5} {row.operations:5} operations "
        f"{row.parameters / MILLION:7.2f} M parameters {row.macs / MILLION:9.1f} M multiply-adds "
        f"{row.low_level:6} low-level, {slower:4.1f}× as long  {'; '.join(row.faults) or 'ok'}{unseen}"
    )


def main() -> int:
    """Run.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--family", nargs="+", help="only these: modules of timm, or torchvision")
    parser.add_argument("--limit", type=int, default=LIMIT, help=f"networks of timm (default {LIMIT})")
    parser.add_argument("--each", type=int, help="at most so many networks of each family")
    parser.add_argument("--output", type=Path, help="the table goes there, too, as Markdown")
    options = parser.parse_args()
    torch.set_num_threads(1)
    families = options.family or ["torchvision", *list_modules()]
    chosen = {family: list(sizes) for family, sizes in of_torchvision().items() if "torchvision" in families}
    known = {family: list(in_own_process(of_timm, family)) for family in families if family != "torchvision"}
    dealt = shares({family: len(names) for family, names in known.items()}, options.limit)
    chosen |= {family: known[family][:share] for family, share in dealt.items() if share}
    rows: list[Row] = []
    for family, names in chosen.items():
        some = names[: options.each]
        rows += in_own_process(measure_all, family, some) or [
            Row(family, name, failure="the process died") for name in some
        ]
    text = report(rows, minutes=minutes_of_processor())
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    return int(any(row.faults for row in rows))


# -- what is written -----------------------------------------------------------------------------------------


def report(rows: list[Row], *, minutes: float) -> str:
    """Write the table of families, and what stands out.

    Args:
        rows: Of all networks.
        minutes: Of processor time that the whole took.

    Returns:
        Markdown.
    """
    families: dict[str, list[Row]] = {}
    for row in rows:
        families.setdefault(row.family, []).append(row)
    num_torchvision = sum(row.family.startswith(TORCHVISION) for row in rows)
    today = datetime.datetime.now(tz=datetime.UTC).date()
    wrong = [f"- `{row.network}` ({row.family}): {'; '.join(row.faults)}" for row in rows if row.faults]
    blind = [f"- `{row.network}` ({row.family}): {row.unseen_text}" for row in rows if row.unseen]
    good, seen = len(rows) - len(wrong), len(rows) - len(blind)
    return "\n".join(
        [
            "# Recorded networks",
            "",
            f"{num_torchvision} networks of torchvision and {len(rows) - num_torchvision} of timm, from",
            f"{len(families)} families, recorded by `scripts/record_networks.py` on {today} with {VERSIONS},",
            f"Python {platform.python_version()}, on one core of {platform.machine()},",
            f"in {minutes:.0f} minutes of processor time: random weights, eval mode, one picture.",
            "",
            HOW,
            f"All witnesses agree for {good} of {len(rows)} networks; nothing was unseen in {seen}.",
            *_slowness(rows),
            "",
            f"| {' | '.join(COLUMNS)} |",
            "|---|--:|--:|--:|---|--:|--:|--:|--:|--:|--:|",
            *(_family_line(family, entries) for family, entries in families.items()),
            _family_line("all", rows),
            "",
            "## Where a witness disagrees",
            "",
            *(wrong or ["Nowhere."]),
            "",
            "## What could not be seen",
            "",
            *(blind or ["Nothing."]),
            "",
        ]
    )


def _slowness(rows: list[Row]) -> list[str]:
    slower = sorted(row.seconds / row.seconds_plain for row in rows if row.seconds_plain)
    if not slower:
        return []
    low, median, high = (slower[len(slower) * tenth // 10] for tenth in (1, 5, 9))
    return [
        f"Recording took {median:.1f} times as long as the plain pass (median; {low:.1f} to {high:.1f} for",
        "the middle four fifths), with statistics of every value and the copy of the network's state.",
    ]


def _family_line(family: str, rows: list[Row]) -> str:
    done = [row for row in rows if not row.failure]
    operations = [row.operations for row in done] or [0]
    unseen = Counter(what for row in done for what in row.unseen)
    cells = [
        family,
        len(rows),
        len(rows) - len(done),
        f"{min(operations)}–{max(operations)}",
        ", ".join(f"{what} in {count}" for what, count in unseen.items()),
        f"{sum(row.parameters for row in done):,}",
        f"{sum(row.parameters_in_trace for row in done):,}",
        f"{sum(row.macs for row in done):,}",
        f"{sum(row.macs_counted for row in done):,}",
        f"{sum(row.low_level for row in done):,}",
        f"{sum(row.low_level - sum(row.outside.values()) for row in done):,}",
    ]
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    raise SystemExit(main())
