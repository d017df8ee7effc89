"""All rules: one literal tuple."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from glassnet.checks.rules.augmentation import harmful_augmentation
from glassnet.checks.rules.balance import class_imbalance
from glassnet.checks.rules.blank_pictures import blank_pictures
from glassnet.checks.rules.labels_in_doubt import noisy_labels
from glassnet.checks.rules.layout_of_pictures import channels_last
from glassnet.checks.rules.leaks import leaked_pictures
from glassnet.checks.rules.normalisation import pictures_not_normalised
from glassnet.checks.rules.order_of_samples import not_shuffled
from glassnet.checks.rules.random_in_workers import same_random_numbers
from glassnet.checks.rules.repeated_pictures import duplicate_pictures
from glassnet.checks.rules.splits_compared import different_preprocessing

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
    Rule("pictures-not-normalised", 63, "D", pictures_not_normalised),
    Rule("channels-last", 64, "D", channels_last),
    Rule("different-preprocessing", 65, "D", different_preprocessing),
    Rule("noisy-labels", 66, "DP", noisy_labels),
    Rule("class-imbalance", 67, "D", class_imbalance),
    Rule("leaked-pictures", 68, "D", leaked_pictures),
    Rule("duplicate-pictures", 69, "D", duplicate_pictures),
    Rule("not-shuffled", 70, "DR", not_shuffled),
    Rule("harmful-augmentation", 71, "DR", harmful_augmentation),
    Rule("same-random-numbers", 72, "D", same_random_numbers),
    Rule("blank-pictures", 73, "D", blank_pictures),
)
