"""One sentence on what an operation does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet.texts import texts

if TYPE_CHECKING:
    from glassnet.trace.trace import Op

# short name of an operation -> its sentence in the texts, `what_…`
KINDS = {
    "conv1d": "convolution", "conv2d": "convolution", "conv3d": "convolution",
    "conv_transpose1d": "transposed", "conv_transpose2d": "transposed", "conv_transpose3d": "transposed",
    "linear": "linear", "matmul": "matmul", "bmm": "matmul", "mm": "matmul", "einsum": "matmul",
    "relu": "relu", "relu6": "relu", "leaky_relu": "leaky_relu", "prelu": "leaky_relu", "elu": "smooth",
    "gelu": "smooth", "silu": "smooth", "mish": "smooth", "hardswish": "smooth", "softplus": "smooth",
    "sigmoid": "sigmoid", "hardsigmoid": "sigmoid", "tanh": "tanh", "softmax": "softmax",
    "log_softmax": "log_softmax", "batch_norm": "batch_norm", "layer_norm": "layer_norm",
    "group_norm": "group_norm", "instance_norm": "group_norm",
    "max_pool1d": "max_pool", "max_pool2d": "max_pool", "max_pool3d": "max_pool",
    "adaptive_max_pool1d": "max_pool", "adaptive_max_pool2d": "max_pool",
    "avg_pool1d": "avg_pool", "avg_pool2d": "avg_pool", "avg_pool3d": "avg_pool",
    "adaptive_avg_pool1d": "adaptive", "adaptive_avg_pool2d": "adaptive", "adaptive_avg_pool3d": "adaptive",
    "flatten": "flatten", "reshape": "reshape", "view": "reshape", "unflatten": "reshape",
    "squeeze": "reshape", "unsqueeze": "reshape", "permute": "permute", "transpose": "permute",
    "dropout": "dropout", "dropout2d": "dropout", "feature_dropout": "dropout",
    "add": "add", "sub": "subtract", "mul": "multiply", "div": "divide", "truediv": "divide",
    "cat": "cat", "concat": "cat", "stack": "cat", "getitem": "getitem", "chunk": "split", "split": "split",
    "mean": "mean", "sum": "total", "pad": "pad", "embedding": "embedding", "interpolate": "interpolate",
    "scaled_dot_product_attention": "attention", "multi_head_attention_forward": "attention",
    "lstm": "recurrent", "gru": "recurrent", "rnn_tanh": "recurrent", "rnn_relu": "recurrent",
    "cross_entropy": "cross_entropy", "nll_loss": "cross_entropy",
    "mse_loss": "squared", "l1_loss": "absolute",
}  # fmt: skip


def what_it_is(op: Op | None, num_ops: int, lang: str) -> str:
    """Tell in a sentence what an operation does; of a module that holds several, how many.

    Args:
        op: The operation; None for a module that is not one operation.
        num_ops: How many operations the row has.
        lang: Of the words.

    Returns:
        The sentence.

    Example:
        >>> what_it_is(None, 3, "en")
        'A module of 3 operations.'
    """
    words = texts(lang, "look_page")
    if op is None:
        return words["what_module" if num_ops else "what_nothing"].format(count=num_ops)
    plain = op.name.rstrip("_")
    kind = KINDS.get(plain) or (KINDS.get(plain[1:]) if plain[:1] in ("i", "r") else None)
    return words[f"what_{kind}"] if kind else words["what_other"].format(function=op.function)
