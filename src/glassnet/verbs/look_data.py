"""What `look` found, as plain JSON data."""

from __future__ import annotations

import linecache
from typing import TYPE_CHECKING, Any

from glassnet.inspection.as_data import plain, table_as_data, trace_as_data
from glassnet.terminal.look_answer import device_text
from glassnet.texts import texts

if TYPE_CHECKING:
    from glassnet.verbs.look import Look
    from glassnet.verbs.weights_file import WeightsFile


def look_as_data(found: Look, *, net: str, operations: bool = False) -> dict[str, Any]:
    """Write down a look.

    Args:
        found: From `look`.
        net: The NET as the person wrote it.
        operations: Whether the whole trace (modules, calls, operations, values) is told, too.

    Returns:
        `net`, `network`, `record`, `picture`, `facts`, `raw_facts`, `notes`, `device`, `versions`, `check`,
        `totals`, `rows`, `loss`, `unused`, `parameters`, `unseen`, `files`, and `trace` or null.

    Example:
        >>> from glassnet.verbs.look import look
        >>> data = look_as_data(look("lenet"), net="lenet")
        >>> data["totals"]["parameters"], data["rows"]["children"][0]["size"]["worked"]
        (62006, ['⌊(32 + 2·0 − 1·(5 − 1) − 1)/1⌋ + 1 = 28'])
    """
    subject, table = found.subject, table_as_data(found.table)
    return {
        "net": net,
        "network": found.trace.network,
        "record": plain(subject.record),
        "picture": {"name": subject.picture, "label": subject.label_name, "scale": plain(subject.scale)},
        "facts": plain(found.facts),
        "raw_facts": plain(found.raw_facts),
        "notes": list(subject.notes),
        "device": {"name": found.device, "why": device_text(found.device, texts("en", "look"))},
        "versions": found.versions,
        "check": None if found.check is None else {**plain(found.check), "passed": found.check.passed},
        **table,
        "totals": {**table["totals"], "buffers": found.buffers},
        "parameters": [
            {**plain(parameter), "size": parameter.size}
            for module in found.trace.modules
            for parameter in module.parameters
        ],
        "unseen": plain(found.trace.unseen),
        "files": {name: str(path) for name, path in found.files.items()},
        "trace": _with_lines(trace_as_data(found.trace)) if operations else None,
    }


def _with_lines(data: dict[str, Any]) -> dict[str, Any]:
    """Add each line's own text to the operations."""
    for op in data["operations"]:
        if op["source"] is not None:
            text = linecache.getline(op["source"]["file"], op["source"]["line"]).strip()
            op["source"]["text"] = text or None
    return data


def weights_as_data(found: WeightsFile) -> dict[str, Any]:
    """Write down what a file of weights holds.

    Args:
        found: From `look_at_weights`.

    Returns:
        `weights`, `bytes`, `tensors`, `layers`, `notes`.
    """
    return {
        "weights": str(found.path),
        "bytes": found.bytes,
        "tensors": [{**plain(entry), "size": entry.size} for entry in found.tensors],
        "layers": [{"path": path, "layer": layer} for path, layer in found.layers],
        "notes": list(found.notes),
    }
