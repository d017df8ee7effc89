"""One file from its original site: resumed where it was cut, and taken only with the right checksum."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from glassnet.errors import GlassnetError
from glassnet.pictures.cache import telling_about_disk
from glassnet.pictures.events import Progress

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_CHUNK_BYTES = 1 << 18
_TRIES = 3
_TIMEOUT_SECONDS = 30
_PARTIAL = 206
_RANGE_NOT_SATISFIABLE = 416


@dataclass(frozen=True)
class Remote:
    """A file on the network, and how to know that it arrived whole."""

    name: str
    base_url: str  # ends in `/`; replaced by GLASSNET_DATA_MIRROR
    sha256: str
    num_bytes: int

    @property
    def url(self) -> str:
        """Say where the file is fetched from."""
        mirror = os.environ.get("GLASSNET_DATA_MIRROR")
        return (mirror.rstrip("/") + "/" if mirror else self.base_url) + self.name


def download(remote: Remote, folder: Path) -> Generator[Progress]:
    """Fetch a file into a folder.

    What has arrived lies in `NAME.part` beside it; after a cut connection, or in a later call, the rest is
    asked for. The file gets its name when its SHA-256 is right. `GLASSNET_DATA_MIRROR` replaces the address
    of the folder it comes from, `GLASSNET_OFFLINE=1` forbids any connection.

    Args:
        remote: The file.
        folder: Where to; made where it is missing.

    Yields:
        Progress in bytes.

    Raises:
        GlassnetError: It could not be fetched; the message says how to place the file by hand.
    """
    target = folder / remote.name
    if os.environ.get("GLASSNET_OFFLINE", "0") not in ("", "0"):
        raise _failure(remote, target, "GLASSNET_OFFLINE forbids downloads")
    if not remote.url.startswith(("http://", "https://")):
        raise _failure(remote, target, "an address that is neither http nor https")
    with telling_about_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / (remote.name + ".part")
        with part.open("ab") as file:
            if not _lock(file):
                raise _failure(remote, target, "another process is downloading this file")
            yield from _fetch(remote, target, file)
            file.flush()
            os.fsync(file.fileno())
        with part.open("rb") as file:
            got = hashlib.file_digest(file, "sha256").hexdigest()
        if got != remote.sha256:
            part.unlink()
            raise _failure(remote, target, f"a file with SHA-256 {got}")
        part.replace(target)


def _fetch(remote: Remote, target: Path, file: IO[bytes]) -> Generator[Progress]:
    """Append to the file until it has all bytes."""
    begin, start = time.monotonic(), file.tell()
    reason: object = None
    for _ in range(_TRIES):
        try:
            for done in _receive(remote, file):
                rate = (done - start) / max(time.monotonic() - begin, 1e-9)
                yield Progress("download", done, remote.num_bytes, rate, remote.url)
            if file.tell() >= remote.num_bytes:
                return
            reason = f"the connection ended after {file.tell():,} bytes"
        except urllib.error.HTTPError as error:
            error.close()
            reason = f"HTTP {error.code} {error.reason}"
            if error.code != _RANGE_NOT_SATISFIABLE:
                raise _failure(remote, target, reason) from None
            file.truncate(0)
            file.seek(0)
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as error:
            reason = getattr(error, "reason", None) or error
    raise _failure(remote, target, reason)


def _receive(remote: Remote, file: IO[bytes]) -> Generator[int]:
    """Ask for what is missing; yields the number of bytes that are there."""
    have = file.tell()
    if have >= remote.num_bytes:  # complete, or longer than it may be: the checksum decides
        return
    request = urllib.request.Request(remote.url, headers={"User-Agent": "glassnet"})  # noqa: S310 - http(s)
    if have:
        request.add_header("Range", f"bytes={have}-")
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310 - http(s)
        goes_on = response.status == _PARTIAL and (
            response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        )
        if not goes_on:  # a server without ranges sends all of it again
            file.truncate(0)
            file.seek(0)
        while file.tell() < remote.num_bytes and (chunk := response.read1(_CHUNK_BYTES)):
            file.write(chunk)
            yield file.tell()


def _lock(file: IO[bytes]) -> bool:
    """Take the part file for this process, until it is closed."""
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
    except ImportError:
        return True  # there a second process cannot rename what the first has open
    with contextlib.suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _failure(remote: Remote, target: Path, reason: object) -> GlassnetError:
    return GlassnetError(
        f"{remote.name} could not be downloaded",
        where=remote.url,
        got=reason,
        expected=f"{remote.num_bytes:,} bytes with SHA-256 {remote.sha256}",
        hint=f"fetch it by hand and place it at {target}",
    )
