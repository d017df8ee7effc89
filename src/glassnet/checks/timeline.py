"""Events in their order: passes with the loader that they belong to, steps, who owns which parameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Event, Loader, Network, Optimizer, Seen

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass through a network: the loader that was iterated then, and whether backward followed it."""

    at: int  # place among the events
    event: Event
    loader: Loader | None
    backward: bool


def passes(seen: Seen) -> list[Pass]:
    """Give all passes through networks.

    Args:
        seen: What was seen.

    Returns:
        In order; a pass counts as followed by backward where one came before the next pass of the same
        network, or before the next step.
    """
    found: list[Pass] = []
    for at, event, loader in with_loader(seen):
        if event.kind == "network":
            found.append(Pass(at, event, loader, _backward_follows(seen, at)))
    return found


def with_loader(seen: Seen) -> Iterator[tuple[int, Event, Loader | None]]:
    """Give every event with the loader that was being iterated, the innermost one.

    Args:
        seen: Everything that was seen.
    """
    opened: list[int] = []
    for at, event in enumerate(seen.events):
        if event.kind == "epoch":
            opened = [*(who for who in opened if who != event.who), event.who]
        elif event.kind == "epoch_end":
            opened = [who for who in opened if who != event.who]
        inner = opened[-1] if opened else -1
        yield at, event, seen.loaders[inner] if 0 <= inner < len(seen.loaders) else None


def trained_loaders(seen: Seen) -> set[int]:
    """Give the loaders in whose loops an optimizer stepped.

    Args:
        seen: Everything that was seen.
    """
    return {
        loader.number for _, event, loader in with_loader(seen) if event.kind == "step" and loader is not None
    }


def num_samples(loader: Loader) -> int:
    """Give how many samples a loader's dataset has; 0 where it does not say."""
    try:
        return len(loader.loader.dataset)  # type: ignore[arg-type]
    except (TypeError, NotImplementedError, AttributeError):
        return 0


def _backward_follows(seen: Seen, at: int) -> bool:
    if not seen.events[at].facts.get("grad", True):
        return False
    loop = 0
    for event in seen.events[at + 1 :]:
        if event.kind == "backward":
            return True
        if event.kind in {"step", "epoch", "epoch_end"}:
            return False
        if event.kind == "network" and event.who == seen.events[at].who:
            loop += 1
            if loop > 8 or not event.facts.get("grad", True):  # noqa: PLR2004
                return False
    return False


def steps_of(seen: Seen, optimizer: int) -> list[tuple[int, Event]]:
    """Give the steps of an optimizer, each with its place among the events."""
    return [(at, e) for at, e in enumerate(seen.events) if e.kind == "step" and e.who == optimizer]


def parameters_of(optimizer: Optimizer) -> set[int]:
    """Give the identities of what an optimizer trains, as it is now."""
    return {id(parameter) for group in optimizer.optimizer.param_groups for parameter in group["params"]}


def trained_by(seen: Seen, optimizer: Optimizer) -> list[Network]:
    """Give the networks of which an optimizer trains a parameter."""
    held = parameters_of(optimizer)
    return [net for net in seen.networks if any(id(p) in held for p in net.module.parameters())]


def mode_dependent(module: nn.Module) -> dict[str, nn.Module]:
    """Give the modules that behave differently in train and eval mode, by their path."""
    return {
        path: part
        for path, part in module.named_modules()
        if (isinstance(part, BATCH_NORMS) and part.track_running_stats)
        or (isinstance(part, DROPOUTS) and part.p > 0)
        or type(part).__name__ in {"DropPath", "StochasticDepth", "DropBlock2d"}
        or (isinstance(part, (nn.LSTM, nn.GRU, nn.RNN, nn.MultiheadAttention)) and part.dropout > 0)
    }
