"""Networks of torchvision, for any number of classes and for grey pictures, with or without its weights."""

from __future__ import annotations

import re
import urllib.error
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn
from torchvision import models

from glassnet.errors import NetError, did_you_mean
from glassnet.nets.from_file import sha256_of
from glassnet.nets.weights import first_convolution, is_offline

if TYPE_CHECKING:
    from glassnet.nets.fill_in import Shape

# builders hide their arguments behind **kwargs: these take the size of the pictures
NUMBER_OF_PIXELS = ("vit_",)
HEIGHT_AND_WIDTH = ("maxvit_",)
# these have auxiliary heads, which no loss of ours uses, and want to be told about their initialisation
WITH_AUXILIARY = ("googlenet", "inception_v3")
AUXILIARY_KEYS = ("aux1.", "aux2.", "AuxLogits.")
COLOUR_CHANNELS = 3


def complete_arguments(name: str, given: dict[str, object], shape: Shape, *, net: str) -> dict[str, object]:
    """Add what the pictures decide to the arguments of a torchvision network.

    Args:
        name: The network's name in torchvision.
        given: What the person gave; it wins.
        shape: What the pictures decide.
        net: The NET, for the error.

    Returns:
        All arguments.

    Raises:
        NetError: The name is not one of a classifier of pictures, or the pictures have 2 or 4 channels.
    """
    known = models.list_models(module=models)
    if name not in known:
        hint = did_you_mean(name, known)
        if name in models.list_models():
            hint = "it is a torchvision network, but not one that classifies pictures"
        raise NetError(f"torchvision has no classifier '{name}'", where=net, hint=hint)
    if shape.channels not in (1, COLOUR_CHANNELS):
        raise NetError("torchvision's networks take 1 or 3 channels", where=net, got=shape.channels)
    filled: dict[str, object] = {"num_classes": shape.num_classes}
    if name.startswith(NUMBER_OF_PIXELS):
        if shape.height != shape.width and "image_size" not in given:
            got = f"{shape.height}×{shape.width}"
            raise NetError(f"{name} takes square pictures only", where=net, got=got)
        filled["image_size"] = shape.height
    if name.startswith(HEIGHT_AND_WIDTH):
        filled["input_size"] = (shape.height, shape.width)
    if name in WITH_AUXILIARY:
        filled |= {"aux_logits": False, "init_weights": True}
    return {**filled, **given}


def make(name: str, arguments: dict[str, object], *, channels: int) -> nn.Module:
    """Make a torchvision network; with one channel, the first convolution is summed over its three.

    Args:
        name: The network's name in torchvision.
        arguments: As `complete_arguments` gives them.
        channels: 1 or 3.

    Returns:
        The network with fresh weights.
    """
    module = models.get_model_builder(name)(**arguments)
    if channels == 1:
        found = first_convolution(module)
        if found is None:  # every classifier of torchvision begins with one
            raise NetError("the network has no convolution that could take grey pictures", where=name)
        path, old = found
        new = nn.Conv2d(
            1,
            old.out_channels,
            old.kernel_size,  # pyright: ignore[reportArgumentType] - typed as any tuple
            stride=old.stride,  # pyright: ignore[reportArgumentType]
            padding=old.padding,  # pyright: ignore[reportArgumentType]
            dilation=old.dilation,  # pyright: ignore[reportArgumentType]
            bias=old.bias is not None,
        )
        with torch.no_grad():
            new.weight.copy_(old.weight.sum(dim=1, keepdim=True))
            if old.bias is not None and new.bias is not None:
                new.bias.copy_(old.bias)
        module.set_submodule(path, new)
    return module


def download_weights(name: str, version: str, *, net: str) -> Path:
    """Fetch torchvision's own weights into torch's own cache, or find them there.

    Args:
        name: The network's name in torchvision.
        version: A member of its weights enum, such as `DEFAULT` or `IMAGENET1K_V1`.
        net: The NET, for the error.

    Returns:
        The file.

    Raises:
        NetError: There is no such version, the network cannot be reached, or the checksum is wrong.
    """
    versions = models.get_model_weights(name)
    known = list(versions.__members__)  # DEFAULT is among them
    if version not in known:
        raise NetError(
            f"{name} has no weights '{version}'", where=net, hint=did_you_mean(version.upper(), known)
        )
    return fetch(versions[version].url, Path(torch.hub.get_dir()) / "checkpoints", net=net)


def fetch(url: str, folder: Path, *, net: str) -> Path:
    """Download a weights file whose name carries the start of its SHA-256, as torch's do, or find it.

    Args:
        url: Where it lies.
        folder: Where it goes.
        net: The NET, for the error.

    Returns:
        The file.

    Raises:
        NetError: The network cannot be reached, downloads are forbidden, or the checksum is wrong.
    """
    path = folder / url.rpartition("/")[2]
    match = re.search(r"-([0-9a-f]{8,})\.", path.name)
    start_of_sha256 = match[1] if match else ""
    by_hand = f"download {url} and place it at {path}, or give a file: weights='PATH'"
    if not path.exists():
        if is_offline():
            raise NetError(
                "the weights are not downloaded: GLASSNET_OFFLINE is set", where=net, got=url, hint=by_hand
            )
        folder.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(url, str(path), hash_prefix=start_of_sha256 or None)
        except (urllib.error.URLError, OSError, RuntimeError) as error:
            raise NetError(
                "the weights cannot be downloaded", where=net, got=f"{url}: {error}", hint=by_hand
            ) from error
    if not (sha256 := sha256_of(path)).startswith(start_of_sha256):
        raise NetError(
            "the weights file has the wrong checksum",
            where=path,
            got=f"SHA-256 {sha256[: len(start_of_sha256)]}…",
            expected=f"SHA-256 {start_of_sha256}…",
            hint=f"remove the file; {by_hand}",
        )
    return path


def todays_keys(
    name: str, tensors: dict[str, torch.Tensor], module: nn.Module
) -> tuple[dict[str, torch.Tensor], list[str]]:
    """Bring the keys of torchvision's own weights files to those of its networks.

    Args:
        name: The network's name in torchvision.
        tensors: Weights by name.
        module: The network.

    Returns:
        The weights under today's keys, without auxiliary heads that the network lacks, and notes.
    """
    notes = []
    if name.startswith("densenet"):  # the files are older than the names: norm.1 is norm1 today
        tensors = {
            re.sub(r"\.(norm|relu|conv)\.([12])\.", r".\1\2.", key): value for key, value in tensors.items()
        }
    if name in WITH_AUXILIARY and not getattr(module, "aux_logits", False):
        kept = {key: value for key, value in tensors.items() if not key.startswith(AUXILIARY_KEYS)}
        if len(kept) < len(tensors):
            notes.append("the file's auxiliary heads are left out: this network has none")
        tensors = kept
    return tensors, notes
