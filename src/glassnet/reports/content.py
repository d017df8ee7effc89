"""The noun `Content`: all that a report is made of, as it was read or computed, before it becomes a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from glassnet.audit.audit import Audit
    from glassnet.evaluation.judgement import Judgement
    from glassnet.evaluation.predictions import Predictions
    from glassnet.pictures.pictures import Pictures
    from glassnet.trace.trace import Trace


@dataclass(frozen=True, eq=False)
class Seen:
    """One picture on its way through the network."""

    trace: Trace  # of one pass, with the tensors of its layers
    picture: np.ndarray | None  # uint8, H×W×C; None: the pass was with zeros
    name: str  # of its class


@dataclass(frozen=True, eq=False)
class Content:
    """All that a report is made of.

    Attributes:
        name: Of the run's folder.
        info: From `run.json`.
        metrics: From `metrics.jsonl`; empty where that is missing.
        predictions: Of the split that was judged; None: none was.
        judgement: Made of them.
        pictures: Splits that could be read, by name; the judged one is in the order of the predictions.
        seen: One picture in the network; None where it could not be run.
        audit: Of the source, where it was audited.
        left_out: What the report lacks, and why: `metrics`, `predictions`, `pictures`, `network`.
    """

    name: str
    info: dict[str, Any]
    metrics: list[dict[str, Any]]
    predictions: Predictions | None = None
    judgement: Judgement | None = None
    pictures: dict[str, Pictures] = field(default_factory=dict)
    seen: Seen | None = None
    audit: Audit | None = None
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def judged(self) -> Pictures | None:
        """The pictures of the judged split, where they are there."""
        return None if self.judgement is None else self.pictures.get(self.judgement.split)
