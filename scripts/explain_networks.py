"""Work out numbers of networks by hand, drawn at random, and compare them with PyTorch's.

usage: python scripts/explain_networks.py [--family NAME ...] [--elements N] [--seed N] [--output FILE.md]

The smallest network of each family of torchvision and timm that has at most 60 million parameters; as many
numbers of each: an operation, one of its results, a place in it, each with the same probability. All
parameters and running statistics are random, so that no term is without effect. Where a number differs by
more than 1e-5 of itself, PyTorch is asked again, in float64. Exit code 1 where a number differs by more than
1e-5 of its scale: the largest magnitude among itself and its terms, to which float32 rounds.
"""

from __future__ import annotations

import argparse
import datetime
import math
import platform
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from timm.models._registry import list_modules

from glassnet.arithmetic.call import function_of
from glassnet.arithmetic.expand import expand_call
from glassnet.arithmetic.expansion import At
from glassnet.arithmetic.unexpanded import UnexpandedError
from glassnet.trace.nested import tensors_in, with_refs, with_tensors
from glassnet.trace.record import record
from networks import (
    TORCHVISION,
    VERSIONS,
    in_own_process,
    make,
    minutes_of_processor,
    of_timm,
    of_torchvision,
)

if TYPE_CHECKING:
    from torch import nn

    from glassnet.trace.trace import Op, Trace

ELEMENTS = 10_000
LARGEST = 60_000_000  # parameters
NEAR = 1e-5
SUMS = {"sum", "sum_of_products"}
HALVED = {"gelu"}  # PyTorch adds x/2 and x/2·erf(x/√2), which almost cancel below −3: x/2 counts as a term
EXACT = 1e-12  # of the scale: what float64 may leave


@dataclass
class Number:
    """A number that was drawn.

    `why` tells why it could not be worked out; `error` that the rule itself failed. `scale` is the largest
    magnitude among the number and its terms.
    """

    network: str
    operation: str  # name
    place: str
    kind: str = ""
    why: str = ""
    error: str = ""
    ours: float = math.nan
    torchs: float = math.nan
    scale: float = math.nan
    terms_add_up: bool = True
    rounded_alike: bool = False  # ours, rounded to the tensor's type, is PyTorch's
    same_in_float64: bool | None = None  # asked only where `of_itself` is not near

    @property
    def is_wrong(self) -> bool:
        """Tell whether float32's rounding is no excuse for it."""
        return bool(self.error) or self.of_scale > NEAR or self.same_in_float64 is False

    @property
    def difference(self) -> float:
        """Give |ours − PyTorch's|; 0 where both are the same infinity or both are no number."""
        if self.ours == self.torchs or (math.isnan(self.ours) and math.isnan(self.torchs)):
            return 0.0
        gap = abs(self.ours - self.torchs)
        return math.inf if math.isnan(gap) else gap

    @property
    def of_scale(self) -> float:
        """Give the difference as a share of the scale."""
        return self.difference / self.scale if self.difference else 0.0

    @property
    def of_itself(self) -> float:
        """Give the difference as a share of the number alone."""
        if not self.difference:
            return 0.0
        return self.difference / abs(self.torchs) if self.torchs else math.inf


@dataclass
class Network:
    """What was found of one network."""

    family: str
    name: str
    num_operations: int
    seconds: float
    numbers: list[Number]


def explain(family: str, name: str, num_numbers: int, seed: int) -> Network:
    """Draw numbers of a network and work them out.

    Args:
        family: As in `networks.make`.
        name: Of the network.
        num_numbers: How many are drawn.
        seed: Of the network and of the draw.

    Returns:
        What was found.
    """
    torch.manual_seed(seed)
    net, picture = make(family, name)
    as_if_trained(net)
    trace = record(net, picture, keep="all")
    generator = np.random.default_rng([seed, *name.encode()])
    candidates = [
        (op, place)
        for op in trace.ops
        for place in range(len(op.outputs))
        if math.prod(trace.values[op.outputs[place]].shape)
    ]
    of_op: dict[int, list[int]] = {}
    for op, place in candidates:
        of_op.setdefault(op.number, []).append(place)
    start = time.perf_counter()
    numbers = []
    for _ in range(num_numbers):
        op = trace.ops[generator.choice(list(of_op))]
        place = int(generator.choice(of_op[op.number]))
        outputs = tuple(trace.kept[value] for value in op.outputs)
        index = tuple(int(generator.integers(side)) for side in outputs[place].shape)
        numbers.append(_worked_out(name, trace, op, At(index, outputs, place)))
    return Network(family, name, len(trace.ops), time.perf_counter() - start, numbers)


