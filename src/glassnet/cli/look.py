"""`glassnet look`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from glassnet.cli.output import output

Flag = Annotated[bool, Parameter(negative="", show_default=False)]


def look(
    net: str,
    picture: str | None = None,
    /,
    *,
    input: str | None = None,  # noqa: A002 — the option's name
    weights: Path | None = None,
    depth: int | None = None,
    parameters: Flag = False,
    order: Flag = False,
    graph: Path | None = None,
    backward_graph: Path | None = None,
    maps: str | None = None,
    curves: Flag = False,
    html: Path | None = None,
    out_folder: Annotated[Path, Parameter(name="--out")] = Path(),
    train: Flag = False,
    data_dir: Path | None = None,
    lang: Literal["en", "zh"] | None = None,
    json: Flag = False,
) -> None:
    """Show every operation of a network: shapes, cost, receptive field and source line.

    Args:
        net: A NET, a run folder, or a file of weights.
        picture: A picture file, numbers (.npy, .json, .csv), SOURCE or SOURCE[3]; otherwise ones.
        input: Channels, height and width such as 3x32x32, where the picture does not tell.
        weights: A weights file for the network.
        depth: How deep modules are opened; otherwise as deep as about 60 lines allow.
        parameters: List every parameter with its size, mean and deviation.
        order: List the operations line by line of code, in the order of execution.
        graph: Write the graph of the network into this SVG file.
        backward_graph: Write the graph of the backward pass into this SVG file.
        maps: Draw the feature maps of this layer, and its kernels.
        curves: Draw the activation functions with what goes into them.
        html: Write an offline page of the network into this file.
        out_folder: Where the pictures of --maps and --curves go.
        train: Run in training mode.
        data_dir: Where data sets are looked for first.
        lang: Language of the texts; otherwise GLASSNET_LANG, then the locale.
        json: Write one JSON object to standard output, everything else to standard error.
    """
    from glassnet.verbs.look import look as look_verb  # noqa: PLC0415 — --help loads no torch
    from glassnet.verbs.look_data import look_as_data, weights_as_data  # noqa: PLC0415
    from glassnet.verbs.weights_file import is_weights_file, look_at_weights  # noqa: PLC0415

    with output(json=json) as out:
        if is_weights_file(net):
            out.json(weights_as_data(look_at_weights(Path(net), lang=lang, terminal=out.terminal)))
            return
        found = look_verb(
            net, picture, input=input, weights=weights, depth=depth, parameters=parameters, order=order,
            graph=graph, backward_graph=backward_graph, maps=maps, curves=curves, html=html, out=out_folder,
            train=train, data_dir=data_dir, lang=lang, terminal=out.terminal,
        )  # fmt: skip
        out.json(look_as_data(found, net=net, operations=order))
