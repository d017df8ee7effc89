"""Audits on disk, beside the decoded pictures: named by what they are of, written whole, read back."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.audit.audit import Audit, Copy, Difference, Doubt, Gallery, Labels, Place, SplitFacts
from glassnet.pictures.cache import cache_folder, telling_about_disk
from glassnet.pictures.pictures import Rejected, Size
from glassnet.run import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from glassnet.pictures.pictures import Pictures

VERSION = 2  # raise it when an audit would come out differently


def fingerprint_of(splits: Mapping[str, Pictures]) -> str:
    """Identify a source: all pixels, labels, class names, splits and files set aside, 32 hex digits.

    Args:
        splits: By name.

    Returns:
        The fingerprint.
    """
    content = [
        (name, splits[name].fingerprint, [asdict(item) for item in splits[name].rejected])
        for name in sorted(splits)
    ]
    return hashlib.blake2b(json.dumps(content).encode(), digest_size=16).hexdigest()


def save_audit(audit: Audit) -> None:
    """Keep an audit in the cache.

    Args:
        audit: It.

    Raises:
        GlassnetError: The cache cannot be written.
    """
    stream = io.BytesIO()
    content = audit_as_data(audit)
    np.savez(stream, images=audit.gallery.images, text=np.array(json.dumps(content)))
    path = _path(audit.fingerprint)
    with telling_about_disk(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, stream.getvalue())


def read_audit(splits: Mapping[str, Pictures]) -> Audit | None:
    """Read an audit of these pictures from the cache.

    Args:
        splits: By name.

    Returns:
        The audit, with the paths and the name that the source has now; None where there is none.
    """
    path = _path(fingerprint_of(splits))
    try:
        with np.load(path, allow_pickle=False) as file:
            images, content = file["images"], json.loads(str(file["text"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None  # it is made again
    audit = _audit(content, images)
    return replace(audit, source=next(iter(splits.values())).source)


def audit_as_data(audit: Audit) -> dict[str, Any]:
    """Give an audit as plain data, without its pictures.

    Args:
        audit: It.

    Returns:
        What JSON can hold; the names of the dataclasses' fields are the keys.
    """
    content = {
        "source": audit.source,
        "fingerprint": audit.fingerprint,
        "classes": list(audit.classes),
        "width": audit.width,
        "height": audit.height,
        "channels": audit.channels,
        "splits": [asdict(facts) for facts in audit.splits],
        "copies": [asdict(copy) for copy in audit.copies],
        "labels": asdict(audit.labels),
        "differences": [asdict(difference) for difference in audit.differences],
        "examples": [[asdict(place) for place in row] for row in audit.examples],
        "shown": [list(place) for place in audit.gallery.places],
        "seconds": {step: round(spent, 3) for step, spent in audit.seconds.items()},
    }
    return json.loads(json.dumps(content))  # lists for tuples


def _path(fingerprint: str) -> Path:
    return cache_folder() / "audits" / f"{fingerprint}-{VERSION}.npz"


def _audit(data: dict[str, Any], images: np.ndarray) -> Audit:
    labels = data["labels"]
    doubts = tuple(Doubt(**{**item, "picture": Place(**item["picture"])}) for item in labels["doubts"])
    return Audit(
        data["source"], data["fingerprint"], tuple(data["classes"]), data["width"], data["height"],
        data["channels"],
        tuple(_facts(item) for item in data["splits"]),
        tuple(
            Copy(**{**item, "of": Place(**item["of"]), "picture": Place(**item["picture"])})
            for item in data["copies"]
        ),
        Labels(**{**labels, "doubts": doubts}),
        tuple(Difference(**{**item, "splits": tuple(item["splits"])}) for item in data["differences"]),
        tuple(tuple(Place(**place) for place in row) for row in data["examples"]),
        Gallery(tuple((split, index) for split, index in data["shown"]), images),
        data["seconds"],
    )  # fmt: skip


def _facts(item: dict[str, Any]) -> SplitFacts:
    return SplitFacts(
        item["name"], item["images"], tuple(item["per_class"]), tuple(item["mean"]), tuple(item["deviation"]),
        tuple(Size(**size) for size in item["sizes"]), tuple(Rejected(**one) for one in item["rejected"]),
        tuple(Place(**place) for place in item["blank"]),
    )  # fmt: skip
