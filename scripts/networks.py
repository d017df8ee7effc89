"""Networks of torchvision and timm for the scripts beside this file: which ones, and how each is made."""

from __future__ import annotations

import multiprocessing
import os
import re
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import timm
import torch
import torchvision
from torchvision import models

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from torch import nn

MOST_PARAMETERS = 120_000_000
SMALL_SIDES = (64,)  # tried before these where pictures may be small
SIDES = (96, 128, 160, 192, 224, 256, 288)  # tried in this order, then the network's own
TORCHVISION = "torchvision "  # starts the name of a family of torchvision
VERSIONS = ", ".join(
    f"{package.__name__} {package.__version__.partition('+')[0]}" for package in (torch, torchvision, timm)
)


def of_torchvision() -> dict[str, dict[str, int]]:
    """List torchvision's classification networks by the module that defines them.

    Returns:
        By family the number of parameters of each network, the smallest first.
    """
    found: dict[str, dict[str, int]] = {}
    for name in models.list_models(module=models):
        module = models.get_model_builder(name).__module__.rpartition(".")[2]
        size = next(iter(models.get_model_weights(name))).meta["num_params"]
        found.setdefault(TORCHVISION + module, {})[name] = size
    return {
        family: dict(sorted(sizes.items(), key=lambda e: (e[1], e[0]))) for family, sizes in found.items()
    }


def of_timm(family: str) -> dict[str, int]:
    """Count the parameters of a family's networks of timm, without taking memory for them.

    Args:
        family: One of timm's modules.

    Returns:
        The number of parameters of each that is not too large, or of the smallest; the smallest first.
    """
    sizes = {}
    for name in timm.list_models(module=family):
        with torch.device("meta"):
            net = timm.create_model(name)
        sizes[name] = sum(parameter.numel() for parameter in net.parameters())
    ordered = sorted(sizes.items(), key=_size)
    return dict([entry for entry in ordered if entry[1] <= MOST_PARAMETERS] or ordered[:1])


def _size(entry: tuple[str, int]) -> tuple[int, str]:
    return entry[1], entry[0]


def shares(num_networks: dict[str, int], limit: int) -> dict[str, int]:
    """Deal networks out: each family gets one, then each that has more another, until there are enough.

    Args:
        num_networks: How many each family has.
        limit: How many are wanted in all.

    Returns:
        How many are taken of each family.
    """
    taken = dict.fromkeys(num_networks, 0)
    while sum(taken.values()) < min(limit, sum(num_networks.values())):
        taken = {family: min(count + 1, num_networks[family]) for family, count in taken.items()}
    return taken


def make(family: str, name: str, *, small: bool = False) -> tuple[nn.Module, torch.Tensor]:
    """Make a network with random weights, in eval mode, and a picture for it.

    Args:
        family: `torchvision …`, or one of timm's.
        name: Of the network.
        small: Whether pictures of 64 pixels are tried, too, and for torchvision others than its own.

    Returns:
        The network and a batch of one picture: for torchvision of the smallest size that the network's
        weights were published for, for timm of the smallest that it takes.
    """
    return _of_torchvision(name, small) if family.startswith(TORCHVISION) else _of_timm(name, small)


def _of_torchvision(name: str, small: bool) -> tuple[nn.Module, torch.Tensor]:
    own = min(weights.transforms().crop_size[0] for weights in models.get_model_weights(name))
    extra: dict[str, Any] = {"init_weights": True} if name in ("googlenet", "inception_v3") else {}
    net = models.get_model_builder(name)(**extra).eval()
    for side in (*SMALL_SIDES, *SIDES) if small else ():
        with suppress(Exception), torch.no_grad():
            net.train()(torch.randn(2, 3, side, side))  # its side branches may need more than it does
            return net.eval(), torch.randn(1, 3, side, side)
    return net.eval(), torch.randn(1, 3, own, own)


def _of_timm(name: str, small: bool) -> tuple[nn.Module, torch.Tensor]:
    channels, own, _ = timm.get_pretrained_cfg(name).input_size
    sides = (*SMALL_SIDES, *SIDES) if small else SIDES
    for side in (*(side for side in sides if side < own), own):
        try:
            net = _timm_for(name, side)
            picture = torch.randn(1, channels, side, side)
            with torch.no_grad():
                net(picture)
        except Exception:
            if side == own:
                raise
        else:
            return net, picture
    raise AssertionError


def _timm_for(name: str, side: int) -> nn.Module:
    try:
        return timm.create_model(name, img_size=side).eval()
    except TypeError:  # it takes any size, or only its own
        return timm.create_model(name).eval()


def in_own_process(work: Callable, *args: object) -> Any:
    """Call a function in a process of its own, so that its memory is given back.

    Args:
        work: The function.
        args: Its arguments.

    Returns:
        What it returns; None where the process died.
    """
    context = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(there, work, args))
    process.start()
    there.close()
    try:
        return here.recv()
    except EOFError:
        return None
    finally:
        process.join()


def _send(pipe: Connection, work: Callable, args: tuple) -> None:
    warnings.simplefilter("ignore")  # of networks
    pipe.send(work(*args))


def minutes_of_processor() -> float:
    """Add up the time that this process and those that it started computed.

    Returns:
        Minutes.
    """
    times = os.times()
    return (times.user + times.system + times.children_user + times.children_system) / 60


def short_place(file: str) -> str:
    """Drop the path of the installation.

    Args:
        file: A file of a package.

    Returns:
        From the package's own folder on.
    """
    return re.split(r"(?:site|dist)-packages/|/lib/python3[^/]*/|/src/|/scripts/", file)[-1]
