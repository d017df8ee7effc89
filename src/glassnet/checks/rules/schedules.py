"""Learning rate schedules that are stepped at the wrong time, too often, or never."""

from __future__ import annotations

import ast
import itertools
import re
from typing import TYPE_CHECKING

from glassnet.checks.code import Code, called, codes, last_name, names, place, targets
from glassnet.checks.finding import Finding
from glassnet.checks.timeline import parameters_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Event, Scheduler, Seen

FOLLOWS = ("learning-rate-too-low", "plateau", "weights-do-not-change")
FADING = {
    "StepLR",
    "MultiStepLR",
    "ExponentialLR",
    "CosineAnnealingLR",
    "PolynomialLR",
    "MultiplicativeLR",
    "ReduceLROnPlateau",
    "LinearLR",
    "LambdaLR",
}
GOOD_WHEN_LARGE = re.compile(r"acc|f1|auc|precision|recall|top1|correct|map$|iou|dice", re.IGNORECASE)
GOOD_WHEN_SMALL = re.compile(r"loss|err|mse|mae|nll|perplexity", re.IGNORECASE)
LARGEST = 0.5  # learning rate that is much smaller when it is multiplied by itself
GONE = 0.01  # of the first learning rate: nothing is learned any more


def scheduler_misused(seen: Seen) -> Iterator[Finding]:
    """Find schedules that do not give the learning rates that their settings mean.

    Args:
        seen: Everything that was seen.

    Yields:
        An error or a warning at the line where the schedule is stepped or made.
    """
    again = _made_again(seen)
    if again:
        yield again
        return
    for scheduler in seen.schedulers:
        stepped = [e for e in seen.events if e.kind == "schedule" and e.who == scheduler.number]
        finders = (
            _other_optimizer,
            _never,
            _wrong_goal,
            _loss_as_epoch,
            _too_many_steps,
            _absolute,
            _per_epoch,
            _per_batch,
            _before,
        )
        found = next((one for one in (find(seen, scheduler, stepped) for find in finders) if one), None)
        if found:
            yield found
            return


def _finding(form: str, severity: str, source: object, evidence: dict[str, object]) -> Finding:
    return Finding("scheduler-misused", severity, source, evidence=evidence, form=form, explains=FOLLOWS)  # type: ignore[arg-type]


def _steps_of(seen: Seen, scheduler: Scheduler) -> list[Event]:
    return [e for e in seen.events if e.kind == "step" and e.who == scheduler.optimizer]


def _inner(seen: Seen, scheduler: Scheduler) -> bool:
    """Tell whether another schedule, or anything else of the schedule kind, holds and steps this one."""
    own = scheduler.scheduler
    for other in seen.schedulers:
        if other.scheduler is own:
            continue
        for held in vars(other.scheduler).values():
            if held is own or (isinstance(held, (list, tuple)) and any(one is own for one in held)):
                return True
    return False


def _never(seen: Seen, scheduler: Scheduler, stepped: list[Event]) -> Finding | None:
    if stepped or _inner(seen, scheduler) or seen.ended != "done":
        return None
    steps = _steps_of(seen, scheduler)
    evidence: dict[str, object] = {"scheduler": scheduler.type, "steps": len(steps)}
    if len(steps) < 2 or scheduler.source is None:  # noqa: PLR2004
        return None
    at = place(scheduler.source)
    if at is None:
        return None
    _code, statement = at
    variables = {last_name(target) for target in targets(statement)}
    for one in codes(seen):
        for node in one.uncalled("step"):
            if last_name(node.value.value) in variables or re.search("sched", one.text(node)):  # type: ignore[attr-defined]
                return _finding(
                    "not_called", "warning", one.source(node), {**evidence, "call": one.text(node)}
                )
    if any(_steps_a_schedule(one, variables) for one in codes(seen)):
        return None  # it would have been stepped later
    return _finding("never", "warning", scheduler.source, evidence)


def _steps_a_schedule(code: Code, variables: set[str]) -> bool:
    """Tell whether the code holds a call that steps a schedule, under its own or any such name."""
    for call in code.calls("step"):
        if isinstance(call.func, ast.Attribute):
            owner = last_name(call.func.value)
            if owner in variables or re.search(r"sched|lr_|warm|^s$|anneal|decay", owner, re.IGNORECASE):
                return True
    return False


