"""Weights files: read without running anything, compared with the network, loaded; or refused in words."""

from __future__ import annotations

import json
import os
import pickle
import struct
import warnings
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import nn

from glassnet.errors import NetError
from glassnet.nets.logits import shape_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TORCH_ENDINGS = (".pt", ".pth", ".th", ".bin", ".ckpt", ".tar")
WRAPPERS = ("state_dict", "model_state_dict", "model")
PREFIXES = ("module.", "_orig_mod.")  # DataParallel's and torch.compile's
HEADER_LIMIT_BYTES = 25_000_000  # a header holds about 100 bytes for each tensor
SHOWN = 5  # keys listed in an error


def read_weights(path: Path) -> tuple[dict[str, torch.Tensor], list[str]]:
    """Read a weights file into CPU tensors; nothing in the file is ever executed.

    A `state_dict` (or `model_state_dict`, `model`) key around the tensors and a `module.` (or `_orig_mod.`)
    prefix on all of their names are taken off, and the notes say so.

    Args:
        path: A `.safetensors` file, or one written by `torch.save` (`.pt`, `.pth`, `.th`, `.bin`, `.ckpt`,
        `.tar`).

    Returns:
        Tensors by name, and notes on what was taken off.

    Raises:
        NetError: The file is missing, damaged, of another format, or needs pickle.
    """
    try:
        size_bytes = path.stat().st_size
        if path.suffix == ".safetensors":
            return _read_safetensors(path, size_bytes), []
        if path.suffix in TORCH_ENDINGS:
            return _unwrap(_read_torch(path, size_bytes), path)
    except OSError as error:
        raise NetError("the weights file cannot be read", where=path, got=error.strerror) from error
    raise NetError(
        "this is not a weights file",
        where=path,
        expected=f".safetensors, or {', '.join(TORCH_ENDINGS)} by torch.save",
    )


def _read_safetensors(path: Path, size_bytes: int) -> dict[str, torch.Tensor]:
    """Read a safetensors file; source of the layout: https://github.com/huggingface/safetensors#format."""
    with path.open("rb") as file:
        start = file.read(8)
        if len(start) < len(struct.pack("<Q", 0)):
            raise NetError("the weights file is cut off", where=path, got=f"{size_bytes} bytes")
        (header_bytes,) = struct.unpack("<Q", start)
        if header_bytes > size_bytes - len(start):
            raise NetError(
                "the weights file is damaged",
                where=path,
                got=f"a header of {header_bytes:,} bytes in a file of {size_bytes:,}",
            )
        if header_bytes > HEADER_LIMIT_BYTES:
            raise NetError(
                "the weights file is refused: its header is too large",
                where=path,
                got=f"{header_bytes:,} bytes",
                expected=f"at most {HEADER_LIMIT_BYTES:,}",
            )
        try:
            json.loads(file.read(header_bytes))
        except (ValueError, RecursionError) as error:
            raise NetError("the weights file is damaged: its header is not JSON", where=path) from error
    try:
        return safetensors.torch.load_file(path)
    except (SafetensorError, KeyError, RuntimeError, ValueError, OverflowError) as error:
        raise NetError("the weights file is damaged", where=path, got=error) from error


def _read_torch(path: Path, size_bytes: int) -> object:
    try:
        unpacked_bytes = 0
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                unpacked_bytes = sum(member.file_size for member in archive.infolist())
        if unpacked_bytes <= size_bytes:  # torch.save never compresses
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about torch's storage classes, nothing a person can act on
                return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "weights only" not in str(error).lower():
            raise NetError("the weights file is damaged", where=path, got=_first_line(error)) from error
        raise NetError(
            "the weights file is refused: it holds pickled Python objects, which can run any code when read",
            where=path,
            expected="tensors only: a state_dict",
            hint="where you trust the file, in a Python of its own: "
            "torch.save(torch.load('FILE', weights_only=False).state_dict(), 'weights.pth')",
        ) from error
    except OSError:
        raise
    except Exception as error:  # a damaged file makes zipfile and torch raise nearly anything
        raise NetError("the weights file is damaged", where=path, got=_first_line(error)) from error
    raise NetError(
        "the weights file is refused: it unpacks to more than it holds",
        where=path,
        got=f"{unpacked_bytes:,} bytes from {size_bytes:,}",
    )


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".split("\n")[0]


def _unwrap(content: object, path: Path) -> tuple[dict[str, torch.Tensor], list[str]]:
    notes = []
    for wrapper in WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            beside = [str(key) for key in content if key != wrapper]
            notes.append(
                f"the weights were taken from '{wrapper}' in {path.name}"
                + (f" (beside it, not used: {_listed(beside)})" if beside else "")
            )
            content = content[wrapper]
            break
    if not isinstance(content, Mapping):
        raise NetError("the file holds no state_dict", where=path, got=type(content).__name__)
    strangers = [str(key) for key, value in content.items() if not isinstance(value, torch.Tensor)]
    if strangers or not content:
        raise NetError(
            "the file holds no state_dict",
            where=path,
            got=f"entries that are not tensors: {_listed(strangers)}" if strangers else "nothing",
            expected=f"names and tensors, or those under one of the keys {', '.join(WRAPPERS)}",
        )
    tensors = {str(key): value for key, value in content.items()}
    for prefix in PREFIXES * 2:  # they can stand in either order
        if all(key.startswith(prefix) for key in tensors):
            tensors = {key.removeprefix(prefix): value for key, value in tensors.items()}
            notes.append(f"the prefix '{prefix}' was taken off all names")
    return tensors, notes


