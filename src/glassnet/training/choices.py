"""Automatic choices: every field of the recipe that is None gets a value and the reason for it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from glassnet.errors import UsageError

if TYPE_CHECKING:
    from glassnet.training.recipe import Recipe

# below so many multiply-adds a step, converting numbers to bfloat16 costs more than it saves (measured)
BFLOAT16_MIN_MACS = 20_000_000
# below so many multiply-adds a step, handing work to a second thread takes longer than doing it
THREADS_MIN_MACS = 10_000_000
# below so many multiply-adds a step, PyTorch's own convolutions are done before oneDNN has begun (measured)
ONEDNN_MIN_MACS = 4_000_000
ONE_LENGTH = "muon's steps are of one length from the first"
LEAST_STEPS = 250  # fewer leave even an easy set half learnt; more gain little for their time (measured)


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
    own_net: bool  # it is `glass`, which the measured choices are for
    grouped: bool = False  # one of its convolutions is in groups


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
    return "cpu", f"no GPU that PyTorch {torch.__version__} can use"


def check_device(name: str) -> None:
    """Refuse a device that is not there.

    Args:
        name: As `Recipe.device`.

    Raises:
        UsageError: PyTorch does not know it or cannot compute on it.
    """
    try:
        torch.ones(1, device=name).item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        got = str(error).splitlines()[0]
        raise UsageError(
            f"device '{name}' cannot be used", got=got, hint="--device cpu works everywhere"
        ) from None


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


def choose_onednn(facts: Facts, device: str, precision: str, batch: int) -> tuple[bool, str]:
    """Choose whether oneDNN computes.

    Args:
        facts: Of the network.
        device: As `Recipe.device`.
        precision: As `Recipe.precision`.
        batch: Pictures per step.

    Returns:
        Whether it does, and the reason.
    """
    macs_per_step = facts.macs * batch
    whole = facts.convolutions and not facts.grouped
    if device == "cpu" and precision == "float32" and whole and macs_per_step < ONEDNN_MIN_MACS:
        tiny = f"a step is tiny ({macs_per_step / 1e6:.1f} M multiply-adds)"
        return False, f"{tiny}: PyTorch's own convolutions are faster"
    return True, "faster than PyTorch's own"


def choose_threads(device: str, macs_per_step: int) -> tuple[int, str]:
    """Choose the processor threads of a step.

    Args:
        device: As `Recipe.device`.
        macs_per_step: Multiply-adds of one batch forward.

    Returns:
        The number and the reason.
    """
    if device == "cpu" and macs_per_step < THREADS_MIN_MACS:
        return 1, f"a step is small ({macs_per_step / 1e6:.1f} M multiply-adds)"
    return torch.get_num_threads(), "PyTorch's own number for this machine"


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
        UsageError: The device is not there.
    """
    reasons: dict[str, str] = {}

    def choose(name: str, value: Any, reason: str) -> Any:
        nonlocal recipe
        if getattr(recipe, name) is None:
            recipe = replace(recipe, **{name: value})
            reasons[name] = reason
        return getattr(recipe, name)

    batch = choose("batch", *choose_batch(facts.pictures))
    choose("epochs", *choose_epochs(facts, batch))
    optimizer = choose("optimizer", *choose_optimizer(facts))
    choose("lr", *choose_rate(facts, optimizer, batch))
    choose("momentum", 0.85 if optimizer == "muon" else 0.9, f"usual with {optimizer}")
    choose("weight_decay", *choose_weight_decay(facts, optimizer))
    schedule = choose("schedule", "one-cycle", "a high rate, then a fall to zero, reaches most in few epochs")
    choose("warmup", *choose_warmup(schedule, optimizer))
    choose("step_epochs", 10.0, "the tutorials' StepLR")
    choose("step_factor", 0.1, "the tutorials' StepLR")
    choose("label_smoothing", 0.1, "keeps the network from being sure of single pictures")
    choose("class_weights", "equal", "each picture counts the same")
    why = "a mirrored picture keeps its label" if facts.mirrored else "mirrored digits are other signs"
    choose("flip", facts.mirrored, f"{why}; --flip and --no-flip say otherwise")
    choose("shift", *choose_shift(facts))
    choose("cutout", 0, "does not pay in a short training")
    choose("mixup", 0.0, "does not pay in a short training")
    choose("cutmix", 0.0, "does not pay in a short training")
    choose("ema", 0.0, "the rate falls to zero, which averages already")
    choose("clip", 0.0, ONE_LENGTH if optimizer == "muon" else "not needed where the rate warms up")
    choose("normalize", "pictures", "mean 0 and deviation 1 over the training pictures")
    device = choose("device", *choose_device())
    precision = choose("precision", *choose_precision(device, facts.macs * batch))
    onednn = choose("onednn", *choose_onednn(facts, device, precision, batch))
    choose("threads", *choose_threads(device, facts.macs * batch))
    choose("memory_format", *choose_memory_format(facts, onednn=onednn))
    own = "the source has its own validation split" if facts.own_val else "the source has no validation split"
    choose("val", 0.1, own)
    choose("early_stop", 0, "the rate needs all its epochs to fall")
    choose("seed", 0, "the same bits every time")
    choose("strict", False, "only some operations on GPUs cannot be repeated to the bit")
    return recipe, reasons


