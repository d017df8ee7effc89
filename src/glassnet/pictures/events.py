"""What is told while a source is read: plain events, so that any consumer can draw them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from glassnet.pictures.pictures import Pictures


@dataclass(frozen=True)
class Progress:
    """How far a long step has come: `download` and `unpack` count bytes, `probe` and `decode` pictures."""

    stage: Literal["download", "unpack", "probe", "decode"]
    done: int
    total: int | None  # None: not known
    per_second: float
    what: str  # the file or source that is read


@dataclass(frozen=True)
class Loaded:
    """The last event: the splits of the source, with keys among `train`, `val`, `test`."""

    splits: dict[str, Pictures]
