"""A file of weights alone: its tensors, and the layers that a class for it would have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glassnet.nets.weights import TORCH_ENDINGS, read_weights
from glassnet.terminal import Terminal, open_terminal, quoted, show_field, show_next
from glassnet.terminal.console import show_table
from glassnet.terminal.quantities import bytes_text, shape_text
from glassnet.texts import choose_language, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

OF_LAYERS = {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}
LAYERS = {1: "Conv1d", 2: "Conv2d", 3: "Conv3d"}


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """One tensor of a file."""

    name: str
    shape: tuple[int, ...]
    dtype: str

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        total = 1
        for side in self.shape:
            total *= side
        return total


@dataclass(frozen=True)
class WeightsFile:
    """What a file of weights holds.

    `layers` are pairs of a path and the layer that would have these tensors: `conv1`,
    `Conv2d(3, 16, kernel_size=3, bias=False)`; `notes` say what was taken off the names.
    """

    path: Path
    tensors: tuple[TensorEntry, ...]
    layers: tuple[tuple[str, str], ...]
    bytes: int
    notes: tuple[str, ...]


def is_weights_file(net: str) -> bool:
    """Tell whether what was given as a NET is a file of weights.

    Args:
        net: Any text.

    Returns:
        True for a file with one of the endings of weights.

    Example:
        >>> is_weights_file("lenet")
        False
    """
    path = Path(net).expanduser()
    return path.suffix.lower() in (*TORCH_ENDINGS, ".safetensors") and path.is_file()


def look_at_weights(path: Path, *, lang: str | None = None, terminal: Terminal | None = None) -> WeightsFile:
    """List the tensors of a file of weights, and say which layers they belong to.

    Args:
        path: A `.safetensors` file or one by `torch.save`; nothing in it is executed.
        lang: Language of the texts.
        terminal: Where texts go; None for standard error.

    Returns:
        Its tensors and the layers.

    Raises:
        NetError: It cannot be read.
    """
    terminal = terminal or open_terminal(json=True)
    words = texts(choose_language(lang), "look")
    tensors, notes = read_weights(path.expanduser())
    entries = tuple(
        TensorEntry(name, tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."))
        for name, tensor in tensors.items()
    )
    num_bytes = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    found = WeightsFile(path, entries, tuple(layers_for(tensors).items()), num_bytes, tuple(notes))
    numbers = sum(entry.size for entry in entries)
    told = words["weights_file"].format(
        tensors=f"{len(entries):,}", numbers=f"{numbers:,}", bytes=bytes_text(num_bytes)
    )
    show_field(words["network"], told, terminal)
    for note in notes:
        show_field("", note, terminal)
    terminal.text.print()
    keys = ("weights_tensor", "weights_shape", "parameter_size", "parameter_dtype")
    rows = [[words[key] for key in keys]]
    rows += [[entry.name, shape_text(entry.shape), f"{entry.size:,}", entry.dtype] for entry in entries]
    show_table(rows, ("", "", "right", ""), terminal, indent=0)
    terminal.text.print()
    terminal.text.print(words["weights_layers"])
    show_table([[name, layer] for name, layer in found.layers], ("", "bold"), terminal, indent=2)
    terminal.text.print()
    show_next(
        [f"glassnet look FILE.py:CLASS --weights {quoted(path)} --input 3x32x32"],
        terminal,
        name=words["next"],
    )
    return found


def layers_for(tensors: Mapping[str, torch.Tensor]) -> dict[str, str]:
    """Say which layers of PyTorch have tensors of these names and shapes.

    Args:
        tensors: A state dict.

    Returns:
        The layer by path; what no layer of PyTorch explains is a parameter of its shape.

    Example:
        >>> from torch.nn import BatchNorm2d, Conv2d, Linear, Sequential
        >>> net = Sequential(Conv2d(3, 6, 5), BatchNorm2d(6), Linear(6, 2))
        >>> for path, layer in layers_for(net.state_dict()).items():
        ...     print(path, layer)
        0 Conv2d(3, 6, kernel_size=(5, 5))
        1 BatchNorm2d(6)
        2 Linear(6, 2)
    """
    groups: dict[str, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        path, _, own = name.rpartition(".")
        groups.setdefault(path, {})[own] = tensor
    found: dict[str, str] = {}
    for path, own in groups.items():
        layer = _layer(own)
        if layer is not None:
            found[path] = layer
        else:
            found |= {f"{path}.{k}".lstrip("."): f"Parameter({shape_text(t.shape)})" for k, t in own.items()}
    return found


def _layer(own: Mapping[str, torch.Tensor]) -> str | None:
    weight = own.get("weight")
    if weight is None and "running_mean" in own:
        return f"BatchNorm2d({len(own['running_mean'])}, affine=False)"
    if weight is None or own.keys() - {
        "weight",
        "bias",
        "running_mean",
        "running_var",
        "num_batches_tracked",
    }:
        return None
    no_bias = "" if "bias" in own else ", bias=False"
    if "running_mean" in own:
        return f"BatchNorm2d({len(weight)})"
    axes = weight.dim() - 2
    if axes == 0:
        return f"Linear({weight.shape[1]}, {weight.shape[0]}{no_bias})"
    if axes in LAYERS:
        kernel = tuple(weight.shape[2:])
        size = kernel[0] if len(kernel) == 1 else kernel
        return f"{LAYERS[axes]}({weight.shape[1]}, {weight.shape[0]}, kernel_size={size}{no_bias})"
    return f"LayerNorm({len(weight)}{no_bias})" if weight.dim() == 1 else None
