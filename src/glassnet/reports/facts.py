"""What `run.json` says, as facts with names: of the result, the network, the pictures, the machine."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glassnet.evaluation.judgement import Judgement
    from glassnet.pictures.pictures import Pictures
    from glassnet.reports.content import Content

LARGE_GAP = 0.05  # between training and validation accuracy: worth a line
MOST_CLASSES = 100  # in the table of how many pictures each class has
MINUTE = 60


class Fact(NamedTuple):
    """A figure with its name, and what stands small under it."""

    name: str
    value: str
    more: str = ""


class ClassCounts(NamedTuple):
    """The pictures of one class, split by split."""

    name: str
    counts: list[int]


class Balance(NamedTuple):
    """How many pictures each class has in each split."""

    splits: list[str]
    rows: list[ClassCounts]
    most: int


def result_facts(info: Mapping[str, Any], judgement: Judgement, words: Mapping[str, str]) -> list[Fact]:
    """Give the figures that stand beside the accuracy.

    Args:
        info: From `run.json`.
        judgement: Of the judged split.
        words: Texts of the table `report`.

    Returns:
        Facts.
    """
    scores, result = judgement.scores, info.get("result") or {}
    wrong = scores.images - round(scores.accuracy * scores.images)
    facts = [Fact(words["wrong_count"], f"{wrong:,}", words["of_count"].format(count=f"{scores.images:,}"))]
    if judgement.top5 is not None:
        facts.append(Fact(words["top5"], _percent(judgement.top5)))
    facts.append(Fact(words["macro_f1"], _percent(scores.macro.f1)))
    if judgement.split != "val" and result.get("val_accuracy") is not None:
        facts.append(Fact(words["validation_accuracy"], _percent(result["val_accuracy"])))
    seconds = result.get("seconds") or {}
    if seconds:
        speed = words["speed"].format(count=f"{result.get('images_per_second') or 0:,.0f}")
        facts.append(Fact(words["training_time"], time_text(seconds["data"] + seconds["train"]), speed))
    if "epochs" in result:
        best = words["best_epoch"].format(epoch=result.get("best_epoch")) if result.get("best_epoch") else ""
        facts.append(Fact(words["epochs"], f"{result['epochs']:g}", best))
    facts.append(Fact(words["parameters"], f"{info['parameters']:,}"))
    return facts


def run_facts(info: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, list[Fact]]:
    """Give what a run says of its network, its pictures and the machine.

    Args:
        info: From `run.json`.
        words: Texts of the table `report`.

    Returns:
        Facts, under `net`, `data` and `environment`.
    """
    return {"net": _net(info, words), "data": _data(info, words), "environment": _environment(info, words)}


def _net(info: Mapping[str, Any], words: Mapping[str, str]) -> list[Fact]:
    net, size = info["net"], info["net"]["input"]
    facts = [
        Fact(words["network"], str(net["resolved"] or net["class"])),
        Fact(words["parameters"], f"{info['parameters']:,}"),
        Fact(words["macs"], f"{info['macs_per_picture']:,}", words["a_picture"]),
        Fact(words["input"], f"{size['channels']}×{size['height']}×{size['width']}"),
        Fact(words["start"], words["fresh"] if not net["weights"] else str(net["weights"]["from"])),
    ]
    if net["source"]:
        facts.append(
            Fact(words["code"], str(net["source"]["path"]), f"SHA-256 {str(net['source']['sha256'])[:16]}…")
        )
    return facts


def _data(info: Mapping[str, Any], words: Mapping[str, str]) -> list[Fact]:
    source, policy = info["source"], info["source"]["policy"]
    facts = [Fact(words["source"], str(source["name"]))]
    for name, split in source["splits"].items():
        mark = words["fingerprint"].format(fingerprint=str(split["fingerprint"])[:12])
        facts.append(Fact(words[f"split_{name}"], f"{split['images']:,}", mark))
    colour = words["grey"] if policy["channels"] == 1 else words["colour"]
    facts.append(Fact(words["size"], f"{policy['width']}×{policy['height']} {colour}"))
    scaled = "; ".join(
        f"(x / 255 − {mean:.4f}) / {deviation:.4f}"
        for mean, deviation in zip(source["mean"], source["deviation"], strict=True)
    )
    facts.append(Fact(words["scaled"], scaled))
    return facts


def _environment(info: Mapping[str, Any], words: Mapping[str, str]) -> list[Fact]:
    machine = info.get("machine") or {}
    names = {"glassnet": "glassnet", "torch": "PyTorch", "numpy": "NumPy", "processor": words["processor"],
             "threads": words["threads"], "cuda": "GPU"}  # fmt: skip
    return [Fact(names[key], str(machine[key])) for key in names if machine.get(key) is not None]


def commands_of(info: Mapping[str, Any], name: str) -> list[str]:
    """Write the commands that repeat a run: as it was typed, and with every choice spelled out.

    Args:
        info: From `run.json`.
        name: Of the run's folder.

    Returns:
        Commands, ready to paste.
    """
    net, source = info["net"], info["source"]
    words = [str(word) for word in info.get("command") or ()]
    found = []
    if "train" in words:
        found.append(shlex.join(["glassnet", *words[words.index("train") :]]))
    if source["by_name"] and net["resolved"]:
        options = ["glassnet", "train", str(source["name"]), "--net", str(net["resolved"])]
        for field, value in info["recipe"].items():
            option = field.replace("_", "-")
            if field == "net" or value is None:
                continue
            if isinstance(value, bool):
                options.append(f"--{option}" if value else f"--no-{option}")
            else:
                options += [f"--{option}", f"{value:g}" if isinstance(value, float) else str(value)]
        found.append(shlex.join(options))
    return found or [f"glassnet train SOURCE --recipe {shlex.quote(f'{name}/recipe.toml')}"]


def balance_of(pictures: Mapping[str, Pictures]) -> Balance | None:
    """Count the pictures of each class in each split.

    Args:
        pictures: Splits by name.

    Returns:
        The counts; None where no split is there, or too many classes.
    """
    if not pictures:
        return None
    classes = next(iter(pictures.values())).classes
    if len(classes) > MOST_CLASSES:
        return None
    counts = [np.bincount(split.labels, minlength=len(classes)).tolist() for split in pictures.values()]
    rows = [ClassCounts(name, [of[place] for of in counts]) for place, name in enumerate(classes)]
    return Balance(list(pictures), rows, max(1, *map(max, counts)))


def short_of(content: Content, words: Mapping[str, str]) -> list[str]:
    """Say in sentences what a reader should know first.

    Args:
        content: Of a report.
        words: Texts of the table `report`.

    Returns:
        Sentences.
    """
    judgement = content.judgement
    if judgement is None:
        return []
    said = []
    known = [entry for entry in judgement.scores.per_class if entry.recall is not None]
    if len(known) > 1:
        worst, best = min(known, key=lambda e: e.recall or 0), max(known, key=lambda e: e.recall or 0)
        said.append(
            words["short_classes"].format(
                best=best.name, most=f"{100 * (best.recall or 0):.1f}",
                worst=worst.name, least=f"{100 * (worst.recall or 0):.1f}",
            )
        )  # fmt: skip
    if judgement.confused:
        pair = judgement.confused[0]
        said.append(
            words["short_confused"].format(
                name=pair.name, said=pair.said, count=f"{pair.images:,}", share=f"{100 * pair.share:.1f}"
            )
        )
    last = next((line for line in reversed(content.metrics) if line.get("kind") == "epoch"), {})
    train, val = last.get("train_accuracy"), last.get("val_accuracy")
    if isinstance(train, float) and isinstance(val, float) and train - val > LARGE_GAP:
        said.append(words["short_gap"].format(train=f"{100 * train:.1f}", val=f"{100 * val:.1f}"))
    missing = [entry.name for entry in judgement.scores.per_class if not entry.support]
    if missing:
        said.append(words["short_missing"].format(names=words["comma"].join(missing)))
    return said


def time_text(seconds: float) -> str:
    """Write how long something took.

    Args:
        seconds: At least 0.

    Returns:
        In seconds below a minute, else in minutes and seconds.

    Example:
        >>> time_text(12.34), time_text(75), time_text(4000)
        ('12.3 s', '1 min 15 s', '66 min 40 s')
    """
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    return f"{int(seconds // MINUTE)} min {int(seconds % MINUTE)} s"


def short_source(name: str) -> str:
    """Give the name of a source without its folder.

    Args:
        name: A name or path.

    Returns:
        Its last part.

    Example:
        >>> short_source("/data/pets.zip"), short_source("cifar10")
        ('pets.zip', 'cifar10')
    """
    return Path(name).name or name


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