def _made_again(seen: Seen) -> Finding | None:
    """Find a schedule that is made anew, for the same optimizer, while it trains."""
    for first in seen.schedulers:
        same = [
            s
            for s in seen.schedulers
            if s.source == first.source and s.optimizer == first.optimizer and s.type == first.type
        ]
        if len(same) < 2 or first.source is None or first.optimizer < 0:  # noqa: PLR2004
            continue
        made = [e.step for e in seen.events if e.kind == "scheduler" and e.who in {s.number for s in same}]
        between = [later - earlier for earlier, later in itertools.pairwise(made)]
        if between and min(between) > 0:
            evidence: dict[str, object] = {"scheduler": first.type, "times": len(same), "steps": min(between)}
            return _finding("made_again", "warning", first.source, evidence)
    return None


def _other_optimizer(seen: Seen, scheduler: Scheduler, stepped: list[Event]) -> Finding | None:
    """Find a schedule whose optimizer is not the one that trains."""
    if not stepped or scheduler.optimizer < 0 or _steps_of(seen, scheduler):
        return None
    own = seen.optimizers[scheduler.optimizer]
    for other in seen.optimizers:
        if other is not own and parameters_of(own) & parameters_of(other):
            used = [e for e in seen.events if e.kind == "step" and e.who == other.number]
            if used:
                evidence: dict[str, object] = {
                    "scheduler": scheduler.type,
                    "optimizer": own.type,
                    "steps": len(used),
                }
                return _finding("other_optimizer", "error", scheduler.source, evidence)
    return None


def _argument(stepped: list[Event]) -> tuple[Code, ast.expr] | None:
    """Give what `scheduler.step(…)` is given, where it is given something."""
    for event in stepped:
        if event.source is None:
            continue
        at = place(event.source)
        call = at[0].call_at(event.source.line, "step") if at else None
        if at and call and (call.args or call.keywords):
            return at[0], call.args[0] if call.args else call.keywords[0].value
    return None


def _meaning(code: Code, given: ast.expr) -> str:
    """Give the words that say what a number is: its own name, or what it was computed from."""
    if isinstance(given, (ast.Name, ast.Attribute)):
        return last_name(given)
    if isinstance(given, ast.Subscript):
        key = given.slice
        return (
            str(key.value)
            if isinstance(key, ast.Constant) and isinstance(key.value, str)
            else last_name(given)
        )
    if isinstance(given, ast.Call):
        if called(given) in {"item", "mean", "float", "average"}:
            inner = given.func.value if isinstance(given.func, ast.Attribute) else None
            parts = " ".join(sorted(names(inner) | {n for a in given.args for n in names(a)}))
            return parts or called(given)
        return called(given)
    if isinstance(given, ast.BinOp) and isinstance(given.op, ast.Div):
        return _meaning(code, given.left)
    return ""


def _wrong_goal(seen: Seen, scheduler: Scheduler, stepped: list[Event]) -> Finding | None:
    """Find ReduceLROnPlateau that waits for an accuracy to fall, or a loss to rise."""
    if scheduler.type != "ReduceLROnPlateau" or not stepped:
        return None
    given = _argument(stepped)
    if given is None:
        return None
    mode = getattr(scheduler.scheduler, "mode", scheduler.settings.get("mode", "min"))
    words = _meaning(*given)
    large, small = bool(GOOD_WHEN_LARGE.search(words)), bool(GOOD_WHEN_SMALL.search(words))
    evidence: dict[str, object] = {
        "mode": mode,
        "metric": given[0].text(given[1]),
        "patience": getattr(scheduler.scheduler, "patience", 0),
        "right": "max" if mode == "min" else "min",
    }
    if (mode == "min" and large and not small) or (mode == "max" and small and not large):
        return _finding("goal", "warning", scheduler.source, evidence)
    return None


