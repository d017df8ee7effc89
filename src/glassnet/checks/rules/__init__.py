"""All rules: one literal tuple."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from glassnet.checks.rules.accumulation import accumulation_not_scaled
from glassnet.checks.rules.amp import amp_misused
from glassnet.checks.rules.decay import weight_decay_on_norm
from glassnet.checks.rules.frozen import wrong_layers_frozen
from glassnet.checks.rules.kept_graph import graph_kept_alive
from glassnet.checks.rules.loading import weights_not_loaded
from glassnet.checks.rules.metrics import wrong_metric
from glassnet.checks.rules.modes import evaluating_in_train_mode, training_in_eval_mode
from glassnet.checks.rules.optimizer_parameters import not_in_optimizer
from glassnet.checks.rules.schedules import scheduler_misused
from glassnet.checks.rules.seeds import seed_misused
from glassnet.checks.rules.selection import chosen_on_test_set
from glassnet.checks.rules.step_order import step_order
from glassnet.checks.rules.tiny_batch import batchnorm_tiny_batch
from glassnet.checks.rules.zero_grad import zero_grad_missing

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
    Rule("batchnorm-tiny-batch", 23, "SR", batchnorm_tiny_batch),
    Rule("weights-not-loaded", 34, "B", weights_not_loaded),
    Rule("zero-grad-missing", 39, "R", zero_grad_missing),
    Rule("step-order", 40, "R", step_order),
    Rule("not-in-optimizer", 41, "B", not_in_optimizer),
    Rule("wrong-layers-frozen", 42, "BR", wrong_layers_frozen),
    Rule("training-in-eval-mode", 43, "R", training_in_eval_mode),
    Rule("evaluating-in-train-mode", 44, "R", evaluating_in_train_mode),
    Rule("scheduler-misused", 47, "R", scheduler_misused),
    Rule("weight-decay-on-norm", 48, "B", weight_decay_on_norm),
    Rule("accumulation-not-scaled", 50, "R", accumulation_not_scaled),
    Rule("graph-kept-alive", 51, "R", graph_kept_alive),
    Rule("amp-misused", 62, "R", amp_misused),
    Rule("wrong-metric", 74, "R", wrong_metric),
    Rule("chosen-on-test-set", 75, "R", chosen_on_test_set),
    Rule("seed-misused", 76, "R", seed_misused),
)
