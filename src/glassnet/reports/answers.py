"""What a comparison comes to, in a few sentences: which run is ahead, which pictures are harder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glassnet.reports.comparison import Comparison, Source

BELIEVED = 0.05  # a difference is told as one below this p-value
A_ROW = 3  # values that make a row with ends


def answers(found: Comparison, words: Mapping[str, str]) -> list[str]:
    """Tell what a comparison comes to.

    Args:
        found: The comparison.
        words: Texts of the table `compare`.

    Returns:
        Sentences; none where the runs cannot be set in an order.
    """
    return [*_best(found, words), *_seeds(found, words), *_harder(found, words)]


def p_text(p_value: float) -> str:
    """Write a p-value.

    Args:
        p_value: 0..1.

    Returns:
        Two digits, or that it is below what can be told.

    Example:
        >>> p_text(0.0213), p_text(1e-9)
        ('= 0.021', '< 0.0001')
    """
    return "< 0.0001" if p_value < 0.0001 else f"= {p_value:.2g}"  # noqa: PLR2004


def _best(found: Comparison, words: Mapping[str, str]) -> list[str]:
    """Name the run with the highest accuracy, and those that it is not told apart from."""
    if found.groups or not found.pairs or any(pair.adjusted is None for pair in found.pairs):
        return []
    accuracies = [entry.scores.accuracy if entry.scores else 0.0 for entry in found.entries]
    best = max(range(len(accuracies)), key=lambda run: accuracies[run])
    alike = [
        pair.second if pair.first == best else pair.first
        for pair in found.pairs
        if best in (pair.first, pair.second) and (pair.adjusted or 0.0) >= BELIEVED
    ]
    names = words["comma"].join(found.entries[run].name for run in alike)
    told = words["answer_alike" if alike else "answer_best"].format(
        best=found.entries[best].name, accuracy=f"{100 * accuracies[best]:.2f}", names=names
    )
    return [told, *([] if alike else _end(found, best, words))]


def _seeds(found: Comparison, words: Mapping[str, str]) -> list[str]:
    """Tell whether the group with the highest mean is ahead of the others by more than seeds explain."""
    return [
        words["answer_seeds_differ" if pair.adjusted < BELIEVED else "answer_seeds_alike"].format(
            best=_group_text(found, pair.best, words), other=_group_text(found, pair.other, words),
            p=p_text(pair.adjusted),
        )
        for pair in found.group_pairs
    ]  # fmt: skip


def _group_text(found: Comparison, place: int, words: Mapping[str, str]) -> str:
    """Name a group by what a person chose for it, with its mean."""
    group = found.groups[place]
    telling = [each for each in found.differences if each.name not in ("seed", words["fact_steps"])]
    asked = [each for each in telling if not any(each.chosen[run] for run in group.runs)]
    name = ", ".join(f"{each.name} {each.values[group.runs[0]]}" for each in asked or telling)
    spread = group.accuracy
    figures = f"{100 * spread.mean:.2f} ± {100 * (spread.deviation or 0.0):.2f} %"
    return words["answer_group"].format(name=name, figures=figures, count=spread.count)


def _end(found: Comparison, best: int, words: Mapping[str, str]) -> list[str]:
    """Say it where the best run has the largest or smallest of several numbers that a person chose."""
    asked = [each for each in found.differences if each.asked]
    if len(asked) != 1 or len(set(asked[0].values)) < A_ROW:
        return []
    try:
        numbers = [float(value) for value in asked[0].values]
    except ValueError:
        return []
    for key, end in (("answer_largest", max(numbers)), ("answer_smallest", min(numbers))):
        if numbers[best] == end:
            return [words[key].format(value=asked[0].values[best], name=asked[0].name)]
    return []


def _harder(found: Comparison, words: Mapping[str, str]) -> list[str]:
    """Of one network on two sources, tell whether the pixels alone explain where it does better."""
    if len(found.sources) != 2 or len({entry.info["net"]["net"] for entry in found.entries}) != 1:  # noqa: PLR2004
        return []
    reached = [(source, _accuracy(found, source), source.separability) for source in found.sources]
    known = [(source, own, told.linear.accuracy) for source, own, told in reached if own and told]
    if len(known) != len(reached):
        return []
    (easy, own, linear), (hard, other, other_linear) = sorted(known, key=lambda each: -each[2])
    key = "answer_harder" if own > other else "answer_not_the_pixels"
    return [
        words[key].format(
            easy=easy.name, own=f"{100 * own:.1f}", linear=f"{100 * linear:.1f}",
            hard=hard.name, other=f"{100 * other:.1f}", other_linear=f"{100 * other_linear:.1f}",
        )
    ]  # fmt: skip


def _accuracy(found: Comparison, source: Source) -> float | None:
    """Give the best accuracy of the runs on a source."""
    scores = [found.entries[run].scores for run in source.runs]
    return max((each.accuracy for each in scores if each is not None), default=None)
