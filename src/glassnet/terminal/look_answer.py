"""What `look` tells before and after its table: network, picture, device, checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from glassnet.terminal.console import show_field
from glassnet.terminal.quantities import bytes_text, number_text, seconds_text, shape_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glassnet.inspection.ones import OnesCheck
    from glassnet.inspection.table import Table
    from glassnet.inspection.tensor_facts import TensorFacts
    from glassnet.terminal.console import Terminal
    from glassnet.trace.trace import Trace, Unseen

MOST_NAMES, MOST_UNSEEN = 3, 8


def show_network(
    trace: Trace,
    table: Table,
    buffers: int,
    notes: Sequence[str],
    words: Mapping[str, str],
    terminal: Terminal,
) -> None:
    """Tell what the network is, its totals and what a person should know.

    Args:
        trace: Of the pass.
        table: Made of it.
        buffers: Numbers in its buffers.
        notes: Sentences.
        words: Templates of `look`.
        terminal: Where to.
    """
    totals = table.totals
    show_field(
        words["network"], words["comma"].join((trace.network, *_parameters(table, buffers, words))), terminal
    )
    cost = [
        words["macs"].format(count=f"{totals.macs:,}"),
        words["operations"].format(operations=f"{totals.operations:,}", calls=f"{totals.module_calls:,}"),
        words["activations"].format(bytes=bytes_text(totals.activation_bytes)),
        words["time"].format(seconds=seconds_text(totals.seconds)),
    ]
    if trace.calls and trace.calls[0].training:
        cost.append(words["in_training"])
    show_field("", words["semicolon"].join(cost), terminal)
    if table.unused:
        names = ", ".join(table.unused[:MOST_NAMES])
        more = len(table.unused) - MOST_NAMES
        names = words["more_names"].format(names=names, count=f"{more:,}") if more > 0 else names
        count = f"{totals.parameters_unused:,}"
        show_field("", words["parameters_unused"].format(count=count, names=names), terminal)
    for note in notes:
        show_field("", note, terminal)


def _parameters(table: Table, buffers: int, words: Mapping[str, str]) -> list[str]:
    totals = table.totals
    told = [words["parameters"].format(count=f"{totals.parameters:,}")]
    if totals.parameters:
        told[0] += f" ({bytes_text(totals.parameter_bytes)})"
        told.append(
            words["all_trained"]
            if totals.trainable == totals.parameters
            else words["trained"].format(count=f"{totals.trainable:,}")
            if totals.trainable
            else words["none_trained"]
        )
    if buffers:
        told.append(words["buffers"].format(count=f"{buffers:,}"))
    return told


def show_picture(
    name: str,
    label: str | None,
    facts: TensorFacts | None,
    raw_facts: TensorFacts | None,
    words: Mapping[str, str],
    terminal: Terminal,
) -> None:
    """Tell what the network gets.

    Args:
        name: The picture in a few words.
        label: Its class, where known.
        facts: Of the tensor; None where there are several.
        raw_facts: Of the pixels before scaling.
        words: Templates of `look`.
        terminal: Where to.
    """
    show_field(
        words["picture"], name if label is None else f"{name}: {words['label'].format(name=label)}", terminal
    )
    if raw_facts is not None:
        show_field("", words["semicolon"].join(_facts(raw_facts, words)), terminal)
    if facts is not None:
        told = _facts(facts, words)
        if facts.shares_memory is not None:
            told.append(words["shared"] if facts.shares_memory else words["not_shared"])
        else:
            told.append(words[f"numpy_{facts.numpy or 'can'}"].format(device=facts.device))
        show_field("", words["semicolon"].join(told), terminal)


def _facts(facts: TensorFacts, words: Mapping[str, str]) -> list[str]:
    kinds = {"tensor": "torch.Tensor", "array": "numpy.ndarray", "picture": "PIL.Image"}
    what = words["tensor"].format(
        shape=shape_text(facts.shape), dtype=facts.dtype, device=facts.device, bytes=bytes_text(facts.bytes)
    )
    told = [f"{kinds[facts.kind]} {what}"]
    if facts.statistics is not None:
        numbers = facts.statistics
        told.append(
            words["range"].format(
                minimum=number_text(numbers.minimum), maximum=number_text(numbers.maximum),
                mean=number_text(numbers.mean), deviation=number_text(numbers.deviation),
            )
        )  # fmt: skip
        if numbers.num_not_finite:
            told.append(words["not_finite"].format(count=f"{numbers.num_not_finite:,}"))
    memory = words[f"memory_{facts.memory_format.replace('-', '_')}"]
    told.append(memory.format(strides=", ".join(map(str, facts.strides))))
    return told


def show_device(
    device: str, versions: Mapping[str, str], words: Mapping[str, str], terminal: Terminal
) -> None:
    """Tell where the network computed and why, and the versions.

    Args:
        device: Such as `cpu`, `cuda:0`.
        versions: By name.
        words: Templates of `look`.
        terminal: Where to.
    """
    show_field(words["device"], device_text(device, words), terminal)
    show_field(
        words["versions"], ", ".join(f"{name} {version}" for name, version in versions.items()), terminal
    )


def device_text(device: str, words: Mapping[str, str]) -> str:
    """Say which device computed, and why that one.

    Args:
        device: Such as `cpu`, `cuda:0`.
        words: Templates of `look`.

    Returns:
        A sentence.
    """
    kind = device.partition(":")[0]
    best = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    if kind == "cpu" and best == "cpu":
        return words["device_cpu"].format(torch=torch.__version__, threads=torch.get_num_threads())
    if kind == "cuda":
        return words["device_cuda"].format(device=device, name=torch.cuda.get_device_name(device))
    if kind == "mps":
        return words["device_mps"]
    return words["device_other"].format(device=device, best=best)


def show_check(check: OnesCheck, words: Mapping[str, str], terminal: Terminal) -> None:
    """Tell what came out for pictures of ones.

    Args:
        check: The check.
        words: Templates of `look`.
        terminal: Where to.
    """
    if check.error is not None:
        key = "check_failed"
    elif not check.output.startswith("tensor") and check.outputs is None:
        key = "check_output"
    elif check.outputs is None:
        key = "check_mixed"
    elif check.num_not_finite:
        key = "check_not_finite"
    else:
        key = "check_passed" if check.alike else "check_not_alike"
    told = words[key].format(
        shape=shape_text(check.inputs), output=check.output, outputs=check.outputs,
        count=f"{check.num_not_finite:,}", error=check.error,
    )  # fmt: skip
    show_field(words["check"], told, terminal)


def show_unseen(unseen: Sequence[Unseen], words: Mapping[str, str], terminal: Terminal) -> None:
    """List what happened and could not be seen.

    Args:
        unseen: Of a trace.
        words: Templates of `look`.
        terminal: Where to.
    """
    for place, item in enumerate(unseen[:MOST_UNSEEN]):
        line = f" ({item.source.file}:{item.source.line})" if item.source else ""
        module = f"{item.module}: " if item.module else ""
        show_field("" if place else words["unseen"], f"{module}{item.what}{line}", terminal)
    if len(unseen) > MOST_UNSEEN:
        show_field("", f"… {len(unseen) - MOST_UNSEEN:,}", terminal)