def _worked_out(network: str, trace: Trace, op: Op, at: At) -> Number:
    number = Number(network, op.name, f"{op.label}[{', '.join(map(str, at.index))}] output {at.output}")
    args, kwargs = (with_tensors(given, trace.kept.__getitem__) for given in (op.args, op.kwargs))
    try:
        expansion = expand_call(op.name, op.function, at, args, kwargs)
    except UnexpandedError as error:
        number.why = error.why or "no rule"
        return number
    except Exception as error:
        number.error = f"{type(error).__name__}: {error}".partition("\n")[0][:200]
        return number
    theirs = at.outputs[at.output][at.index]
    number.kind, number.ours, number.torchs = expansion.kind, float(expansion.value), float(theirs)
    magnitudes = [abs(term.value) for term in expansion.terms if math.isfinite(term.value)]
    if op.name in HALVED:
        magnitudes += [abs(each.value) / 2 for term in expansion.terms for each in term.numbers]
    number.scale = max([abs(number.torchs), *magnitudes])
    if expansion.kind in SUMS:
        gap = abs(math.fsum(term.value for term in expansion.terms) - expansion.value)
        number.terms_add_up = not gap > 1e-9 * number.scale  # float64's own rounding
    if number.of_itself > NEAR:
        theirs_in_float64 = _in_float64(op, at, args, kwargs)
        number.same_in_float64 = abs(number.ours - theirs_in_float64) <= EXACT * number.scale
    number.rounded_alike = bool(torch.tensor(expansion.value, dtype=torch.float64).to(theirs.dtype) == theirs)
    return number


def _in_float64(op: Op, at: At, args: tuple, kwargs: dict) -> float:
    """Let PyTorch compute the operation in float64."""
    tensors: list[torch.Tensor] = []

    def doubled(tensor: torch.Tensor) -> int:
        tensors.append(tensor.double() if tensor.is_floating_point() else tensor.clone())
        return len(tensors) - 1

    args, kwargs = (with_tensors(with_refs(given, doubled), tensors.__getitem__) for given in (args, kwargs))
    results = tensors_in(function_of(op.function)(*args, **kwargs))
    return float(results[at.output][at.index])


def as_if_trained(net: nn.Module) -> None:
    """Give every parameter and running statistic random numbers that have an effect.

    Args:
        net: Fresh; ones, zeros and tiny constants become different from each other.
    """
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.is_floating_point() and parameter.numel() and parameter.min() == parameter.max():
                parameter.add_(torch.randn_like(parameter), alpha=0.2)
        for name, buffer in net.named_buffers():
            if name.endswith("running_mean"):
                buffer.normal_(0, 0.2)
            elif name.endswith("running_var"):
                buffer.uniform_(0.5, 1.5)


def chosen_networks(families: list[str] | None) -> dict[str, str]:
    """Choose the smallest network of each family, where it is not too large.

    Args:
        families: Modules of timm, or torchvision; None for all.

    Returns:
        Names of networks by family.
    """
    families = families or ["torchvision", *list_modules()]
    sizes = of_torchvision() if "torchvision" in families else {}
    sizes |= {family: in_own_process(of_timm, family) for family in families if family != "torchvision"}
    first = {family: next(iter(entries.items())) for family, entries in sizes.items()}
    return {family: name for family, (name, size) in first.items() if size <= LARGEST}