def load_weights(
    module: nn.Module, tensors: Mapping[str, torch.Tensor], *, where: object, num_classes: int | None = None
) -> list[str]:
    """Load tensors into a network: all of them, exactly, but for a head of another number of classes.

    A head, the last layer, that differs only in its number of outputs stays as it was initialised, if it has
    `num_classes` outputs. Counters of BatchNorm (`num_batches_tracked`), which files from before 2018 lack,
    become 0. Values are converted to the network's dtype. The notes say each of these.

    Args:
        module: The network; it is changed only if all is right.
        tensors: By name, as `read_weights` gives them.
        where: The file, for the error.
        num_classes: The number of classes wanted; None: the head has to fit, too.

    Returns:
        Notes.

    Raises:
        NetError: Names are missing or unexpected, or shapes differ.

    Example:
        >>> load_weights(nn.Linear(2, 1), {"weight": torch.ones(1, 2), "bias": torch.zeros(1)}, where="here")
        []
    """
    own = module.state_dict()
    counters = [key for key in own if key not in tensors and key.endswith("num_batches_tracked")]
    complete = {**tensors, **{key: torch.zeros_like(own[key]) for key in counters}}
    notes = [f"{len(counters)} BatchNorm counters are not in the file and start at 0"] if counters else []
    missing = [key for key in own if key not in complete]
    unexpected = [key for key in complete if key not in own]
    misshapen = [key for key in own if key in complete and complete[key].shape != own[key].shape]
    if not missing and not unexpected and _is_other_head(module, misshapen, own, complete, num_classes):
        outputs = complete[misshapen[0]].shape[0]
        complete |= {key: own[key] for key in misshapen}
        notes.append(
            f"the head {', '.join(misshapen)} has {outputs} outputs in the file and {num_classes} here: "
            "it starts anew, everything else is loaded"
        )
        misshapen = []
    unusable = [
        key
        for key in own
        if key in complete
        and (
            complete[key].layout != torch.strided
            or complete[key].is_meta
            or complete[key].is_floating_point() != own[key].is_floating_point()
            or complete[key].is_complex() != own[key].is_complex()
        )
    ]
    if missing or unexpected or misshapen or unusable:
        raise _mismatch(where, own, complete, (missing, unexpected, misshapen, unusable))
    converted = sorted({str(complete[key].dtype) for key in own if complete[key].dtype != own[key].dtype})
    if converted:
        notes.append(f"values were converted from {', '.join(converted)} to the network's own type")
    module.load_state_dict(complete, strict=True)
    return notes


def _is_other_head(
    module: nn.Module,
    misshapen: Sequence[str],
    own: Mapping[str, torch.Tensor],
    given: Mapping[str, torch.Tensor],
    num_classes: int | None,
) -> bool:
    """Tell whether all differences lie in the outputs of the last layer that has parameters."""
    if not misshapen or num_classes is None:
        return False
    with_parameters = [name for name, part in module.named_modules() if list(part.parameters(recurse=False))]
    last = with_parameters[-1]
    return all(
        key.rpartition(".")[0] == last
        and own[key].dim() > 0
        and given[key].dim() == own[key].dim()
        and own[key].shape[0] == num_classes
        and given[key].shape[1:] == own[key].shape[1:]
        for key in misshapen
    )


def _mismatch(
    where: object,
    own: Mapping[str, torch.Tensor],
    given: Mapping[str, torch.Tensor],
    differences: tuple[list[str], list[str], list[str], list[str]],
) -> NetError:
    missing, unexpected, misshapen, unusable = differences
    shapes = [f"{key} is {shape_text(given[key])} and not {shape_text(own[key])}" for key in misshapen]
    kinds = [f"{key} is {given[key].dtype} ({given[key].layout})" for key in unusable]
    got = [
        f"{len(keys)} {what}: {_listed(keys, '; ' if keys in (shapes, kinds) else ', ')}"
        for what, keys in (
            ("missing", missing),
            ("unexpected", unexpected),
            ("of another shape", shapes),
            ("of another kind", kinds),
        )
        if keys
    ]
    return NetError("the weights do not fit the network", where=where, got="; ".join(got))


def _listed(names: Sequence[str], separator: str = ", ") -> str:
    rest = len(names) - SHOWN
    return separator.join(names[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def adapt_input(
    module: nn.Module, tensors: dict[str, torch.Tensor], *, channels: int
) -> tuple[dict[str, torch.Tensor], list[str]]:
    """Sum the first convolution's weights over three input channels where the network takes one.

    On a grey picture the network then computes what the original computes on that picture in all three
    channels.

    Args:
        module: The network, which already takes `channels`.
        tensors: Weights by name.
        channels: Channels of a picture.

    Returns:
        The weights, with the first convolution's summed where they had to be, and notes.
    """
    found = first_convolution(module)
    key = f"{found[0]}.weight" if found else ""
    if channels != 1 or key not in tensors or tensors[key].dim() != 4 or tensors[key].shape[1] != 3:  # noqa: PLR2004
        return tensors, []
    note = f"{key} of the file, made for 3 channels, was summed over them for grey pictures"
    return {**tensors, key: tensors[key].sum(dim=1, keepdim=True)}, [note]


def first_convolution(module: nn.Module) -> tuple[str, nn.Conv2d] | None:
    """Find the convolution that sees the picture: the first in the order of definition.

    Args:
        module: The network.

    Returns:
        Its path and itself, or None.

    Example:
        >>> first_convolution(nn.Sequential(nn.Flatten(), nn.Linear(4, 2))) is None
        True
    """
    return next(((n, part) for n, part in module.named_modules() if isinstance(part, nn.Conv2d)), None)


def is_offline() -> bool:
    """Tell whether the person forbade downloads with `GLASSNET_OFFLINE`.

    Returns:
        True where it is set to anything but an empty text, 0, false or no.
    """
    return os.environ.get("GLASSNET_OFFLINE", "").lower() not in ("", "0", "false", "no")