def _loss_as_epoch(seen: Seen, scheduler: Scheduler, stepped: list[Event]) -> Finding | None:
    """Find a loss given to a schedule that takes the number of an epoch."""
    if scheduler.type == "ReduceLROnPlateau" or not stepped:
        return None
    given = _argument(stepped)
    words = _meaning(*given) if given else ""
    if given and (GOOD_WHEN_SMALL.search(words) or GOOD_WHEN_LARGE.search(words)):
        evidence: dict[str, object] = {"scheduler": scheduler.type, "metric": given[0].text(given[1])}
        return _finding("metric_as_epoch", "warning", stepped[0].source, evidence)
    return None


def _too_many_steps(seen: Seen, scheduler: Scheduler, stepped: list[Event]) -> Finding | None:
    if not seen.crash or "Tried to step" not in seen.crash.message:
        return None
    evidence: dict[str, object] = {
        "scheduler": scheduler.type, "times": sum(e.count for e in stepped), "total": _total(scheduler),
    }  # fmt: skip
    return _finding("too_many", "error", stepped[-1].source if stepped else scheduler.source, evidence)


def _total(scheduler: Scheduler) -> int:
    own = scheduler.scheduler
    return int(
        getattr(own, "total_steps", 0) or getattr(own, "T_max", 0) or getattr(own, "total_iters", 0) or 0
    )


def _rhythm(seen: Seen, scheduler: Scheduler, stepped: list[Event]) -> tuple[int, int]:
    """Give how often a schedule was stepped, and its optimizer in that time."""
    return sum(e.count for e in stepped), max(
        seen.num_steps if len(seen.optimizers) == 1 else len(_steps_of(seen, scheduler)), 1
    )


def _per_epoch(seen: Seen, scheduler: Scheduler, stepped: list[Event]) -> Finding | None:
    """Find a schedule made for all batches that is stepped once per epoch."""
    times, steps = _rhythm(seen, scheduler, stepped)
    total = _total(scheduler)
    if not stepped or seen.ended != "done" or times * 2 > steps or total < times * 2:
        return None
    close = abs(total - steps) <= max(2, 0.02 * steps) or total == _epoch_length(seen)
    made_for_batches = scheduler.type == "OneCycleLR" or close
    if (
        scheduler.type not in {"OneCycleLR", "CosineAnnealingLR", "LinearLR", "PolynomialLR"}
        or not made_for_batches
    ):
        return None
    if scheduler.type == "OneCycleLR" and total > steps * 1.5:
        return None  # it was made for a longer training
    evidence: dict[str, object] = {
        "scheduler": scheduler.type,
        "times": times,
        "total": total,
        "steps": steps,
    }
    return _finding("per_epoch", "warning", stepped[0].source, evidence)


def _per_batch(seen: Seen, scheduler: Scheduler, stepped: list[Event]) -> Finding | None:  # noqa: PLR0911 — one case after the other
    """Find a schedule made for epochs that is stepped with every batch."""
    times, steps = _rhythm(seen, scheduler, stepped)
    if scheduler.type not in FADING or times < 10 or times * 2 < steps:  # noqa: PLR2004
        return None
    if _per_iteration(stepped):
        return None
    rates = [(e.facts["lr"][0], e.count) for e in stepped if e.facts.get("lr")]
    first = _first_rate(scheduler) or (rates[0][0] if rates else 0)
    if not rates or first <= 0:
        return None
    gone = next((n for n, rate in enumerate(_spread(rates), 1) if rate <= GONE * first), None)
    epoch = _epoch_length(seen)
    if epoch < 2 and not _in_batches(stepped):  # noqa: PLR2004
        return None  # an epoch may be one step
    evidence: dict[str, object] = {
        "scheduler": scheduler.type, "times": times, "first": first, "last": rates[-1][0], "gone": gone or 0,
        "batches": epoch, "period": 0,
    }  # fmt: skip
    severity = "error" if gone is not None and gone <= times / 2 else "warning"
    if scheduler.type == "CosineAnnealingLR":
        half = _total(scheduler)
        if half and times >= 2.5 * half and (not epoch or half < epoch):
            evidence["period"] = half
            return _finding("cosine", "warning", stepped[0].source, evidence)
        return None
    if gone is not None and gone <= times / 2:
        return _finding("per_batch", severity, stepped[0].source, evidence)
    period = int(getattr(scheduler.scheduler, "step_size", 0) or 0)
    if (
        scheduler.type == "StepLR"
        and epoch
        and period * 2 <= epoch
        and times >= 2 * epoch
        and rates[-1][0] < 0.5 * first
    ):
        return _finding("per_batch", "warning", stepped[0].source, evidence | {"gone": times})
    return None


