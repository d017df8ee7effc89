"""Where a module stands in its network, also one that is registered nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULE_INTERNALS = set(vars(nn.Module()))  # _parameters, _forward_hooks, training, …


class Paths:
    """The paths of modules: `layer1.0.conv1`; of one in a plain list `layers[0]`.

    Args:
        network: Its modules are registered.
    """

    def __init__(self, network: nn.Module) -> None:
        self._found: dict[
            int, tuple[nn.Module, str, bool]
        ] = {}  # the module is held, so that its id stays its
        self.add(network, "")

    def add(self, network: nn.Module, path: str) -> None:
        """Give paths to the modules of a network, as registered ones.

        Args:
            network: Any.
            path: Of the network itself.
        """
        self._add_all(network, path, registered=True)

    def find(self, module: nn.Module) -> tuple[str, bool] | None:
        """Find a module.

        Args:
            module: Any.

        Returns:
            Its path and whether it is registered; None for a stranger.
        """
        found = self._found.get(id(module))
        return found and found[1:]

    def add_late(self, module: nn.Module, around: nn.Module) -> tuple[str, bool] | None:
        """Give a path to a module that was registered after its network was met: made in the first pass.

        Args:
            module: It was called, and is not known.
            around: The module that called it.

        Returns:
            Its path and whether it is registered, as `find` gives them; None where it is not in `around`.
        """
        home = self.find(around)
        inner = next((path for path, part in around.named_modules() if part is module), None)
        if home is None or inner is None:
            return None
        path = f"{home[0]}.{inner}".strip(".")
        self._add_all(module, path, registered=home[1])
        return path, home[1]

    def add_loose(self, module: nn.Module, around: nn.Module | None, path_around: str) -> str:
        """Give a path to a module that is registered nowhere, and to those inside it.

        Args:
            module: It was called.
            around: The module that called it, where there is one; its attributes are searched.
            path_around: Of that one.

        Returns:
            The path: `blocks[2]`, or `<Linear>` where no attribute holds it.
        """
        places = attributes(around) if around is not None else ()
        place = next((place for place, content in places if content is module), f"<{type(module).__name__}>")
        path = f"{path_around}.{place}".lstrip(".")
        self._add_all(module, path, registered=False)
        return path

    def _add_all(self, module: nn.Module, path: str, *, registered: bool) -> None:
        for inner, part in module.named_modules():
            self._found.setdefault(id(part), (part, f"{path}.{inner}".strip("."), registered))


def loose_tensors(module: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    """Find tensors that are attributes of a module and neither parameter nor buffer.

    Args:
        module: Any.

    Yields:
        The attribute, as in `mask` or `masks[0]`, and the tensor.

    Example:
        >>> layer = nn.ReLU()
        >>> layer.scale = torch.tensor(2.0)
        >>> dict(loose_tensors(layer))
        {'scale': tensor(2.)}
    """
    for place, content in attributes(module):
        if isinstance(content, torch.Tensor):
            yield place, content


def attributes(module: nn.Module) -> Iterator[tuple[str, Any]]:
    """List what a module's own attributes hold, with what lists, tuples and dicts among them hold.

    Args:
        module: Any; what `nn.Module` itself keeps is left out.

    Yields:
        Attribute, and content.
    """
    for name, content in vars(module).items():
        if name in MODULE_INTERNALS:
            continue
        yield name, content
        if isinstance(content, list | tuple):
            yield from ((f"{name}[{place}]", part) for place, part in enumerate(content))
        elif isinstance(content, Mapping):
            yield from ((f"{name}[{key!r}]", part) for key, part in content.items())
