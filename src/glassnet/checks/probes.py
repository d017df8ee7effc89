"""Probes: a few more passes through a network, on pictures that it was given, with nothing of it changed."""

from __future__ import annotations

import contextlib
import io
import warnings
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from glassnet.nets.untouched import untouched
from glassnet.trace.nested import tensors_in
from glassnet.trace.record import record
from glassnet.trace.uncompiled import uncompiled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Look, Network, Seen
    from glassnet.trace.trace import ModuleCall, Trace

MOST_PARAMETERS = 150_000_000
MOST_NUMBERS = 2_000_000  # in the pictures of a probe, where the network takes fewer
FEW, FEW_LARGE = 6, 3  # samples of a probe, where the network takes as many
SMALL = 30_000  # numbers in a picture of ordinary size


@dataclass(eq=False)
class Probe:
    """A network with a batch that it was given; passes through it are in eval mode and without gradients.

    `images` is what the training gave it, `few` the first samples of it (all, where it takes no fewer).
    `refused` is the error of the network at fewer samples than in training.
    """

    network: Network
    look: Look
    call: ModuleCall
    images: torch.Tensor
    few: torch.Tensor
    output: Any
    refused: Exception | None = None
    remembered: dict[str, Any] = field(default_factory=dict)
    _traces: dict[str, Trace | None] = field(default_factory=dict)

    def run(self, images: torch.Tensor) -> Any:
        """Run the network.

        Args:
            images: A batch like its own.

        Returns:
            What it gives.

        Raises:
            Exception: Whatever the network raises.
        """
        return _quietly(self.network.module, images)

    def trace(self, images: torch.Tensor, name: str) -> Trace | None:
        """Record a pass in eval mode, keeping every value.

        Args:
            images: A batch.
            name: Under which it is remembered.

        Returns:
            The trace; None where the network raises.
        """
        if name not in self._traces:
            net = self.network.module
            with _silence(), untouched(net):
                net.eval()
                torch.manual_seed(0)
                try:
                    self._traces[name] = record(net, images, keep="all")
                except Exception:  # noqa: BLE001 — a person's forward may raise anything
                    self._traces[name] = None
        return self._traces[name]


_last: tuple[weakref.ref[Seen], list[Probe]] | None = None


def probes_of(seen: Seen) -> list[Probe]:
    """Prepare the networks that take one batch of numbers; asked again for the same, give the same.

    Args:
        seen: What was seen.

    Returns:
        One probe for each of them.
    """
    global _last  # noqa: PLW0603 — all rules of one run share the passes
    if _last is None or _last[0]() is not seen:
        _last = weakref.ref(seen), list(_probes(seen))
    return _last[1]


def _probes(seen: Seen) -> Iterator[Probe]:
    for network in seen.networks:
        found = _call_of(seen, network)
        if found is None:
            continue
        look, call, images = found
        size = sum(p.numel() for p in network.module.parameters() if not _is_lazy(p))
        if size > MOST_PARAMETERS or images.dim() == 0 or not images.numel():
            continue
        count = min(len(images), FEW if images[0].numel() <= SMALL else FEW_LARGE)
        few, output, refused = images[:count].clone(), None, None
        try:
            output = _quietly(network.module, few)
        except Exception as error:  # noqa: BLE001
            refused = error
        if refused is not None:
            if images.numel() > MOST_NUMBERS or count == len(images):
                continue
            try:
                few, output = images, _quietly(network.module, images)
            except Exception:  # noqa: BLE001, S112
                continue
        yield Probe(network, look, call, images, few, output, refused)


def _call_of(seen: Seen, network: Network) -> tuple[Look, ModuleCall, torch.Tensor] | None:
    """Find the call of the whole network with one tensor that has most samples."""
    path, best = network.prefix.removesuffix("."), None
    for look in seen.looks:
        for call in look.trace.calls:
            if call.path != path or call.parent is not None or len(call.inputs) != 1 or not call.outputs:
                continue
            images = look.trace.kept.get(call.inputs[0])
            if images is None or not images.dim():
                continue
            if best is None or len(images) > len(best[2]):
                best = look, call, images
    return best


def _quietly(net: torch.nn.Module, images: torch.Tensor) -> Any:
    with _silence(), untouched(net), uncompiled(), torch.no_grad():
        net.eval()
        torch.manual_seed(0)
        return net(images.clone())


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """A person's forward may print; what a probe does is not the script's doing."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


def _is_lazy(parameter: torch.Tensor) -> bool:
    return isinstance(parameter, torch.nn.parameter.UninitializedParameter)


def main_output(output: Any) -> torch.Tensor | None:
    """Give the first tensor of what a network gave.

    Args:
        output: It.

    Returns:
        The tensor; None where there is none.
    """
    tensors = tensors_in(output)
    return tensors[0] if tensors else None


def changed(images: torch.Tensor, place: int) -> torch.Tensor:
    """Give a batch with one other sample.

    Args:
        images: The batch.
        place: Of the sample.

    Returns:
        A copy with another sample there, as large as the others are.
    """
    other = images.clone()
    neighbour = images[(place + 1) % len(images)]
    if images.is_floating_point():
        generator = torch.Generator().manual_seed(place)
        noise = torch.randn(neighbour.shape, generator=generator).to(images)
        spread = images.std() if images.numel() > 1 else images.new_tensor(1.0)
        other[place] = 0.6 * neighbour.flip(-1) if neighbour.dim() else neighbour
        other[place] = other[place] + 0.5 * spread * noise
    else:
        other[place] = neighbour if not torch.equal(neighbour, images[place]) else neighbour.flip(0)
    return other


def differs(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Tell number by number where two results differ by more than rounding.

    Args:
        one: A result.
        other: Another one, of its shape.

    Returns:
        True where they differ.
    """
    if not one.is_floating_point():
        return one != other
    one, other = torch.nan_to_num(one.double()), torch.nan_to_num(other.double())
    scale = float(one.abs().max()) if one.numel() else 0.0
    return (one - other).abs() > 1e-5 * scale + 1e-9
