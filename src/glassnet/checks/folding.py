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
    explained = {
        symptom
        for found in once.values()
        if found.severity != "note"
        for symptom in (*found.explains, *FOLDS.get(found.code, ()))
        if found.code not in FOLDS.get(symptom, ()) and symptom != found.code
    }
    kept = [found for found in once.values() if found.code not in explained]
    return sorted(kept, key=_place)


def _place(found: Finding) -> tuple:
    file, line = (found.source.file, found.source.line) if found.source else ("~", 0)
    return SEVERITIES.index(found.severity), file, line, found.code
