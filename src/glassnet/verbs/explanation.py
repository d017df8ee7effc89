"""The noun `Explanation`: the answer of `explain`, for people and as plain data."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from glassnet.arithmetic.explain import Explained
from glassnet.arithmetic.gradient import ExplainedGradient
from glassnet.arithmetic.update import ExplainedUpdate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glassnet.arithmetic.expansion import Term
    from glassnet.trace.trace import Trace
    from glassnet.verbs.loss import Loss
    from glassnet.verbs.subject import Subject

Question = Literal["number", "gradient", "update"]
CHAIN_RULE = "Σ upstream · local"


@dataclass(frozen=True, eq=False)
class Explanation:
    """One number of a network, its gradient, or a weight's update, worked by hand.

    Attributes:
        question: What was asked.
        found: The arithmetic.
        subject: The network and its picture.
        trace: The pass, with all values kept.
        loss: The loss, where one was computed.
        train: Whether the network ran in training mode.
        notes: What a person should know, a sentence each, in their language.
    """

    question: Question
    found: Explained | ExplainedGradient | ExplainedUpdate
    subject: Subject
    trace: Trace
    loss: Loss | None
    train: bool
    notes: tuple[str, ...]

    @property
    def address(self) -> str:
        """The number's address in full."""
        return self.found.name

    @property
    def value(self) -> float | None:
        """Worked out here, in float64; of an update the weight after the last step; None: no arithmetic."""
        return self.found.steps[-1].value if isinstance(self.found, ExplainedUpdate) else self.found.value

    @property
    def torch_value(self) -> float | None:
        """PyTorch's; None for a gradient that it does not compute."""
        last = self.found.steps[-1] if isinstance(self.found, ExplainedUpdate) else self.found
        return last.torch_value

    @property
    def difference(self) -> float | None:
        """Ours minus PyTorch's."""
        last = self.found.steps[-1] if isinstance(self.found, ExplainedUpdate) else self.found
        return last.difference

    @property
    def formula(self) -> str | None:
        """In symbols; None for a number that was there before."""
        match self.found:
            case Explained():
                return self.found.expansion and self.found.expansion.formula
            case ExplainedGradient():
                return CHAIN_RULE
            case ExplainedUpdate():
                return self.found.steps[-1].lines[-1].formula

    def plain(self) -> dict[str, Any]:
        """Give everything as plain data; a number that is not finite is a text: `nan`, `inf`, `-inf`.

        Returns:
            What `--json` writes.
        """
        match self.found:
            case Explained():
                own = _number(self.found)
            case ExplainedGradient():
                own = _gradient(self.found)
            case ExplainedUpdate():
                own = _update(self.found)
        return _finite({
            "question": self.question, "net": self.subject.record["net"], "picture": self.subject.picture,
            "address": self.address, "value": self.value, "torch_value": self.torch_value,
            "difference": self.difference, "formula": self.formula, **own, "train": self.train,
            "loss": self.loss and {
                "name": self.loss.name, "label": self.loss.label_name, "label_from": self.loss.label_from,
            },
            "notes": list(self.notes),
        })  # fmt: skip


def _number(found: Explained) -> dict[str, Any]:
    expansion = found.expansion
    source = found.op.source if found.op else None
    told: dict[str, Any] = {
        "kind": expansion.kind if expansion else found.kind,
        "operation": found.op and {
            "label": found.op.label, "function": found.op.function,
            "file": source and source.file, "line": source and source.line,
        },
        "operands": dict(found.operands),
        "worked": expansion and expansion.worked,
        "terms": _terms(found, expansion.terms if expansion else ()),
        "facts": dict(expansion.facts) if expansion else {},
        "unexpanded": found.unexpanded,
    }  # fmt: skip
    if found.branches:
        told["followed"] = [
            {**_terms(found, [branch.term])[0], "operands": [_node(child) for child in branch.children]}
            for branch in found.branches
        ]
        told["not_followed"] = {"terms": found.rest[0], "sum": found.rest[1]}
    return told


def _node(found: Explained) -> dict[str, Any]:
    return {
        "address": found.name, "value": found.value, "torch_value": found.torch_value,
        "difference": found.difference, "formula": found.expansion and found.expansion.formula,
        **_number(found),
    }  # fmt: skip


def _terms(found: Explained, terms: Sequence[Term]) -> list[dict[str, Any]]:
    return [
        {
            "numbers": [
                {"operand": n.operand, "address": found.address(n), "value": n.value} for n in term.numbers
            ],
            "value": term.value,
        }
        for term in terms
    ]


def _gradient(found: ExplainedGradient) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operations": list(found.operations),
        "places": found.places,
        "terms": [
            {
                "operation": term.op, "output": term.output, "upstream": term.upstream, "local": term.local,
                "local_is": term.is_number, "value": term.value,
            }
            for term in found.terms
        ],
        "missing": [{"operation": label, "reason": reason} for label, reason in found.missing],
    }  # fmt: skip
    if found.followed:
        told["followed"] = [
            {
                "address": child.name, "value": child.value, "torch_value": child.torch_value,
                "difference": child.difference, **_gradient(child),
            }
            for child in found.followed
        ]  # fmt: skip
    return told


def _update(found: ExplainedUpdate) -> dict[str, Any]:
    steps = [{**asdict(step), "difference": step.difference} for step in found.steps]
    return {"optimizer": asdict(found.rule), "terms": steps[-1]["lines"], "steps": steps}


def _finite(content: Any) -> Any:
    """JSON has no NaN and no infinity: they are told as texts."""
    match content:
        case float() if not math.isfinite(content):
            return str(content)
        case dict():
            return {key: _finite(part) for key, part in content.items()}
        case list() | tuple():
            return [_finite(part) for part in content]
    return content
