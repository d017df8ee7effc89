"""Pictures, choices, scores and predictions, as text that a person reads."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.text import Text

from glassnet.terminal.console import show_field, show_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from rich.console import Console

    from glassnet.evaluation.scores import Scores
    from glassnet.pictures.pictures import Pictures
    from glassnet.terminal.console import Terminal
    from glassnet.training.recipe import Recipe

SPLIT_NAMES = {"train": "training", "val": "validation", "test": "test", "all": "in all"}
MOST_CLASSES = 30  # lines of the table per class; the rest is in the run
MOST_NAMES = 12  # of classes in a line
MOST_REJECTED = 5
SPARKS = 40
BARS = "▁▂▃▄▅▆▇█"
# shown only where somebody asked for them; what was chosen stands in recipe.toml with its reason
QUIET = (
    "momentum", "warmup", "step_epochs", "step_factor", "class_weights", "normalize", "memory_format",
    "onednn", "val", "strict",
)  # fmt: skip


def spark_line(values: Sequence[float], console: Console) -> str:
    """Draw values as a line of small bars.

    Args:
        values: Any numbers.
        console: Where its encoding has no bars, the line is empty.

    Returns:
        One character a value, at most 40.

    Example:
        >>> import io; from rich.console import Console
        >>> spark_line([1.0, 2.0, 8.0], Console(file=io.TextIOWrapper(io.BytesIO(), "utf-8")))
        '▁▂█'
    """
    if not console.encoding.lower().startswith("utf") or not values:
        return ""
    stride = -(-len(values) // SPARKS)
    shown = list(values[::stride])
    low, high = min(shown), max(shown)
    span = (high - low) or 1.0
    return "".join(BARS[int((value - low) / span * (len(BARS) - 1) + 0.5)] for value in shown)


def show_pictures(splits: Mapping[str, Pictures], notes: Sequence[str], terminal: Terminal) -> None:
    """Say what the pictures are.

    Args:
        splits: With at least one; `all` is what has no splits.
        notes: More sentences.
        terminal: Where to.
    """
    first = next(iter(splits.values()))
    policy = first.policy
    colour = "grey" if policy.channels == 1 else "RGB"
    counts = ", ".join(f"{len(pictures):,} {SPLIT_NAMES[name]}" for name, pictures in splits.items())
    show_field("pictures", f"{first.source}: {counts}; {policy.width}×{policy.height} {colour}", terminal)
    names = ", ".join(first.classes[:MOST_NAMES]) + (", …" if len(first.classes) > MOST_NAMES else "")
    show_field("classes", f"{len(first.classes)}: {names}", terminal)
    rejected = [(r.path, r.reason) for r in dict.fromkeys(r for p in splits.values() for r in p.rejected)]
    show_rejected(rejected, terminal)
    for note in notes:
        show_field("note", note, terminal)


def show_rejected(rejected: Sequence[tuple[str, str]], terminal: Terminal) -> None:
    """List the first files that were set aside, and count the rest.

    Args:
        rejected: Path and reason.
        terminal: Where to.
    """
    for path, reason in rejected[:MOST_REJECTED]:
        show_field("set aside", f"{path}: {reason}", terminal)
    if len(rejected) > MOST_REJECTED:
        show_field("", f"… and {len(rejected) - MOST_REJECTED:,} more", terminal)


def show_choices(
    net: str,
    notes: Sequence[str],
    recipe: Recipe,
    reasons: Mapping[str, str],
    chosen: AbstractSet[str],
    terminal: Terminal,
) -> None:
    """Say what was chosen, and why.

    Args:
        net: The network in a few words.
        notes: More sentences on it.
        recipe: Resolved.
        reasons: Of every field: who asked for it, or why it was chosen.
        chosen: The fields that nobody asked for; among them, what is off or says little is left out.
        terminal: Where to.
    """
    show_field("network", net, terminal)
    for note in (*([reasons["net"]] if "net" in chosen else ()), *notes):
        show_field("", note, terminal)
    terminal.text.print(Text("recipe", style="bold"))
    rows = []
    for name, value in asdict(recipe).items():
        off = not value and name not in ("seed", "flip")
        if name == "net" or (name in chosen and (off or name in QUIET)):
            continue
        rows.append((name.replace("_", "-"), _value(value), reasons.get(name, "")))
    show_table(rows, ("", "", "dim"), terminal)


def show_scores(scores: Scores, what: str, terminal: Terminal) -> None:
    """Show accuracy with its interval, and figures per class, the worst first.

    Args:
        scores: Of one split.
        what: The split and the source.
        terminal: Where to.
    """
    low, high = (100 * bound for bound in scores.interval)
    interval = f"95 % interval {low:.2f} to {high:.2f}; {scores.images:,} pictures, {what}"
    show_field("accuracy", f"{100 * scores.accuracy:.2f} %  ({interval})", terminal)
    rows: list[Sequence[str]] = [("class", "recall", "precision", "F1", "pictures", "")]
    ordered = sorted(scores.per_class, key=lambda entry: (entry.recall is None, entry.recall))
    for entry in ordered[:MOST_CLASSES]:
        figures = (
            "-" if f is None else f"{100 * f:.1f} %" for f in (entry.recall, entry.precision, entry.f1)
        )
        rows.append((entry.name, *figures, f"{entry.support:,}", "█" * round(20 * (entry.recall or 0))))
    show_table(rows, ("", *["right"] * 4, "green"), terminal)
    if len(ordered) > MOST_CLASSES:
        show_field("", f"… and {len(ordered) - MOST_CLASSES} classes with a higher recall", terminal)


def show_predictions(pictures: Sequence[tuple[str, Sequence[tuple[str, float]]]], terminal: Terminal) -> None:
    """Show what the network says of each picture.

    Args:
        pictures: Path, and the likeliest classes with their probabilities.
        terminal: Where to.
    """
    rows = []
    for path, top in pictures:
        others = "  ".join(f"{name} {100 * share:.0f} %" for name, share in top[1:] if share >= 0.01)  # noqa: PLR2004
        rows.append((path, top[0][0], f"{100 * top[0][1]:.1f} %", others))
    show_table(rows, ("", "bold", "right", "dim"), terminal, indent=0)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
