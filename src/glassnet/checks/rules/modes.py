"""Train mode and eval mode at the wrong time."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from glassnet.checks.code import Code, codes, last_name, names, place
from glassnet.checks.finding import Finding
from glassnet.checks.timeline import BATCH_NORMS, mode_dependent, passes, trained_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from glassnet.checks.seen import Event, Loader, Network, Seen
    from glassnet.checks.timeline import Pass
    from glassnet.trace.trace import Source

MEASURES = {
    "argmax",
    "max",
    "topk",
    "eq",
    "accuracy",
    "accuracy_score",
    "item",
    "correct",
    "confusion_matrix",
    "f1_score",
}
TESTING = re.compile(
    r"(^|_)(x_?)?(test|val|valid|validation|eval|evaluate|dev|holdout|te(?![a-z]))", re.IGNORECASE
)
TRAINING = re.compile(r"train|fit", re.IGNORECASE)
ON_PURPOSE = re.compile(
    r"mc_|monte|dropout|uncertain|bayes|update_bn|recalib|ema|teacher|momentum|pseudo|target_net|queue|noise|fake|sample|gener|swa|adabn|tta",
    re.IGNORECASE,
)


def training_in_eval_mode(seen: Seen) -> Iterator[Finding]:
    """Find networks that are trained in eval mode, mostly because nobody called `train()` again.

    Args:
        seen: Everything that was seen.

    Yields:
        A warning at the line that put the network into eval mode.
    """
    every = passes(seen)
    for network in seen.networks:
        parts = mode_dependent(network.module)
        if not parts or not any(network in trained_by(seen, one) for one in seen.optimizers):
            continue
        own = [
            p for p in every if p.event.who == network.number and p.backward and not p.event.facts.get("part")
        ]
        optimizers = {one.number for one in seen.optimizers if network in trained_by(seen, one)}
        stepped = [p for p in own if _step_follows(seen, p.at, network, optimizers)]
        wrong = [p for p in stepped if p.event.facts.get("training") is False]
        if len(wrong) < 2 or len(wrong) < 0.1 * len(stepped):  # noqa: PLR2004
            continue
        found = _trained_in_eval(seen, network, parts, stepped, wrong)
        if found:
            yield found


def _step_follows(seen: Seen, at: int, network: Network, optimizers: set[int]) -> bool:
    """Tell whether an optimizer of this network steps after a pass, before its next one."""
    for event in seen.events[at + 1 :]:
        if event.kind == "step":
            return event.who in optimizers
        if event.kind in {"epoch", "epoch_end"} or (event.kind == "network" and event.who == network.number):
            return False
    return False


def _trained_in_eval(
    seen: Seen, network: Network, parts: dict[str, nn.Module], stepped: list[Pass], wrong: list[Pass]
) -> Finding | None:
    first = wrong[0]
    evals = [
        e for e in seen.events[: first.at]
        if e.kind == "mode" and e.facts.get("training") is False and _whole(e, network)
    ]  # fmt: skip
    switched = any(p.event.facts.get("training") for p in stepped if p.at < first.at)
    norms = [path for path, part in parts.items() if isinstance(part, BATCH_NORMS)]
    drops = [path for path in parts if path not in norms]
    evidence: dict[str, object] = {
        "wrong": len(wrong), "steps": len(stepped), "step": first.event.step + 1,
        "layers": _counted(norms, drops), "network": network.name,
    }  # fmt: skip
    loaded = any(e.kind == "load" and e.who == network.number for e in seen.events[: first.at])
    severity = "warning"
    if (
        not switched
        and (loaded or not norms)
        and not any(e.facts.get("training") for e in _modes(seen, network))
    ):
        severity = "note"  # fine-tuning with fixed statistics, perhaps on purpose
    follows = ("modes-disagree", "overfitting", "plateau", "wrong-layers-frozen")
    source = _uncalled(seen, "train") or (evals[-1].source if evals else first.event.source)
    form = "switched" if switched or any(e.facts.get("training") for e in _modes(seen, network)) else "always"
    return Finding("training-in-eval-mode", severity, source, "", evidence, form, follows)


def _modes(seen: Seen, network: Network) -> list[Event]:
    return [e for e in seen.events if e.kind == "mode" and _whole(e, network)]


def _whole(event: Event, network: Network) -> bool:
    return event.who == network.number and event.facts.get("whole", True)


def _uncalled(seen: Seen, name: str) -> Source | None:
    """Find `model.eval` without parentheses."""
    for code in codes(seen):
        for node in code.uncalled(name):
            return code.source(node)
    return None


def _counted(norms: list[str], drops: list[str]) -> str:
    parts = [f"{len(norms)} BatchNorm"] if norms else []
    return ", ".join([*parts, *([f"{len(drops)} Dropout"] if drops else [])])


def evaluating_in_train_mode(seen: Seen) -> Iterator[Finding]:
    """Find evaluations that run while BatchNorm and dropout are in train mode.

    Args:
        seen: Everything that was seen.

    Yields:
        A warning at the line where the evaluation calls the network.
    """
    every = passes(seen)
    refused = seen.crash is not None and "Expected more than 1 value per channel" in seen.crash.message
    for network in seen.networks:
        parts = mode_dependent(network.module)
        if not parts or not any(network in trained_by(seen, one) for one in seen.optimizers):
            continue
        own = [p for p in every if p.event.who == network.number]
        wrong = [
            p
            for p in own
            if (not p.backward or _only_after(seen, p))
            and p.event.facts.get("training")
            and _evaluates(seen, p, network)
        ]
        trained = {p.event.source for p in own if p.backward}
        if refused and own and trained and own[-1].event.source not in trained:
            wrong = wrong or own[-1:]  # one picture in train mode, after the training
        if wrong:
            yield _evaluated_in_train(seen, network, parts, wrong)


def _evaluates(seen: Seen, one: Pass, network: Network) -> bool:  # noqa: PLR0911 — one case after the other
    """Tell whether a pass without backward belongs to an evaluation."""
    if _followed_by_step_of_other(seen, one, network):
        return False
    at = place(one.event.source)
    if at is None:
        return False
    code, statement = at
    function = code.function(statement)
    called = getattr(function, "name", "")
    if ON_PURPOSE.search(called) or any(
        ON_PURPOSE.search(last_name(t)) for t in getattr(statement, "targets", [])
    ):
        return False
    grad = one.event.facts.get("grad", True)
    tested = bool(TESTING.search(called)) or _named_test(statement)
    held_out = one.loader is not None and not _trains(seen, one.loader)
    if held_out:
        return _measured(code, statement) or not grad
    if grad and not tested:
        return False
    if one.loader is not None and one.loader.num_steps and not tested:
        return False  # a look at the training batch
    if not grad and _uncalled(seen, "eval") is not None:
        return True
    walked = any(_named_test(loop.iter) for loop in code.loops(statement) if isinstance(loop, ast.For))
    tested = TESTING.search(called) or _named_test(statement) or walked
    return bool(tested and _measured(code, statement))


def _trains(seen: Seen, loader: Loader) -> bool:
    """Tell whether steps were taken with a loader's batches."""
    opened: list[int] = []
    for event in seen.events:
        if event.kind == "epoch":
            opened = [*(who for who in opened if who != event.who), event.who]
        elif event.kind == "epoch_end":
            opened = [who for who in opened if who != event.who]
        elif event.kind == "step" and opened and opened[-1] == loader.number:
            return True
    return False


