"""The error of an operation, or of a case of one, whose arithmetic is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet.errors import GlassnetError
from glassnet.trace.trace import shape_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch


class UnexpandedError(GlassnetError):
    """A number that is not worked out: its operation has no rule, or the rule does not cover the case.

    Args:
        name: Of the operation, or of the rule's.
        why: The case that is not covered, in words.
        inputs: The tensors that the operation reads, by operand.

    Example:
        >>> print(UnexpandedError("fractional_max_pool2d"))
        no arithmetic is known for fractional_max_pool2d
    """

    def __init__(
        self, name: str, why: str | None = None, inputs: Mapping[str, torch.Tensor] | None = None
    ) -> None:
        """Keep the parts."""
        self.name, self.why, self.inputs = name, why, dict(inputs or {})
        read = ", ".join(f"{operand} {_described(tensor)}" for operand, tensor in self.inputs.items())
        what = f"no arithmetic is known for {name}" + (f": {why}" if why else "")
        super().__init__(what, got=read or None)


def _described(tensor: torch.Tensor) -> str:
    return f"{shape_text(tensor.shape)} {str(tensor.dtype).removeprefix('torch.')}"
