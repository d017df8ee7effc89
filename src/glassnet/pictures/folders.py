"""A folder or an archive of pictures -> splits, by way of the cache."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import time
import zipfile
import zlib
from collections import Counter
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np
import PIL

from glassnet.errors import PicturesError
from glassnet.pictures import cache
from glassnet.pictures.decode import SECONDS_PER_PICTURE, Decoded, decode
from glassnet.pictures.events import Progress
from glassnet.pictures.layout import SPLITS, Layout, arrange, check_classes
from glassnet.pictures.listing import Listing, list_folder, list_tar, list_zip
from glassnet.pictures.pictures import Pictures, Policy, Rejected, Size
from glassnet.pictures.policy import POLICY_VERSION

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from glassnet.pictures.policy import Facts

_CHUNK_BYTES = 1 << 24
_MAX_TAR_RATIO = 200
_BOMB_BYTES = 64 * 1024 * 1024
_PACKERS = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}


def is_archive(path: Path) -> bool:
    """Tell whether a file is a zip or a tar, compressed or not, from its content.

    Args:
        path: A file.

    Returns:
        True for an archive.
    """
    return zipfile.is_zipfile(path) or tarfile.is_tarfile(path)


def read_files(
    path: Path,
    *,
    source: str,
    policy: Policy | None = None,
    any_classes: bool = False,
    workers: int | None = None,
    seconds_per_picture: float = SECONDS_PER_PICTURE,
) -> Generator[Progress, None, dict[str, Pictures]]:
    """Read a folder or an archive of pictures.

    What was decoded once with the same policy, given or chosen, is read from the cache: a folder is known
    again by the names, sizes and times of its files, an archive by its own size and time.

    Args:
        path: The folder or archive.
        source: Its name as the person gave it.
        policy: How each picture becomes an array; by default chosen from the training pictures.
        any_classes: Take also one class only, and classes without training pictures.
        workers: Number of decoding processes.
        seconds_per_picture: A picture that takes longer to decode is set aside.

    Yields:
        Progress.

    Returns:
        The splits.

    Raises:
        PicturesError: There are no pictures or no classes, or something changed while it was read.
        GlassnetError: The cache cannot be written, or the disk is full.
    """
    place = cache.cache_folder()
    stamp = _stamp(path)
    listing = list_folder(path) if path.is_dir() else None
    content = _content(listing) if listing else stamp
    hows = [asdict(policy), "chosen"] if policy else ["chosen"]  # a run's is mostly what its training chose
    keys = [
        cache.entry_key(str(path.resolve()), content, how, POLICY_VERSION, PIL.__version__) for how in hows
    ]
    notes: tuple[str, ...] = ()
    for key in keys:
        try:
            if found := cache.read_entry(place, key, source=source, policy=policy):
                return found
        except cache.DamagedEntryError as damage:
            notes = (f"The decoded copy in the cache was damaged ({damage}); it was made again.",)
            cache.remove_entry(place, key)
    with cache.new_entry(place, keys[0]) as folder:
        listing = listing or (yield from _list_archive(path, folder, source))
        layout = arrange(listing, source=source)
        if not any_classes:
            check_classes(layout.classes, _counts(layout), source=source)
        chosen, decoded = yield from decode(
            listing,
            layout.entries,
            [index for index, split in enumerate(layout.splits) if split == layout.splits[0]],
            folder,
            policy=policy,
            source=source,
            workers=workers,
            seconds_per_picture=seconds_per_picture,
        )
        if not path.is_dir() and _stamp(path) != stamp:
            raise PicturesError("the archive changed while it was read", where=path, hint="run again")
        _write_entry(folder, listing, layout, chosen, decoded)
    found = cache.read_entry(place, keys[0], source=source)
    if not found:
        raise PicturesError("the decoded pictures vanished from the cache", where=place, hint="run again")
    first = next(iter(found))
    return {**found, first: replace(found[first], notes=found[first].notes + notes)}


def _write_entry(folder: Path, listing: Listing, layout: Layout, policy: Policy, decoded: Decoded) -> None:
    used = sorted(decoded.hashes)
    num_bytes = policy.height * policy.width * policy.channels
    _close_holes(folder / "images.bin", used, num_bytes)
    rejected = list(layout.rejected)
    rejected += [
        (layout.splits[index], Rejected(layout.entries[index].path, reason))
        for index, reason in sorted(decoded.rejected.items())
    ]
    splits: dict[str, cache.SplitMeta] = {}
    start = 0
    for split in [split for split in SPLITS if split in layout.splits]:
        mine = [index for index in used if layout.splits[index] == split]
        splits[split] = cache.SplitMeta(
            start,
            start + len(mine),
            tuple(layout.entries[index].path for index in mine),
            tuple(item for owner, item in rejected if owner == split),
            _sizes([decoded.facts[index] for index in mine]),
        )
        start += len(mine)
    hashes = np.frombuffer(bytes.fromhex("".join(decoded.hashes[i] for i in used)), np.uint8).reshape(-1, 16)
    labels = np.array([layout.labels[index] for index in used], np.int64)
    meta = cache.EntryMeta(layout.classes, policy, splits, listing.notes)
    cache.finish_entry(folder, meta, labels, hashes)


def _sizes(facts: Sequence[Facts]) -> tuple[Size, ...]:
    """Count how often each size and mode occurs, most frequent first."""
    counts = Counter((fact.width, fact.height, fact.mode) for fact in facts)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Size(*size, count) for size, count in ordered)


def _close_holes(path: Path, used: Sequence[int], num_bytes: int) -> None:
    """Move pictures up to where rejected ones would have been; `used` is in ascending order."""
    with path.open("r+b") as file:
        for place, index in enumerate(used):
            if place != index:
                file.seek(index * num_bytes)
                pixels = file.read(num_bytes)
                file.seek(place * num_bytes)
                file.write(pixels)
        file.truncate(len(used) * num_bytes)


def _content(listing: Listing) -> tuple[list[object], ...]:
    """What tells one state of a folder from another."""
    return (
        [(entry.path, entry.size, entry.modified_ns) for entry in listing.entries],
        list(listing.folders),
        [(item.path, item.reason) for item in listing.rejected],
    )


def _counts(layout: Layout) -> dict[str, list[int]]:
    counts = {split: [0] * len(layout.classes) for split in SPLITS if split in layout.splits}
    for split, label in zip(layout.splits, layout.labels, strict=True):
        counts[split][label] += 1
    return counts


def _stamp(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_size, facts.st_mtime_ns


def _list_archive(path: Path, folder: Path, source: str) -> Generator[Progress, None, Listing]:
    if zipfile.is_zipfile(path):
        return list_zip(path)
    with path.open("rb") as file:
        unpack = _PACKERS.get(file.read(2))
    if unpack is None:
        return list_tar(path, plain=path.resolve())
    plain = folder / "plain.tar"
    with unpack(path, "rb") as packed:
        yield from _unpack(cast("BinaryIO", packed), plain, path, source)
    return list_tar(path, plain=plain)


def _unpack(packed: BinaryIO, plain: Path, path: Path, source: str) -> Generator[Progress]:
    """Decompress a tar into one plain tar, so that its files can be read at any place, unextracted."""
    limit = max(_BOMB_BYTES, _MAX_TAR_RATIO * path.stat().st_size)
    done, begin = 0, time.monotonic()
    with plain.open("wb") as file:
        while chunk := _read_packed(packed, path):
            done += len(chunk)
            if done > limit:
                raise PicturesError(
                    "the archive expands too much", where=path, got=f"more than {done:,} bytes from it"
                )
            cache.check_room(plain.parent, len(chunk))
            file.write(chunk)
            yield Progress("unpack", done, None, done / max(time.monotonic() - begin, 1e-9), source)


def _read_packed(packed: BinaryIO, path: Path) -> bytes:
    try:
        return packed.read(_CHUNK_BYTES)
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise PicturesError("the archive is damaged", where=path, got=error) from None
