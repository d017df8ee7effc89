"""What a few more passes show: dropout that stays on, a fixed batch size, an input that does not matter."""

from __future__ import annotations

import contextlib
import sys
import traceback
from typing import TYPE_CHECKING, Any

import torch
from torch.overrides import TorchFunctionMode

from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.checks.origins import first_value, given, plain, readers
from glassnet.checks.places import cause_line
from glassnet.checks.probes import changed, differs, main_output, probes_of
from glassnet.trace.source_line import is_own
from glassnet.trace.trace import Source, shape_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.probes import Probe
    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op, Trace

DROPOUTS = frozenset({"dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout",
                      "feature_dropout"})  # fmt: skip
PARTS = frozenset({"getitem", "narrow", "select", "index_select", "split", "chunk", "center_crop", "crop"})
CUTTERS = frozenset({"view", "reshape", "expand", "repeat"})
FACTORIES = frozenset({"zeros", "ones", "randn", "rand", "full", "empty", "new_zeros", "arange", "eye"})
NORMS = frozenset({"layer_norm", "group_norm", "instance_norm"})
PLENTY = 4  # samples from which a fixed batch size is sought
SIZE = 2
FOLLOWS = ("plateau", "learning-rate-too-low", "vanishing-gradients", "graph-cut", "weights-do-not-change",
           "cannot-overfit-batch", "unused-result")  # fmt: skip
MANY_PASSES = 3  # over the same pictures: dropout is left on for its spread


def dropout_in_eval(seen: Seen) -> Iterator[Finding]:
    """Find dropout that is on in eval mode."""
    told = set()
    for probe in probes_of(seen) if _drops_by_function(seen) else ():
        trace = probe.trace(probe.few, "base")
        if trace is None:
            continue
        for op in trace.ops:
            rate = _rate(op, trace)
            if not rate:
                continue
            call = trace.calls[op.call] if op.call is not None else None
            if call is not None and (call.training or not call.registered):
                continue  # a layer that is kept in train mode, or is not registered, is another matter
            source = own_line(op, trace)
            told.add(source)
            yield _dropout(op, source, rate, _spread_is_meant(seen, probe), call.path if call else "")
    for look in seen.looks:
        for op in look.trace.ops:
            call = look.trace.calls[op.call] if op.call is not None else None
            rate = _rate(op, look.trace)
            source = own_line(op, look.trace)
            if call is None or call.training or not call.registered or not rate or source in told:
                continue
            yield _dropout(op, source, rate, False, call.path)


def _drops_by_function(seen: Seen) -> bool:
    """Tell whether something else than a dropout layer drops numbers; layers know their mode."""
    for look in seen.looks:
        for op in look.trace.ops:
            if op.call is not None and "Dropout" not in look.trace.calls[op.call].type and _rate(op, look.trace):
                return True
    return False


def _dropout(op: Op, source: Source | None, rate: float, meant: bool, path: str) -> Finding:
    attention = op.name.startswith("scaled_dot")
    return Finding(
        "dropout-in-eval", "note" if meant else "warning", source, path,
        {"operation": op.name, "rate": rate}, form="attention" if attention else "main",
        explains=("modes-disagree",),
    )  # fmt: skip


def _rate(op: Op, trace: Trace) -> float:
    """Give the share that an operation drops; 0 where it drops nothing."""
    if op.name.startswith("scaled_dot_product"):
        rate = given(op, 4, "dropout_p", 0.0)
        return rate if isinstance(rate, float | int) else 0.0
    if plain(op) not in DROPOUTS:
        return 0.0
    functional = op.function.startswith("torch.nn.functional")
    rate = given(op, 1, "p", 0.5)
    on = given(op, 2, "training" if functional else "train", True)
    return float(rate) if on is True and isinstance(rate, float | int) else 0.0


def _spread_is_meant(seen: Seen, probe: Probe) -> bool:
    """Tell whether the same pictures go through the network again and again in evaluation."""
    for look in seen.looks:
        calls = [c for c in look.trace.calls if c.parent is None and not c.training and c.inputs]
        counts = [sum(other.inputs == call.inputs for other in calls) for call in calls]
        if max(counts, default=0) >= MANY_PASSES:
            return True
    return False


