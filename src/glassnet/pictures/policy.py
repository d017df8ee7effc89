"""One picture of any size, mode and orientation -> one uint8 array: the only place where that is decided."""

from __future__ import annotations

import io
import math
import statistics
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import numpy as np
from PIL import (  # the last two are not among the plugins that Pillow loads at once
    Image,
    TiffImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from glassnet.errors import PicturesError
from glassnet.pictures.pictures import Policy

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
MAX_PIXELS = 100_000_000
MAX_FILE_BYTES = 512 * 1024 * 1024
KEPT_SIDE = 224  # pixels: pictures of one size up to this keep it; mixed ones never get larger
SIDE_STEP = 32
POLICY_VERSION = 1  # raise it when any pixel would come out differently: the cache is keyed by it

_ORIENTATION = 0x0112  # EXIF tag
_METADATA = {"exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp"}  # where it may stand
_SIDEWAYS = 5  # orientations 5 to 8 exchange width and height
_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_GREY_MODES = ("1", "L", "LA", "I", "F")


class Facts(NamedTuple):
    """What a header says: size in pixels as the picture is looked at (turned upright), 1 or 3 channels."""

    width: int
    height: int
    channels: int
    mode: str = ""  # Pillow's: "L", "RGB", "P", "CMYK", "I;16", …


class UnusableError(Exception):
    """A picture cannot be used; the text is the reason, for `Rejected`."""


def choose_policy(facts: Sequence[Facts]) -> Policy:
    """Choose one size and number of channels for all pictures.

    Channels: 1 if every picture is grey, else 3. Size: if all pictures have one size and its longer side is
    at most 224 pixels, that size; else a square whose side is the median of the shorter sides, rounded to a
    multiple of 32, at least 32 and at most 224.

    Args:
        facts: One for each training picture.

    Returns:
        The policy.

    Example:
        >>> choose_policy([Facts(28, 28, 1), Facts(28, 28, 1)])
        Policy(height=28, width=28, channels=1)
        >>> choose_policy([Facts(640, 480, 3), Facts(100, 90, 1), Facts(70, 300, 1)])
        Policy(height=96, width=96, channels=3)
    """
    channels = max(fact.channels for fact in facts)
    sizes = {(fact.width, fact.height) for fact in facts}
    if len(sizes) == 1 and max(width_height := sizes.pop()) <= KEPT_SIDE:
        return Policy(height=width_height[1], width=width_height[0], channels=channels)
    median = statistics.median(min(fact.width, fact.height) for fact in facts)
    side = math.floor(median / SIDE_STEP + 0.5) * SIDE_STEP
    side = min(max(side, SIDE_STEP), KEPT_SIDE)
    return Policy(height=side, width=side, channels=channels)


def open_picture(file: BinaryIO) -> Image.Image:
    """Open a picture by its content, whatever its name says, without decoding it.

    Args:
        file: Open for reading, at its start.

    Returns:
        The picture; its pixels are not read yet.

    Raises:
        UnusableError: It is no picture of the formats in `FORMATS`, or its header declares too many pixels.
    """
    if not file.read(1):
        raise UnusableError("the file has 0 bytes")
    file.seek(0)
    try:
        image = Image.open(file, formats=FORMATS)
    except UnidentifiedImageError:
        raise UnusableError(f"not a picture in one of the formats {', '.join(FORMATS)}") from None
    except Image.DecompressionBombError:
        raise UnusableError(f"its header declares more than {MAX_PIXELS // 10**6} million pixels") from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise UnusableError(
            f"its header declares {width} × {height} pixels, more than {MAX_PIXELS // 10**6} million"
        )
    if not width or not height:
        raise UnusableError(f"its header declares {width} × {height} pixels")
    return image


def read_facts(file: BinaryIO) -> Facts:
    """Read a picture's header.

    Args:
        file: Open for reading, at its start.

    Returns:
        What the header says.

    Raises:
        UnusableError: As `open_picture`.
    """
    return _facts(open_picture(file))


def _facts(image: Image.Image) -> Facts:
    width, height = image.size
    # only what lies before the pixels: asking a PNG for more would decode it
    if "exif" in image.info and image.format != "TIFF" and _orientation(image) >= _SIDEWAYS:
        width, height = height, width
    channels = 1 if image.mode in _GREY_MODES or image.mode.startswith("I;16") else 3
    return Facts(width, height, channels, image.mode)


def apply_policy(image: Image.Image, policy: Policy) -> np.ndarray:
    """Turn one picture into one array; train, evaluate and predict all come through here.

    In this order: JPEGs much larger than needed are decoded at 1/2, 1/4 or 1/8 of their size; the first
    frame counts; 16-bit grey is scaled to 8 bits (mode `I`: as 16 bits where all values fit, mode `F`:
    0..1, 0..255 or 0..65535, the first that holds all values; otherwise from the picture's own smallest to
    its largest value); transparency is laid over white; palette, CMYK and other colours become RGB, or grey
    by ITU-R 601 luma where the policy has one channel (colour profiles are not applied); the largest centred
    part of the policy's shape is resized (triangle filter, antialiased); last the EXIF orientation.

    Args:
        image: As opened, any mode.
        policy: What comes out.

    Returns:
        uint8, H×W×C.

    Raises:
        UnusableError: The pixels cannot be decoded or have no meaning as a picture.

    Example:
        >>> apply_policy(Image.new("RGBA", (40, 30)), Policy(height=8, width=8, channels=1)).squeeze().max()
        np.uint8(255)
    """
    if image.format in ("JPEG", "MPO"):
        needed = _smallest_useful_size(image.size, policy, sideways=_orientation(image) >= _SIDEWAYS)
        image.draft(image.mode, needed)
    image.load()
    orientation = _orientation(image)
    plain = _plain(image, grey=policy.channels == 1)
    target = (policy.width, policy.height)
    if orientation >= _SIDEWAYS:
        target = (policy.height, policy.width)
    if plain.size != target:
        box = _centred_box(plain.size, target)
        plain = plain.resize(target, Image.Resampling.BILINEAR, box=box)
    if orientation in _TRANSPOSE:
        plain = plain.transpose(_TRANSPOSE[orientation])
    return np.array(plain, dtype=np.uint8).reshape(policy.height, policy.width, policy.channels)


def decode_picture(file: BinaryIO, policy: Policy) -> tuple[Facts, np.ndarray]:
    """Decode one picture, whatever is wrong with it.

    Args:
        file: Open for reading, at its start.
        policy: Size and channels of the result.

    Returns:
        What its header says, and uint8, H×W×C.

    Raises:
        UnusableError: With the reason; `MemoryError` passes through.
    """
    try:
        image = open_picture(file)
        return _facts(image), apply_policy(image, policy)
    except (UnusableError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - a decoder may raise anything on a broken file
        raise UnusableError(_reason(error)) from None


def read_picture(picture: str | Path | bytes, policy: Policy) -> np.ndarray:
    """Read one picture file, as training did.

    Args:
        picture: A path, or the bytes of a file.
        policy: The policy of the training pictures.

    Returns:
        uint8, H×W×C.

    Raises:
        PicturesError: The file is missing, unreadable or not a picture.

    Example:
        >>> file = io.BytesIO()
        >>> Image.new("L", (50, 40), 7).save(file, "PNG")
        >>> read_picture(file.getvalue(), Policy(height=2, width=2, channels=3))[0, 0].tolist()
        [7, 7, 7]
    """
    where = "bytes" if isinstance(picture, bytes) else str(picture)
    what = "the picture cannot be read"
    try:
        data = picture if isinstance(picture, bytes) else _read_bytes(Path(picture))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return decode_picture(io.BytesIO(data), policy)[1]
    except UnusableError as error:
        raise PicturesError(what, where=where, got=error) from None
    except OSError as error:
        raise PicturesError(what, where=where, got=error.strerror or error) from None
    except MemoryError:
        raise PicturesError(what, where=where, got="not enough memory to decode it") from None


def _read_bytes(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise UnusableError("not a file")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise UnusableError(f"the file is larger than {MAX_FILE_BYTES >> 20} MiB")
    return path.read_bytes()


def _orientation(image: Image.Image) -> int:
    if image.format != "TIFF" and not _METADATA & image.info.keys():
        return 1  # looking for nothing takes as long as decoding a small picture
    value = image.getexif().get(_ORIENTATION, 1)
    return value if isinstance(value, int) else 1


def _centred_box(size: tuple[int, int], target: tuple[int, int]) -> tuple[float, float, float, float]:
    """Find the largest part of the target's shape; halves of a pixel keep it centred."""
    scale = min(size[0] / target[0], size[1] / target[1])
    width, height = min(scale * target[0], size[0]), min(scale * target[1], size[1])
    left, top = (size[0] - width) / 2, (size[1] - height) / 2
    return left, top, min(left + width, size[0]), min(top + height, size[1])


def _smallest_useful_size(size: tuple[int, int], policy: Policy, *, sideways: bool) -> tuple[int, int]:
    """Ask for at least twice the pixels wanted, so that the resize has something to average."""
    target = (policy.height, policy.width) if sideways else (policy.width, policy.height)
    scale = min(size[0] / target[0], size[1] / target[1]) / 2
    return (math.ceil(size[0] / scale), math.ceil(size[1] / scale)) if scale > 1 else size


def _plain(image: Image.Image, *, grey: bool) -> Image.Image:
    """Convert to `L` or `RGB`: one documented way for every mode."""
    mode = "L" if grey else "RGB"
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return Image.fromarray(_to_8_bits(image)).convert(mode)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        image = white
    if image.mode not in ("1", "L", "LA", "RGB"):
        image = image.convert("RGB")
    return image if image.mode == mode else image.convert(mode)


def _to_8_bits(image: Image.Image) -> np.ndarray:
    """Scale 16-bit, 32-bit and real-valued grey to uint8."""
    values = np.asarray(image).astype(np.float64)
    if not np.isfinite(values).all():
        raise UnusableError("it holds values that are not finite numbers")
    low, high = float(values.min()), float(values.max())
    ranges = (1.0, 255.0, 65535.0) if image.mode == "F" else (65535.0,)
    if low >= 0 and high <= ranges[-1]:
        low, high = 0.0, next(top for top in ranges if high <= top)
    eight_bits = np.rint((values - low) * (255.0 / (high - low) if high > low else 0.0)).astype(np.uint8)
    see_through = image.info.get("transparency")
    if isinstance(see_through, int):
        eight_bits[values == see_through] = 255
    return eight_bits


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    if "truncated" in text.lower() or isinstance(error, EOFError):
        return "the file is truncated"
    return f"it cannot be decoded: {text or type(error).__name__}"
