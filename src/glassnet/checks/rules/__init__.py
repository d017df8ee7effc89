"""All rules: one literal tuple."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from glassnet.checks.rules.activations import activation_on_logits, activation_twice
from glassnet.checks.rules.bottleneck import narrow_bottleneck
from glassnet.checks.rules.nonlinearity import no_nonlinearity
from glassnet.checks.rules.norm_order import batchnorm_shared, bias_before_batchnorm, dropout_before_batchnorm
from glassnet.checks.rules.registration import unregistered_module
from glassnet.checks.rules.sizes import feature_map_too_small, small_receptive_field, stride_skips_pixels
from glassnet.checks.rules.unused import unused_module, unused_result

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
    Rule("unused-result", 1, "S", unused_result),
    Rule("unused-module", 2, "S", unused_module),
    Rule("no-nonlinearity", 7, "S", no_nonlinearity),
    Rule("activation-twice", 8, "S", activation_twice),
    Rule("activation-on-logits", 9, "S", activation_on_logits),
    Rule("bias-before-batchnorm", 10, "S", bias_before_batchnorm),
    Rule("dropout-before-batchnorm", 11, "S", dropout_before_batchnorm),
    Rule("feature-map-too-small", 12, "S", feature_map_too_small),
    Rule("small-receptive-field", 13, "S", small_receptive_field),
    Rule("stride-skips-pixels", 14, "S", stride_skips_pixels),
    Rule("batchnorm-shared", 24, "S", batchnorm_shared),
    Rule("unregistered-module", 25, "S", unregistered_module),
    Rule("narrow-bottleneck", 27, "S", narrow_bottleneck),
)
