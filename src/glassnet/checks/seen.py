"""The noun `Seen`: everything that was seen of one training, as plain data that rules read.

It does not matter who trained: a person's script under `watch`, or glassnet itself under `check`. A `Look` is
one stretch of the training that was recorded whole, up to and including a step of an optimizer: passes
through the networks, losses, backward passes. `Event`s tell what happened in which order, also between looks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from torch import nn
    from torch.utils.data import DataLoader

    from glassnet.audit.audit import Audit
    from glassnet.pictures.pictures import Pictures
    from glassnet.trace.trace import Activity, Escape, Source, Statistics, Trace, Unseen

EventKind = Literal[
    "network",  # who: network; training, grad (is autograd on), batch (samples); count: that often in a row
    # loss (float or None), shape of what it was called on, value (in the look's trace, or None), changed
    # (parameters since the backward before), retain, alive (earlier losses that still hold their graph)
    "backward",
    "step",  # who: optimizer; lr (of each group), num_backward (since its last step), carried, empty, closure
    "zero_grad",  # who: optimizer, or -1: a module's; cleared: whether there was a gradient that is not zero
    "clip",  # gradients are clipped; norm
    "optimizer",  # who: it was made
    "scheduler",  # who: it was made
    "schedule",  # who: scheduler was stepped; lr after it, metric it was given
    "epoch",  # who: loader; an iteration over it begins
    "epoch_end",  # who: loader; num_batches; complete: whether it came to its end
    "mode",  # who: network or -1; training: what it was set to; path in the network, whole: "" or not
    "seed",  # value, of: torch, numpy or random
    "save",  # torch.save
    "load",  # load_state_dict; who: network or -1; strict, missing, unexpected (names), num_loaded, changed
    "scale",  # GradScaler; what: scale, unscale, step, update; factor before it; enabled
]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    `step` counts the optimizer steps taken before it; `who` is a place in `Seen.networks`, `.optimizers`,
    `.schedulers` or `.loaders`, by kind; `look` is the look that was open, or None.
    """

    kind: EventKind
    step: int
    source: Source | None
    who: int = -1
    facts: dict[str, Any] = field(default_factory=dict)
    look: int | None = None
    count: int = 1


@dataclass(frozen=True, eq=False)
class Network:
    """A module with parameters that was called from outside every other module.

    `prefix` stands before the paths of its modules and parameters in traces: "" for the first network,
    `Discriminator.` for a further one. `module` is the module itself, as it is now, at the end.
    """

    number: int
    name: str  # of its class
    prefix: str
    module: nn.Module
    source: Source | None  # where it was called first
    initial: dict[str, Statistics | None]  # of its parameters when it was called first, by name in traces


@dataclass(frozen=True, eq=False)
class Optimizer:
    """An optimizer; `groups` as they were when it was made, without their parameters."""

    number: int
    type: str
    optimizer: torch.optim.Optimizer
    source: Source | None  # where it was made
    groups: tuple[dict[str, Any], ...]


@dataclass(frozen=True, eq=False)
class Scheduler:
    """A learning rate schedule; `settings` are the arguments it was made with."""

    number: int
    type: str
    scheduler: Any
    optimizer: int  # -1: not seen
    source: Source | None
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What a loader gave: the first tensor with pictures or features, and the labels where it has some."""

    epoch: int  # which iteration over the loader, from 0
    number: int  # in that iteration
    images: torch.Tensor | None
    labels: torch.Tensor | None


@dataclass(eq=False)
class Loader:
    """A DataLoader; `names` are the variables that held it, `batches` copies of its first ones.

    `labels` are those of the first epoch as far as they were seen (8,192 at most), in order; `first_samples`
    holds a fingerprint of the first batch of each epoch, `last` is the last batch of all. `num_steps` counts
    the optimizer steps while it was iterated: more than none makes it a loader to train on.
    """

    number: int
    loader: DataLoader[Any]
    names: tuple[str, ...]
    source: Source | None  # where it was made
    iterated: Source | None = None  # where it was iterated first
    num_epochs: int = 0
    num_steps: int = 0
    batches: list[Batch] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    first_samples: list[int] = field(default_factory=list)
    shuffled: bool = False
    last: Batch | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """What one optimizer step did to one parameter: Euclidean norms, before it."""

    weight: float
    gradient: float
    change: float


@dataclass(frozen=True, eq=False)
class Look:
    """One stretch of the training, recorded whole.

    `trace.ops` outside networks have the stage `loss` (what a script does to the batch before the network,
    too). `trace.inputs` and `trace.output` are those of its first pass with gradients (else its first pass);
    `trace.loss` is what backward was called on last, `losses` all such values. `trace.kept` holds copies of
    what went into networks and came out, and of every value outside them; of what has more than 1,000,000
    numbers only the first samples.
    `values` in `gradients` and `updates` are keyed by the parameter's name; a gradient is None where `.grad`
    was None at the step. `step` counts the optimizer steps before it.
    """

    number: int
    step: int
    trace: Trace
    losses: tuple[int, ...]
    trained: bool  # an optimizer stepped at its end
    gradients: dict[str, Statistics | None] = field(default_factory=dict)
    updates: dict[str, Update] = field(default_factory=dict)
    activity: dict[int, Activity] = field(default_factory=dict)  # by value: outputs of activations
    escapes: tuple[Escape, ...] = ()


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss that backward was called on."""

    step: int
    value: float


@dataclass(frozen=True, slots=True)
class Crash:
    """The exception that ended a script; `what` is the operation that raised it, with its shapes."""

    type: str
    message: str
    source: Source | None
    what: str | None = None
    before: tuple[str, ...] = ()  # the last operations, with the shapes they gave


@dataclass(eq=False)
class Seen:
    """Everything that was seen.

    `splits` are the pictures by split where glassnet itself has them (`check`); under `watch` only what
    `loaders` gave is known. `losses` are thinned out in long trainings. `made` tells where modules were made,
    by their path in traces; losses and the like, which are in no network, by `<CrossEntropyLoss>`.
    """

    by: Literal["watch", "check"]
    script: Path | None = None
    networks: list[Network] = field(default_factory=list)
    optimizers: list[Optimizer] = field(default_factory=list)
    schedulers: list[Scheduler] = field(default_factory=list)
    loaders: list[Loader] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    splits: dict[str, Pictures] = field(default_factory=dict)
    classes: tuple[str, ...] | None = None
    made: dict[str, Source] = field(default_factory=dict)
    unseen: list[Unseen] = field(default_factory=list)
    num_steps: int = 0
    crash: Crash | None = None
    audit: Audit | None = None  # of the source of `splits`, where there is one
    ended: Literal["done", "crashed", "interrupted", "stopped"] = "done"
