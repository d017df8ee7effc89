"""Rules on the order of a training's calls, on scripts whose mistakes are known."""

from __future__ import annotations

import pytest
from script_findings import PROTOCOL, findings_of, wrong

from glassnet.checks.rules import RULES
from glassnet.checks.seen import Seen

SOUND = {
    "zero_grad first": """
        for x, y in train_loader:
            optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()
            optimizer.step()
    """,
    "zero_grad last": """
        for x, y in train_loader:
            F.cross_entropy(net(x), y).backward()
            optimizer.step()
            optimizer.zero_grad()
    """,
    "zero_grad between forward and backward": """
        for x, y in train_loader:
            loss = F.cross_entropy(net(x), y)
            net.zero_grad()
            loss.backward()
            optimizer.step()
    """,
    "cleared by hand": """
        for x, y in train_loader:
            F.cross_entropy(net(x), y).backward()
            optimizer.step()
            for p in net.parameters():
                p.grad = None
    """,
    "accumulated and scaled": """
        for i, (x, y) in enumerate(train_loader):
            (F.cross_entropy(net(x), y) / 2).backward()
            if i % 2 == 1:
                optimizer.step()
                optimizer.zero_grad()
    """,
    "two losses, each with its backward": """
        for x, y in train_loader:
            optimizer.zero_grad()
            out = net(x)
            F.cross_entropy(out, y).backward(retain_graph=True)
            (0.01 * out.pow(2).mean()).backward()
            optimizer.step()
    """,
    "updated by hand": """
        for x, y in train_loader:
            F.cross_entropy(net(x), y).backward()
            with torch.no_grad():
                for p in net.parameters():
                    p -= 0.05 * p.grad
                    p.grad = None
    """,
    "whole epochs summed": """
        for epoch in range(3):
            total = 0
            for x, y in train_loader:
                total = total + F.cross_entropy(net(x), y)
            optimizer.zero_grad()
            (total / len(train_loader)).backward()
            optimizer.step()
    """,
    "no training": """
        net.eval()
        with torch.no_grad():
            print(net(images).argmax(1))
    """,
}
WRONG = {
    "never cleared": (
        """
        for x, y in train_loader:
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
        """,
        ("zero-grad-missing", "main", "error", "loss.backward()"),
    ),
    "another optimizer is cleared": (
        """
        other = optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
        for x, y in train_loader:
            other.zero_grad()
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
        """,
        ("zero-grad-missing", "main", "error", "loss.backward()"),
    ),
    "cleared now and then": (
        """
        for i, (x, y) in enumerate(train_loader):
            if i % 4 == 0:
                optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()
            optimizer.step()
        """,
        ("zero-grad-missing", "misplaced", "error", "optimizer.zero_grad()"),
    ),
    "cleared before the step": (
        """
        for x, y in train_loader:
            F.cross_entropy(net(x), y).backward()
            optimizer.zero_grad()
            optimizer.step()
        """,
        ("step-order", "cleared", "error", "optimizer.zero_grad()"),
    ),
    "step before backward": (
        """
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x), y)
            optimizer.step()
            loss.backward()
        """,
        ("step-order", "step_first", "error", "optimizer.step()"),
    ),
    "no backward": (
        """
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x), y)
            optimizer.step()
        """,
        ("step-order", "no_backward", "error", "optimizer.step()"),
    ),
    "no step": (
        """
        for x, y in train_loader:
            optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()
        """,
        ("step-order", "no_step", "error", "F.cross_entropy(net(x), y).backward()"),
    ),
    "step without parentheses": (
        """
        for x, y in train_loader:
            optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()
            optimizer.step
        """,
        ("step-order", "not_called", "error", "optimizer.step"),
    ),
    "step once per epoch": (
        """
        for epoch in range(3):
            for x, y in train_loader:
                optimizer.zero_grad()
                F.cross_entropy(net(x), y).backward()
            optimizer.step()
        """,
        ("step-order", "outside_wiped", "error", "optimizer.step()"),
    ),
    "accumulated and not scaled": (
        """
        for i, (x, y) in enumerate(train_loader):
            F.cross_entropy(net(x), y).backward()
            if (i + 1) % 4 == 0:
                optimizer.step()
                optimizer.zero_grad()
        """,
        ("accumulation-not-scaled", "main", "warning", "F.cross_entropy(net(x), y).backward()"),
    ),
    "graphs summed": (
        """
        total = 0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
            total += loss
        """,
        ("graph-kept-alive", "summed", "warning", "total += loss"),
    ),
    "only the last batch": (
        """
        for epoch in range(3):
            for x, y in train_loader:
                loss = F.cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        """,
        ("step-order", "last_batch", "error", "loss.backward()"),
    ),
    "by hand and never cleared": (
        """
        for x, y in train_loader:
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            with torch.no_grad():
                for p in net.parameters():
                    p -= 0.01 * p.grad
        """,
        ("zero-grad-missing", "by_hand", "error", "loss.backward()"),
    ),
    "compared instead of set": (
        """
        for p in net[0].parameters():
            p.requires_grad == False
        for x, y in train_loader:
            optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()
            optimizer.step()
        """,
        ("wrong-layers-frozen", "compared", "error", "p.requires_grad == False"),
    ),
    "head replaced": (
        """
        net[4] = nn.Linear(16, 4)
        for x, y in train_loader:
            optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()
            optimizer.step()
        """,
        ("not-in-optimizer", "replaced", "error", "optimizer = optim.SGD(net.parameters(), lr=0.05)"),
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_sound_loops_are_not_accused(tmp_path, name):
    assert wrong(findings_of(tmp_path, SOUND[name])) == []


@pytest.mark.parametrize("name", WRONG)
def test_the_cause_is_named_at_its_line(tmp_path, name):
    text, expected = WRONG[name]
    assert wrong(findings_of(tmp_path, text)) == [expected]


def test_nothing_seen_is_nothing_said():
    seen = Seen(by="watch")
    assert [finding for rule in RULES if rule.row in PROTOCOL for finding in rule.find(seen)] == []
