"""Kinds of operations, as the rules on structure tell them apart."""

from __future__ import annotations

from glassnet.inspection.arguments import IN_PLACE
from glassnet.inspection.axes import RESHAPES

# sigmoids and ReLUs of all sorts: one number in, one out, not linear
ACTIVATIONS = {
    "relu", "relu6", "leaky_relu", "rrelu", "prelu", "elu", "celu", "selu", "gelu", "silu", "mish",
    "softplus",
    "softsign", "hardtanh", "hardsigmoid", "hardswish", "sigmoid", "logsigmoid", "tanh", "threshold",
    "hardshrink", "softshrink", "tanhshrink", "softmax", "log_softmax",
}  # fmt: skip
CONVOLUTIONS = {f"conv{n}d" for n in (1, 2, 3)} | {f"conv_transpose{n}d" for n in (1, 2, 3)}
AFFINE = CONVOLUTIONS | {"linear", "addmm"}
PRODUCTS = {"matmul", "mm", "rmatmul", "bmm", "einsum"}  # affine where one side does not depend on the input
MAX_POOLS = {
    f"{kind}max_pool{n}d{end}"
    for kind in ("", "adaptive_")
    for n in (1, 2, 3)
    for end in ("", "_with_indices")
}
AVERAGE_POOLS = {f"{kind}avg_pool{n}d" for kind in ("", "adaptive_") for n in (1, 2, 3)}
DROPOUTS = {
    "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout",
}  # fmt: skip
NORMS = {"batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm", "local_response_norm"}
# the same numbers, elsewhere or in another shape
VIEWS = {
    *RESHAPES, "permute", "transpose", "swapaxes", "swapdims", "moveaxis", "movedim", "t", "T", "mT",
    "contiguous", "clone", "to", "float", "double", "half", "bfloat16", "type", "type_as", "cpu", "cuda",
    "identity",
}  # fmt: skip
ARITHMETIC = {
    "add", "sub", "mul", "div", "truediv", "true_divide", "radd", "rsub", "rmul", "rtruediv", "neg", "pos",
    "multiply",
    "subtract", "divide",
}  # fmt: skip


def short(name: str) -> str:
    """Give the name of an operation, the same for `relu` and `relu_`, `add` and `iadd`.

    Args:
        name: Of the operation.

    Returns:
        The name.

    Example:
        >>> short("relu_"), short("iadd")
        ('relu', 'add')
    """
    plain = name.rstrip("_")
    return IN_PLACE.get(plain, plain)
