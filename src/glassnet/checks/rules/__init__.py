"""All rules: one literal tuple."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glassnet.checks.rules.accumulation import accumulation_not_scaled
from glassnet.checks.rules.activations import activation_on_logits, activation_twice
from glassnet.checks.rules.amp import amp_misused
from glassnet.checks.rules.augmentation import harmful_augmentation
from glassnet.checks.rules.balance import class_imbalance
from glassnet.checks.rules.batch_size import fixed_batch_size
from glassnet.checks.rules.bce import bce_wrong_range
from glassnet.checks.rules.blank_pictures import blank_pictures
from glassnet.checks.rules.bottleneck import narrow_bottleneck
from glassnet.checks.rules.broadcast import loss_broadcasts
from glassnet.checks.rules.classes import label_out_of_range, outputs_not_classes
from glassnet.checks.rules.curves import overfitting, plateau
from glassnet.checks.rules.decay import weight_decay_on_norm
from glassnet.checks.rules.dropout import dropout_in_eval
from glassnet.checks.rules.dtypes import wrong_dtype
from glassnet.checks.rules.frozen import wrong_layers_frozen
from glassnet.checks.rules.gradients import exploding_gradients, vanishing_gradients
from glassnet.checks.rules.graph_cut import graph_cut
from glassnet.checks.rules.initialisation import constant_initialisation, initial_loss, initialisation_gain
from glassnet.checks.rules.inputs import input_ignored, output_ignores_input
from glassnet.checks.rules.kept_graph import graph_kept_alive
from glassnet.checks.rules.labels_in_doubt import noisy_labels
from glassnet.checks.rules.layout_of_pictures import channels_last
from glassnet.checks.rules.leaks import leaked_pictures
from glassnet.checks.rules.learning_rate import (
    learning_rate_too_high,
    learning_rate_too_low,
    regularisation_dominates,
    weights_do_not_change,
)
from glassnet.checks.rules.loading import weights_not_loaded
from glassnet.checks.rules.loss_sign import loss_sign_or_sum
from glassnet.checks.rules.metrics import wrong_metric
from glassnet.checks.rules.modes import evaluating_in_train_mode, training_in_eval_mode
from glassnet.checks.rules.nll import nll_without_log_softmax
from glassnet.checks.rules.no_gradient import loss_without_gradient
from glassnet.checks.rules.nonlinearity import no_nonlinearity
from glassnet.checks.rules.norm_order import batchnorm_shared, bias_before_batchnorm, dropout_before_batchnorm
from glassnet.checks.rules.normalisation import pictures_not_normalised
from glassnet.checks.rules.not_finite import not_finite
from glassnet.checks.rules.optimizer_parameters import not_in_optimizer
from glassnet.checks.rules.order_of_samples import not_shuffled
from glassnet.checks.rules.overwritten import overwritten_in_place
from glassnet.checks.rules.probes import cannot_overfit_batch, modes_disagree
from glassnet.checks.rules.random_in_workers import same_random_numbers
from glassnet.checks.rules.registration import unregistered_module
from glassnet.checks.rules.repeated_pictures import duplicate_pictures
from glassnet.checks.rules.samples import samples_mixed
from glassnet.checks.rules.schedules import scheduler_misused
from glassnet.checks.rules.seeds import seed_misused
from glassnet.checks.rules.selection import chosen_on_test_set
from glassnet.checks.rules.sizes import feature_map_too_small, small_receptive_field, stride_skips_pixels
from glassnet.checks.rules.softmax import softmax_before_cross_entropy, softmax_twice
from glassnet.checks.rules.splits_compared import different_preprocessing
from glassnet.checks.rules.step_order import step_order
from glassnet.checks.rules.targets import regression_loss_on_classes
from glassnet.checks.rules.tiny_batch import batchnorm_tiny_batch
from glassnet.checks.rules.units import dead_relus, saturated_activations
from glassnet.checks.rules.unused import unused_module, unused_result
from glassnet.checks.rules.views import reshape_mixes_axes
from glassnet.checks.rules.wrong_dim import wrong_dim
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
    Rule("unused-result", 1, "S", unused_result),
    Rule("unused-module", 2, "S", unused_module),
    Rule("softmax-before-cross-entropy", 3, "SB", softmax_before_cross_entropy),
    Rule("softmax-twice", 4, "S", softmax_twice),
    Rule("nll-without-log-softmax", 5, "B", nll_without_log_softmax),
    Rule("bce-wrong-range", 6, "SB", bce_wrong_range),
    Rule("no-nonlinearity", 7, "S", no_nonlinearity),
    Rule("activation-twice", 8, "S", activation_twice),
    Rule("activation-on-logits", 9, "S", activation_on_logits),
    Rule("bias-before-batchnorm", 10, "S", bias_before_batchnorm),
    Rule("dropout-before-batchnorm", 11, "S", dropout_before_batchnorm),
    Rule("feature-map-too-small", 12, "S", feature_map_too_small),
    Rule("small-receptive-field", 13, "S", small_receptive_field),
    Rule("stride-skips-pixels", 14, "S", stride_skips_pixels),
    Rule("reshape-mixes-axes", 15, "SP", reshape_mixes_axes),
    Rule("samples-mixed", 16, "P", samples_mixed),
    Rule("wrong-dim", 17, "SP", wrong_dim),
    Rule("outputs-not-classes", 18, "B", outputs_not_classes),
    Rule("loss-broadcasts", 19, "S", loss_broadcasts),
    Rule("graph-cut", 20, "B", graph_cut),
    Rule("overwritten-in-place", 21, "SB", overwritten_in_place),
    Rule("input-ignored", 22, "P", input_ignored),
    Rule("batchnorm-tiny-batch", 23, "SR", batchnorm_tiny_batch),
    Rule("batchnorm-shared", 24, "S", batchnorm_shared),
    Rule("unregistered-module", 25, "S", unregistered_module),
    Rule("dropout-in-eval", 26, "P", dropout_in_eval),
    Rule("narrow-bottleneck", 27, "S", narrow_bottleneck),
    Rule("fixed-batch-size", 28, "P", fixed_batch_size),
    Rule("wrong-dtype", 29, "B", wrong_dtype),
    Rule("constant-initialisation", 30, "B", constant_initialisation),
    Rule("initialisation-gain", 31, "B", initialisation_gain),
    Rule("initial-loss", 32, "B", initial_loss),
    Rule("output-ignores-input", 33, "P", output_ignores_input),
    Rule("weights-not-loaded", 34, "B", weights_not_loaded),
    Rule("regression-loss-on-classes", 35, "SB", regression_loss_on_classes),
    Rule("label-out-of-range", 36, "BD", label_out_of_range),
    Rule("loss-sign-or-sum", 37, "PR", loss_sign_or_sum),
    Rule("loss-without-gradient", 38, "B", loss_without_gradient),
    Rule("zero-grad-missing", 39, "R", zero_grad_missing),
    Rule("step-order", 40, "R", step_order),
    Rule("not-in-optimizer", 41, "B", not_in_optimizer),
    Rule("wrong-layers-frozen", 42, "BR", wrong_layers_frozen),
    Rule("training-in-eval-mode", 43, "R", training_in_eval_mode),
    Rule("evaluating-in-train-mode", 44, "R", evaluating_in_train_mode),
    Rule("learning-rate-too-high", 45, "R", learning_rate_too_high),
    Rule("learning-rate-too-low", 46, "R", learning_rate_too_low),
    Rule("scheduler-misused", 47, "R", scheduler_misused),
    Rule("weight-decay-on-norm", 48, "B", weight_decay_on_norm),
    Rule("regularisation-dominates", 49, "R", regularisation_dominates),
    Rule("accumulation-not-scaled", 50, "R", accumulation_not_scaled),
    Rule("graph-kept-alive", 51, "R", graph_kept_alive),
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
    Rule("amp-misused", 62, "R", amp_misused),
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
    Rule("wrong-metric", 74, "R", wrong_metric),
    Rule("chosen-on-test-set", 75, "R", chosen_on_test_set),
    Rule("seed-misused", 76, "R", seed_misused),
)
