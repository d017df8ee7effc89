"""What descends from what in a trace, and which parameters an optimizer holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet.checks.lines import own_line
from glassnet.trace.source_line import is_own

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn

    from glassnet.checks.seen import Look, Network, Seen
    from glassnet.trace.trace import Op, Source, Trace

AFFINE = {
    "linear",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "addmm",
    "matmul",
    "mm",
    "bmm",
    "baddbmm",
    "addmv",
    "mv",
    "einsum",
    "bilinear",
}
NORMALISING = {
    "batch_norm",
    "layer_norm",
    "group_norm",
    "instance_norm",
    "rms_norm",
    "local_response_norm",
    "normalize",
    "native_batch_norm",
    "native_layer_norm",
    "sync_batch_norm",
}


def ancestors(trace: Trace, values: Iterable[int]) -> set[int]:
    """Find all values that some values were computed from, themselves included.

    Args:
        trace: Of a pass.
        values: Numbers of values.

    Returns:
        Numbers of values.
    """
    found: set[int] = set()
    waiting = list(values)
    while waiting:
        number = waiting.pop()
        if number in found:
            continue
        found.add(number)
        made_by = trace.values[number].made_by
        if made_by is not None:
            waiting.extend(trace.ops[made_by].inputs)
    return found


def ops_to_loss(look: Look) -> list[Op]:
    """List the operations that the loss was computed by.

    Args:
        look: A look; without a loss nothing is listed.

    Returns:
        They, in order.
    """
    if look.trace.loss is None:
        return []
    wanted = ancestors(look.trace, (look.trace.loss, *look.losses))
    return [op for op in look.trace.ops if any(output in wanted for output in op.outputs)]


def affine_ops(look: Look) -> list[Op]:
    """List the affine operations with an own weight, of the networks, in order.

    Args:
        look: A look.

    Returns:
        Linear and convolution operations of the forward pass that the loss was computed by.
    """
    return [op for op in ops_to_loss(look) if op.name in AFFINE and weight_name(look.trace, op) is not None]


def weight_name(trace: Trace, op: Op) -> str | None:
    """Give the name of the matrix or kernel that an operation uses.

    Args:
        trace: Of the pass.
        op: One of its operations.

    Returns:
        The name of its first parameter with two or more axes, looked for through transposes; None without.
    """
    for number in op.inputs:
        seen_through = 0
        while seen_through < 3:  # noqa: PLR2004
            value = trace.values[number]
            if value.kind == "parameter":
                if len(value.shape) >= 2:  # noqa: PLR2004
                    return value.name
                break
            maker = None if value.made_by is None else trace.ops[value.made_by]
            if maker is None or maker.name not in {
                "t",
                "T",
                "mT",
                "transpose",
                "permute",
                "contiguous",
                "mul",
            }:
                break
            if maker.name == "mul" and not any(trace.values[i].kind == "parameter" for i in maker.inputs):
                break
            number, seen_through = maker.inputs[0], seen_through + 1  # noqa: PLW2901
    return None


def named_parameters(seen: Seen) -> dict[str, nn.Parameter]:
    """Give all parameters of all networks by the names that traces use.

    Args:
        seen: What was seen.

    Returns:
        Parameters as they are now, by name.
    """
    return {
        f"{network.prefix}{name}": parameter
        for network in seen.networks
        for name, parameter in network.module.named_parameters()
    }


def held_names(seen: Seen, optimizer: int) -> set[str]:
    """Name the parameters of networks that an optimizer holds.

    Args:
        seen: What was seen.
        optimizer: Its place in `Seen.optimizers`.

    Returns:
        Names as in traces.
    """
    if not 0 <= optimizer < len(seen.optimizers):
        return set()
    groups = seen.optimizers[optimizer].optimizer.param_groups
    held = {id(parameter) for group in groups for parameter in group["params"]}
    return {name for name, parameter in named_parameters(seen).items() if id(parameter) in held}


def stepping(seen: Seen, look: Look) -> set[int]:
    """Name the optimizers that stepped at the end of a look.

    Args:
        seen: What was seen.
        look: One of its looks.

    Returns:
        Places in `Seen.optimizers`.
    """
    found = {event.who for event in seen.events if event.kind == "step" and event.look == look.number}
    return found or ({0} if look.trained and len(seen.optimizers) == 1 else set())


def network_of(seen: Seen, parameter: str) -> Network | None:
    """Find the network that a parameter belongs to.

    Args:
        seen: What was seen.
        parameter: Its name in traces.

    Returns:
        The network with the longest prefix that fits.
    """
    fitting = [network for network in seen.networks if parameter.startswith(network.prefix)]
    return max(fitting, key=lambda network: len(network.prefix), default=None)


def was_loaded(seen: Seen, network: Network | None) -> bool:
    """Tell whether weights were loaded into a network, or may have been.

    Args:
        seen: What was seen.
        network: One of its networks.

    Returns:
        Whether it began from trained weights.
    """
    return any(
        event.kind == "load" and (network is None or event.who in (network.number, -1)) and event.step == 0
        for event in seen.events
    )


def first_cross_entropy(look: Look) -> tuple[float, int, Op] | None:
    """Give a cross-entropy that the loss is made of.

    Args:
        look: A look.

    Returns:
        Its value, the number of classes, and the operation; None where there is none, or it is no mean.
    """
    trace = look.trace
    for op in ops_to_loss(look):
        if (
            op.name not in {"cross_entropy", "nll_loss"}
            or not op.outputs
            or op.kwargs.get("reduction", "mean") != "mean"
        ):
            continue
        numbers = trace.values[op.outputs[0]].statistics
        scores = trace.values[op.inputs[0]]
        if (
            numbers is None
            or len(scores.shape) < 2  # noqa: PLR2004
            or scores.shape[1] < 2  # noqa: PLR2004
            or trace.values[op.outputs[0]].shape
        ):
            continue
        return numbers.mean, scores.shape[1], op
    return None


def blamed_line(seen: Seen, trace: Trace, op: Op) -> Source | None:
    """Find the line to tell of an operation: of a module of PyTorch's the line that made it.

    Args:
        seen: What was seen.
        trace: Of the pass.
        op: One of its operations.

    Returns:
        The line that runs it where a person wrote that down, else the one that made the module.
    """
    if (op.source is None or not is_own(op.source.file) or _runs_module(trace, op)) and op.call is not None:
        made = seen.made.get(trace.calls[op.call].path)
        if made is not None and is_own(made.file):
            return made
    return own_line(op, trace)


def _runs_module(trace: Trace, op: Op) -> bool:
    """Tell whether an operation is a module of PyTorch's, so that the line found is that of its call."""
    call = trace.calls[op.call] if op.call is not None else None
    return (
        call is not None and (call.source == op.source or call.source is None) and call.first_op == op.number
    )
