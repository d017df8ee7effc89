"""One mistake, one finding: symptoms that a named cause explains are not told beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet.checks.finding import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from glassnet.checks.finding import Finding

NUMBERS = ("learning-rate-too-high", "exploding-gradients", "not-finite", "initial-loss", "dead-relus",
           "saturated-activations", "vanishing-gradients")  # fmt: skip
CURVES = ("plateau", "cannot-overfit-batch", "modes-disagree", "learning-rate-too-low")
# cause -> symptoms that it explains, for causes whose symptoms are always the same; a rule that knows more
# says so in `Finding.explains`, and what stands here overrules it where two would explain each other
FOLDS: dict[str, tuple[str, ...]] = {
    "pictures-not-normalised": (*NUMBERS, *CURVES),
    "zero-grad-missing": (*NUMBERS, *CURVES),
    "step-order": (*NUMBERS, *CURVES, "overwritten-in-place"),
    "accumulation-not-scaled": ("learning-rate-too-high", "exploding-gradients", "not-finite"),
    "not-in-optimizer": ("weights-do-not-change", *CURVES),
    "bce-wrong-range": ("loss-sign-or-sum", "not-finite", "learning-rate-too-high", *CURVES),
    "nll-without-log-softmax": ("loss-sign-or-sum", "not-finite", "learning-rate-too-high", *CURVES),
    "samples-mixed": CURVES,
    "reshape-mixes-axes": CURVES,
    "wrong-dim": CURVES,
    "loss-broadcasts": CURVES,
    "activation-on-logits": CURVES,
    "dead-relus": ("output-ignores-input",),
    "vanishing-gradients": ("output-ignores-input",),
}


def folded(findings: Iterable[Finding]) -> list[Finding]:
    """Keep each mistake once, and of a cause and its symptoms the cause.

    Args:
        findings: In any order; the same mistake may have been found in several looks.

    Returns:
        Those that are told, worst first, in the order of files and lines.

    Example:
        >>> from glassnet.checks.finding import Finding
        >>> cause = Finding("learning-rate-too-high", "warning", explains=("plateau",))
        >>> [found.code for found in folded([Finding("plateau", "note"), cause, cause])]
        ['learning-rate-too-high']
    """
    once: dict[tuple, Finding] = {}
    for found in findings:
        place = (found.source.file, found.source.line) if found.source else None
        once.setdefault((found.code, found.form, place, found.module), found)
    found_once = list(once.values())
    kept = [found for found in found_once if not any(_hides(other, found) for other in found_once)]
    return sorted(kept, key=_place)


def _hides(cause: Finding, symptom: Finding) -> bool:
    """Tell whether a finding explains another; of two that explain each other only one does."""
    if cause.code == symptom.code or not _explains(cause, symptom):
        return False
    if not _explains(symptom, cause):
        return True
    if (symptom.code in FOLDS.get(cause.code, ())) != (cause.code in FOLDS.get(symptom.code, ())):
        return symptom.code in FOLDS.get(cause.code, ())
    return _place(cause) < _place(symptom)


def _explains(cause: Finding, symptom: Finding) -> bool:
    explained = (*cause.explains, *FOLDS.get(cause.code, ()))
    return cause.severity != "note" and symptom.code in explained


def _place(found: Finding) -> tuple:
    file, line = (found.source.file, found.source.line) if found.source else ("~", 0)
    return SEVERITIES.index(found.severity), file, line, found.code
