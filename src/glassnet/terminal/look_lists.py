"""The lists of a look: parameters, operations line by line, the tensors of a weights file."""

from __future__ import annotations

import linecache
from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from glassnet.terminal.console import from_here, show_table
from glassnet.terminal.look_rows import change_text
from glassnet.terminal.quantities import number_text, shape_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glassnet.terminal.console import Terminal
    from glassnet.trace.trace import Module, Op, Source, Trace


def show_parameters(trace: Trace, words: Mapping[str, str], terminal: Terminal) -> None:
    """List every parameter with its size, type, mean and deviation.

    Args:
        trace: Of the pass.
        words: Templates of `look`.
        terminal: Where to.
    """
    keys = ("parameter_name", "column_shape", "parameter_size", "parameter_dtype", "parameter_trainable")
    rows = [[*(words[key] for key in keys), words["parameter_mean"], words["parameter_deviation"], ""]]
    for module in trace.modules:
        for parameter in module.parameters:
            numbers = parameter.statistics
            shared = parameter.shared_with
            rows.append(
                [
                    parameter.name,
                    shape_text(parameter.shape),
                    f"{parameter.size:,}",
                    parameter.dtype,
                    words["yes" if parameter.trainable else "no"],
                    number_text(numbers.mean) if numbers else "",
                    number_text(numbers.deviation) if numbers else "",
                    words["same_as"].format(name=shared) if shared else "",
                ]
            )
    terminal.text.print()
    show_table(rows, ("", "", "right", "", "", "right", "right", "dim"), terminal, indent=0)


def show_order(trace: Trace, words: Mapping[str, str], terminal: Terminal) -> None:
    """Show what `__init__` made, then the lines of code in the order of execution with what each did.

    Args:
        trace: Of the pass.
        words: Templates of `look`.
        terminal: Where to.
    """
    terminal.text.print()
    terminal.text.print(Text(words["order_made"], style="bold"))
    called = {call.path for call in trace.calls}
    read = {name for op in trace.ops for name in op.parameters}
    for module in trace.modules[1:]:
        never = "" if _took_part(module, trace.modules, called, read) else f"  {words['order_never']}"
        level = module.path.count(".") + 1
        name = module.path.rpartition(".")[2]
        line = Text(f"{'  ' * level}{name}  {module.type}({module.settings})")
        terminal.text.print(line.append(never, style="yellow"))
    for stage, title in (("forward", "order_did"), ("loss", "order_loss")):
        ops = [op for op in trace.ops if op.stage == stage]
        if ops:
            terminal.text.print()
            terminal.text.print(Text(words[title], style="bold"))
            for source, group in groupby(ops, key=lambda op: op.source):
                _show_line(source, list(group), trace, words, terminal)


def _took_part(module: Module, modules: Sequence[Module], called: set[str], read: set[str]) -> bool:
    """Tell whether a module, or anything in it, was called or read."""
    inside = [
        other for other in modules if other.path == module.path or other.path.startswith(f"{module.path}.")
    ]
    return any(other.path in called or any(p.name in read for p in other.parameters) for other in inside)


def _show_line(
    source: Source | None, ops: Sequence[Op], trace: Trace, words: Mapping[str, str], terminal: Terminal
) -> None:
    if source is None:
        terminal.text.print(Text(f"  {words['order_elsewhere']}", style="dim"))
    else:
        code = linecache.getline(source.file, source.line).strip()
        inside = words["order_in"].format(function=source.function)
        terminal.text.print(Text(f"  {from_here(source.file)}:{source.line} {inside}", style="dim"))
        if code:
            terminal.text.print(Text(f"    {code}", style="cyan"))
    rows = []
    for op in ops:
        given = [trace.values[n].shape for n in op.inputs if trace.values[n].kind in ("input", "result")]
        made = [trace.values[n].shape for n in op.outputs]
        rows.append([f"{op.number + 1}", op.label, change_text(given, made), ", ".join(op.parameters)])
    show_table(rows, ("right", "", "", "dim"), terminal, indent=6)
