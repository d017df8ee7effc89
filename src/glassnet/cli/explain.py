"""`glassnet explain`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from glassnet.cli.output import output

Flag = Annotated[bool, Parameter(negative="", show_default=False)]


def explain(
    net: str,
    picture: str | None = None,
    /,
    *,
    at: str | None = None,
    grad: str | None = None,
    step: str | None = None,
    depth: int = 1,
    terms: int | None = None,
    loss: Literal["cross-entropy", "nll", "mse", "l1", "smooth-l1", "bce", "sum", "mean", "output"]
    | None = None,
    label: str | None = None,
    target: str | None = None,
    train: Flag = False,
    optimizer: Literal["sgd", "nesterov", "adam", "adamw"] = "sgd",
    lr: float | None = None,
    momentum: float | None = None,
    weight_decay: float | None = None,
    steps: int = 1,
    zero_grad: bool = True,
    seed: int = 0,
    input: str | None = None,  # noqa: A002 — the option's name
    weights: Path | None = None,
    data_dir: Path | None = None,
    html: Path | None = None,
    gif: Path | None = None,
    lang: Literal["en", "zh"] | None = None,
    json: Flag = False,
) -> int:
    """Work one number of a network out by hand, and check it against PyTorch's.

    Args:
        net: A NET, or the folder of a run.
        picture: A picture file, a file of numbers (.npy, .json, .csv), SOURCE[3], or nothing for ones.
        at: The number: "conv1[0,3,5,7]", "relu_1[0,2,0,0]", "fc.weight[0,1]", "loss".
        grad: The gradient of the loss by a number: "conv1.bias[0]".
        step: The optimizer's update of a weight: "conv1.weight[0,0,0,0]".
        depth: How many operations are worked out, one behind the other, back to the picture.
        terms: How many terms of a long sum are shown, by default 10; and followed with --depth, by default 3.
        loss: By default cross-entropy, or the output itself where it is one number.
        label: The class that the loss wants, by default the picture's own, else the one predicted.
        target: Numbers (1,2,5, or a file) that mse, l1, smooth-l1 and bce compare the output with.
        train: Run the network in training mode.
        optimizer: For --step.
        lr: For --step, by default 0.01, with Adam and AdamW 0.001.
        momentum: For --step, by default 0, Nesterov's 0.9; Adam's first beta, 0.9.
        weight_decay: For --step, by default 0, AdamW's 0.01.
        steps: For --step: how many steps on this picture.
        zero_grad: For --step: zero the gradients between steps; without it they add up.
        seed: Of what a network in training mode draws at random.
        input: Channels, height and width of the picture: 3x32x32.
        weights: A weights file for the network.
        data_dir: Where data sets are looked for first.
        html: Write the operation as an offline page, its numbers to be pointed at; with --at.
        gif: Write the window of a convolution or pooling, moving over its input; with --at.
        lang: Language of the texts; otherwise GLASSNET_LANG, then the locale.
        json: Write one JSON object to standard output, everything else to standard error.
    """
    from glassnet.verbs.explain import explain as explain_verb  # noqa: PLC0415 — --help loads no torch

    with output(json=json) as out:
        found = explain_verb(
            net, picture, at=at, grad=grad, step=step, depth=depth, terms=terms, loss=loss, label=label,
            target=target, train=train, optimizer=optimizer, lr=lr, momentum=momentum,
            weight_decay=weight_decay, steps=steps, zero_grad=zero_grad, seed=seed, input=input,
            weights=weights, data_dir=data_dir, html=html, gif=gif, lang=lang, terminal=out.terminal,
        )  # fmt: skip
        out.json(found.plain())
    return 0
