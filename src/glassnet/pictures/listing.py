"""What lies in a folder or an archive: names, sizes and how to read each file; nothing is extracted."""

from __future__ import annotations

import os
import stat
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from glassnet.errors import PicturesError
from glassnet.pictures.pictures import Rejected
from glassnet.pictures.policy import MAX_FILE_BYTES

_IGNORED = {"__macosx", "thumbs.db", "desktop.ini", "ehthumbs.db"}
_MAX_RATIO = 200  # a zip entry that expands more than this and beyond _BOMB_BYTES is refused
_BOMB_BYTES = 16 * 1024 * 1024
_ENCRYPTED = 0x1
_UTF8_NAME = 0x800


@dataclass(frozen=True)
class Entry:
    """One file of a source."""

    path: str  # as people see it, parts separated by `/`
    size: int  # bytes
    modified_ns: int  # 0 in archives
    where: int  # position in a zip's directory, offset of the bytes in a tar, 0 in a folder


@dataclass(frozen=True)
class Listing:
    """All files of a source, in the order of their paths."""

    kind: Literal["folder", "zip", "tar"]
    file: Path  # the folder, or the archive that can be read at any place
    entries: tuple[Entry, ...]
    folders: tuple[str, ...]  # those that are there, also when empty
    rejected: tuple[Rejected, ...]
    notes: tuple[str, ...] = ()


def list_folder(root: Path) -> Listing:
    """List a folder and all below it.

    Links are followed inside the root, each linked folder once; a link that leads outside, into itself or
    nowhere is rejected, as are pipes, sockets and devices. Hidden files and those of the system are ignored.

    Args:
        root: The folder.

    Returns:
        The listing.

    Raises:
        PicturesError: The folder cannot be read.
    """
    root = root.resolve()
    entries: list[Entry] = []
    folders: list[str] = []
    rejected: list[Rejected] = []
    linked: set[Path] = set()
    waiting = [("", root)]
    while waiting:
        prefix, folder = waiting.pop()
        for item in _scan(folder, is_root=not prefix, path=prefix, rejected=rejected):
            path = prefix + item.name
            if _is_ignored(item.name):
                continue
            if not _is_text(path):
                rejected.append(Rejected(_shown(path), "its name is not valid Unicode"))
                continue
            reason = _refuse_link(item, root, linked) if _is_link(item) else None
            if reason:
                rejected.append(Rejected(path, reason))
            elif item.is_dir():
                folders.append(path)
                waiting.append((path + "/", Path(item.path)))
            elif item.is_file():
                facts = os.stat(item.path)  # `item.stat()` has no time to the nanosecond on Windows
                entries.append(Entry(path, facts.st_size, facts.st_mtime_ns, 0))
            else:
                rejected.append(Rejected(path, "not a regular file"))
    return _sorted_listing("folder", root, entries, folders, rejected)


