"""Arrays of pictures -> splits: `.npz` files, and what the original files hold."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from glassnet.errors import PicturesError
from glassnet.pictures.pictures import Pictures, Policy, hash_images
from glassnet.pictures.policy import apply_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_KEYS = {"train": ("x", "y"), "val": ("x_val", "y_val"), "test": ("x_test", "y_test")}
_OTHER_KEYS = {"x_train": "x", "y_train": "y"}
_CHANNELS = (1, 3)
_READ_ERRORS = (OSError, ValueError, EOFError, KeyError, MemoryError, zipfile.BadZipFile, zlib.error)


def from_arrays(
    split: str,
    images: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
    *,
    source: str,
    paths: Sequence[str],
) -> Pictures:
    """Make a split of arrays.

    Args:
        split: `train`, `val` or `test`.
        images: uint8, N×H×W×C with 1 or 3 channels.
        labels: N whole numbers, 0 to the number of classes - 1.
        classes: The class names.
        source: Where they come from.
        paths: A path or a number for each picture.

    Returns:
        The split.
    """
    _, height, width, channels = images.shape
    return Pictures(
        split=split,
        images=images,
        labels=labels.astype(np.int64),
        classes=tuple(classes),
        paths=paths,
        policy=Policy(height=height, width=width, channels=channels),
        source=source,
        hashes=hash_images(images),
    )


def to_policy(pictures: Pictures, policy: Policy) -> Pictures:
    """Bring the pictures of arrays into another size or number of channels.

    Args:
        pictures: A split in memory.
        policy: What is wanted; that of the run for which the pictures are read.

    Returns:
        The same split where it fits already, else a converted copy, by the rules of `apply_policy`.
    """
    if pictures.policy == policy:
        return pictures
    images = np.empty((len(pictures), policy.height, policy.width, policy.channels), np.uint8)
    for index in range(len(pictures)):
        pixels = pictures.batch([index])[0]
        image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
        images[index] = apply_policy(image, policy)
    return from_arrays(
        pictures.split,
        images,
        pictures.labels,
        pictures.classes,
        source=pictures.source,
        paths=pictures.paths,
    )


def read_npz(path: Path, *, source: str) -> dict[str, Pictures]:
    """Read an `.npz`: `x` and `y` to train, and, where they are there, `x_val`, `y_val`, `x_test`, `y_test`.

    `x` is N×H×W, N×H×W×C or N×C×H×W with 1 or 3 channels: uint8, uint16 (scaled), bool, or real numbers from
    0 to 1 (scaled). `y` holds whole numbers, or the class names themselves. `classes`, where it is there,
    names the numbers 0, 1, …; otherwise the class names are the values of `y` in ascending order.

    Args:
        path: The file.
        source: Its name as the person gave it.

    Returns:
        The splits.

    Raises:
        PicturesError: It is damaged, an array is missing or has another shape or kind, a label has no class.
    """
    arrays = _load(path)
    present = {name: keys for name, keys in _KEYS.items() if keys[0] in arrays}
    if not present:
        raise PicturesError(
            "the .npz holds no pictures",
            where=path,
            got=", ".join(sorted(arrays)) or "no arrays",
            expected="arrays x and y (and x_val, y_val, x_test, y_test)",
        )
    raw_labels = {name: _labels(arrays, x, y, path) for name, (x, y) in present.items()}
    classes, numbered = _number(raw_labels, arrays.get("classes"), path)
    splits = {}
    for name, (x, _) in present.items():
        images, note = _images(arrays[x], x, path)
        paths = tuple(f"{path.name}:{x}[{index}]" for index in range(len(images)))
        pictures = from_arrays(name, images, numbered[name], classes, source=source, paths=paths)
        splits[name] = replace(pictures, notes=(note,)) if note else pictures
    sizes = {pictures.policy for pictures in splits.values()}
    if len(sizes) > 1:
        raise PicturesError(
            "the splits hold pictures of different sizes",
            where=path,
            got=", ".join(f"{p.split}: {p.images.shape[1:]}" for p in splits.values()),
        )
    return splits


def _load(path: Path) -> dict[str, np.ndarray]:
    known = {*(key for keys in _KEYS.values() for key in keys), *_OTHER_KEYS, "classes"}
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            names = [str(name) for name in file.files]
            arrays = {_OTHER_KEYS.get(name, name): file[name] for name in names if name in known}
    except _READ_ERRORS as error:
        raise PicturesError("the .npz cannot be read", where=path, got=error) from None
    except AttributeError:  # one array, not a file of arrays
        raise PicturesError("the .npz cannot be read", where=path, got="a single array") from None
    return arrays or {name: np.empty(0) for name in names}


def _labels(arrays: dict[str, np.ndarray], x: str, y: str, path: Path) -> np.ndarray:
    if y not in arrays:
        raise PicturesError(f"the .npz holds {x} but no {y}", where=path, expected=f"labels in {y}")
    labels = arrays[y]
    if labels.ndim == 2 and labels.shape[1] == 1:  # noqa: PLR2004 - as Keras writes them
        labels = labels[:, 0]
    if labels.ndim != 1 or len(labels) != len(arrays[x]) or labels.dtype.kind not in "iuUb":
        raise PicturesError(
            f"{y} does not label {x}",
            where=path,
            got=f"{y}: {labels.dtype} {labels.shape}, {x}: {arrays[x].shape}",
            expected=f"{len(arrays[x])} whole numbers or names",
        )
    return labels


def _number(
    labels: dict[str, np.ndarray], names: np.ndarray | None, path: Path
) -> tuple[tuple[str, ...], dict[str, np.ndarray]]:
    """Number the classes of all splits together, once."""
    values = np.unique(np.concatenate(list(labels.values())))
    if names is None:
        numbered = {split: np.searchsorted(values, row) for split, row in labels.items()}
        return tuple(str(value) for value in values.tolist()), numbered
    classes = tuple(str(name) for name in names.ravel().tolist())
    order = np.array(classes) if values.dtype.kind == "U" else np.arange(len(classes))
    strangers = [value for value in values.tolist() if value not in set(order.tolist())]
    if strangers or len(set(classes)) != len(classes):
        raise PicturesError(
            "labels and classes do not fit",
            where=path,
            got=f"labels {', '.join(map(repr, strangers[:5]))}" if strangers else "a class name twice",
            expected=f"labels 0 to {len(classes) - 1}, or names among {', '.join(classes)}",
        )
    number = {value: index for index, value in enumerate(order.tolist())}
    return classes, {
        split: np.array([number[value] for value in row.tolist()], np.int64) for split, row in labels.items()
    }


def _images(array: np.ndarray, name: str, path: Path) -> tuple[np.ndarray, str | None]:
    images = array[..., None] if array.ndim == 3 else array  # noqa: PLR2004
    if images.ndim == 4 and images.shape[3] not in _CHANNELS and images.shape[1] in _CHANNELS:  # noqa: PLR2004
        images = images.transpose(0, 2, 3, 1)
    if images.ndim != 4 or images.shape[3] not in _CHANNELS or not all(images.shape):  # noqa: PLR2004
        raise PicturesError(
            f"{name} does not hold pictures",
            where=path,
            got=f"{array.dtype} {array.shape}",
            expected="N×H×W, N×H×W×C or N×C×H×W with 1 or 3 channels",
        )
    scale = _SCALES.get(images.dtype.kind + str(images.dtype.itemsize if images.dtype.kind == "u" else ""))
    is_real = images.dtype.kind == "f"
    if scale is None or (is_real and not (images.min() >= 0 and images.max() <= 1)):
        raise PicturesError(
            f"the values of {name} cannot be read as brightness",
            where=path,
            got=f"{images.dtype} from {images.min()} to {images.max()}",
            expected="uint8, uint16, or real numbers from 0 to 1",
        )
    note = f"{name} holds real numbers; they were rounded to 256 levels." if is_real else None
    return np.ascontiguousarray(scale(images)), note


_SCALES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "u1": lambda values: values,
    "u2": lambda values: np.rint(values / 257.0).astype(np.uint8),
    "b": lambda values: values.astype(np.uint8) * np.uint8(255),
    "f": lambda values: np.rint(values.astype(np.float64) * 255.0).astype(np.uint8),
}
