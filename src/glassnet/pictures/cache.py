"""Decoded sources on disk: an entry is written beside its place, then renamed, and checked when read."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.errors import GlassnetError
from glassnet.pictures.pictures import Pictures, Policy, Rejected, Size

if TYPE_CHECKING:
    from collections.abc import Iterator

IN_MEMORY_BYTES = 1 << 30  # larger entries are memory-mapped
_ENTRY_VERSION = 2
_STALE_SECONDS = 3600
_CHUNK_BYTES = 1 << 24
_FULL_DISK = {errno.ENOSPC, errno.EDQUOT if hasattr(errno, "EDQUOT") else errno.ENOSPC, errno.EFBIG}


@dataclass(frozen=True)
class SplitMeta:
    """One split of an entry: which rows of the arrays, and what was set aside."""

    start: int
    stop: int
    paths: tuple[str, ...]
    rejected: tuple[Rejected, ...]
    sizes: tuple[Size, ...]


@dataclass(frozen=True)
class EntryMeta:
    """What `meta.json` of an entry says beside the pixels."""

    classes: tuple[str, ...]
    policy: Policy
    splits: dict[str, SplitMeta]
    notes: tuple[str, ...]


class DamagedEntryError(Exception):
    """An entry is there but is not what was written."""


def cache_folder() -> Path:
    r"""Find the cache: `GLASSNET_CACHE`, else the platform's folder for caches.

    Returns:
        `~/.cache/glassnet` (or below `XDG_CACHE_HOME`), `~/Library/Caches/glassnet` on macOS,
        `%LOCALAPPDATA%\glassnet` on Windows. It may not exist yet.
    """
    if chosen := os.environ.get("GLASSNET_CACHE"):
        return Path(chosen).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "glassnet"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "glassnet"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "glassnet"


def entry_key(*parts: object) -> str:
    """Name an entry by everything that its content depends on, 32 hex digits.

    Args:
        parts: Plain data, in a fixed order.

    Returns:
        The name of the entry's folder.

    Example:
        >>> entry_key("a", 1) == entry_key("a", 1), entry_key("a", 1) == entry_key("a", 2)
        (True, False)
    """
    text = json.dumps([_ENTRY_VERSION, *parts], default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@contextlib.contextmanager
def new_entry(cache: Path, key: str) -> Iterator[Path]:
    """Give a folder to write an entry into; whatever happens, it is gone or in its place afterwards.

    Args:
        cache: The cache folder; made where it is missing.
        key: From `entry_key`.

    Yields:
        The folder; `finish_entry` moves it into its place.

    Raises:
        GlassnetError: The cache cannot be written, or the disk is full.
    """
    entries = cache / "decoded"
    with telling_about_disk(cache):
        entries.mkdir(parents=True, exist_ok=True)
        _remove_stale(entries)
        folder = Path(tempfile.mkdtemp(prefix=f"{key}.", suffix=".part", dir=entries))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def finish_entry(folder: Path, meta: EntryMeta, labels: np.ndarray, hashes: np.ndarray) -> None:
    """Write what stands beside `images.bin`, and move the entry into its place.

    Args:
        folder: From `new_entry`; `images.bin` is complete and holds nothing but the pictures used.
        meta: Classes, policy and splits.
        labels: int64, N.
        hashes: uint8, N×16.
    """
    (folder / "labels.bin").write_bytes(labels.astype("<i8").tobytes())
    (folder / "hashes.bin").write_bytes(hashes.tobytes())
    files = {}
    for name in ("images.bin", "labels.bin", "hashes.bin"):
        with (folder / name).open("r+b") as file:
            os.fsync(file.fileno())
            files[name] = {"bytes": os.fstat(file.fileno()).st_size, "crc32": _crc32(folder / name)}
    content = json.dumps({"meta": asdict(meta), "files": files})
    digest = hashlib.blake2b(content.encode(), digest_size=16).hexdigest()
    with (folder / "meta.json").open("w", encoding="ascii") as file:
        file.write(digest + "\n" + content)
        file.flush()
        os.fsync(file.fileno())
    for item in folder.iterdir():
        if item.name not in {*files, "meta.json"}:
            item.unlink()
    place = folder.with_name(folder.name.split(".")[0])
    with contextlib.suppress(OSError):  # another process was first: its entry is as good as ours
        folder.rename(place)


def read_entry(
    cache: Path, key: str, *, source: str, policy: Policy | None = None
) -> dict[str, Pictures] | None:
    """Read an entry back.

    Args:
        cache: The cache folder.
        key: From `entry_key`.
        source: The name that the pictures carry.
        policy: By which they must have been decoded; None for any.

    Returns:
        The splits, or `None` where there is no such entry, or one of another policy. Up to 1 GiB is read into
        memory and its checksum compared; a larger one is memory-mapped, and only its size is checked.

    Raises:
        DamagedEntryError: A file is missing, or has another size or checksum.
    """
    folder = cache / "decoded" / key
    if not folder.is_dir():
        return None
    try:
        digest, _, content = (folder / "meta.json").read_text("ascii").partition("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DamagedEntryError(f"meta.json: {error}") from None
    if hashlib.blake2b(content.encode(), digest_size=16).hexdigest() != digest:
        raise DamagedEntryError("meta.json: wrong checksum")
    parsed = json.loads(content)
    meta = _meta(parsed["meta"])
    if policy not in (None, meta.policy):
        return None
    labels = _read_array(folder, "labels.bin", parsed["files"], np.dtype("<i8"), (-1,)).astype(np.int64)
    hashes = _read_array(folder, "hashes.bin", parsed["files"], np.dtype(np.uint8), (-1, 16))
    policy = meta.policy
    shape = (-1, policy.height, policy.width, policy.channels)
    images = _read_array(folder, "images.bin", parsed["files"], np.dtype(np.uint8), shape)
    with contextlib.suppress(OSError):  # the time of last use, for people who tidy up
        os.utime(folder)
    return {
        name: Pictures(
            split=name,
            images=images[split.start : split.stop],
            labels=labels[split.start : split.stop],
            classes=meta.classes,
            paths=split.paths,
            policy=policy,
            source=source,
            hashes=hashes[split.start : split.stop],
            rejected=split.rejected,
            notes=meta.notes if number == 0 else (),
            sizes=split.sizes,
        )
        for number, (name, split) in enumerate(meta.splits.items())
    }


def remove_entry(cache: Path, key: str) -> None:
    """Remove a damaged entry, so that it can be made again.

    Args:
        cache: The cache folder.
        key: From `entry_key`.
    """
    shutil.rmtree(cache / "decoded" / key, ignore_errors=True)


def check_room(folder: Path, num_bytes: int) -> None:
    """Refuse to begin what the disk cannot hold.

    Args:
        folder: On the disk.
        num_bytes: That will be written.

    Raises:
        GlassnetError: With the bytes needed and the bytes free.
    """
    free = shutil.disk_usage(folder).free
    if num_bytes > free:
        raise full_disk(folder, needed=f"{num_bytes:,} bytes", got=f"{free:,} bytes free")


def full_disk(folder: Path, *, needed: str | None = None, got: str = "the disk is full") -> GlassnetError:
    """Say that the disk is full.

    Args:
        folder: That was to be written.
        needed: The room that it would have taken, in words.
        got: What was found.

    Returns:
        The error, to be raised.
    """
    return GlassnetError(
        "there is no room on the disk for the decoded pictures",
        where=folder,
        got=got,
        expected=needed,
        hint="free some space, or set GLASSNET_CACHE to a folder on a larger disk",
    )


@contextlib.contextmanager
def telling_about_disk(folder: Path) -> Iterator[None]:
    """Turn an operating system's error while writing into one for people.

    Args:
        folder: Below which is written.

    Yields:
        Nothing.

    Raises:
        GlassnetError: The disk is full, or the folder cannot be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL_DISK:
            raise full_disk(folder) from None
        raise GlassnetError(
            "the cache cannot be written",
            where=error.filename or folder,
            got=error.strerror or error,
            hint="set GLASSNET_CACHE to a folder that can be written",
        ) from None


