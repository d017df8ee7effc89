"""Labels that pictures contradict: each one predicted from all other pictures, chosen by confident learning.

The pictures become responses to small patches cut out of them at random and whitened, pooled in quarters
(Coates, Ng and Lee, An analysis of single-layer networks in unsupervised feature learning, AISTATS 2011);
ridge regression on them has its leave-one-out predictions in closed form, so no label is ever predicted by
a model that has seen it, and nothing is trained twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from glassnet.audit.audit import Doubt, Labels
from glassnet.audit.together import place_of, small
from glassnet.evaluation.allocator import keep_freed_memory

if TYPE_CHECKING:
    from glassnet.audit.together import Together

METHOD = "ridge regression on random patches, leave-one-out"
LEAST_PICTURES, LEAST_PER_CLASS = 100, 5
LEAST_LEARNED = 0.2  # of the way from naming the largest class to being always right
MOST_PICTURES = 80_000  # more are judged by a sample of so many
SIDE, PATCH, POOLED = 32, 6, 2
MOST_PATCHES = 256
BATCH = 512  # with smaller ones threads spend their time on waiting for each other
RIDGES = (0.01, 0.1, 1.0)  # of the mean eigenvalue
SCALES = tuple(float(scale) for scale in np.geomspace(1, 60, 40))  # scores to logits


def judge_labels(together: Together) -> Labels:
    """Find labels that the other pictures contradict.

    Args:
        together: All splits.

    Returns:
        Doubtful labels, or why none were looked for.
    """
    counts = np.bincount(together.labels)
    usable = np.flatnonzero(counts[together.labels] >= LEAST_PER_CLASS)
    if len(usable) > MOST_PICTURES:
        usable = np.sort(np.random.default_rng(0).choice(usable, MOST_PICTURES, replace=False))
    if len(usable) < LEAST_PICTURES:
        return Labels(skipped="too_few")
    classes, labels = np.unique(together.labels[usable], return_inverse=True)
    if len(classes) < 2:  # noqa: PLR2004
        return Labels(skipped="one_class")
    scores = _left_out(_features(together, usable), torch.from_numpy(labels), len(classes))
    probabilities = _calibrated(scores, torch.from_numpy(labels)).numpy()
    guesses = probabilities.argmax(1)
    accuracy = float((guesses == labels).mean())
    chance = float(np.bincount(labels).max() / len(labels))
    if accuracy - chance < LEAST_LEARNED * (1 - chance):
        return Labels((), METHOD, accuracy, len(usable), skipped="too_hard")
    quality = _quality(probabilities, labels)
    doubtful = np.flatnonzero(_is_doubtful(probabilities, labels))
    ranked = doubtful[np.argsort(quality[doubtful], kind="stable")]
    doubts = tuple(
        Doubt(
            place_of(together, int(usable[i])), int(classes[guesses[i]]), float(probabilities[i, labels[i]]),
            float(probabilities[i, guesses[i]]), float(quality[i]),
        )
        for i in ranked.tolist()
    )  # fmt: skip
    return Labels(doubts, METHOD, accuracy, len(usable))


def _features(together: Together, rows: np.ndarray) -> torch.Tensor:
    """Give the responses to patches, pooled: float32, N×D, with mean 0 and deviation 1."""
    keep_freed_memory()
    generator = torch.Generator().manual_seed(0)
    some = rows[torch.randperm(len(rows), generator=generator)[:4000].numpy()]
    images = _even(small(together.batch(some), SIDE))
    side = min(PATCH, *images.shape[2:])
    patches = images.unfold(2, side, 1).unfold(3, side, 1)  # a view: N×C×rows×columns×side×side
    wide = patches.shape[3]
    which = torch.randint(patches.shape[2] * wide, (len(images), 25), generator=generator)
    sample = (
        patches[torch.arange(len(images))[:, None], :, which // wide, which % wide].flatten(0, 1).flatten(1)
    )
    mean = sample.mean(0)
    values, vectors = torch.linalg.eigh(torch.cov(sample.T))
    whiten = vectors @ torch.diag((values + 0.1 * values.mean()).rsqrt()) @ vectors.T
    white = torch.nn.functional.normalize((sample - mean) @ whiten, dim=1)
    num = min(MOST_PATCHES, max(32, len(rows) // 64))
    filters = white[torch.randperm(len(white), generator=generator)[:num]] @ whiten
    bias = -(filters @ mean)
    kernels = filters.reshape(num, images.shape[1], side, side)
    stride = 2 if min(images.shape[2:]) >= SIDE // 2 else 1
    features = torch.empty(len(rows), 2 * num * POOLED**2)
    for start in range(0, len(rows), BATCH):
        batch = _even(small(together.batch(rows[start : start + BATCH]), SIDE))
        answers = torch.nn.functional.conv2d(batch, kernels, bias, stride=stride)
        halves = (answers - 0.5).relu_(), answers.neg_().sub_(0.5).relu_()
        pooled = [torch.nn.functional.adaptive_avg_pool2d(half, POOLED).flatten(1) for half in halves]
        torch.cat(pooled, dim=1, out=features[start : start + BATCH])
    features -= features.mean(0)
    features /= features.std(0).clamp_min(1e-3)
    return features


def _even(images: torch.Tensor) -> torch.Tensor:
    """Bring each picture to mean 0 and deviation 1; flat ones stay flat."""
    flat = images.flatten(1)
    mean, deviation = flat.mean(1), flat.std(1).clamp_min(10.0)
    return (images - mean[:, None, None, None]) / deviation[:, None, None, None]


def _left_out(features: torch.Tensor, labels: torch.Tensor, num_classes: int) -> torch.Tensor:
    """Predict each label by ridge regression from all others, with the best of some strengths: N×K.

    With H the matrix that turns targets into fitted values, leaving sample i out changes its residual by the
    factor 1 / (1 − H_ii) (Allen, Technometrics 16, 1974).
    """
    targets = torch.nn.functional.one_hot(labels, num_classes).float()
    shares = targets.mean(0)
    targets -= shares
    values, vectors = torch.linalg.eigh(features.T @ features)
    rotated = features @ vectors
    sums = rotated.T @ targets
    best, best_right = targets, -1.0
    for strength in RIDGES:
        weights = 1 / (values.clamp_min(0) + strength * values.mean())
        leverage = torch.cat([(part**2) @ weights for part in rotated.split(BATCH)])
        residual = targets - rotated @ (weights[:, None] * sums)
        scores = targets - residual / (1 - leverage).clamp_min(1e-3)[:, None] + shares
        right = float((scores.argmax(1) == labels).float().mean())
        if right > best_right:
            best, best_right = scores, right
    return best


def _calibrated(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Turn scores into probabilities by the one scale that makes the labels most likely."""
    losses = [float(torch.nn.functional.cross_entropy(scale * scores, labels)) for scale in SCALES]
    return torch.softmax(SCALES[int(np.argmin(losses))] * scores, dim=1)


def _is_doubtful(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Tell which labels confident learning contradicts: bool, N.

    A picture counts as of a class where that class is at least as probable as it is, on average, for the
    pictures that carry its label (Northcutt, Jiang and Chuang, Journal of AI Research 70, 2021). cleanlab's
    `find_label_issues(filter_by="confident_learning")` gives the same, but takes 0.8 s to import.
    """
    usual = np.array([probabilities[labels == k, k].mean() for k in range(probabilities.shape[1])])
    counts_as = probabilities >= usual - 1e-6
    guesses = probabilities.argmax(1)
    one = np.where(counts_as.sum(1) > 1, guesses, counts_as.argmax(1))
    return counts_as.any(1) & (one != labels) & (guesses != labels)


def _quality(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Give how far each label is more probable than the best other class, from 0 to 1 (normalised margin)."""
    own = np.arange(len(labels)), labels
    others = probabilities.copy()
    others[own] = -1.0
    return (probabilities[own] - others.max(1) + 1) / 2
