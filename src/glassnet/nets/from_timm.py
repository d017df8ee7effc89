"""Networks of timm, an extra: `pip install 'glassnet[timm]'`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.errors import NetError, did_you_mean
from glassnet.nets.weights import is_offline

if TYPE_CHECKING:
    from torch import nn

    from glassnet.nets.fill_in import Shape

REFUSED = ("pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "checkpoint_path", "cache_dir")


def complete_arguments(name: str, given: dict[str, object], shape: Shape, *, net: str) -> dict[str, object]:
    """Add what the pictures decide to the arguments of a timm network.

    `num_classes` and `in_chans` always; `img_size` where timm says that the network's input size is fixed.

    Args:
        name: The network's name in timm, with or without the tag of its weights.
        given: What the person gave; it wins.
        shape: What the pictures decide.
        net: The NET, for the error.

    Returns:
        All arguments.

    Raises:
        NetError: timm is not installed, the name is unknown, or an argument concerns weights.
    """
    timm = _timm(net)
    if not timm.is_model(name):
        raise NetError(f"timm has no network '{name}'", where=net, hint=_near(timm, name))
    for argument in REFUSED:
        if argument in given:
            raise NetError(
                f"'{argument}' is not given to timm by a NET",
                where=net,
                hint="write weights=DEFAULT for timm's own weights, or weights='PATH'",
            )
    try:
        config = timm.get_pretrained_cfg(name)
    except RuntimeError as error:  # a known network, an unknown tag
        network, _, tag = name.partition(".")
        known = [other.partition(".")[2] for other in timm.list_pretrained(f"{network}.*")]
        hint = did_you_mean(tag, known)
        raise NetError(f"timm has no weights '{tag}' for {network}", where=net, hint=hint) from error
    filled: dict[str, object] = {"num_classes": shape.num_classes, "in_chans": shape.channels}
    if config is not None and config.fixed_input_size:
        filled["img_size"] = (shape.height, shape.width)
    return {**filled, **given}


def make(name: str, arguments: dict[str, Any]) -> nn.Module:
    """Make a timm network with fresh weights.

    Args:
        name: The network's name in timm.
        arguments: As `complete_arguments` gives them.

    Returns:
        The network.
    """
    return _timm(name).create_model(name, pretrained=False, **arguments)


def make_with_weights(name: str, arguments: dict[str, Any], *, net: str) -> tuple[nn.Module, str, list[str]]:
    """Make a timm network with timm's own weights, which it downloads into its own cache or finds there.

    Args:
        name: The network's name in timm.
        arguments: As `complete_arguments` gives them.
        net: The NET, for the error.

    Returns:
        The network, where its weights come from, and notes.

    Raises:
        NetError: The weights do not exist or cannot be downloaded.
    """
    timm = _timm(net)
    config = timm.get_pretrained_cfg(name)
    if config is None or not config.has_weights:
        raise NetError(f"timm has no weights for '{name}'", where=net, hint=f"without weights: timm:{name}")
    hub = config.hf_hub_id  # timm prefers it to the older address
    url = f"https://huggingface.co/{hub}/resolve/main/model.safetensors" if hub else config.url
    by_hand = f"download {url} and give the file: timm:{name}(weights='PATH')"
    if is_offline():
        raise NetError(
            "the weights are not downloaded: GLASSNET_OFFLINE is set", where=net, got=url, hint=by_hand
        )
    try:
        module = timm.create_model(name, pretrained=True, **arguments)
    except (OSError, RuntimeError, ValueError) as error:  # its hub client raises kinds of these
        message = str(error).strip().split("\n")[0]
        raise NetError(
            "the weights cannot be downloaded", where=net, got=f"{url}: {message}", hint=by_hand
        ) from error
    notes = []
    if config.num_classes != arguments["num_classes"]:
        notes.append(
            f"the head has {config.num_classes} outputs in the weights and {arguments['num_classes']} here: "
            "it starts anew, everything else is loaded"
        )
    if arguments["in_chans"] == 1:
        notes.append(
            "the first layer's weights, made for 3 channels, were summed over them for grey pictures"
        )
    return module, url, notes


def _timm(net: str) -> Any:
    try:
        import timm  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise NetError("timm is not installed", where=net, hint="pip install 'glassnet[timm]'") from error
    return timm


def _near(timm: Any, name: str) -> str:
    near = did_you_mean(name, timm.list_models())
    too_long = near is None or near.startswith("known:")  # timm knows more than a thousand
    return (
        "python -c \"import timm; print(*timm.list_models('*NAME*'))\" lists names" if too_long else str(near)
    )