def _meta(parsed: dict[str, Any]) -> EntryMeta:
    splits = {
        name: SplitMeta(
            split["start"],
            split["stop"],
            tuple(split["paths"]),
            tuple(Rejected(**item) for item in split["rejected"]),
            tuple(Size(**item) for item in split["sizes"]),
        )
        for name, split in parsed["splits"].items()
    }
    return EntryMeta(tuple(parsed["classes"]), Policy(**parsed["policy"]), splits, tuple(parsed["notes"]))


def _read_array(
    folder: Path, name: str, files: dict[str, Any], dtype: np.dtype, shape: tuple[int, ...]
) -> np.ndarray:
    path = folder / name
    expected = files[name]
    try:
        if path.stat().st_size != expected["bytes"]:
            raise DamagedEntryError(f"{name}: {path.stat().st_size} bytes, not {expected['bytes']}")
        if expected["bytes"] > IN_MEMORY_BYTES:
            return np.memmap(path, dtype, mode="c").reshape(shape)
        array = np.fromfile(path, dtype)
    except OSError as error:
        raise DamagedEntryError(f"{name}: {error}") from None
    if zlib.crc32(array.data) != expected["crc32"]:
        raise DamagedEntryError(f"{name}: wrong checksum")
    return array.reshape(shape)


def _crc32(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            crc = zlib.crc32(chunk, crc)
    return crc


def _remove_stale(entries: Path) -> None:
    """Remove what a killed process left half-written: nothing was written there for an hour."""
    for folder in entries.glob("*.part"):
        with contextlib.suppress(OSError):
            newest = max(item.stat().st_mtime for item in [folder, *folder.iterdir()])
            if time.time() - newest > _STALE_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
