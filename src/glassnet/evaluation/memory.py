"""Too little memory: recognised in an error."""

from __future__ import annotations

import torch


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that memory ran out.

    Args:
        error: What a forward or backward pass raised.

    Returns:
        True for PyTorch's and Python's errors of that kind, on any device.

    Example:
        >>> is_out_of_memory(MemoryError()), is_out_of_memory(RuntimeError("shape"))
        (True, False)
    """
    text = str(error)
    return (
        isinstance(error, MemoryError | torch.OutOfMemoryError)
        or "can't allocate memory" in text
        or "out of memory" in text
    )
