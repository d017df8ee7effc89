"""The state of a training to bytes and back: what a resumed training needs to go on to the same bits."""

from __future__ import annotations

import platform
import random
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors
import safetensors.torch
import torch

from glassnet.errors import RunError
from glassnet.training.events import Epoch

if TYPE_CHECKING:
    from glassnet.training.loop import State


def state_dict_bytes(module: torch.nn.Module) -> bytes:
    """Write a module's plain `state_dict` as a safetensors file.

    Args:
        module: Tensors that it shares are written for each of their names.

    Returns:
        The bytes of the file.

    Raises:
        RunError: A weight is not finite: such weights are never saved.
    """
    tensors = {
        name: _plain(tensor) for name, tensor in module.state_dict().items() if torch.is_tensor(tensor)
    }
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise RunError("weights that are not finite are not saved", where=name)
    return safetensors.torch.save(tensors)


def _plain(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().cpu().clone(memory_format=torch.contiguous_format)


def capture(state: State) -> tuple[bytes, dict[str, Any]]:
    """Write down a training between two events.

    Args:
        state: Left as it is.

    Returns:
        A safetensors file with every tensor, and plain data with the rest.

    Raises:
        RunError: A weight is not finite.
    """
    tensors = {f"net/{name}": tensor for name, tensor in state.net.state_dict().items()}
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise RunError("weights that are not finite are not saved", where=name)
    if state.average is not None:
        tensors |= {f"average/{name}": tensor for name, tensor in state.average.state_dict().items()}
    for name, value in _optimizer_tensors(state).items():
        tensors[name] = value
    tensors |= {"sums/loss": state.loss_sum, "sums/correct": state.correct}
    tensors["random/torch"] = torch.get_rng_state()
    if torch.cuda.is_initialized():
        tensors |= {f"random/cuda/{i}": s for i, s in enumerate(torch.cuda.get_rng_state_all())}
    numpy_state = np.random.get_state(legacy=False)  # noqa: NPY002 — a network may use the global generator
    tensors["random/numpy"] = torch.from_numpy(numpy_state["state"]["key"].astype(np.int64))
    version, python_state, gauss = random.getstate()
    tensors["random/python"] = torch.tensor(python_state, dtype=torch.int64)
    facts = {
        "step": state.step,
        "seen": state.seen,
        "seconds": state.seconds,
        "history": [asdict(epoch) for epoch in state.history],
        "numpy": {
            "pos": int(numpy_state["state"]["pos"]),
            "has_gauss": int(numpy_state["has_gauss"]),
            "gauss": float(numpy_state["gauss"]),
        },
        "python": {"version": version, "gauss": gauss},
        "machine": machine(),
    }
    return safetensors.torch.save({name: _plain(tensor) for name, tensor in tensors.items()}), facts


def restore(state: State, tensors: bytes, facts: dict[str, Any]) -> list[str]:
    """Put a training back to where it was written down.

    Args:
        state: Made by `begin` from the same network, pictures and recipe; changed in place.
        tensors: From `capture`.
        facts: From `capture`.

    Returns:
        What differs between the machines, a line each: where any does, the same bits are no longer promised.

    Raises:
        RunError: The checkpoint does not fit the network or the recipe.
    """
    try:
        saved = safetensors.torch.load(tensors)
        _load(state.net, saved, "net/")
        if state.average is not None:
            _load(state.average, saved, "average/")
        _load_optimizers(state, saved)
        state.loss_sum.copy_(saved["sums/loss"])
        state.correct.copy_(saved["sums/correct"])
        state.step, state.seen = facts["step"], facts["seen"]
        state.seconds = dict(facts["seconds"])
        state.history = [Epoch(**epoch) for epoch in facts["history"]]
        _restore_random(saved, facts)
    except (KeyError, TypeError, ValueError, RuntimeError, safetensors.SafetensorError) as error:
        raise RunError("the checkpoint does not fit this network and recipe", got=error) from None
    now = machine()
    return [
        f"{name}: {was}, now {now.get(name)}"
        for name, was in facts["machine"].items()
        if now.get(name) != was
    ]


def machine() -> dict[str, Any]:
    """Tell what the bits of a result depend on besides the recipe.

    Returns:
        Versions, processor, threads and devices: plain data.
    """
    return {
        "torch": torch.__version__,
        "processor": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
        "threads": torch.get_num_threads(),
        "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }


def _load(module: torch.nn.Module, saved: dict[str, torch.Tensor], prefix: str) -> None:
    own = {name.removeprefix(prefix): tensor for name, tensor in saved.items() if name.startswith(prefix)}
    module.load_state_dict(own)


def _optimizer_tensors(state: State) -> dict[str, torch.Tensor]:
    """Name each optimizer's tensors by its number, the parameter's number, and their key."""
    return {
        f"optimizer/{o}/{p}/{key}": value
        for o, optimizer in enumerate(state.optimizers)
        for p, parameter in enumerate(p for group in optimizer.param_groups for p in group["params"])
        for key, value in optimizer.state.get(parameter, {}).items()
        if torch.is_tensor(value)
    }


def _load_optimizers(state: State, saved: dict[str, torch.Tensor]) -> None:
    for o, optimizer in enumerate(state.optimizers):
        for p, parameter in enumerate(p for group in optimizer.param_groups for p in group["params"]):
            prefix = f"optimizer/{o}/{p}/"
            for name, value in saved.items():
                if name.startswith(prefix):
                    own = (
                        torch.empty_like(parameter)
                        if value.shape == parameter.shape
                        else torch.empty_like(value)
                    )
                    optimizer.state[parameter][name.removeprefix(prefix)] = own.detach().copy_(value)


def _restore_random(saved: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
    torch.set_rng_state(saved["random/torch"])
    cuda = [
        saved[f"random/cuda/{i}"] for i in range(torch.cuda.device_count()) if f"random/cuda/{i}" in saved
    ]
    if cuda:
        torch.cuda.set_rng_state_all(cuda)
    key = saved["random/numpy"].numpy().astype(np.uint32)
    numpy_facts = facts["numpy"]
    np.random.set_state(("MT19937", key, numpy_facts["pos"], numpy_facts["has_gauss"], numpy_facts["gauss"]))  # noqa: NPY002
    random.setstate(
        (facts["python"]["version"], tuple(saved["random/python"].tolist()), facts["python"]["gauss"])
    )
