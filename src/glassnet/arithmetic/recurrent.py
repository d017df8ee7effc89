"""Recurrent layers: one hidden number of one time step, the states before it worked out in float64."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import torch

from glassnet.arithmetic.elements import doubles
from glassnet.arithmetic.expansion import Expansion, Number, Term
from glassnet.arithmetic.numbers import joined, written
from glassnet.arithmetic.terms import added, product_text
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from glassnet.arithmetic.expansion import At

Kind = Literal["lstm", "gru", "rnn_tanh", "rnn_relu"]


@dataclass(frozen=True, slots=True)
class Weights:
    """The parameters of one layer in one direction, in float64."""

    input: Tensor  # G·H×I
    hidden: Tensor  # G·H×H
    input_bias: Tensor  # G·H
    hidden_bias: Tensor
    places: tuple[str, ...]  # how they are called: params[0], …


@dataclass(frozen=True, slots=True)
class Step:
    """One time step of one layer: what went in, the gates, what came out; each tensor a row of H numbers."""

    x: Tensor
    before: Tensor
    cell_before: Tensor
    gates: dict[str, Tensor]
    hidden: Tensor
    cell: Tensor


@dataclass(frozen=True, slots=True)
class Stack:
    """Recurrent layers one above the other, as PyTorch was given them."""

    kind: Kind
    input: Tensor  # T×N×I
    states: Sequence[Tensor]  # each L·D×N×H: hidden numbers, and cells of an lstm
    params: Sequence[Tensor]
    biases: bool
    directions: int

    def weights(self, own: int) -> Weights:
        """Give the parameters of one layer in one direction.

        Args:
            own: Its number: layers from below, directions in turn.

        Returns:
            Its parameters.
        """
        each = 4 if self.biases else 2
        names = tuple(f"params[{own * each + i}]" for i in range(each))
        return _weights(self.params[own * each : (own + 1) * each], names)

    def start(self, own: int, sample: int) -> tuple[Tensor, Tensor]:
        """Give what stands before the first step.

        Args:
            own: The number of the layer and direction.
            sample: Of the batch.

        Returns:
            Hidden numbers, and cells.
        """
        rows = [doubles(state[own, sample]) for state in self.states]
        return rows[0], rows[-1]


@dataclass(frozen=True, slots=True)
class Where:
    """Which number of a recurrent layer is asked for."""

    layer: int
    direction: int
    time: int
    sample: int
    unit: int
    of_cell: bool


def _step(kind: Kind, x: Tensor, before: Tensor, cell: Tensor, w: Weights) -> Step:
    """Do one step (Hochreiter and Schmidhuber 1997; Cho et al. 2014; Elman 1990), as PyTorch defines it."""
    from_input = w.input @ x + w.input_bias
    from_hidden = w.hidden @ before + w.hidden_bias
    if kind == "lstm":
        i, f, g, o = (from_input + from_hidden).chunk(4)
        gates = {"i": i.sigmoid(), "f": f.sigmoid(), "g": g.tanh(), "o": o.sigmoid()}
        after = gates["f"] * cell + gates["i"] * gates["g"]
        return Step(x, before, cell, gates, gates["o"] * after.tanh(), after)
    if kind == "gru":
        (a_r, a_z, a_n), (b_r, b_z, b_n) = from_input.chunk(3), from_hidden.chunk(3)
        r, z = (a_r + b_r).sigmoid(), (a_z + b_z).sigmoid()
        n = (a_n + r * b_n).tanh()
        return Step(x, before, cell, {"r": r, "z": z, "n": n}, (1 - z) * n + z * before, cell)
    total = from_input + from_hidden
    after = total.tanh() if kind == "rnn_tanh" else total.clamp(min=0)
    return Step(x, before, cell, {"a": total}, after, cell)


def _run(
    kind: Kind,
    inputs: Tensor,
    start: tuple[Tensor, Tensor],
    w: Weights,
    times: Sequence[int],
) -> list[Step]:
    """Do the steps at the given times, one after the other."""
    before, cell = start
    steps = []
    for time in times:
        steps.append(_step(kind, inputs[time], before, cell, w))
        before, cell = steps[-1].hidden, steps[-1].cell
    return steps


def _weights(params: Sequence[Tensor], names: tuple[str, ...]) -> Weights:
    matrices = [doubles(p) for p in params]
    none = torch.zeros(matrices[0].shape[0], dtype=torch.float64)
    input_bias, hidden_bias = matrices[2:] or (none, none)
    return Weights(matrices[0], matrices[1], input_bias, hidden_bias, names)


def _where(at: At, stack: Stack, num_layers: int, batch_first: bool) -> Where:
    size = stack.states[0].shape[-1]
    if at.output == 0:
        sample, time = at.index[:2] if batch_first else at.index[1::-1]
        direction, unit = divmod(at.index[2], size)
        return Where(num_layers - 1, direction, time, sample, unit, of_cell=False)
    own, sample, unit = at.index
    layer, direction = divmod(own, stack.directions)
    last = 0 if direction else len(stack.input) - 1
    return Where(layer, direction, last, sample, unit, of_cell=at.output == 2)  # noqa: PLR2004 - output, h_n, c_n


def _layers(at: At, stack: Stack, num_layers: int, dropped: bool, batch_first: bool) -> Expansion:
    """Work out all layers below, and the steps before, of the one sample; then expand the last step."""
    if len(stack.params) != num_layers * stack.directions * (4 if stack.biases else 2):
        raise UnexpandedError(stack.kind, "hidden numbers that are projected (proj_size)")
    where = _where(at, stack, num_layers, batch_first)
    if dropped and where.layer:
        raise UnexpandedError(stack.kind, "numbers dropped at random between its layers")
    x = doubles(stack.input[:, where.sample])
    for layer in range(where.layer):
        sides = []
        for direction in range(stack.directions):
            own = layer * stack.directions + direction
            times = range(len(x))[:: -1 if direction else 1]
            steps = _run(stack.kind, x, stack.start(own, where.sample), stack.weights(own), times)
            sides.append(torch.stack([step.hidden for step in steps[:: -1 if direction else 1]]))
        x = torch.cat(sides, 1)
    own = where.layer * stack.directions + where.direction
    times = range(len(x) - 1, where.time - 1, -1) if where.direction else range(where.time + 1)
    weights = stack.weights(own)
    last = _run(stack.kind, x, stack.start(own, where.sample), weights, times)[-1]
    done = _expanded(stack.kind, last, where.unit, weights, of_cell=where.of_cell)
    place = {"time": where.time, "layer": where.layer, "direction": where.direction}
    return replace(done, facts={**done.facts, **place})


def _expanded(kind: Kind, step: Step, unit: int, w: Weights, *, of_cell: bool = False) -> Expansion:
    if kind == "lstm":
        return _lstm_number(step, unit, of_cell=of_cell)
    return _gru_number(step, unit) if kind == "gru" else _rnn_number(kind, step, unit, w)


def _lstm_number(step: Step, unit: int, *, of_cell: bool) -> Expansion:
    """Expand a cell, f·c + i·g, or a hidden number, o·tanh of it."""
    values = {name: float(gate[unit]) for name, gate in step.gates.items()}
    values["c"] = float(step.cell_before[unit])
    one = {name: Number(name, None, value) for name, value in values.items()}
    parts = [
        Term((one["f"], one["c"]), values["f"] * values["c"]),
        Term((one["i"], one["g"]), values["i"] * values["g"]),
    ]
    formula, value = "f·c + i·g", float(step.cell[unit])
    if not of_cell:
        formula, value = f"o·tanh({formula})", float(step.hidden[unit])
        parts.append(Term((one["o"],), values["o"]))
    facts = {**{name: x for name, x in values.items() if name != "c"}, "cell_before": values["c"]}
    facts |= {"cell": float(step.cell[unit]), "unit": unit}
    return Expansion("recurrent", formula, written(formula, values), tuple(parts), value, facts)


def _gru_number(step: Step, unit: int) -> Expansion:
    """Expand (1 − z)·n + z·h; its two terms add up to it."""
    values = {name: float(gate[unit]) for name, gate in step.gates.items()}
    values["h"] = float(step.before[unit])
    one = {name: Number(name, None, value) for name, value in values.items()}
    keep = values["z"]
    terms = (
        Term((one["z"], one["n"]), (1 - keep) * values["n"]),
        Term((one["z"], one["h"]), keep * values["h"]),
    )
    formula = "(1 − z)·n + z·h"
    facts = {"r": values["r"], "z": keep, "n": values["n"], "hidden_before": values["h"], "unit": unit}
    return Expansion("recurrent", formula, written(formula, values), terms, float(step.hidden[unit]), facts)


def _rnn_number(kind: Kind, step: Step, unit: int, w: Weights) -> Expansion:
    """Expand tanh or ReLU of a sum of products; the terms add up to that sum, the fact `a`."""
    terms: list[Term] = []
    for name, operand, matrix, x in zip(
        "xh", w.places, (w.input, w.hidden), (step.x, step.before), strict=False
    ):
        for j, (weight, value) in enumerate(zip(matrix[unit].tolist(), x.tolist(), strict=True)):
            terms.append(
                Term((Number(operand, (unit, j), weight), Number(name, None, value)), weight * value)
            )
    for operand, bias in zip(w.places[2:], (w.input_bias, w.hidden_bias), strict=False):
        terms += added(Number(operand, (unit,), float(bias[unit])))
    around = "tanh({})" if kind == "rnn_tanh" else "max(0, {})"
    biases = " + bias_ih + bias_hh" * (len(w.places) > 2)  # noqa: PLR2004 - two matrices, two biases
    return Expansion(
        kind="recurrent",
        formula=around.format(f"Σ weight_ih·x + Σ weight_hh·h{biases}"),
        worked=around.format(joined(terms, product_text)),
        terms=tuple(terms),
        value=float(step.hidden[unit]),
        facts={"a": float(step.gates["a"][unit]), "unit": unit},
    )


def _layers_of(kind: Kind) -> Callable[..., Expansion]:
    def rule(
        at: At,
        input: Tensor,
        hx: Tensor | Sequence[Tensor],
        params: Sequence[Tensor],
        has_biases: bool,
        num_layers: int | bool,
        dropout: float,
        train: bool,
        bidirectional: bool,
        batch_first: bool = False,
    ) -> Expansion:
        if isinstance(params, bool | torch.Tensor) or isinstance(has_biases, list | tuple):
            raise UnexpandedError(kind, "sequences of different lengths (packed)")
        states = [hx] if isinstance(hx, torch.Tensor) else list(hx)
        times_first = input.transpose(0, 1) if batch_first else input
        stack = Stack(kind, times_first, states, params, has_biases, 2 if bidirectional else 1)
        return _layers(at, stack, num_layers, bool(train and dropout), batch_first)

    return rule


def _cell_of(kind: Kind) -> Callable[..., Expansion]:
    def rule(
        at: At,
        input: Tensor,
        hx: Tensor | Sequence[Tensor],
        w_ih: Tensor,
        w_hh: Tensor,
        b_ih: Tensor | None = None,
        b_hh: Tensor | None = None,
    ) -> Expansion:
        *outer, unit = at.index
        sample = tuple(outer)
        states = [doubles(hx[sample])] if isinstance(hx, torch.Tensor) else [doubles(h[sample]) for h in hx]
        params = [w_ih, w_hh] + ([] if b_ih is None or b_hh is None else [b_ih, b_hh])
        weights = _weights(params, ("w_ih", "w_hh", "b_ih", "b_hh")[: len(params)])
        step = _step(kind, doubles(input[sample]), states[0], states[-1], weights)
        return _expanded(kind, step, unit, weights, of_cell=at.output == 1)

    return rule


RULES = {
    "lstm": _layers_of("lstm"),
    "gru": _layers_of("gru"),
    "rnn_tanh": _layers_of("rnn_tanh"),
    "rnn_relu": _layers_of("rnn_relu"),
    "lstm_cell": _cell_of("lstm"),
    "gru_cell": _cell_of("gru"),
    "rnn_tanh_cell": _cell_of("rnn_tanh"),
    "rnn_relu_cell": _cell_of("rnn_relu"),
}
