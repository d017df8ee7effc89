"""Names -> splits, classes and labels: what a folder's layout means."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glassnet.errors import PicturesError
from glassnet.pictures.pictures import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from glassnet.pictures.listing import Entry, Listing

SPLITS = ("train", "val", "test")
_ALIASES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
_EXPECTED = "train/CLASS/PICTURE (and val/, test/ beside it), or CLASS/PICTURE"
_ORIGINALS_HINT = "the files of MNIST and Fashion-MNIST are read by name: mnist --data-dir FOLDER"
_MIN_CLASSES = 2


@dataclass(frozen=True)
class Layout:
    """Where each file belongs; the sequences run side by side, splits in the order train, val, test."""

    classes: tuple[str, ...]
    entries: tuple[Entry, ...]
    splits: tuple[str, ...]
    labels: tuple[int, ...]
    rejected: tuple[tuple[str, Rejected], ...]  # with the split to which each belongs


def arrange(listing: Listing, *, source: str) -> Layout:
    """Find the splits and classes in the names of a source.

    Folders named train, val and test (also training, valid, validation, testing; in any case) hold one
    folder a class; without them every folder at the top is a class of the training pictures. Pictures in
    folders inside a class folder count to the class. A single folder that wraps everything is looked
    through. The classes are those of all splits together, sorted by code point.

    Args:
        listing: What lies in the source.
        source: Its name, for messages.

    Returns:
        The layout.

    Raises:
        PicturesError: There is no file in a class folder, or two names differ only in case or Unicode form.
    """
    files = [entry.path.split("/") for entry in listing.entries]
    folders = [path.split("/") for path in listing.folders]
    depth = _wrapping_depth(files, folders)
    wrapper = max(files, key=len)[:depth] if files else []
    tops = {parts[depth] for parts in files if len(parts) > depth + 1}
    in_splits = _has_split_folders(files, depth, tops)
    class_depth = depth + 1 if in_splits else depth
    split_names = _one_folder_a_split(tops, source) if in_splits else {}

    def place(path: str) -> tuple[str, str] | None:
        parts = path.split("/")
        if parts[:depth] != wrapper or len(parts) < class_depth + 2:
            return None
        if not in_splits:
            return "train", parts[depth]
        split = split_names.get(parts[depth])
        return (split, parts[class_depth]) if split else None

    places = [place(entry.path) for entry in listing.entries]
    empty = [place("/".join([*parts, ""])) for parts in folders if len(parts) == class_depth + 1]
    classes = sorted({found[1] for found in [*places, *empty] if found})
    if not any(places):
        raise PicturesError(
            "no pictures in class folders were found",
            where=source,
            got=f"{len(files)} files, {len(folders)} folders",
            expected=_EXPECTED,
            hint=_ORIGINALS_HINT if any("-ubyte" in parts[-1] for parts in files) else None,
        )
    _refuse_nearly_equal(classes, source)
    return _side_by_side(listing, place, classes)


def check_classes(
    classes: Sequence[str],
    counts: Mapping[str, Sequence[int]],
    *,
    source: str,
) -> dict[str, tuple[str, ...]]:
    """Refuse what cannot be learned, and name what is missing.

    Args:
        classes: All class names.
        counts: For each split, the number of pictures in each class.
        source: Its name, for messages.

    Returns:
        Notes for each split: classes that have no picture there.

    Raises:
        PicturesError: There is one class only, or a class without any training picture.
    """
    if len(classes) < _MIN_CLASSES:
        raise PicturesError(
            "only one class of pictures was found",
            where=source,
            got=", ".join(classes),
            expected=f"at least two classes, as {_EXPECTED}",
        )
    missing = {
        split: [name for name, count in zip(classes, row, strict=True) if not count]
        for split, row in counts.items()
    }
    if missing.get("train"):
        raise PicturesError(
            "a class has no training picture",
            where=source,
            got=f"0 pictures of {', '.join(map(repr, missing['train']))} in train",
            expected="at least one training picture of every class",
            hint="remove the empty class, or add pictures to it",
        )
    return {
        split: (f"No picture of {', '.join(map(repr, names))} in {split}.",) if names else ()
        for split, names in missing.items()
    }


def _wrapping_depth(files: list[list[str]], folders: list[list[str]]) -> int:
    """Count the folders around everything: each the only name at its depth, none of them a split's."""
    depth = 0
    while any(len(parts) > depth + 2 for parts in files):
        names = {parts[depth] for parts in [*files, *folders] if len(parts) > depth}
        lies_here = any(len(parts) == depth + 1 for parts in files)
        if len(names) != 1 or lies_here or next(iter(names)).lower() in _ALIASES:
            break
        depth += 1
    return depth


def _has_split_folders(files: list[list[str]], depth: int, tops: set[str]) -> bool:
    """A folder `train` that holds folders, or nothing but split folders, means splits, not classes."""
    splits = {top for top in tops if top.lower() in _ALIASES}
    hold_folders = {parts[depth] for parts in files if len(parts) > depth + 2}
    trains = {top for top in splits if _ALIASES[top.lower()] == "train"}
    return bool(trains & hold_folders) or bool(splits and splits == tops and splits & hold_folders)


def _one_folder_a_split(tops: set[str], source: str) -> dict[str, str]:
    by_split: dict[str, str] = {}
    for top in sorted(tops):
        split = _ALIASES.get(top.lower())
        if split in by_split:
            raise PicturesError(
                f"two folders claim to be the {split} split",
                where=source,
                got=f"{by_split[split]!r} and {top!r}",
                expected="one of them",
            )
        if split:
            by_split[split] = top
    return {top: split for split, top in by_split.items()}


def _refuse_nearly_equal(classes: Iterable[str], source: str) -> None:
    seen: dict[str, str] = {}
    for name in classes:
        key = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
        if key in seen:
            raise PicturesError(
                "two class names differ only in case or Unicode form",
                where=source,
                got=f"{_spelled(seen[key])} and {_spelled(name)}",
                expected="one name for one class",
                hint="rename one of the folders, or merge them",
            )
        seen[key] = name


def _spelled(name: str) -> str:
    return repr(name) if name.isascii() else f"{name!r} ({name!a})"


def _side_by_side(
    listing: Listing, place: Callable[[str], tuple[str, str] | None], classes: Sequence[str]
) -> Layout:
    rows: list[tuple[int, str, Entry, str]] = []
    outside: list[Entry] = []
    for entry in listing.entries:
        if found := place(entry.path):
            rows.append((SPLITS.index(found[0]), entry.path, entry, found[1]))
        else:
            outside.append(entry)
    rows.sort(key=lambda row: row[:2])
    first_split = SPLITS[rows[0][0]]
    rejected = [(first_split, Rejected(entry.path, "it lies in no class folder")) for entry in outside]
    for item in listing.rejected:
        found = place(item.path)
        rejected.append((found[0] if found else first_split, item))
    label_of = {name: label for label, name in enumerate(classes)}
    return Layout(
        tuple(classes),
        tuple(entry for _, _, entry, _ in rows),
        tuple(SPLITS[number] for number, _, _, _ in rows),
        tuple(label_of[name] for _, _, _, name in rows),
        tuple(rejected),
    )
