"""A trace and its table as plain JSON data: numbers that JSON does not have (NaN, infinities) become null."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields as fields_of
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glassnet.inspection.table import Row, Table
    from glassnet.trace.trace import Trace


def plain(thing: object) -> Any:  # noqa: PLR0911 — one return for each kind
    """Turn dataclasses, tuples and mappings into JSON data; what else there is becomes text.

    Args:
        thing: Anything.

    Returns:
        Plain data.

    Example:
        >>> from glassnet.trace.trace import Ref
        >>> plain((1, float("nan"), Ref(3), {"a": None}))
        [1, None, {'value': 3}, {'a': None}]
    """
    match thing:
        case None | bool() | int() | str():
            return thing
        case float():
            return thing if math.isfinite(thing) else None
        case tuple() | list():
            return [plain(item) for item in thing]
        case slice():
            return {"slice": [plain(thing.start), plain(thing.stop), plain(thing.step)]}
        case Mapping():
            return {str(key): plain(item) for key, item in thing.items()}
        case _ if is_dataclass(thing) and not isinstance(thing, type):
            return {field.name: plain(getattr(thing, field.name)) for field in fields_of(thing)}
        case _:
            return str(thing)


def trace_as_data(trace: Trace) -> dict[str, Any]:
    """Write down a trace.

    Args:
        trace: Of one pass.

    Returns:
        `network`, `modules`, `calls`, `operations`, `values`, `inputs`, `output`, `loss`, `unseen`,
        `seconds`; things name each other by their place in these lists. Kept tensors are left out.

    Example:
        >>> import torch
        >>> from glassnet.trace.record import record
        >>> data = trace_as_data(record(torch.nn.Linear(2, 1), torch.ones(1, 2)))
        >>> data["operations"][0]["name"], data["operations"][0]["parameters"]
        ('linear', ['weight', 'bias'])
    """
    return {
        "network": trace.network,
        "modules": plain(trace.modules),
        "calls": plain(trace.calls),
        "operations": plain(trace.ops),
        "values": plain(trace.values),
        "inputs": list(trace.inputs),
        "output": plain(trace.output),
        "loss": trace.loss,
        "unseen": plain(trace.unseen),
        "seconds": trace.seconds,
    }


def table_as_data(table: Table) -> dict[str, Any]:
    """Write down a table.

    Args:
        table: Of one pass.

    Returns:
        `totals`, `rows` (the network's own row, with `children`), `loss` (rows) and `unused` (parameters).

    Example:
        >>> import torch
        >>> from glassnet.inspection.table import table_of
        >>> from glassnet.trace.record import record
        >>> data = table_as_data(table_of(record(torch.nn.Linear(2, 1), torch.ones(1, 2))))
        >>> data["totals"]["parameters"], data["rows"]["children"][0]["name"]
        (3, 'linear')
    """
    return {
        "totals": plain(table.totals),
        "rows": _row(table.root),
        "loss": [_row(row) for row in table.loss],
        "unused": list(table.unused),
    }


def _row(row: Row) -> dict[str, Any]:
    own = {
        field.name: plain(getattr(row, field.name)) for field in fields_of(row) if field.name != "children"
    }
    own["receptive_field"] = own.pop("fields")
    return {**own, "children": [_row(child) for child in row.children]}
