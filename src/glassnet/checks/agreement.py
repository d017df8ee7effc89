# ruff: noqa: PLR2004 — a rule is a row of conditions
"""How well labels follow from pictures: each label predicted from all other samples.

Kernel ridge regression has its leave-one-out predictions in closed form (Rasmussen and Williams, Gaussian
Processes for Machine Learning, 2006, equation 5.12), so a thousand samples take half a second.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

MOST_SAMPLES = 1000
MOST_NUMBERS = 1024  # of a sample: larger ones are thinned out
RIDGE = 0.3
ROUNDS = 15
STARTS = 3
COMPONENTS = 16


@dataclass(frozen=True, eq=False)
class Agreement:
    """What the other samples say of each label.

    `margin` is how much more they speak for the own label than for the best other one, N; `wrong` the share
    of samples below 0; `chance` what labels drawn by lot would have; `ratio` compares the median margin of
    the wrong ones with that of the others: false labels are contradicted as strongly as true ones are
    confirmed, samples on a border between classes weakly.
    """

    margin: torch.Tensor
    wrong: float
    chance: float
    ratio: float
    confirmed: float  # median margin of those that are not wrong


def features_of(images: torch.Tensor) -> torch.Tensor:
    """Bring samples into rows of at most 1,024 numbers around 0, float32."""
    rows = images.detach().flatten(1).float()
    if rows.shape[1] > MOST_NUMBERS:
        rows = rows[:, torch.linspace(0, rows.shape[1] - 1, MOST_NUMBERS).long()]
    return rows - rows.mean(0)


def agreement_of(features: torch.Tensor, labels: torch.Tensor) -> Agreement | None:
    """Predict each label from all other samples.

    Args:
        features: N×D, at most some thousand rows.
        labels: int64, N.

    Returns:
        The agreement, or None where nothing can be computed (all samples equal, one class).
    """
    classes, own = labels.unique(return_inverse=True)
    squares = torch.cdist(features, features) ** 2
    usual = float(squares.median())
    if len(classes) < 2 or not usual > 0:
        return None
    kernel = torch.exp(-2 * squares / usual).double()
    inverse = torch.linalg.inv(kernel + RIDGE * torch.eye(len(kernel), dtype=torch.float64))
    targets = torch.nn.functional.one_hot(own, len(classes)).double()
    shares = targets.mean(0)
    centred = targets - shares
    scores = centred - (inverse @ centred) / inverse.diagonal()[:, None] + shares
    of_own = scores.gather(1, own[:, None])[:, 0]
    of_others = scores.scatter(1, own[:, None], float("-inf")).max(1).values
    margin = of_own - of_others
    wrong = margin < 0
    if bool(wrong.any()) and not bool(wrong.all()):
        confirmed = float(margin[~wrong].median())
        ratio = float(-margin[wrong].median()) / max(confirmed, 1e-9)
    else:
        confirmed, ratio = float(margin.abs().median()), 0.0
    chance = 1 - float((shares * shares).sum())
    return Agreement(margin, float(wrong.double().mean()), chance, ratio, confirmed)


def clustering_of(features: torch.Tensor, num_clusters: int) -> float:
    """Tell how far samples lie in clusters: the variance that k-means explains, against smooth data.

    Args:
        features: N×D.
        num_clusters: As many as there are classes.

    Returns:
        The explained share of the variance, divided by that of normally distributed samples with the same
        variances; about 1 where there are no clusters.
    """
    generator = torch.Generator().manual_seed(0)
    size = min(COMPONENTS, features.shape[1])
    values, vectors = torch.linalg.eigh(features.T @ features / len(features))
    points = features @ vectors[:, -size:]
    smooth = torch.randn(points.shape, generator=generator) * values[-size:].clamp_min(0).sqrt()
    return _explained(points, num_clusters, generator) / max(
        _explained(smooth, num_clusters, generator), 1e-9
    )


def _explained(points: torch.Tensor, num_clusters: int, generator: torch.Generator) -> float:
    best = 0.0
    whole = float(((points - points.mean(0)) ** 2).sum())
    for _ in range(STARTS):
        centres = points[torch.randperm(len(points), generator=generator)[:num_clusters]].clone()
        nearest = torch.zeros(len(points), dtype=torch.long)
        for _ in range(ROUNDS):
            nearest = torch.cdist(points, centres).argmin(1)
            sums = torch.zeros_like(centres).index_add_(0, nearest, points)
            counts = torch.bincount(nearest, minlength=num_clusters).clamp_min(1)
            centres = sums / counts[:, None]
        best = max(best, 1 - float(((points - centres[nearest]) ** 2).sum()) / max(whole, 1e-12))
    return best
