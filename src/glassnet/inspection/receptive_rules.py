"""What the results of each kind of operation see of the picture: a literal table of rules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from glassnet.inspection.arguments import pair, refs_in
from glassnet.inspection.axes import BY_ELEMENT, RESHAPES, moved_by_reshape, taken_by_index
from glassnet.inspection.fields import Field, Fields, Work, merged, moved
from glassnet.inspection.sizes import Window, windows_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from glassnet.inspection.arguments import Call


def _unknown(work: Work) -> Fields:
    seen = merged([f for number in work.call.op.inputs if (f := work.fields(number)) is not None])
    return tuple(field if field is not None and field.whole else None for field in seen)


def _by_element(work: Work) -> Fields:
    """Each number of the result comes from the numbers at its own place; shapes are aligned at the end."""
    parts = []
    for number in work.call.op.inputs:
        fields = work.fields(number)
        if fields is not None:
            shape = work.call.trace.values[number].shape
            shift = work.output_axes - len(shape)
            where: dict[int, int | None] = {axis: axis + shift for axis in range(len(shape))}
            parts.append(moved(fields, where))
    return merged(parts)


def _window(work: Work) -> Fields:
    windows = windows_of(work.call) or ()
    axes = len(work.call.shape(0, "input"))
    mixes_channels = work.call.name.startswith("conv")
    return tuple(
        _slid(work, axis, field, axes, windows, mixes_channels=mixes_channels)
        for axis, field in enumerate(work.first)
    )


def _slid(
    work: Work,
    axis: int,
    field: Field | None,
    axes: int,
    windows: tuple[Window, ...],
    *,
    mixes_channels: bool,
) -> Field | None:
    """Slide a window; `axes` counts those of the input."""
    if field is None or field.whole or not field.places:
        return field
    first = axes - len(windows)
    if mixes_channels and field.places == (first - 1,):
        return work.whole(axis)
    slid = [place for place in field.places if place >= first]
    if not slid and not (mixes_channels and first - 1 in field.places):
        return field
    if len(field.places) != 1 or field.jump is None or field.centre is None or field.size is None:
        wide = any(windows[place - first].kernel > 1 for place in slid) or len(slid) < len(field.places)
        return field.unknown() if wide else field
    window = windows[slid[0] - first]
    span = window.dilation * (window.kernel - 1)
    return Field(
        field.size + round(span * field.jump),
        field.jump * window.stride,
        field.centre + (span / 2 - window.before) * field.jump,
        whole=False,
        places=field.places,
    )


def _transposed_convolution(work: Work) -> Fields:
    kernels = work.call.shape(1, "weight")[2:]
    axes = len(kernels)
    strides = pair(work.call.argument(3, "stride", 1), axes)
    paddings = pair(work.call.argument(4, "padding", 0), axes)
    dilations = pair(work.call.argument(7, "dilation", 1), axes)
    first = len(work.call.shape(0, "input")) - axes
    fields = work.mixed(work.first, {first - 1})

    def spread(field: Field | None) -> Field | None:
        if field is None or field.whole or all(place < first for place in field.places):
            return field
        if len(field.places) != 1 or field.jump is None or field.centre is None or field.size is None:
            return field.unknown()
        k, s, p, d = (side[field.places[0] - first] for side in (kernels, strides, paddings, dilations))
        span = d * (k - 1)
        size = field.size + round((span // s) * field.jump)
        centre = field.centre + (p - span / 2) / s * field.jump
        return Field(size, field.jump / s, centre, whole=False, places=field.places)

    return tuple(map(spread, fields))


def _adaptive(work: Work) -> Fields:
    was, now = work.call.shape(0, "input"), work.call.output
    windows = tuple(
        Window(side // size, side // size, 0, 0, 1) if side % size == 0 else None
        for side, size in zip(was, now, strict=True)
    )

    def pooled(axis: int, field: Field | None) -> Field | None:
        if field is None or field.whole or not field.places:
            return field
        if all(now[place] == 1 for place in field.places):
            return work.whole(axis)
        if len(field.places) != 1 or field.jump is None or field.centre is None or field.size is None:
            return field.unknown()
        place = field.places[0]
        window = windows[place]
        if window is None:  # the windows differ by one; the widest is told
            wide = max(
                -(-(i + 1) * was[place] // now[place]) - i * was[place] // now[place]
                for i in range(now[place])
            )
            size = field.size + round((wide - 1) * field.jump)
            return Field(size, None, None, whole=False, places=field.places)
        return _slid(work, axis, field, place + 1, (window,), mixes_channels=False)

    return tuple(pooled(axis, field) for axis, field in enumerate(work.first))


def _resized(work: Work) -> Fields:
    was, now = work.call.shape(0, "input"), work.call.output
    nearest = work.call.argument(3, "mode", "nearest") in ("nearest", "nearest-exact")

    def scaled(field: Field | None) -> Field | None:
        if field is None or field.whole or not field.places:
            return field
        if len(field.places) != 1 or field.jump is None or field.centre is None or field.size is None:
            return field.unknown()
        factor = now[field.places[0]] / was[field.places[0]]
        more = 0 if nearest else round(field.jump)
        centre = field.centre + (0.5 / factor - 0.5) * field.jump
        return Field(field.size + more, field.jump / factor, centre, whole=False, places=field.places)

    return tuple(map(scaled, work.first))


def _padded(work: Work) -> Fields:
    pads = list(work.call.rest(1, "pad"))
    axes = len(work.call.shape(0, "input"))

    def shifted(field: Field | None) -> Field | None:
        if field is None or field.whole or field.jump is None or field.centre is None:
            return field
        before = sum(
            pads[2 * (axes - 1 - place)] for place in field.places if 2 * (axes - 1 - place) < len(pads)
        )
        return replace(field, centre=field.centre - before * field.jump)

    return tuple(map(shifted, work.first))


def _pixels_to_channels(work: Work) -> Fields:
    factor = work.call.argument(1, "downscale_factor")
    axes = len(work.call.shape(0, "input"))
    windows = (Window(factor, factor, 0, 0, 1),) * 2
    return tuple(
        _slid(work, axis, field, axes, windows, mixes_channels=False) for axis, field in enumerate(work.first)
    )


def _channels_to_pixels(work: Work) -> Fields:
    factor = work.call.argument(1, "upscale_factor")
    return tuple(
        field
        if field is None or field.jump is None or field.centre is None or field.whole
        else replace(field, jump=field.jump / factor, centre=field.centre - (1 - 1 / factor) / 2 * field.jump)
        for field in work.first
    )


def _patches(work: Work) -> Fields:
    """`F.unfold`: B×C×H×W to B×(C·k·k)×windows."""
    slid = _window(work)
    return tuple(
        field if field is None or field.whole else replace(field, jump=None, centre=None, places=(2,))
        for field in slid
    )


def _linear(work: Work) -> Fields:
    return work.mixed(work.first, {len(work.call.shape(0, "input")) - 1})


def _product(work: Work) -> Fields:
    """The last axis of the left and the last but one of the right are summed over."""
    parts = []
    for place, names in ((0, "input"), (1, "other")):
        number = work.call.value(place, names)
        fields = work.fields(number)
        if number is None or fields is None:
            continue
        axes = len(work.call.trace.values[number].shape)
        if axes < 2 or work.output_axes < 2:  # noqa: PLR2004 — vectors: rare, not followed
            return _unknown(work)
        shift = work.output_axes - axes
        summed = axes - 1 if place == 0 else axes - 2
        where: dict[int, int | None] = {axis: axis + shift for axis in range(axes)}
        parts.append(moved(work.mixed(fields, {summed}), where))
    return merged(parts) if parts else _unknown(work)


def _attention(work: Work) -> Fields:
    """Each query sees all keys and values."""
    parts = []
    for place, name in enumerate(("query", "key", "value")):
        number = work.call.value(place, name)
        fields = work.fields(number)
        if number is not None and fields is not None:
            axes = len(work.call.trace.values[number].shape)
            along = {axes - 1} if name == "query" else {axes - 2, axes - 1}
            parts.append(work.mixed(fields, along))
    return merged(parts) if parts else _unknown(work)


def _multi_head_attention(work: Work) -> Fields:
    parts = []
    for place, name in enumerate(("query", "key", "value")):
        number = work.call.value(place, name)
        fields = work.fields(number)
        if number is not None and fields is not None:
            axes = len(work.call.trace.values[number].shape)
            parts.append(work.mixed(fields, {axes - 1} if name == "query" else {0, axes - 1}))
    return merged(parts) if parts else _unknown(work)


def _along(work: Work) -> Fields:
    """Softmax and the like: mixed along `dim`, the shape stays."""
    axes = len(work.call.shape(0, "input"))
    dims = work.call.argument(1, "dim", -1)
    return work.mixed(work.first, {dim % axes for dim in pair(-1 if dims is None else dims, 1)})


def _layer_norm(work: Work) -> Fields:
    axes = len(work.call.shape(0, "input"))
    normalised = len(work.call.argument(1, "normalized_shape"))
    return work.mixed(work.first, range(axes - normalised, axes))


def _picture_norm(work: Work) -> Fields:
    return work.mixed(work.first, range(1, len(work.call.shape(0, "input"))))


def _reduced(work: Work) -> Fields:
    given = work.call
    axes = len(given.shape(0, "input"))
    dims = given.argument(1, "dim", given.op.kwargs.get("axis"))
    if isinstance(dims, bool) or dims is None or (isinstance(dims, tuple | list) and not dims):
        return work.mixed(work.first, range(axes))
    if not isinstance(dims, int | tuple | list):  # torch.max(a, b)
        return _by_element(work)
    along = sorted(dim % axes for dim in pair(dims, 1))
    fields = work.mixed(work.first, along)
    if work.output_axes == axes:
        return fields
    kept = [axis for axis in range(axes) if axis not in along]
    return moved(fields, {axis: kept.index(axis) for axis in kept} | dict.fromkeys(along))


def _reshaped(work: Work) -> Fields:
    was = work.call.shape(0, "input")
    places = moved_by_reshape(was, work.call.trace.values[work.call.op.outputs[work.output]].shape)

    def follow(field: Field | None) -> Field | None:
        if field is None or field.whole:
            return field
        new = tuple(sorted({axis for place in field.places for axis in places[place].axes}))
        alone = len(field.places) <= 1 and all(places[place].alone for place in field.places)
        if alone:
            return replace(field, places=new)
        return replace(field, jump=None, centre=None, places=new)

    return tuple(map(follow, work.first))


def _permuted(work: Work) -> Fields:
    axes = len(work.call.output)
    order = [dim % axes for dim in work.call.rest(1, "dims")]
    return moved(work.first, {old: new for new, old in enumerate(order)})


def _swapped(work: Work) -> Fields:
    axes = len(work.call.output)
    if work.call.name in {"t", "T", "mT"}:
        first, second = axes - 2, axes - 1
    else:
        first, second = work.call.argument(1, "dim0") % axes, work.call.argument(2, "dim1") % axes
    where: dict[int, int | None] = {axis: axis for axis in range(axes)}
    return moved(work.first, where | {first: second, second: first})


def _expanded(work: Work) -> Fields:
    return _by_element(work)


def _joined(work: Work) -> Fields:
    axes = work.output_axes
    dim = work.call.argument(1, "dim", work.call.op.kwargs.get("axis", 0)) % axes
    numbers = refs_in(work.call.argument(0, "tensors"))
    parts = [fields for number in numbers if (fields := work.fields(number)) is not None]
    if work.call.name == "stack":
        where: dict[int, int | None] = {axis: axis + (axis >= dim) for axis in range(axes - 1)}
        parts = [moved(fields, where) for fields in parts]
    seen = merged(parts)
    if work.call.name == "stack" or len(numbers) == 1:
        return seen
    return tuple(
        replace(field, jump=None, centre=None)
        if field is not None and not field.whole and dim in field.places
        else field
        for field in seen
    )


def _indexed(work: Work) -> Fields:
    """`x[index]`, select, narrow, split, chunk, unbind: some places of each axis."""
    taken = taken_by_index(work.call, work.output)
    if taken is None:
        return _unknown(work)
    where = {axis: taken[axis].to for axis in range(len(taken))}

    def follow(field: Field | None) -> Field | None:
        if field is None or field.whole:
            return field
        cut = [place for place in field.places if taken[place].step != 1 or taken[place].start]
        if not cut:
            return field
        if len(field.places) != 1 or field.jump is None or field.centre is None:
            return replace(field, jump=None, centre=None)
        step = taken[cut[0]]
        return replace(field, jump=field.jump * step.step, centre=field.centre + step.start * field.jump)

    return moved(tuple(map(follow, work.first)), where)


def _rearranged(work: Work) -> Fields:
    """`roll` and `flip`: neighbours are no longer in order along these axes."""
    axes = len(work.call.output)
    dims = work.call.argument(2 if work.call.name == "roll" else 1, "dims")
    moved = range(axes) if dims is None else [dim % axes for dim in pair(dims, 1)]
    return tuple(
        replace(field, jump=None, centre=None)
        if field is not None and not field.whole and set(field.places) & set(moved)
        else field
        for field in work.first
    )


# two functions of one name
RULES_BY_FUNCTION: dict[str, Callable[[Work], Fields]] = {"torch.nn.functional.unfold": _patches}
RULES: dict[str, Callable[[Work], Fields]] = {
    **{f"{kind}{n}d": _window for kind in ("conv", "max_pool", "avg_pool", "lp_pool") for n in (1, 2, 3)},
    **{f"max_pool{n}d_with_indices": _window for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _transposed_convolution for n in (1, 2, 3)},
    **{f"adaptive_{kind}_pool{n}d": _adaptive for kind in ("avg", "max") for n in (1, 2, 3)},
    "interpolate": _resized,
    "upsample": _resized,
    "pad": _padded,
    "pixel_unshuffle": _pixels_to_channels,
    "pixel_shuffle": _channels_to_pixels,
    "linear": _linear,
    **dict.fromkeys(("matmul", "mm", "bmm"), _product),
    "scaled_dot_product_attention": _attention,
    "multi_head_attention_forward": _multi_head_attention,
    **dict.fromkeys(("softmax", "log_softmax", "normalize", "glu"), _along),
    **dict.fromkeys(("layer_norm", "rms_norm"), _layer_norm),
    **dict.fromkeys(("group_norm", "instance_norm"), _picture_norm),
    **dict.fromkeys(
        ("mean", "sum", "amax", "amin", "max", "min", "logsumexp", "prod", "std", "var", "norm"), _reduced
    ),
    **dict.fromkeys(RESHAPES, _reshaped),
    "permute": _permuted,
    **dict.fromkeys(("transpose", "swapaxes", "swapdims", "t", "T", "mT"), _swapped),
    **dict.fromkeys(("expand", "expand_as", "broadcast_to"), _expanded),
    **dict.fromkeys(("cat", "concat", "concatenate", "stack"), _joined),
    **dict.fromkeys(("getitem", "select", "narrow", "split", "chunk", "unbind"), _indexed),
    **dict.fromkeys(("roll", "flip"), _rearranged),
    **dict.fromkeys(BY_ELEMENT, _by_element),
}


def rule_for(call: Call) -> Callable[[Work], Fields]:
    """Find the rule of an operation.

    Args:
        call: The operation.

    Returns:
        Its rule; for operations that are not in `RULES` one that knows only what saw all of the picture.
    """
    return RULES_BY_FUNCTION.get(call.op.function) or RULES.get(call.name, _unknown)
