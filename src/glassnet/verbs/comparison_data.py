"""A comparison as plain data for `--json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glassnet.reports.comparison import Comparison, Entry, Pair

MOST_PATHS = 100  # of pictures that one run tells right and the other wrong


def comparison_as_data(found: Comparison) -> dict[str, Any]:
    """Give a comparison as JSON's own types.

    Args:
        found: From `compare`.

    Returns:
        `runs`, `differences`, `groups`, `group_pairs`, `pairs`, `sources`; runs are named by their folders.
    """
    paths = [entry.path for entry in found.entries]
    return {
        "runs": [_entry(entry) for entry in found.entries],
        "differences": [
            {"name": each.name, "values": dict(zip(paths, each.values, strict=True))}
            for each in found.differences
        ],
        "groups": [
            {"runs": [paths[run] for run in group.runs], "accuracy": asdict(group.accuracy)}
            for group in found.groups
        ],
        "group_pairs": [asdict(pair) for pair in found.group_pairs],
        "pairs": [_pair(found, pair) for pair in found.pairs],
        "sources": [
            {
                "source": source.name,
                "runs": [paths[run] for run in source.runs],
                "classes": list(source.classes),
                "separability": None if source.separability is None else asdict(source.separability),
                "reason": source.reason,
            }
            for source in found.sources
        ],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    info, scores = entry.info, entry.scores
    result = info.get("result") or {}
    return {
        "run": entry.path,
        "net": info["net"]["net"],
        "source": info["source"]["name"],
        "split": entry.split,
        "accuracy": None if scores is None else scores.accuracy,
        "interval": None if scores is None else list(scores.interval),
        "images": None if scores is None else scores.images,
        "macro_f1": None if scores is None else scores.macro.f1,
        "parameters": info["parameters"],
        "macs_per_picture": info["macs_per_picture"],
        "weights_bytes": entry.weights_bytes,
        "epochs": result.get("epochs"),
        "seconds": result.get("seconds"),
        "images_per_second": result.get("images_per_second"),
    }


def _pair(found: Comparison, pair: Pair) -> dict[str, Any]:
    first, second = found.entries[pair.first], found.entries[pair.second]
    head = {"first": first.path, "second": second.path, "reason": pair.reason}
    paired = pair.paired
    if paired is None or first.predictions is None:
        return head
    names = first.predictions.paths
    return {
        **head,
        "images": paired.images,
        "both_right": paired.both_right,
        "only_first": len(paired.only_first),
        "only_second": len(paired.only_second),
        "both_wrong": paired.images - paired.both_right - len(paired.only_first) - len(paired.only_second),
        "p_value": paired.p_value,
        "p_adjusted": pair.adjusted,
        "method": paired.method,
        "pictures_only_first": [str(names[index]) for index in paired.only_first[:MOST_PATHS]],
        "pictures_only_second": [str(names[index]) for index in paired.only_second[:MOST_PATHS]],
    }
