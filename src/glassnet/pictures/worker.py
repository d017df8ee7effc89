"""A decoding process: `python -m glassnet.pictures.worker`, told by lines of JSON, killed without harm.

The first line of its input is the `Job`. Every further line is `{"task": "probe" | "decode", "policy": …,
"items": [[index, path, size, modified_ns, where], …]}` and is answered by one line: `facts` and `hashes` by
index, `rejected` by index, and, where the work cannot go on, `changed` (a path) or `fatal` (a message).
"""

from __future__ import annotations

import contextlib
import faulthandler
import hashlib
import io
import json
import mmap
import os
import struct
import sys
import warnings
import zipfile
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from glassnet.pictures.pictures import Policy
from glassnet.pictures.policy import MAX_FILE_BYTES, UnusableError, decode_picture, read_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

IDLE = -1  # in the worker's slot: no picture is in work
OUT_OF_MEMORY_EXIT = 77
_MEMORY_BYTES = 8 << 30


class _ChangedError(Exception):
    """A file is not what it was when the source was listed."""


class _DiskError(Exception):
    """The decoded pictures cannot be written: number and text of the operating system."""


def main() -> None:
    """Answer one line after the other until the input ends."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a decoder prints must not come between the replies
    warnings.simplefilter("ignore")
    _limit_memory()
    job = json.loads(sys.stdin.buffer.readline())
    with open(job["slots"], "r+b") as file, mmap.mmap(file.fileno(), 0) as slots:
        source = _Source(job["kind"], job["file"])
        for line in sys.stdin.buffer:
            order = json.loads(line)
            # should the parent be killed while a decoder hangs, nobody else would end this process
            faulthandler.dump_traceback_later(
                job["seconds_per_picture"] * len(order["items"]) + 60, exit=True
            )
            reply = _answer(order, job, source, slots)
            struct.pack_into("<q", slots, job["slot"] * 8, IDLE)
            replies.write(json.dumps(reply).encode() + b"\n")
            replies.flush()
            faulthandler.cancel_dump_traceback_later()


def _answer(order: dict[str, Any], job: dict[str, Any], source: _Source, slots: mmap.mmap) -> dict[str, Any]:
    facts: list[tuple[int | str, ...]] = []
    hashes: list[tuple[int, str]] = []
    rejected: list[tuple[int, str]] = []
    reply: dict[str, Any] = {"facts": facts, "hashes": hashes, "rejected": rejected}
    policy = Policy(**order["policy"]) if order["policy"] else None
    images = _open_images(job["images"]) if policy else None
    for item in order["items"]:
        index = item[0]
        struct.pack_into("<q", slots, job["slot"] * 8, index)
        try:
            if policy and images is not None:
                fact, image = decode_picture(io.BytesIO(source.read(item)), policy)
                pixels = image.tobytes()
                _write_at(images, index * len(pixels), pixels)
                hashes.append((index, hashlib.blake2b(pixels, digest_size=16).hexdigest()))
            else:
                with source.open_header(item) as file:
                    fact = read_facts(file)
            facts.append((index, *fact))
        except UnusableError as error:
            rejected.append((index, str(error)))
        except _ChangedError:
            return {**reply, "changed": item[1]}
        except _DiskError as error:
            return {**reply, "fatal": error.args}
        except MemoryError:
            os._exit(OUT_OF_MEMORY_EXIT)  # the memory may be lost to a leak: a fresh process tries again
        except OSError as error:
            rejected.append((index, f"it cannot be read: {error.strerror or error}"))
        except Exception as error:  # noqa: BLE001 - a decoder may raise anything on a broken header
            rejected.append((index, f"its header cannot be read: {error or type(error).__name__}"))
    if images is not None:
        os.close(images)
    return reply


def _open_images(path: str) -> int:
    return os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))


def _write_at(images: int, offset: int, data: bytes) -> None:
    """Write by calls, not through a memory map: there a full disk would kill the process."""
    try:
        os.lseek(images, offset, os.SEEK_SET)
        written = 0
        while written < len(data):  # a full disk takes a part first, and says so the next time
            written += os.write(images, data[written:])
    except OSError as error:
        raise _DiskError(error.errno, error.strerror) from None


class _Source:
    """How to get at the bytes of an entry: a file in a folder, or a place in an archive."""

    def __init__(self, kind: str, file: str) -> None:
        self.folder = Path(file) if kind == "folder" else None
        self.tar = open(file, "rb") if kind == "tar" else None  # noqa: SIM115 - until the process ends
        self.zip = zipfile.ZipFile(file) if kind == "zip" else None
        self.zip_items = self.zip.infolist() if self.zip else []

    def read(self, item: list[Any]) -> bytes:
        """Read all bytes of an entry: `[index, path, size, modified_ns, where]`."""
        _, path, size, modified_ns, where = item
        if self.folder:
            if size > MAX_FILE_BYTES:
                raise UnusableError(f"the file is larger than {MAX_FILE_BYTES >> 20} MiB")
            with _unchanged(self.folder / path, size, modified_ns) as file:
                return file.read(size + 1)
        if self.tar:
            self.tar.seek(where)
            return self.tar.read(size)
        if self.zip:
            return _unzip(self.zip, self.zip_items[where])
        raise ValueError(path)

    def open_header(self, item: list[Any]) -> AbstractContextManager[BinaryIO]:
        """Open an entry to read its header."""
        if self.folder:
            return _unchanged(self.folder / item[1], item[2], item[3])
        return io.BytesIO(self.read(item))


def _unzip(archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> bytes:
    try:
        return archive.read(item)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - zipfile and its decompressors raise their own errors
        raise UnusableError(f"it cannot be unpacked: {error or type(error).__name__}") from None


@contextmanager
def _unchanged(path: Path, size: int, modified_ns: int) -> Iterator[BinaryIO]:
    """Open a file, and make sure before and after that it is the one that was listed."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise _ChangedError from None
    with file:
        for moment in ("before", "after"):
            facts = os.fstat(file.fileno())
            if (facts.st_size, facts.st_mtime_ns) != (size, modified_ns):
                raise _ChangedError
            if moment == "before":
                yield file


def _limit_memory() -> None:
    """Let a leak or a bomb end this process, not the machine."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if soft == resource.RLIM_INFINITY:
        with contextlib.suppress(ValueError, OSError):  # macOS refuses it
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, hard))


if __name__ == "__main__":
    main()