def _only_after(seen: Seen, one: Pass) -> bool:
    """Tell whether a pass named after a test goes before a training pass at another line."""
    at = place(one.event.source)
    if at is None or not _named_test(at[1]):
        return False
    following = [e for e in seen.events[one.at + 1 : one.at + 12] if e.kind in {"network", "backward"}]
    return bool(following) and following[0].kind == "network" and following[0].source != one.event.source


def _named_test(statement: ast.AST) -> bool:
    """Tell whether what the network gets, or what its result is called, is named after a test."""
    words = names(statement)
    return any(TESTING.search(word) for word in words) and not any(TRAINING.search(word) for word in words)


def _measured(code: Code, statement: ast.stmt) -> bool:
    """Tell whether a score or a loss is computed around a line."""
    loops = code.loops(statement)
    block = loops[0] if loops else code.function(statement)
    words = names(block)
    return bool(words & MEASURES) or any(
        re.search(r"acc|correct|loss|criterion|score|metric|error", word, re.I) for word in words
    )


def _followed_by_step_of_other(seen: Seen, one: Pass, network: Network) -> bool:
    """Tell whether a pass serves the training of another network: a generator's, for the discriminator."""
    for event in seen.events[one.at + 1 :]:
        if event.kind == "network" and event.who != network.number and event.facts.get("grad", True):
            return True
        if event.kind in {"epoch", "epoch_end", "step"} or (
            event.kind == "network" and event.who == network.number
        ):
            return False
    return False


def _evaluated_in_train(
    seen: Seen, network: Network, parts: dict[str, nn.Module], wrong: list[Pass]
) -> Finding:
    norms = [path for path, part in parts.items() if isinstance(part, BATCH_NORMS)]
    drops = [path for path in parts if path not in norms]
    total = sum(p.event.count for p in wrong)
    evidence: dict[str, object] = {
        "passes": total, "layers": _counted(norms, drops), "network": network.name,
    }  # fmt: skip
    forgotten = _uncalled(seen, "eval")
    called = any(e.facts.get("training") is False for e in _modes(seen, network))
    form = "not_called" if forgotten else "again" if called else "main"
    follows = ("modes-disagree", "dropout-in-eval", "different-preprocessing")
    return Finding(
        "evaluating-in-train-mode", "warning", forgotten or wrong[0].event.source, "", evidence, form, follows
    )