def list_zip(file: Path) -> Listing:
    """List a zip archive from its directory.

    Names with `..`, absolute names, links, encrypted entries and those that declare a size no picture has
    are rejected. Names that do not say their encoding are read as UTF-8, else as GB 2312 (Chinese),
    else as code page 437; whichever fits first.

    Args:
        file: The archive.

    Returns:
        The listing; a note says when the names were read as GB 2312.

    Raises:
        PicturesError: It is damaged.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            items = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise PicturesError("the zip archive cannot be read", where=file, got=error) from None
    encoding = _name_encoding(items)
    entries: list[Entry] = []
    folders: list[str] = []
    rejected: list[Rejected] = []
    for number, item in enumerate(items):
        named_in_utf8 = item.flag_bits & _UTF8_NAME
        name = item.orig_filename if named_in_utf8 else _decoded(item.orig_filename, encoding)
        path = clean_name(name)
        if path is None:
            rejected.append(Rejected(_shown(name), "its name leads outside the archive"))
        elif any(_is_ignored(part) for part in path.split("/")):
            continue
        elif name.endswith(("/", "\\")):
            folders.append(path)
        elif reason := _refuse_zip_entry(item):
            rejected.append(Rejected(path, reason))
        else:
            entries.append(Entry(path, item.file_size, 0, number))
    notes = ("The zip archive does not say how its names are encoded; they were read as GB 2312.",)
    return _sorted_listing(
        "zip", file, entries, folders, rejected, notes=notes if encoding == "gb2312" else ()
    )


def list_tar(file: Path, *, plain: Path) -> Listing:
    """List a tar archive that is not compressed.

    Args:
        file: The archive as the person named it, for messages.
        plain: The uncompressed archive; the same file, or one in the cache.

    Returns:
        The listing; each entry's place is the offset of its bytes in `plain`.

    Raises:
        PicturesError: It is damaged.
    """
    entries: list[Entry] = []
    folders: list[str] = []
    rejected: list[Rejected] = []
    try:
        with tarfile.open(plain, "r:") as archive:
            for item in archive:
                path = clean_name(item.name)
                if path is None:
                    rejected.append(Rejected(_shown(item.name), "its name leads outside the archive"))
                elif not path or any(_is_ignored(part) for part in path.split("/")):
                    continue
                elif item.isdir():
                    folders.append(path)
                elif item.issym() or item.islnk():
                    rejected.append(Rejected(path, "a link inside an archive"))
                elif not item.isreg() or item.issparse():
                    rejected.append(Rejected(path, "not a regular file"))
                elif item.size > MAX_FILE_BYTES:
                    rejected.append(Rejected(path, f"the file is larger than {MAX_FILE_BYTES >> 20} MiB"))
                else:
                    entries.append(Entry(path, item.size, 0, item.offset_data))
    except (tarfile.TarError, OSError, ValueError) as error:
        raise PicturesError("the tar archive cannot be read", where=file, got=error) from None
    return _sorted_listing("tar", plain, entries, folders, rejected)


def _scan(folder: Path, *, is_root: bool, path: str, rejected: list[Rejected]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as items:
            return sorted(items, key=lambda item: item.name)
    except OSError as error:
        if is_root:
            raise PicturesError("the folder cannot be read", where=folder, got=error.strerror) from None
        rejected.append(Rejected(path.rstrip("/"), f"the folder cannot be read: {error.strerror}"))
        return []


def _is_link(item: os.DirEntry[str]) -> bool:
    return item.is_symlink() or getattr(item, "is_junction", bool)()  # junctions: Python 3.12 on Windows


def _refuse_link(item: os.DirEntry[str], root: Path, linked: set[Path]) -> str | None:
    try:
        target = Path(item.path).resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError: a loop, before Python 3.13
        return "a link that leads nowhere"
    if not target.is_relative_to(root):
        return "a link that leads outside the folder"
    if target.is_dir():
        if Path(item.path).parent.resolve().is_relative_to(target):
            return "a link that leads back to a folder around it"
        if target in linked:
            return "a link to a folder that another link gave already"
        linked.add(target)
    return None


def _refuse_zip_entry(item: zipfile.ZipInfo) -> str | None:
    kind = stat.S_IFMT(item.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "a link inside an archive"
    if kind not in (0, stat.S_IFREG):
        return "not a regular file"
    if item.flag_bits & _ENCRYPTED:
        return "it is encrypted"
    if item.file_size > MAX_FILE_BYTES:
        return f"the file is larger than {MAX_FILE_BYTES >> 20} MiB"
    if item.file_size > _BOMB_BYTES and item.file_size > _MAX_RATIO * max(item.compress_size, 1):
        return f"it expands from {item.compress_size} to {item.file_size} bytes"
    return None


def clean_name(name: str) -> str | None:
    """Bring an archive's name into the form `a/b.jpg`.

    Args:
        name: As the archive has it.

    Returns:
        The path; `None` where it leads outside or is not text.

    Example:
        >>> clean_name("./cats/1.jpg"), clean_name("../1.jpg")
        ('cats/1.jpg', None)
    """
    path = name.replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    has_drive = len(path) > 1 and path[1] == ":"
    if path.startswith("/") or has_drive or ".." in parts or "\0" in path or not _is_text(path):
        return None
    return "/".join(parts)


def _name_encoding(items: list[zipfile.ZipInfo]) -> str:
    """Guess the encoding of names that a zip archive stores without saying it."""
    silent = [item.orig_filename for item in items if not item.flag_bits & _UTF8_NAME]
    names = b"\n".join(name.encode("cp437", errors="replace") for name in silent if not name.isascii())
    for encoding in ("utf-8", "gb2312"):  # GB 2312 takes no lone byte, so European names do not pass for it
        try:
            names.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "cp437"


def _decoded(name: str, encoding: str) -> str:
    """`zipfile` reads names without a declared encoding as code page 437, which is reversible."""
    return name if name.isascii() else name.encode("cp437", errors="replace").decode(encoding, "replace")


def _is_ignored(name: str) -> bool:
    return name.startswith(".") or name.lower() in _IGNORED


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:  # bytes of a file name that are no UTF-8
        return False
    return True


def _shown(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def _sorted_listing(
    kind: Literal["folder", "zip", "tar"],
    file: Path,
    entries: list[Entry],
    folders: list[str],
    rejected: list[Rejected],
    *,
    notes: tuple[str, ...] = (),
) -> Listing:
    by_path: dict[str, Entry] = {}
    for entry in entries:
        if entry.path in by_path:  # as every unpacker does: the last one counts
            rejected.append(Rejected(entry.path, "a later file of the archive has the same name"))
        by_path[entry.path] = entry
    return Listing(
        kind,
        file,
        tuple(by_path[path] for path in sorted(by_path)),
        tuple(sorted(set(folders))),
        tuple(sorted(rejected, key=lambda item: item.path)),
        notes,
    )
