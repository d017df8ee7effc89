"""Runs read back with TensorBoard's own reader."""

from __future__ import annotations

import io
import warnings

import numpy as np
from PIL import Image


def accumulate(run):
    """Give TensorBoard's reader of a run, all of it kept."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TensorBoard's own
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        kinds = dict.fromkeys(["scalars", "images", "histograms", "tensors"], 0)
        accumulator = EventAccumulator(str(run.path / "tensorboard"), kinds)
        accumulator.Reload()
    return accumulator


def image_of(accumulator, tag) -> np.ndarray:
    (found,) = accumulator.Images(tag)
    return np.asarray(Image.open(io.BytesIO(found.encoded_image_string)))
