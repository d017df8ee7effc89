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

from glassnet import __version__
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
    _refuse_not_finite(module)
    return safetensors.torch.save(tensors)


def _refuse_not_finite(module: torch.nn.Module) -> None:
    """Refuse parameters that are not finite, and NaN in buffers: masks of attention hold -inf rightly."""
    broken = [name for name, parameter in module.named_parameters() if not torch.isfinite(parameter).all()]
    broken += [name for name, buffer in module.named_buffers() if torch.isnan(buffer).any()]
    if broken:
        raise RunError("weights that are not finite are not saved", where=broken[0])


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
    _refuse_not_finite(state.net)
    tensors = {f"net/{name}": tensor for name, tensor in _tensors_of(state.net).items()}
    if state.average is not None:
        tensors |= {f"average/{name}": tensor for name, tensor in _tensors_of(state.average).items()}
    tensors |= _optimizer_tensors(state)
    tensors["sums/correct"] = state.correct
    tensors["random/torch"] = torch.get_rng_state()
    if torch.cuda.is_initialized():
        tensors |= {f"random/cuda/{i}": s for i, s in enumerate(torch.cuda.get_rng_state_all())}
    if torch.backends.mps.is_available():
        tensors["random/mps"] = torch.mps.get_rng_state()
    numpy_state = np.random.get_state(legacy=False)  # noqa: NPY002 — a network may use the global generator
    tensors["random/numpy"] = torch.from_numpy(numpy_state["state"]["key"].astype(np.int64))
    version, python_state, gauss = random.getstate()
    tensors["random/python"] = torch.tensor(python_state, dtype=torch.int64)
    facts = {
        "step": state.step,
        "seen": state.seen,
        "loss_sum": state.loss_sum,
        "optimizers": _optimizer_names(state),
        "seconds": dict(state.seconds),
        "history": [asdict(epoch) for epoch in state.history],
        "numpy": {
            "pos": int(numpy_state["state"]["pos"]),
            "has_gauss": int(numpy_state["has_gauss"]),
            "gauss": float(numpy_state["gauss"]),
        },
        "python": {"version": version, "gauss": gauss},
        "machine": machine() | {"threads": state.judging_threads},  # those of steps stand in the recipe
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
        if facts["optimizers"] != _optimizer_names(state):
            raise ValueError(f"optimizers {facts['optimizers']}, now {_optimizer_names(state)}")  # noqa: TRY301
        _load(state.net, saved, "net/")
        if state.average is not None:
            _load(state.average, saved, "average/")
        _load_optimizers(state, saved)
        state.correct.copy_(saved["sums/correct"])
        state.step, state.seen, state.loss_sum = facts["step"], facts["seen"], float(facts["loss_sum"])
        state.seconds = dict(facts["seconds"])
        state.history = [_epoch(epoch) for epoch in facts["history"]]
        _check_position(state)
        _restore_random(saved, facts)
        was = dict(facts["machine"])
    except KeyError as error:
        raise RunError("the checkpoint does not fit this network and recipe", got=f"no {error}") from None
    except (
        AttributeError, IndexError, TypeError, ValueError, OverflowError, RuntimeError,
        safetensors.SafetensorError,
    ) as error:  # fmt: skip
        raise RunError("the checkpoint does not fit this network and recipe", got=error) from None
    now = machine()
    return [f"{name}: {was.get(name)}, now {value}" for name, value in now.items() if was.get(name) != value]


def _epoch(saved: dict[str, Any]) -> Epoch:
    per_class = saved.get("val_class_accuracy")  # JSON has lists only
    values: dict[str, Any] = saved | {"val_class_accuracy": None if per_class is None else tuple(per_class)}
    return Epoch(**values)


def machine() -> dict[str, Any]:
    """Tell what the bits of a result depend on besides the recipe.

    Returns:
        Versions, processor, threads and devices: plain data.
    """
    capabilities = torch.cpu.get_capabilities()
    name = capabilities.get("cpu_name") or platform.processor() or platform.machine()
    return {
        "glassnet": __version__,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "processor": f"{name}, {platform.machine()}, {torch.backends.cpu.get_cpu_capability()}",
        "threads": torch.get_num_threads(),
        "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }


def _tensors_of(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Give every parameter and buffer, those too that a `state_dict` leaves out."""
    return dict(module.named_parameters()) | dict(module.named_buffers())


@torch.no_grad()
def _load(module: torch.nn.Module, saved: dict[str, torch.Tensor], prefix: str) -> None:
    tensors = _tensors_of(module)
    names = {name.removeprefix(prefix) for name in saved if name.startswith(prefix)}
    if names != tensors.keys():
        more, fewer = sorted(names - tensors.keys()), sorted(tensors.keys() - names)
        raise ValueError(
            f"only in the checkpoint: {', '.join(more[:3]) or 'none'}; "
            f"only in the network: {', '.join(fewer[:3]) or 'none'}"
        )
    for name, tensor in tensors.items():
        value = saved[prefix + name]
        if (value.shape, value.dtype) != (tensor.shape, tensor.dtype):
            was, now = (f"{t.dtype} {tuple(t.shape)}".removeprefix("torch.") for t in (value, tensor))
            raise ValueError(f"{name} is {was}, now {now}")
        tensor.copy_(value)


def _check_position(state: State) -> None:
    """Refuse a position that no training of this recipe on these pictures can be at."""
    ended = len(state.history)
    first, last = (min(n * state.steps_per_epoch, state.num_steps) for n in (ended, ended + 1))
    if not first <= state.step <= last or state.seen != state.starts[state.step - first]:
        raise ValueError(
            f"step {state.step} after {ended} judged epochs, {state.seen} pictures seen since; "
            f"an epoch has {state.steps_per_epoch} steps, the training {state.num_steps}"
        )


def _optimizer_names(state: State) -> list[str]:
    return [type(optimizer).__name__ for optimizer in state.optimizers]


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
    parameters = [[p for group in o.param_groups for p in group["params"]] for o in state.optimizers]
    for name, value in saved.items():
        if not name.startswith("optimizer/"):
            continue
        _, o, p, key = name.split("/")
        parameter = parameters[int(o)][int(p)]
        if value.ndim and value.shape != parameter.shape:
            raise ValueError(f"{name} is {tuple(value.shape)}, its parameter {tuple(parameter.shape)}")
        like = parameter if value.ndim else value  # in the parameter's order in memory
        own = torch.empty_like(like, device=parameter.device)
        state.optimizers[int(o)].state[parameter][key] = own.detach().copy_(value)


def _restore_random(saved: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
    torch.set_rng_state(saved["random/torch"])
    if "random/mps" in saved and torch.backends.mps.is_available():
        torch.mps.set_rng_state(saved["random/mps"])
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