def choose_batch(pictures: int) -> tuple[int, str]:
    """Choose the pictures per step.

    Args:
        pictures: Of the training split.

    Returns:
        The batch and the reason.

    Example:
        >>> choose_batch(54_000)[0], choose_batch(500)[0]
        (256, 32)
    """
    batch = next((b for most, b in ((1_000, 32), (3_000, 64), (20_000, 128)) if pictures <= most), 256)
    return min(batch, max(pictures, 1)), f"{pictures:,} training pictures"


def choose_warmup(schedule: str, optimizer: str) -> tuple[float, str]:
    """Choose the share of the steps in which the rate rises.

    Args:
        schedule: As `Recipe.schedule`.
        optimizer: As `Recipe.optimizer`.

    Returns:
        The share and the reason.
    """
    if optimizer == "muon":
        return 0.0, ONE_LENGTH
    return (0.2 if schedule == "one-cycle" else 0.0), f"usual with {schedule}"


def choose_epochs(facts: Facts, batch: int) -> tuple[float, str]:
    """Choose how often each picture is seen.

    Args:
        facts: Of the pictures.
        batch: Pictures per step.

    Returns:
        Epochs and the reason.
    """
    base, kind = (3.5, "grey") if facts.channels == 1 else (8.0, "colour")
    least = math.ceil(LEAST_STEPS * batch / facts.pictures)
    if least > base:
        return float(least), f"at least {LEAST_STEPS} steps"
    return base, f"enough for {kind} pictures (measured)"


def choose_optimizer(facts: Facts) -> tuple[str, str]:
    """Choose the optimizer.

    Args:
        facts: Of the network.

    Returns:
        Its name and the reason.
    """
    if facts.own_net:
        return "muon", "the best accuracy for its time with this network (measured)"
    return "adamw", "forgiving with a network that glassnet has not measured"


def choose_rate(facts: Facts, optimizer: str, batch: int) -> tuple[float, str]:
    """Choose the highest learning rate.

    Args:
        facts: Of the network.
        optimizer: As `Recipe.optimizer`.
        batch: Pictures per step.

    Returns:
        The rate and the reason.
    """
    if optimizer in ("adam", "adamw"):
        return 0.001, f"usual with {optimizer}"
    if facts.own_net and optimizer == "muon":
        rate = 0.12 * min(1.0, batch / 128)
        return rate, "measured with this network" + ("" if batch >= 128 else f", less for a batch of {batch}")  # noqa: PLR2004
    return (0.01 if optimizer == "muon" else 0.02), f"moderate with {optimizer}"


def choose_weight_decay(facts: Facts, optimizer: str) -> tuple[float, str]:
    """Choose the weight decay.

    Args:
        facts: Of the network.
        optimizer: As `Recipe.optimizer`.

    Returns:
        The decay and the reason.
    """
    if facts.own_net and optimizer in ("muon", "nesterov", "sgd"):
        return 0.001, "measured with this network"
    return {"adamw": (0.01, "PyTorch's own"), "adam": (0.0, "PyTorch's own")}.get(
        optimizer, (0.0005, "usual")
    )


def choose_shift(facts: Facts) -> tuple[int, str]:
    """Choose by how many pixels pictures are shifted at most.

    Args:
        facts: Of the pictures.

    Returns:
        Pixels and the reason.
    """
    side = min(facts.height, facts.width)
    if facts.channels == 1 and side <= 32:  # noqa: PLR2004
        return 1, "small grey pictures are centred already"
    return max(side // 16, 1), f"a sixteenth of {side} pixels"


def choose_memory_format(facts: Facts, *, onednn: bool = True) -> tuple[str, str]:
    """Choose the order of numbers in memory.

    Args:
        facts: Of the network.
        onednn: As `Recipe.onednn`.

    Returns:
        `channels-last` or `contiguous`, and the reason.
    """
    if not onednn:
        return "contiguous", "PyTorch's own convolutions are faster so"
    if facts.convolutions:
        return "channels-last", "convolutions are faster so"
    return "contiguous", "no convolutions"