def _in_batches(stepped: list[Event]) -> bool:
    """Tell whether a schedule is stepped in a loop over parts of the data, within one over epochs."""
    at = place(stepped[0].source)
    loops = at[0].loops(at[1]) if at else []
    if at is None or not loops:
        return False
    words = at[0].text(loops[0].iter) if isinstance(loops[0], ast.For) else ""
    return bool(re.search(r"batch|split|chunk|loader|range\(.*,.*,.*\)|zip", words))


def _spread(rates: list[tuple[float, int]]) -> Iterator[float]:
    for rate, count in rates:
        for _ in range(count):
            yield rate


def _first_rate(scheduler: Scheduler) -> float:
    rates = getattr(scheduler.scheduler, "base_lrs", None)
    if rates:
        return float(rates[0])
    groups = getattr(getattr(scheduler.scheduler, "optimizer", None), "param_groups", None)
    return float(groups[0].get("initial_lr", 0)) if groups else 0.0


def _per_iteration(stepped: list[Event]) -> bool:
    """Tell whether what is stepped gets a fraction of an epoch, as warm restarts do."""
    given = _argument(stepped)
    return given is not None and isinstance(given[1], ast.BinOp)


def _epoch_length(seen: Seen) -> int:
    """Give the batches of an epoch of training."""
    lengths = []
    for loader in seen.loaders:
        try:
            if loader.num_steps:
                lengths.append(len(loader.loader))
        except (TypeError, NotImplementedError):
            continue
    return max(lengths, default=0)


def _absolute(seen: Seen, scheduler: Scheduler, _stepped: list[Event]) -> Finding | None:
    """Find a LambdaLR whose function gives learning rates, by which the optimizer's is then multiplied."""
    used = [max(e.facts["lr"]) for e in _steps_of(seen, scheduler) if e.facts.get("lr")]
    if scheduler.type != "LambdaLR" or len(used) < 2:  # noqa: PLR2004
        return None
    rate = max(float(group.get("lr", 0.0)) for group in seen.optimizers[scheduler.optimizer].groups)
    if not 0 < rate <= LARGEST or abs(used[0] - rate * rate) > 0.01 * used[0] or max(used) > used[0]:
        return None
    evidence: dict[str, object] = {"scheduler": scheduler.type, "rate": rate, "used": used[0]}
    return _finding("absolute", "error", scheduler.source, evidence)


def _before(seen: Seen, scheduler: Scheduler, stepped: list[Event]) -> Finding | None:
    """Find a schedule that is stepped before the optimizer, so that its first learning rate is skipped."""
    if not stepped or scheduler.optimizer < 0 or scheduler.type == "ReduceLROnPlateau":
        return None
    order = [
        e
        for e in seen.events
        if (e.kind == "schedule" and e.who == scheduler.number)
        or (e.kind == "step" and e.who == scheduler.optimizer)
    ]
    if order[0].kind != "schedule" or order[-1].kind != "step" or order[0].count > 1 or len(order) < 4:  # noqa: PLR2004
        return None
    if order[1].kind == "schedule":
        return None  # caught up with an earlier run
    times, steps = _rhythm(seen, scheduler, stepped)
    first = _first_rate(scheduler)
    then = order[0].facts.get("lr", (0,))[0] if order[0].facts.get("lr") else 0
    if first == then:  # nothing was skipped yet, but every later change comes one step early
        then = next(
            (e.facts["lr"][0] for e in stepped if e.facts.get("lr") and e.facts["lr"][0] != first), then
        )
    evidence: dict[str, object] = {
        "scheduler": scheduler.type,
        "times": times,
        "steps": steps,
        "first": first,
        "then": then,
    }
    return _finding("before", "warning", order[0].source, evidence)
