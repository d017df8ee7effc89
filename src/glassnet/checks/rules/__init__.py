"""All rules: one literal tuple."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from glassnet.checks.rules.activations import dead_relus, saturated_activations
from glassnet.checks.rules.curves import overfitting, plateau
from glassnet.checks.rules.gradients import exploding_gradients, vanishing_gradients
from glassnet.checks.rules.graph_cut import graph_cut
from glassnet.checks.rules.initialisation import constant_initialisation, initial_loss, initialisation_gain
from glassnet.checks.rules.learning_rate import (
    learning_rate_too_high,
    learning_rate_too_low,
    regularisation_dominates,
    weights_do_not_change,
)
from glassnet.checks.rules.loss_sign import loss_sign_or_sum
from glassnet.checks.rules.not_finite import not_finite
from glassnet.checks.rules.overwritten import overwritten_in_place
from glassnet.checks.rules.probes import cannot_overfit_batch, modes_disagree

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
    Rule("graph-cut", 20, "B", graph_cut),
    Rule("overwritten-in-place", 21, "SB", overwritten_in_place),
    Rule("constant-initialisation", 30, "B", constant_initialisation),
    Rule("initialisation-gain", 31, "B", initialisation_gain),
    Rule("initial-loss", 32, "B", initial_loss),
    Rule("loss-sign-or-sum", 37, "PR", loss_sign_or_sum),
    Rule("learning-rate-too-high", 45, "R", learning_rate_too_high),
    Rule("learning-rate-too-low", 46, "R", learning_rate_too_low),
    Rule("regularisation-dominates", 49, "R", regularisation_dominates),
    Rule("vanishing-gradients", 52, "R", vanishing_gradients),
    Rule("exploding-gradients", 53, "R", exploding_gradients),
    Rule("dead-relus", 54, "R", dead_relus),
    Rule("saturated-activations", 55, "R", saturated_activations),
    Rule("not-finite", 56, "R", not_finite),
    Rule("plateau", 57, "R", plateau),
    Rule("weights-do-not-change", 58, "R", weights_do_not_change),
    Rule("cannot-overfit-batch", 59, "P", cannot_overfit_batch, slow=True),
    Rule("modes-disagree", 60, "P", modes_disagree),
    Rule("overfitting", 61, "R", overfitting),
)
