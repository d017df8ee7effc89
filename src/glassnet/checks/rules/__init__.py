"""All rules: one literal tuple."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from glassnet.checks.rules.bce import bce_wrong_range
from glassnet.checks.rules.broadcast import loss_broadcasts
from glassnet.checks.rules.classes import label_out_of_range, outputs_not_classes
from glassnet.checks.rules.dtypes import wrong_dtype
from glassnet.checks.rules.nll import nll_without_log_softmax
from glassnet.checks.rules.no_gradient import loss_without_gradient
from glassnet.checks.rules.probed import (
    dropout_in_eval,
    fixed_batch_size,
    input_ignored,
    output_ignores_input,
)
from glassnet.checks.rules.samples import samples_mixed
from glassnet.checks.rules.softmax import softmax_before_cross_entropy, softmax_twice
from glassnet.checks.rules.targets import regression_loss_on_classes
from glassnet.checks.rules.views import reshape_mixes_axes
from glassnet.checks.rules.wrong_dim import wrong_dim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from glassnet.checks.finding import Finding
    from glassnet.checks.seen import Seen


@dataclass(frozen=True)
class Rule:
    """A rule: the code of what it finds, its row in the catalogue, the stages it belongs to, the function.

    Stages: S seen in the trace of one pass, B in one batch forward and backward, P by a few extra passes, R
    during the run, D in the data.
    """

    code: str
    row: int
    stages: str
    find: Callable[[Seen], Iterator[Finding]]
    slow: bool = False  # more than a second on a network of ordinary size


RULES: tuple[Rule, ...] = (
    Rule("softmax-before-cross-entropy", 3, "SB", softmax_before_cross_entropy),
    Rule("softmax-twice", 4, "S", softmax_twice),
    Rule("nll-without-log-softmax", 5, "B", nll_without_log_softmax),
    Rule("bce-wrong-range", 6, "SB", bce_wrong_range),
    Rule("reshape-mixes-axes", 15, "SP", reshape_mixes_axes),
    Rule("samples-mixed", 16, "P", samples_mixed),
    Rule("wrong-dim", 17, "SP", wrong_dim),
    Rule("outputs-not-classes", 18, "B", outputs_not_classes),
    Rule("loss-broadcasts", 19, "S", loss_broadcasts),
    Rule("input-ignored", 22, "P", input_ignored),
    Rule("dropout-in-eval", 26, "P", dropout_in_eval),
    Rule("fixed-batch-size", 28, "P", fixed_batch_size),
    Rule("wrong-dtype", 29, "B", wrong_dtype),
    Rule("output-ignores-input", 33, "P", output_ignores_input),
    Rule("regression-loss-on-classes", 35, "SB", regression_loss_on_classes),
    Rule("label-out-of-range", 36, "BD", label_out_of_range),
    Rule("loss-without-gradient", 38, "B", loss_without_gradient),
)