def fixed_batch_size(seen: Seen) -> Iterator[Finding]:
    """Find networks that refuse fewer samples than they were trained on."""
    told = False
    for probe in probes_of(seen):
        error = probe.refused
        if error is None or len(probe.images) < PLENTY or _is_not_of_shapes(error):
            continue
        counts = [len(probe.images) - 1, len(probe.images) // 2, len(probe.images) - 2]
        if not all(_refuses(probe, count) for count in counts):
            continue
        failed = _line_of(error)
        crashed = seen.crash is not None and failed is not None and seen.crash.source == failed
        source = _made_for(probe) or failed
        evidence: dict[str, object] = {"batch": len(probe.images), "error": _first_line(error)}
        yield Finding(
            "fixed-batch-size", "error" if crashed else "warning", source, probe.network.prefix.removesuffix("."),
            evidence, form="crash" if crashed else "main",
        )  # fmt: skip
        told = True
    if not told:
        yield from _crashed_at_last_batch(seen)


def _is_not_of_shapes(error: Exception) -> bool:
    """Some layers refuse a few samples for reasons of their own; shapes alone tell of a fixed size."""
    return not isinstance(error, RuntimeError | ValueError | IndexError | AssertionError)


def _refuses(probe: Probe, count: int) -> bool:
    try:
        probe.run(probe.images[:count])
    except Exception:
        return True
    return False


def _line_of(error: Exception) -> Source | None:
    found = None
    for frame in traceback.extract_tb(error.__traceback__):
        if is_own(frame.filename):
            found = Source(frame.filename, frame.lineno or 0, frame.name)
    return found


class _Makers(TorchFunctionMode):
    """Notes where a tensor is made for a whole batch, though fewer samples were given."""

    def __init__(self, batch: int) -> None:
        super().__init__()
        self.batch = batch
        self.source: Source | None = None

    def __torch_function__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if self.source is None and isinstance(result, torch.Tensor):
            made = func.__name__ in FACTORIES and self.batch in result.shape[:2]
            cut = func.__name__ in CUTTERS and _first_size(args) == self.batch == result.shape[0]
            if made or cut:
                self.source = self._home()
        return result

    def _home(self) -> Source | None:
        """Find the line that says how many: of a function that is told it, the line that calls it."""
        frame, found = sys._getframe(2), None  # noqa: SLF001
        while frame is not None:
            code = frame.f_code
            if is_own(code.co_filename):
                found = Source(code.co_filename, frame.f_lineno, code.co_name)
                told = [frame.f_locals.get(name) for name in code.co_varnames[: code.co_argcount]]
                if not any(type(one) is int and one == self.batch for one in told):
                    return found
            frame = frame.f_back
        return found


def _first_size(args: tuple) -> Any:
    sizes = args[1] if len(args) > 1 else None
    return sizes[0] if isinstance(sizes, tuple | list) and sizes else sizes


def _made_for(probe: Probe) -> Source | None:
    makers = _Makers(len(probe.images))
    for count in (len(probe.images) - 1, len(probe.images) // 2):  # one of them may pass the view
        with contextlib.suppress(Exception), makers:
            probe.run(probe.images[:count])
    return makers.source


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".split("\n")[0][:200]


def _crashed_at_last_batch(seen: Seen) -> Iterator[Finding]:
    """The last batch of an epoch is smaller, and something outside the network was made for a full one."""
    crash = seen.crash
    if crash is None or crash.type not in ("RuntimeError", "ValueError") or not seen.num_steps:
        return
    for loader in seen.loaders:
        data, batch = loader.loader, getattr(loader.loader, "batch_size", None)
        try:
            left = len(data.dataset) % batch if batch and not data.drop_last else 0  # pyright: ignore[reportArgumentType]
        except TypeError:
            continue
        if not left or not batch:
            continue
        numbers = _numbers(f"{crash.message} {crash.what or ''}")
        whole = batch in numbers
        rest = left in numbers or any(number % left == 0 and number > left for number in numbers - {batch})
        if whole and rest:
            evidence: dict[str, object] = {"batch": batch, "left": left, "error": crash.message.split("\n")[0]}
            yield Finding("fixed-batch-size", "error", crash.source, "", evidence, form="last")
            return


def _numbers(text: str) -> set[int]:
    words = "".join(letter if letter.isdigit() else " " for letter in text).split()
    return {int(word) for word in words if len(word) < 12}


def input_ignored(seen: Seen) -> Iterator[Finding]:
    """Find channels, or a large part of the picture, that no answer depends on."""
    for probe in probes_of(seen):
        images = probe.few
        if images.dim() != 4 or not images.is_floating_point():
            continue
        before = main_output(probe.output)
        if before is None or not before.is_floating_point() or not bool(torch.isfinite(before).all()):
            continue
        if not _takes_a_part(probe):
            continue
        channels = images.shape[1]
        if 1 < channels <= 64:
            ignored = [c for c in range(channels) if not _matters(probe, before, (slice(None), c))]
            if ignored and len(ignored) < channels:
                op = _slicing(probe)
                if op is not None:
                    yield _ignored(probe, op, "channels", len(ignored), channels)
                    continue
        yield from _cut_off(probe, before)


def _takes_a_part(probe: Probe) -> bool:
    """Tell whether the network cuts a part out of what it was given."""
    trace = probe.look.trace
    ops = trace.ops[probe.call.first_op : probe.call.end_op]
    return any(plain(op) in PARTS and first_value(op) in probe.call.inputs for op in ops)


def _matters(probe: Probe, before: torch.Tensor, place: tuple) -> bool:
    other = probe.few.clone()
    generator = torch.Generator().manual_seed(7)
    part = other[place]
    spread = float(probe.few.std()) or 1.0
    other[place] = part.flip(-1) + spread * torch.randn(part.shape, generator=generator).to(part)
    try:
        after = main_output(probe.run(other))
    except Exception:
        return True
    return after is None or after.shape != before.shape or bool(differs(before, after).any())


def _cut_off(probe: Probe, before: torch.Tensor) -> Iterator[Finding]:
    """Rows or columns at the edges that are sliced away: at least a fifth of the picture."""
    height, width = probe.few.shape[2:]
    rows, columns = max(height // 5, 1), max(width // 5, 1)
    everywhere = slice(None)
    edges = [
        (everywhere, everywhere, slice(0, rows)), (everywhere, everywhere, slice(height - rows, None)),
        (everywhere, everywhere, everywhere, slice(0, columns)),
        (everywhere, everywhere, everywhere, slice(width - columns, None)),
    ]  # fmt: skip
    whole = (everywhere, everywhere)
    ignored = [edge for edge in edges if not _matters(probe, before, edge)]
    if ignored and len(ignored) < len(edges) and _matters(probe, before, whole):
        op = _slicing(probe)
        if op is not None:
            yield _ignored(probe, op, "edge", len(ignored), len(edges))


def _slicing(probe: Probe) -> Op | None:
    """Find the first operation of a person's own that takes a part of the picture, and the rest is not read."""
    trace = probe.trace(probe.few, "base")
    if trace is None or not trace.inputs:
        return None
    reads = readers(trace)
    for op in trace.ops:
        if plain(op) in PARTS and first_value(op) == trace.inputs[0]:
            others = [other for other in reads.get(trace.inputs[0], ()) if other.number != op.number]
            if all(plain(other) in ("size", "shape", "dim") for other in others) and op.source:
                return op
    return None


def _ignored(probe: Probe, op: Op, form: str, count: int, of: int) -> Finding:
    trace = probe.trace(probe.few, "base")
    assert trace is not None  # noqa: S101 — the operation is in it
    value = first_value(op)
    evidence: dict[str, object] = {
        "operation": plain(op), "count": count, "of": of,
        "before": shape_text(trace.values[value].shape) if value is not None else "?",
        "after": shape_text(trace.values[op.outputs[0]].shape),
    }  # fmt: skip
    return Finding("input-ignored", "warning", own_line(op, trace), "", evidence, form=form)


def output_ignores_input(seen: Seen) -> Iterator[Finding]:
    """Find networks whose answer is the same for every picture."""
    for network in seen.networks:
        told = next((found for look in seen.looks if (found := _unreached(look, network.prefix))), None)
        if told is not None:
            yield told
    yield from _all_dropped(seen)
    for probe in probes_of(seen):
        images, answer = probe.few, main_output(probe.output)
        if answer is None or not answer.is_floating_point() or not bool(torch.isfinite(answer).all()):
            continue
        if len(images) < SIZE or not images.is_floating_point() or answer.dim() < SIZE or len(answer) != len(images):
            continue
        if bool((images == images[:1]).all()) or not bool((answer == answer[:1]).all()):
            continue
        if _moves(probe, answer) or not seen.num_steps:
            continue
        yield from _lost(seen, probe)


def _all_dropped(seen: Seen) -> Iterator[Finding]:
    """Dropout of everything: in training nothing goes through."""
    for look in seen.looks:
        for op in look.trace.ops:
            if op.call is not None and _rate(op, look.trace) >= 1:
                path = look.trace.calls[op.call].path
                yield Finding(
                    "output-ignores-input", "error", cause_line(seen, look, op), path, {"operation": plain(op)},
                    form="dropped", explains=("weights-do-not-change", "plateau", "modes-disagree", "dead-relus",
                                              "vanishing-gradients", "dropout-in-eval", "initial-loss"),
                )  # fmt: skip


def _moves(probe: Probe, answer: torch.Tensor) -> bool:
    """Tell whether any answer changes when the pictures do."""
    other = torch.stack([changed(probe.few, place)[place] for place in range(len(probe.few))])
    try:
        after = main_output(probe.run(other * 3))
    except Exception:
        return True
    return after is None or after.shape != answer.shape or not torch.equal(answer, after)


def _unreached(look: Look, prefix: str) -> Finding | None:
    """A network's answer that was not computed from anything it was given."""
    trace, path = look.trace, prefix.removesuffix(".")
    for call in trace.calls:
        if call.path != path or call.parent is not None or not call.inputs or not call.outputs:
            continue
        if any(value in call.inputs for value in call.outputs) or call.end_op <= call.first_op:
            continue
        reached = set(call.inputs)
        opaque = False
        for op in trace.ops[call.first_op : call.end_op]:
            if reached.intersection(op.inputs):
                reached.update(op.outputs)
            opaque = opaque or op.function == "unseen"
        if reached.intersection(call.outputs) or opaque or any(u.module == path for u in trace.unseen):
            return None
        used = {value for op in trace.ops[call.first_op : call.end_op] for value in op.inputs}
        strangers = [op for op in trace.ops[call.first_op : call.end_op] if not op.inputs and op.outputs]
        first = strangers[0] if strangers else trace.ops[call.first_op]
        evidence: dict[str, object] = {"operation": plain(first), "read": "yes" if used & set(call.inputs) else "no"}
        return Finding(
            "output-ignores-input", "error", own_line(first, trace) or call.source, path, evidence, form="unreached",
            explains=("plateau", "unused-result", "unused-module", "learning-rate-too-low", "input-ignored"),
        )  # fmt: skip
    return None


def _lost(seen: Seen, probe: Probe) -> Iterator[Finding]:
    """Name the operation whose result is the same for every picture, though what it read was not."""
    base = probe.trace(probe.few, "base")
    other = torch.stack([changed(probe.few, place)[place] for place in range(len(probe.few))])
    trace = probe.trace(other * 3, "moved")
    if base is None or trace is None or [op.name for op in base.ops] != [op.name for op in trace.ops]:
        return
    alive = {
        number for number, one in base.kept.items()
        if number in trace.kept and one.shape == trace.kept[number].shape and not one.is_complex()
        and not torch.equal(one, trace.kept[number])
    }  # fmt: skip
    for op in reversed(base.ops):
        if alive.intersection(op.inputs) and not alive.intersection(op.outputs):
            dead = plain(op) in ("relu", "hardtanh", "relu6", "clamp", "sigmoid", "tanh", "hardsigmoid")
            zero = any(base.values[n].kind == "parameter" and not bool(base.kept[n].any()) for n in op.inputs
                       if n in base.kept)  # fmt: skip
            layer = base.calls[op.call].path if op.call is not None else None
            made = seen.made.get(f"{probe.network.prefix}{layer}") if plain(op) in NORMS else None
            source = made if made is not None and is_own(made.file) else own_line(op, base)
            yield Finding(
                "output-ignores-input", "note" if dead or zero else "error", source,
                base.calls[op.call].path if op.call is not None else "", {"operation": plain(op)}, form="main",
                explains=() if dead or zero else FOLLOWS,
            )  # fmt: skip
            return