def main() -> int:
    """Run.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--family", nargs="+", help="only these: modules of timm, or torchvision")
    parser.add_argument("--elements", type=int, default=ELEMENTS, help=f"numbers (default {ELEMENTS})")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, help="the tables go there, too, as Markdown")
    options = parser.parse_args()
    torch.set_num_threads(1)
    chosen = chosen_networks(options.family)
    per_network = -(-options.elements // len(chosen))
    networks = []
    for family, name in chosen.items():
        network = in_own_process(explain, family, name, per_network, options.seed)
        if network is None:
            raise SystemExit(f"{name}: the process died")
        print(line_of(network), flush=True)
        networks.append(network)
    text = report(networks, minutes=minutes_of_processor(), seed=options.seed)
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    return int(
        any(number.error or number.of_scale > NEAR for network in networks for number in network.numbers)
    )


def line_of(network: Network) -> str:
    """Write what was found of a network on a line, with the numbers that stand out below it.

    Args:
        network: What was found.

    Returns:
        The lines.
    """
    done = [number for number in network.numbers if number.kind]
    worst = max((number.of_scale for number in done), default=0.0)
    head = f"{network.family:28} {network.name:36} {network.num_operations:5} operations, {len(done)} of "
    lines = [f"{head}{len(network.numbers)} worked out in {network.seconds:5.1f} s, worst {worst:.1e}"]
    for number in network.numbers:
        where = f"    {number.operation} at {number.place}: "
        if not number.kind:
            lines.append(where + (number.error or number.why))
        elif number.of_scale > NEAR:
            lines.append(where + _compared(number))
        elif not number.terms_add_up:
            lines.append(f"{where}the terms do not add up")
    return "\n".join(dict.fromkeys(lines))


def report(networks: list[Network], *, minutes: float, seed: int) -> str:
    """Write the tables.

    Args:
        networks: What was found of each.
        minutes: Of processor time that the whole took.
        seed: Of the draw.

    Returns:
        Markdown.
    """
    numbers = [number for network in networks for number in network.numbers]
    done = [number for number in numbers if number.kind]
    again = [bool(number.same_in_float64) for number in done if number.of_itself > NEAR]
    kinds = Counter(number.kind for number in done)
    today = datetime.datetime.now(tz=datetime.UTC).date()
    differences = np.sort([number.of_scale for number in done])
    quantiles = {
        share: differences[min(int(share * len(done)), len(done) - 1)] for share in (0.5, 0.9, 0.99, 0.999)
    }
    num_operations = sum(network.num_operations for network in networks)
    lines = [
        "# Numbers worked out by hand",
        "",
        f"{len(numbers):,} numbers, drawn at random (seed {seed}) from the {num_operations:,} operations of",
        f"{len(networks)} networks of torchvision and timm, worked out in float64 from what their",
        f"operation read, by `scripts/explain_networks.py` on {today} with {VERSIONS},",
        f"Python {platform.python_version()}, {platform.machine()}, {minutes:.0f} minutes of processor time.",
        "PyTorch computes in float32. Differences are shares of a number's scale: the largest magnitude of",
        "the number itself and its terms, because float32 rounds each term and each partial sum. (PyTorch",
        "computes GELU as x/2 + x/2·erf(x/√2), so x/2 is a term.)",
        "",
        "| | |",
        "|---|--:|",
        f"| worked out | {len(done):,} of {len(numbers):,} ({len(done) / len(numbers):.2%}) |",
        *(
            f"| difference of {share:.1%} of them at most | {value:.1e} |"
            for share, value in quantiles.items()
        ),
        f"| largest difference | {differences[-1]:.1e} |",
        f"| within 1e-5 of the scale | {_share([n.of_scale <= NEAR for n in done])} |",
        f"| within 1e-5 of PyTorch's number alone | {_share([n.of_itself <= NEAR for n in done])} |",
        f"| of the others, PyTorch in float64 agrees with ours | {_share(again)} |",
        f"| in float32 PyTorch's very number | {_share([n.rounded_alike for n in done])} |",
        f"| sums whose terms add up | {_share([n.terms_add_up for n in done if n.kind in SUMS])} |",
        "",
        "Kinds: " + ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common()) + ".",
        "",
        "## By operation",
        "",
        "| operation | numbers | worked out | largest difference | within 1e-5 of itself |",
        "|---|--:|--:|--:|--:|",
    ]
    by_operation: dict[str, list[Number]] = {}
    for number in numbers:
        by_operation.setdefault(number.operation, []).append(number)
    for operation, entries in sorted(by_operation.items(), key=lambda entry: -len(entry[1])):
        known = [number for number in entries if number.kind]
        worst = f"{max(number.of_scale for number in known):.1e}" if known else ""
        alone = f"{sum(number.of_itself <= NEAR for number in known):,}" if known else ""
        lines.append(f"| {operation} | {len(entries):,} | {len(known):,} | {worst} | {alone} |")
    missing = Counter((n.operation, n.error or n.why) for n in numbers if not n.kind)
    lines += ["", "## Not worked out", ""]
    lines += [f"- {name}: {why} ({count} numbers)" for (name, why), count in missing.items()] or ["None."]
    far = [number for number in done if number.of_scale > NEAR]
    lines += ["", "## Further away than 1e-5 of the scale", ""]
    lines += [f"- `{n.network}`, {n.operation} at `{n.place}`: {_compared(n)}" for n in far] or ["None."]
    names = sorted(f"{'torchvision' if TORCHVISION in n.family else 'timm'}:{n.name}" for n in networks)
    lines += ["", "## Networks", "", *(f"- {name}" for name in names), ""]
    return "\n".join(lines)


def _compared(number: Number) -> str:
    """Write both numbers out."""
    if number.same_in_float64 is None:
        agrees = ""
    else:
        agrees = f"; PyTorch in float64 {'agrees with ours' if number.same_in_float64 else 'says otherwise'}"
    return f"{number.ours:.9g}, PyTorch {number.torchs:.9g}, scale {number.scale:.3g}{agrees}"


def _share(verdicts: list[bool]) -> str:
    return f"{sum(verdicts):,} of {len(verdicts):,} ({sum(verdicts) / max(len(verdicts), 1):.2%})"


if __name__ == "__main__":
    raise SystemExit(main())
