"""A short training of a network, watched."""

import inspect

import torch
import torch.nn.functional as F

from glassnet.watching.observe import observe


def seen_of(make, *, steps=2, side=2):
    """Train what `make` gives for a few steps on 6 pictures of 5 classes, then evaluate it once."""
    torch.manual_seed(0)
    images, labels = torch.randn(6, 3, side, side), torch.arange(6) % 5
    with observe() as watcher:
        net = make()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        for _ in range(steps):
            optimizer.zero_grad()
            output = net(images)
            F.cross_entropy(output[0] if isinstance(output, tuple) else output, labels).backward()
            optimizer.step()
        net.eval()
        with torch.no_grad():
            net(images)
    return watcher.seen()


def line_of(made, text):
    """Give the line of a class or function that holds a text."""
    lines, first = inspect.getsourcelines(made)
    return next(first + place for place, line in enumerate(lines) if text in line)
