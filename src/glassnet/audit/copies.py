"""Pictures that lie there twice: by hash, and nearly, also cropped, sharpened or coloured a little otherwise.

Near copies are looked for in three steps. Small pictures without mean and contrast, reduced to their 64 main
components, are put into cells by k-means; each picture is compared with those of its own and the nearest
cells (time grows as N to the power of 1.5). Its nearest neighbours are then compared at up to 32 pixels: a
copy lies much nearer than the neighbours behind it, and its edges agree also in what those neighbours do not
share. That is what tells copies from pictures which are merely alike, such as two pairs of trousers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from glassnet.audit.audit import Copy
from glassnet.audit.together import place_of, small

if TYPE_CHECKING:
    from glassnet.audit.together import Together

SAME = 4.0  # levels of 0 to 255: about what saving as JPEG changes
SAME_LIKENESS = 0.97
# how much clearer a copy is than its neighbours, judged by looking at pairs of CIFAR-10 and Fashion-MNIST:
# grey pictures of one kind are more alike by themselves than coloured ones
LEAST_CLEAR = {1: 2.0, 3: 1.0}
LEAST_AGREEMENT = 0.35
MOST_DISTANCE, MOST_RATIO = (
    0.6,
    0.75,
)  # of small pictures, alone and over the neighbours': farther are no copies
LEAST_PICTURES = 60  # with fewer there are no neighbours to compare with
NEIGHBOURS, TRIED = 20, 3
COMPONENTS, COARSE, FINE = 64, 8, 32
PROBED = 16  # cells
LEAST_CONTRAST = 2.0  # levels: flatter pictures are left to the count of blank ones
ROUNDS = 6
BATCH = 2048


@dataclass(frozen=True, eq=False)
class _Near:
    """The neighbours of pictures, nearest first: positions and distances, N×K; -1 where there are fewer."""

    index: torch.Tensor
    distance: torch.Tensor


def exact_copies(together: Together) -> tuple[Copy, ...]:
    """Find pictures that repeat an earlier one pixel by pixel.

    Args:
        together: All splits.

    Returns:
        One for each repetition, in the order of the splits.
    """
    _, first, group = np.unique(together.keys, return_index=True, return_inverse=True)
    earlier = first[group]
    return tuple(
        Copy("exact", place_of(together, int(earlier[i])), place_of(together, int(i)), 0.0, 1.0)
        for i in np.flatnonzero(earlier != np.arange(len(earlier)))
    )


def near_copies(together: Together) -> tuple[Copy, ...]:
    """Find pictures that nearly repeat an earlier one.

    Args:
        together: All splits.

    Returns:
        For each picture at most one copy for each split with an earlier one, the clearest first; pictures
        that are exactly the same count once.
    """
    once = np.sort(np.unique(together.keys, return_index=True)[1])
    coarse, contrast = _coarse(together, once)
    once, coarse = once[contrast >= LEAST_CONTRAST], coarse[torch.from_numpy(contrast >= LEAST_CONTRAST)]
    if len(once) < 2:  # noqa: PLR2004 — a pair
        return ()
    near = _neighbours(_components(coarse))
    pairs, looked = _candidates(near, together.channels)
    best: dict[tuple[int, int], tuple[float, Copy]] = {}
    for start in range(0, len(pairs), BATCH):
        part = slice(start, start + BATCH)
        for (later, earlier), clear, difference, likeness in _compared(
            together, once, near, pairs[part], looked[part]
        ):
            a, b = int(once[earlier]), int(once[later])
            found = Copy("near", place_of(together, a), place_of(together, b), difference, likeness)
            which = (b, together.split_of(a))
            if which not in best or clear > best[which][0]:
                best[which] = (clear, found)
    return tuple(found for _, found in sorted(best.values(), key=lambda one: -one[0]))


def _coarse(together: Together, once: np.ndarray) -> tuple[torch.Tensor, np.ndarray]:
    """Give small pictures with mean 0 and length 1, and the contrast in levels that they had."""
    parts, contrasts = [], []
    for start in range(0, len(once), BATCH):
        flat = small(together.batch(once[start : start + BATCH]), COARSE).flatten(1)
        flat = flat - flat.mean(1, keepdim=True)
        length = flat.norm(dim=1, keepdim=True)
        parts.append(flat / length.clamp_min(1e-6))
        contrasts.append(length[:, 0] / flat.shape[1] ** 0.5)
    return torch.cat(parts), torch.cat(contrasts).numpy()


def _components(rows: torch.Tensor) -> torch.Tensor:
    """Take what differs between pictures, in few numbers, with length 1."""
    rows = rows - rows.mean(0)
    _, vectors = torch.linalg.eigh((rows.T @ rows).double())
    points = rows @ vectors[:, -COMPONENTS:].float()
    return points / points.norm(dim=1, keepdim=True).clamp_min(1e-6)


def _neighbours(points: torch.Tensor) -> _Near:
    """Find the nearest neighbours of each point in the cells nearest to it: nearly always the true ones."""
    count = len(points)
    kept = min(NEIGHBOURS, count - 1)
    centres, cell = _cells(points)
    probed = torch.cat(
        [
            (part @ centres.T).topk(min(PROBED, len(centres)), dim=1).indices
            for part in points.split(8 * BATCH)
        ]
    )
    ask = (probed.flatten().argsort() // probed.shape[1]).split(_sizes(probed.flatten(), len(centres)))
    members = cell.argsort().split(_sizes(cell, len(centres)))
    index = torch.full((count, kept), -1, dtype=torch.int64)
    alike = torch.full((count, kept), -1.0)
    for asking, theirs in zip(ask, members, strict=True):
        for mine in asking.split(BATCH):
            found = points[mine] @ points[theirs].T
            found.masked_fill_(theirs[None, :] == mine[:, None], -2.0)  # itself
            nearest = found.topk(min(kept, len(theirs)), dim=1)
            values = torch.cat([alike[mine], nearest.values], dim=1)
            places = torch.cat([index[mine], theirs[nearest.indices]], dim=1)
            alike[mine], best = values.topk(kept, dim=1)
            index[mine] = places.gather(1, best)
    return _Near(index, (2 - 2 * alike).clamp_min(0).sqrt())


def _sizes(cells: torch.Tensor, number: int) -> list[int]:
    return torch.bincount(cells, minlength=number).tolist()


def _cells(points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Cut points of length 1 into about as many cells as each cell has points (k-means on a sample)."""
    generator = torch.Generator().manual_seed(0)
    number = max(1, round(len(points) ** 0.5) // 2 * 2) if len(points) > PROBED * BATCH // 4 else 1
    sample = points[torch.randperm(len(points), generator=generator)[: 40 * number]]
    centres = sample[:number].clone()
    for _ in range(ROUNDS if number > 1 else 0):
        nearest = _nearest(sample, centres)
        sums = torch.zeros_like(centres).index_add_(0, nearest, sample)
        lengths = sums.norm(dim=1, keepdim=True)
        centres = torch.where(lengths > 1e-6, sums / lengths.clamp_min(1e-6), centres)  # noqa: PLR2004
    return centres, _nearest(points, centres)


def _nearest(points: torch.Tensor, centres: torch.Tensor) -> torch.Tensor:
    return torch.cat([(part @ centres.T).argmax(1) for part in points.split(8 * BATCH)])


def _candidates(near: _Near, channels: int) -> tuple[np.ndarray, np.ndarray]:
    """List pairs of close neighbours, each once: later and earlier, P×2; and which are worth a close look."""
    some = near.distance[:, :TRIED]
    ratio = some / near.distance[:, -1:].clamp_min(1e-6)
    apart = (ratio <= min(MOST_RATIO, 1 / LEAST_CLEAR[channels])) & (some <= MOST_DISTANCE)
    close = (apart | (some <= MOST_DISTANCE / 2) | (len(some) < LEAST_PICTURES)) & (
        near.index[:, :TRIED] >= 0
    )
    rows, columns = torch.nonzero(close, as_tuple=True)
    others = near.index[rows, columns]
    pairs = torch.stack([torch.maximum(rows, others), torch.minimum(rows, others)], dim=1)
    pairs, which = pairs.unique(dim=0, return_inverse=True)
    looked = torch.zeros(len(pairs), dtype=torch.bool)
    looked[which[apart[rows, columns]]] = True
    return pairs.numpy(), looked.numpy()


def _compared(
    together: Together, once: np.ndarray, near: _Near, pairs: np.ndarray, looked: np.ndarray
) -> list[tuple[tuple[int, int], float, float, float]]:
    """Compare pairs in full; give those that are copies, how clearly, and in what they differ."""
    later, earlier = pairs[:, 0], pairs[:, 1]
    x, y = (torch.from_numpy(together.batch(once[side])).flatten(1).float() for side in (later, earlier))
    differences = ((x - y) ** 2).mean(1).sqrt()
    likeness = torch.nn.functional.cosine_similarity(x - x.mean(1, keepdim=True), y - y.mean(1, keepdim=True))
    same = (differences <= SAME) & (likeness >= SAME_LIKENESS)
    clear = torch.where(same, 100.0, 0.0)  # before all others
    if len(once) >= LEAST_PICTURES:
        rest = np.flatnonzero(looked & ~same.numpy())
        for part in np.array_split(rest, -(-len(rest) // 64) or 1):
            for side, other in ((later, earlier), (earlier, later)):
                clearness = _clearness(together, once, near, side[part], other[part])
                clear[part] = torch.maximum(clear[part], clearness)
    return [
        ((int(later[k]), int(earlier[k])), float(clear[k]), float(differences[k]), float(likeness[k]))
        for k in torch.nonzero(clear >= LEAST_CLEAR[together.channels])[:, 0].tolist()
    ]


def _clearness(
    together: Together, once: np.ndarray, near: _Near, mine: np.ndarray, other: np.ndarray
) -> torch.Tensor:
    """Tell how far two pictures agree beyond what their neighbours share, over how near they lie for it."""
    index, distance = near.index[mine], near.distance[mine]
    is_other = index == torch.from_numpy(other)[:, None]
    own = torch.where(is_other, distance, 2.0).amin(1)
    ratio = (own / distance[:, -1].clamp_min(1e-6)).clamp_min(0.05)
    behind = torch.where(is_other | (index < 0), index[:, -1:], index)[:, TRIED:][:, :12]
    if not bool((behind >= 0).all()):
        return torch.zeros(len(mine))
    edges = [_edges(together, once[part]) for part in (mine, other)]
    around = _edges(together, once[behind.numpy().ravel()]).reshape(len(mine), behind.shape[1], -1).mean(1)
    around = torch.nn.functional.normalize(around, dim=1)
    left = [part - (part * around).sum(1, keepdim=True) * around for part in edges]
    agreement = torch.nn.functional.cosine_similarity(left[0], left[1])
    return torch.where((agreement >= LEAST_AGREEMENT) & is_other.any(1), agreement / ratio, 0.0)


def _edges(together: Together, rows: np.ndarray) -> torch.Tensor:
    """Give the differences between neighbouring pixels, across and down, with length 1: N×D."""
    images = small(together.batch(rows), FINE)
    across, down = images.diff(dim=3)[:, :, 1:], images.diff(dim=2)[:, :, :, 1:]
    return torch.nn.functional.normalize(torch.cat([across.flatten(1), down.flatten(1)], dim=1), dim=1)
