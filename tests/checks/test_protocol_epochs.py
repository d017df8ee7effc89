"""Rules on modes, schedules, seeds, metrics and selection, on scripts whose mistakes are known."""

from __future__ import annotations

import pytest
from script_findings import findings_of, wrong

TRAIN = """
def train():
    for x, y in train_loader:
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()


def test(loader):
    with torch.no_grad():
        return sum((net(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


"""
SOUND = {
    "modes": """
        for epoch in range(2):
            net.train()
            train()
            net.eval()
            print(test(test_loader))
    """,
    "frozen statistics on purpose": """
        net[1].eval()
        train()
        net.eval()
        print(test(test_loader))
    """,
    "schedule per epoch": """
        scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=2)
        for epoch in range(3):
            train()
            scheduler.step()
    """,
    "full batch, one step an epoch": """
        net.train()
        scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=10, gamma=0.1)
        for epoch in range(40):
            optimizer.zero_grad()
            F.cross_entropy(net(images), labels).backward()
            optimizer.step()
            scheduler.step()
    """,
    "seed for each of two runs": """
        for seed in (0, 0):
            torch.manual_seed(seed)
            net = nn.Linear(10, 4)
            optimizer = optim.SGD(net.parameters(), lr=0.1)
            train()
    """,
    "best of validation": """
        best_acc = 0
        val_loader = test_loader
        for epoch in range(2):
            net.train()
            train()
            net.eval()
            val_acc = test(val_loader)
            if val_acc > best_acc:
                best_acc = val_acc
    """,
}
WRONG = {
    "eval stays": (
        """
        for epoch in range(3):
            train()
            net.eval()
            print(test(test_loader))
        """,
        ("training-in-eval-mode", "switched", "warning", "net.eval()"),
    ),
    "no eval": (
        """
        net.train()
        train()
        print(test(test_loader))
        """,
        (
            "evaluating-in-train-mode",
            "main",
            "warning",
            "return sum((net(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)",
        ),
    ),
    "schedule never stepped": (
        """
        scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=2)
        for epoch in range(3):
            train()
        """,
        (
            "scheduler-misused",
            "never",
            "warning",
            "scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=2)",
        ),
    ),
    "schedule first": (
        """
        scheduler = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
        for epoch in range(3):
            scheduler.step()
            train()
        """,
        ("scheduler-misused", "before", "warning", "scheduler.step()"),
    ),
    "seed in the loop": (
        """
        for epoch in range(3):
            torch.manual_seed(1)
            train()
        """,
        ("seed-misused", "epoch", "warning", "torch.manual_seed(1)"),
    ),
    "best of the test": (
        """
        best_acc = 0
        for epoch in range(2):
            net.train()
            train()
            net.eval()
            acc = test(test_loader)
            if acc > best_acc:
                best_acc = acc
        """,
        ("chosen-on-test-set", "main", "warning", "acc = test(test_loader)"),
    ),
    "training pictures as test": (
        """
        net.train()
        train()
        net.eval()
        test_acc = test(train_loader)
        """,
        ("wrong-metric", "train_data", "error", "test_acc = test(train_loader)"),
    ),
    "values compared": (
        """
        net.train()
        train()
        net.eval()
        with torch.no_grad():
            correct = (net(images[160:]).max(1)[0] == labels[160:]).sum()
        """,
        ("wrong-metric", "values", "error", "correct = (net(images[160:]).max(1)[0] == labels[160:]).sum()"),
    ),
    "best of the test scores": (
        """
        test_accs = []
        for epoch in range(2):
            net.train()
            train()
            net.eval()
            test_accs.append(test(test_loader))
        print("best", max(test_accs))
        """,
        ("chosen-on-test-set", "main", "warning", 'print("best", max(test_accs))'),
    ),
    "validation in train mode, with gradients": (
        """
        for epoch in range(3):
            train()
            val_loss = F.cross_entropy(net(images[160:]), labels[160:])
            val_out = net(images[160:])
            print((val_out.argmax(1) == labels[160:]).float().mean())
        """,
        (
            "evaluating-in-train-mode",
            "main",
            "warning",
            "val_loss = F.cross_entropy(net(images[160:]), labels[160:])",
        ),
    ),
    "made anew after loading": (
        """
        Sequential = lambda: nn.Sequential(nn.Linear(10, 4))
        model = Sequential()
        model.load_state_dict({k: v + 1 for k, v in model.state_dict().items()})
        model = Sequential()
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        for x, y in train_loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        """,
        ("weights-not-loaded", "made_anew", "error", "model = Sequential()"),
    ),
    "module flag": (
        """
        net[0].requires_grad = False
        train()
        """,
        ("wrong-layers-frozen", "on_module", "error", "net[0].requires_grad = False"),
    ),
    "nothing loaded": (
        """
        net.load_state_dict({"module." + k: v for k, v in net.state_dict().items()}, strict=False)
        train()
        """,
        (
            "weights-not-loaded",
            "none",
            "error",
            'net.load_state_dict({"module." + k: v for k, v in net.state_dict().items()}, strict=False)',
        ),
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_sound_scripts_are_not_accused(tmp_path, name):
    assert wrong(findings_of(tmp_path, TRAIN + _dedented(SOUND[name]))) == []


@pytest.mark.parametrize("name", WRONG)
def test_the_cause_is_named_at_its_line(tmp_path, name):
    text, expected = WRONG[name]
    assert wrong(findings_of(tmp_path, TRAIN + _dedented(text))) == [expected]


def _dedented(text: str) -> str:
    return "\n".join(line[8:] for line in text.splitlines())
