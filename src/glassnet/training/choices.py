"""Automatic choices: every field of the recipe that is None gets a value and the reason for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch

from glassnet.errors import RecipeError, UsageError
from glassnet.training.recipe import Recipe

# below so many multiply-adds a step, converting numbers to bfloat16 costs more than it saves (measured)
BFLOAT16_MIN_MACS = 20_000_000


@dataclass(frozen=True)
class Facts:
    """What the automatic choices look at."""

    pictures: int  # training pictures, validation already set aside
    height: int
    width: int
    channels: int
    mirrored: bool  # a mirrored picture keeps its label, as far as the source tells
    own_val: bool  # the source has a validation split
    macs: int  # multiply-adds of one picture forward
    convolutions: bool  # the network has some


def choose_device() -> tuple[str, str]:
    """Choose where to compute.

    Returns:
        The device's name and the reason.

    Example:
        >>> device, reason = choose_device()
        >>> device in ("cuda", "mps", "cpu")
        True
    """
    if torch.cuda.is_available():
        return "cuda", f"{torch.cuda.get_device_name()} is there"
    if torch.backends.mps.is_available():
        return "mps", "an Apple GPU is there"
    return "cpu", f"no GPU that PyTorch {torch.__version__} can use; {torch.get_num_threads()} threads"


def check_device(name: str) -> None:
    """Refuse a device that is not there.

    Args:
        name: As `Recipe.device`.

    Raises:
        UsageError: PyTorch does not know it or cannot compute on it.
    """
    try:
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        got = str(error).splitlines()[0]
        raise UsageError(f"device '{name}' cannot be used", got=got, hint="--device cpu works everywhere") from None


def choose_precision(device: str, macs_per_step: int) -> tuple[str, str]:
    """Choose the number type of matrix products.

    Args:
        device: As `Recipe.device`.
        macs_per_step: Multiply-adds of one batch forward.

    Returns:
        `float32` or `bfloat16`, and the reason.
    """
    if device.startswith("cuda"):
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return "bfloat16", "this GPU multiplies it faster"
        return "float32", "this GPU has no bfloat16"
    if device != "cpu":
        return "float32", f"bfloat16 is not proven on {device}"
    if not cpu_has_bfloat16():
        return "float32", "this processor has no bfloat16 instructions"
    if macs_per_step < BFLOAT16_MIN_MACS:
        return "float32", f"a step is small ({macs_per_step / 1e6:.1f} M multiply-adds)"
    return "bfloat16", "this processor multiplies it faster"


def cpu_has_bfloat16() -> bool:
    """Tell whether the processor multiplies bfloat16 itself.

    Returns:
        True with AVX-512 BF16, AMX or Arm's BF16 instructions.
    """
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "arm_bf16", "bf16"))


def resolve(recipe: Recipe, facts: Facts) -> tuple[Recipe, dict[str, str]]:
    """Choose what the person left open.

    Args:
        recipe: Fields at None are open.
        facts: Of the pictures and the network.

    Returns:
        The recipe with every field set, and field name to reason for those chosen here.

    Raises:
        RecipeError: The fields contradict each other.
        UsageError: The device is not there.
    """
    chosen: dict[str, tuple[Any, str]] = {}

    def choose(name: str, value: object, reason: str) -> Any:
        if getattr(recipe, name) is not None:
            return getattr(recipe, name)
        chosen[name] = (value, reason)
        return value

    device = choose("device", *choose_device())
    check_device(device)
    optimizer = choose("optimizer", "nesterov", "the best accuracy for its time on small pictures (measured)")
    batch = choose("batch", *_batch(facts))
    choose("precision", *choose_precision(device, facts.macs * batch))
    choose("memory_format", *_memory_format(facts))
    choose("epochs", *_epochs(facts))
    choose("lr", *_rate(optimizer, batch))
    choose("momentum", 0.9 if optimizer in ("sgd", "nesterov", "adam", "adamw") else 0.0, "usual")
    choose("weight_decay", *_weight_decay(optimizer))
    schedule = choose("schedule", "one-cycle", "reaches the best accuracy in few epochs")
    choose("warmup", 0.25 if schedule == "one-cycle" else 0.0, f"usual with {schedule}")
    choose("step_epochs", 10.0, "the tutorials' StepLR")
    choose("step_factor", 0.1, "the tutorials' StepLR")
    choose("label_smoothing", 0.1, "keeps a small set from being learned by heart")
    choose("class_weights", "equal", "each picture counts the same")
    choose("flip", facts.mirrored, "mirrored pictures keep their label" if facts.mirrored else "digits and letters have a side")
    choose("shift", *_shift(facts))
    choose("cutout", 0, "not needed at this length")
    choose("mixup", 0.0, "not needed at this length")
    choose("cutmix", 0.0, "not needed at this length")
    choose("ema", 0.0, "the schedule ends at a low rate, which averages already")
    choose("clip", 0.0, "the norms keep the gradient in bounds")
    choose("normalize", "pictures", "mean 0 and deviation 1 over the training pictures")
    choose("val", 0.1, "the source's own validation split is used" if facts.own_val else "the source has no validation split")
    choose("early_stop", 0, "the schedule needs all its epochs")
    choose("seed", 0, "the same bits every time")
    choose("strict", False, "refuses some operations on GPUs")
    values = {name: value for name, (value, _) in chosen.items()}
    return replace(recipe, **values), {name: reason for name, (_, reason) in chosen.items()}
