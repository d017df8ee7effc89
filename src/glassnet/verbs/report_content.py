"""What a report is made of: a run's files, its pictures, and one of them on its way through the network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from glassnet.audit.make import audit_if_cheap
from glassnet.errors import GlassnetError, RunError
from glassnet.evaluation.judgement import judge
from glassnet.evaluation.predictions import read_predictions
from glassnet.pictures.file_sizes import file_sizes
from glassnet.pictures.pictures import Policy
from glassnet.pictures.splits import split_off
from glassnet.pictures.statistics import brightness_of
from glassnet.reports.content import Content, Seen
from glassnet.reports.network import layers_to_show
from glassnet.terminal import quoted
from glassnet.texts import texts
from glassnet.trace.record import record
from glassnet.verbs.prepare import data_dir_of
from glassnet.verbs.source import read_for_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from torch import nn

    from glassnet.audit.audit import Audit
    from glassnet.evaluation.forward import Compute
    from glassnet.pictures.pictures import Pictures
    from glassnet.pictures.scale import Scale
    from glassnet.run import Run
    from glassnet.terminal import Terminal

SPLITS = ("test", "val", "train")  # the first one with predictions is judged


@dataclass(frozen=True, eq=False)
class RunPictures:
    """The pictures of a run: those that could be read.

    Attributes:
        splits: By name; the judged one in the order of its predictions.
        audit: Of their source, where it was made or is cheap.
        reason: Why a split is missing.
    """

    splits: Mapping[str, Pictures]
    audit: Audit | None = None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Trained:
    """A network with all that a picture needs on its way into it."""

    net: nn.Module
    scale: Scale
    compute: Compute


def read_content(run: Run, pictures: RunPictures, lang: str) -> Content:
    """Read what a run wrote: its facts, its curves, its predictions.

    Args:
        run: The run.
        pictures: Those of its splits that could be read.
        lang: Of what is said where something is missing.

    Returns:
        The content of a report without the network.

    Raises:
        RunError: `run.json` or the predictions are damaged.
    """
    words, info, left_out = texts(lang, "report"), run.info, {}
    try:
        metrics = run.metrics
    except RunError:
        metrics, left_out["metrics"] = [], words["no_metrics"]
    content = Content(
        run.path.resolve().name, info, metrics, pictures=dict(pictures.splits), audit=pictures.audit,
        left_out=left_out,
    )  # fmt: skip
    there = {split: run.predictions(split) for split in SPLITS if run.predictions(split).is_file()}
    split = next(iter(there), None)
    if split is None:
        splits = (info.get("source") or {}).get("splits") or {}
        key = "no_predictions" if {"val", "test"} & set(splits) else "no_predictions_at_all"
        left_out["predictions"] = words[key].format(command=f"glassnet evaluate {quoted(run.path)}")
        return content
    predictions, judged = read_predictions(there[split]), pictures.splits.get(split)
    if judged is None:
        left_out["pictures"] = words["no_pictures"].format(reason=pictures.reason)
    judgement = judge(
        predictions,
        split=split,
        source=str((info.get("source") or {}).get("name")),
        validation=read_predictions(there["val"]) if "val" in there else None,
        sizes=None if judged is None else file_sizes(judged),
        brightness=None if judged is None else brightness_of(judged),
    )
    return replace(content, predictions=predictions, judgement=judgement)


def read_pictures(
    info: Mapping[str, Any],
    run: Run,
    words: Mapping[str, str],
    data_dir: Path | None,
    terminal: Terminal,
    *,
    audited: bool = False,
) -> RunPictures:
    """Read the splits of a run's source, and keep those whose content is what it was.

    Args:
        info: From `run.json`.
        run: The run.
        words: Texts of the table `report`.
        data_dir: Where data sets are looked for first; None for where the training did.
        terminal: Where progress is drawn.
        audited: Whether the source's audit is wanted.

    Returns:
        The pictures.

    Raises:
        RunError: `run.json` is damaged.
    """
    try:
        then = info["source"]["splits"]
        read = _read(info, words, data_dir or data_dir_of(run), terminal)
        splits = _arranged(read, info)
        same = {n: s for n, s in splits.items() if s.fingerprint == (then.get(n) or {}).get("fingerprint")}
    except GlassnetError as error:
        return RunPictures({}, reason=str(error))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise RunError(
            "the run is damaged, or of another version", where=run.path / "run.json", got=repr(error)
        ) from error
    audit = audit_if_cheap(read) if audited and same else None
    return RunPictures(same, audit, words["pictures_changed"])


def _read(
    info: Mapping[str, Any], words: Mapping[str, str], data_dir: Path | None, terminal: Terminal
) -> dict[str, Pictures]:
    source = info["source"]
    if not source["by_name"]:
        raise RunError(words["pictures_of_objects"])
    policy, classes = Policy(**source["policy"]), source["classes"]
    return read_for_run(source["name"], terminal, data_dir=data_dir, policy=policy, classes=classes)


def _arranged(splits: dict[str, Pictures], info: Mapping[str, Any]) -> dict[str, Pictures]:
    """Set pictures aside for validation as the training did."""
    recipe = info["recipe"]
    if "train" in splits and not info["source"]["own_val"] and recipe["val"]:
        train, val = split_off(splits["train"], recipe["val"], seed=recipe["seed"])
        splits = splits | {"train": train, "val": val}
    return {name: splits[name] for name in ("train", "val", "test") if name in splits}


def with_network(content: Content, trained: Trained) -> Content:
    """Take one picture through the network, the first that it tells right, and keep what its layers make.

    Args:
        content: With pictures, or without.
        trained: The network and how it sees pictures.

    Returns:
        The content with the trace.

    Raises:
        NetError: The network raises.
    """
    pictures, predictions = content.judged, content.predictions
    size = content.info["net"]["input"]
    picture, name, layers = None, "", []
    if pictures is not None and predictions is not None:
        right = np.flatnonzero(predictions.predicted == predictions.labels)
        index = int(right[0]) if len(right) else 0
        picture, name = pictures.batch([index])[0], pictures.classes[int(pictures.labels[index])]
        layers = layers_to_show(trained.net)
        images = trained.scale.apply(picture[None], device=trained.compute.device)
    else:
        images = torch.zeros(
            1, size["channels"], size["height"], size["width"], device=trained.compute.device
        )
    trace = record(trained.net, images, keep=layers or "nothing")
    return replace(content, seen=Seen(trace, picture, name))
