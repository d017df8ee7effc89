"""The noun `Trace`: what one forward (and backward) pass did, as plain data.

A `Value` is a tensor at one moment: an in-place operation ends one value and begins another. An `Op` reads
values and makes values. A `ModuleCall` is one call of one module, a range of operations. All three stand in
tuples, in the order in which they happened, and name each other by their place there (`number`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import torch

Kind = Literal["input", "parameter", "buffer", "constant", "result"]


def shape_text(shape: Iterable[int]) -> str:
    """Write a shape as people do.

    Args:
        shape: Its sides.

    Returns:
        The sides with × between.

    Example:
        >>> shape_text((1, 3, 32, 32)), shape_text(())
        ('1×3×32×32', 'one number')
    """
    return "×".join(map(str, shape)) or "one number"


@dataclass(frozen=True, slots=True)
class Ref:
    """Stands for a tensor among the arguments of an operation: the number of its value."""

    value: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Numbers about a tensor, taken at the moment it was made; over its finite elements only.

    `zeros` is the share of exact zeros, 0 to 1; `num_not_finite` counts NaN and infinities; `deviation` is
    that of a whole population, divided by n.
    """

    minimum: float
    maximum: float
    mean: float
    deviation: float
    zeros: float
    num_not_finite: int


@dataclass(frozen=True, slots=True)
class Activity:
    """How the units (channels or features) of an activation behaved in one batch.

    `dead` gave exactly zero for every sample; `low` and `high` is the share of all numbers within 1 % of the
    function's lower and upper bound, for sigmoid and tanh.
    """

    units: int
    dead: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor at one moment.

    `kind` tells where it comes from: `input` (given to the network), `parameter`, `buffer`, `constant` (any
    other tensor that no recorded operation made), `result` (of the operation `made_by`). `name` is
    `images`, `conv1.weight`, `bn1.running_mean`, `relu`, `layer1.0.add`: unique in a trace except for
    constants made at one place. `statistics` is None for an empty tensor and for parameters (see
    `Parameter`), `gradient` (of the loss by this value) where there was none.
    """

    number: int
    kind: Kind
    name: str
    shape: tuple[int, ...]
    dtype: str  # float32
    device: str
    made_by: int | None
    requires_grad: bool
    bytes: int  # of its elements; 0 for a view of another value's memory
    statistics: Statistics | None = None
    gradient: Statistics | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A line of a person's code."""

    file: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class Op:
    """One operation.

    `name` is short (`conv2d`, `relu`, `add_`, `getitem`), `function` is whole
    (`torch.nn.functional.relu`, `torch.Tensor.add_`). `label` is unique: the module's path and the name, with
    `_1`, `_2` … for further ones (`layer1.0.add_1`). `args` and `kwargs` are those of the call, with
    a `Ref` for every tensor. `inputs` are all values read, parameters included, each once; `call` is
    the innermost module call; `source` the innermost line outside torch and glassnet, `backward` the name of
    its node in the backward graph. `stage` is `loss` for what computes the loss from the output.
    """

    number: int
    name: str
    function: str
    label: str
    args: tuple
    kwargs: dict[str, object]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    call: int | None  # None: outside every module
    source: Source | None
    stage: Literal["forward", "loss"]
    parameters: tuple[str, ...]
    macs: int  # multiply-adds
    seconds: float
    in_place: bool
    view: bool  # its result shares memory with an input
    backward: str | None = None


@dataclass(frozen=True, slots=True)
class ModuleCall:
    """One call of one module: the operations `first_op` up to, not including, `end_op`.

    `path` is "" for the network itself; `parent` is the call around it; `repeat` counts the earlier calls of
    the same module; `inputs` and `outputs` are values.
    """

    number: int
    path: str
    type: str
    parent: int | None
    repeat: int
    first_op: int
    end_op: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    source: Source | None
    training: bool
    registered: bool  # False: it was called, but is in no module's list of sub-modules


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a module.

    `shared_with` is the name under which the same tensor stood before; `statistics` is None unless `record`
    was asked for it.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    trainable: bool
    shared_with: str | None
    statistics: Statistics | None
    gradient: Statistics | None = None

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        total = 1
        for side in self.shape:
            total *= side
        return total


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the network, called or not, with the parameters that are its own (not its children's)."""

    path: str
    type: str
    settings: str  # as it prints itself: 3, 6, kernel_size=(5, 5), stride=(1, 1)
    parameters: tuple[Parameter, ...]
    training: bool


@dataclass(frozen=True, slots=True)
class BackwardNode:
    """A node of the backward graph, numbered from the loss; `next` are those that get its gradients.

    `op` is the operation it belongs to, `parameter` the name of the parameter whose gradient it adds up.
    """

    number: int
    name: str
    op: int | None
    parameter: str | None
    next: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unseen:
    """Something that happened and could not be seen: what, where, and what follows from it."""

    what: str
    module: str
    source: Source | None


@dataclass(frozen=True, slots=True)
class Escape:
    """A value that Python, NumPy or a person took: `how` is `item`, `numpy`, `bool`, `format`, …."""

    value: int
    how: str
    source: Source | None


@dataclass(frozen=True, eq=False)
class Trace:
    """What one pass did.

    `output` is what `forward` returned, with a `Ref` for every tensor. `kept` and `kept_gradients` hold
    copies of the tensors that were asked for, by number of value; parameters among them are not copied.
    """

    network: str  # name of its class
    modules: tuple[Module, ...]
    calls: tuple[ModuleCall, ...]
    ops: tuple[Op, ...]
    values: tuple[Value, ...]
    inputs: tuple[int, ...]
    output: object
    loss: int | None
    backward: tuple[BackwardNode, ...]
    unseen: tuple[Unseen, ...]
    seconds: float
    kept: Mapping[int, torch.Tensor] = field(default_factory=dict)
    kept_gradients: Mapping[int, torch.Tensor] = field(default_factory=dict)
