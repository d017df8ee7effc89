"""What `Seen` holds of tiny trainings whose every number is known."""

from __future__ import annotations

import inspect

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from glassnet.checks.seen import Event, Seen
from glassnet.watching.observe import observe

IMAGES = torch.tensor([[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]])
LABELS = torch.tensor([0, 1, 1])


def seen_of(training) -> Seen:
    with observe() as watcher:
        training()
    return watcher.seen()


def of_kind(seen: Seen, kind: str) -> list[Event]:
    return [event for event in seen.events if event.kind == kind]


def facts(seen: Seen, kind: str, name: str) -> list[object]:
    return [event.facts[name] for event in of_kind(seen, kind)]


def here(text: str) -> int:
    """Give the number of this file's only line that ends in a comment."""
    lines = inspect.getsource(inspect.getmodule(here)).splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.endswith(f"# {text}"))


# -- gradients ---------------------------------------------------------------------------------------------


def clear_before(net, optimizer, loss):
    optimizer.zero_grad()
    loss().backward()


def clear_to_zeros(net, optimizer, loss):
    optimizer.zero_grad(set_to_none=False)
    loss().backward()


def clear_the_network(net, optimizer, loss):
    net.zero_grad()
    loss().backward()


def clear_by_hand(net, optimizer, loss):
    for parameter in net.parameters():
        parameter.grad = None
    loss().backward()


def clear_in_place(net, optimizer, loss):
    for parameter in net.parameters():
        if parameter.grad is not None:
            parameter.grad.zero_()
    loss().backward()


def clear_between(net, optimizer, loss):
    found = loss()
    optimizer.zero_grad()
    found.backward()


def never_clear(net, optimizer, loss):
    loss().backward()


def clear_after(net, optimizer, loss):
    loss().backward()
    optimizer.zero_grad()


def no_backward(net, optimizer, loss):
    optimizer.zero_grad()
    loss()


def twice(net, optimizer, loss):
    optimizer.zero_grad()
    loss().backward()
    loss().backward()


@pytest.mark.parametrize(
    ("body", "carried", "empty", "num_backward"),
    [
        (clear_before, False, False, 1),
        (clear_to_zeros, False, False, 1),
        (clear_the_network, False, False, 1),
        (clear_by_hand, False, False, 1),
        (clear_in_place, False, False, 1),
        (clear_between, False, False, 1),
        (never_clear, True, False, 1),
        (clear_after, False, True, 1),
        (no_backward, False, True, 0),
        (twice, False, False, 2),
    ],
)
def test_which_gradients_a_step_uses(body, carried, empty, num_backward):
    def training():
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(8):
            body(net, optimizer, lambda: F.cross_entropy(net(IMAGES), LABELS))
            optimizer.step()

    seen = seen_of(training)
    assert facts(seen, "step", "carried")[1:] == [carried] * 7  # the first has no earlier ones
    assert facts(seen, "step", "empty") == [empty] * 8
    assert facts(seen, "step", "num_backward") == [num_backward] * 8
    if body is not no_backward:
        changed = facts(seen, "backward", "changed")[num_backward::num_backward]
        assert changed == [not empty] * 7
    if body is clear_before:
        assert facts(seen, "zero_grad", "cleared") == [False] + [True] * 7


def test_gradients_of_two_that_play_against_each_other():
    """The maker's loss also fills the judge's gradients, which the judge's own zero_grad clears."""

    def training(*, clears: bool):
        torch.manual_seed(0)
        maker, judge = nn.Linear(2, 2), nn.Linear(2, 1)
        making = torch.optim.SGD(maker.parameters(), lr=0.1)
        judging = torch.optim.SGD(judge.parameters(), lr=0.1)
        for _ in range(4):
            if clears:
                judging.zero_grad()
            (judge(maker(IMAGES).detach()).mean() - judge(IMAGES).mean()).backward()
            judging.step()
            making.zero_grad()
            (-judge(maker(IMAGES)).mean()).backward()
            making.step()

    for clears in (True, False):
        steps = of_kind(seen_of(lambda: training(clears=clears)), "step")
        assert [event.who for event in steps] == [1, 0] * 4 or [event.who for event in steps] == [0, 1] * 4
        judges = steps[0].who
        of_judge = [event for event in steps if event.who == judges][1:]
        of_maker = [event for event in steps if event.who != judges]
        assert [event.facts["carried"] for event in of_judge] == [not clears] * 3
        assert [event.facts["carried"] for event in of_maker] == [False] * 4


def test_losses_that_keep_their_graph():
    def training(*, keeps: bool):
        net = nn.Linear(2, 2)
        optimizer, total, held = torch.optim.SGD(net.parameters(), lr=0.1), 0, []
        for _ in range(5):
            loss = F.cross_entropy(net(IMAGES), LABELS)
            loss.backward(retain_graph=keeps)
            optimizer.step()
            optimizer.zero_grad()
            held.append(loss if keeps else loss.item())

    seen = seen_of(lambda: training(keeps=True))
    assert facts(seen, "backward", "alive") == [0, 1, 2, 3, 4]
    assert facts(seen, "backward", "retain") == [True] * 5
    seen = seen_of(lambda: training(keeps=False))
    assert max(facts(seen, "backward", "alive")) <= 1  # the variable itself
    assert facts(seen, "backward", "retain") == [False] * 5


# -- loaders -----------------------------------------------------------------------------------------------


def test_loaders_and_what_they_give():
    class Holder:
        def __init__(self, loader):
            self.held = loader

    def training():
        data = TensorDataset(torch.arange(20.0).reshape(10, 2), torch.tensor([0, 1, 2, 1, 0, 2, 2, 1, 0, 0]))
        train_loader = DataLoader(data, batch_size=4)  # loader: made
        loaders = {"valid": DataLoader(data, batch_size=10, shuffle=True)}
        net = nn.Linear(2, 3)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.0)
        for epoch in range(4):
            for images, labels in train_loader:  # loader: iterated
                optimizer.zero_grad()
                F.cross_entropy(net(images), labels).backward()
                optimizer.step()
            with torch.no_grad():
                for images, _ in loaders["valid"]:
                    net(images)
        iterator = iter(train_loader)
        next(iterator)

    seen = seen_of(training)
    train, valid = seen.loaders
    assert (train.names, valid.names) == (("train_loader",), ("valid",))
    assert train.source is not None
    assert train.source.line == here("loader: made")
    assert train.iterated is not None
    assert train.iterated.line == here("loader: iterated")
    assert (train.shuffled, valid.shuffled) == (False, True)
    assert (train.num_epochs, valid.num_epochs) == (5, 4)
    assert (train.num_steps, valid.num_steps) == (12, 0)
    assert train.labels == [0, 1, 2, 1, 0, 2, 2, 1, 0, 0]
    assert [(batch.epoch, batch.number) for batch in train.batches] == [
        (0, 0),
        (0, 1),
        (0, 2),
        (1, 0),
        (2, 0),
    ]
    assert torch.equal(train.batches[1].images, torch.arange(8.0, 16).reshape(4, 2))
    assert train.batches[2].labels.tolist() == [0, 0]
    assert len(train.first_samples) == 5
    assert len(set(train.first_samples)) == 1  # not shuffled
    assert (train.last.epoch, train.last.number) == (4, 0)
    ends = [(event.who, event.facts["num_batches"]) for event in of_kind(seen, "epoch_end")]
    assert ends == [(0, 3), (1, 1)] * 4
    assert [event.who for event in of_kind(seen, "epoch")] == [0, 1] * 4 + [0]


def test_the_batch_is_kept_as_the_loader_gave_it():
    def training():
        for images, labels in DataLoader(TensorDataset(IMAGES.clone(), LABELS), batch_size=3):
            images.mul_(0)
            nn.Linear(2, 2)(images)

    batch = seen_of(training).loaders[0].batches[0]
    assert torch.equal(batch.images, IMAGES)
    assert torch.equal(batch.labels, LABELS)


@pytest.mark.parametrize("kind", ["dict", "only pictures", "strings", "nothing"])
def test_batches_of_other_kinds(kind):
    items = {
        "dict": [{"pixel_values": torch.ones(2, 2), "labels": 1, "name": "a"}] * 4,
        "only pictures": [torch.ones(1, 2)] * 4,
        "strings": ["a", "b", "c", "d"],
        "nothing": [],
    }[kind]

    def training():
        for _ in DataLoader(items, batch_size=2):
            pass

    loader = seen_of(training).loaders[0]
    shapes = [tuple(batch.images.shape) if batch.images is not None else None for batch in loader.batches]
    assert shapes == {
        "dict": [(2, 2, 2)] * 2, "only pictures": [(2, 1, 2)] * 2, "strings": [None] * 2, "nothing": [],
    }[kind]  # fmt: skip
    assert loader.labels == ([1, 1, 1, 1] if kind == "dict" else [])


# -- modes, schedules, states ------------------------------------------------------------------------------


def test_modes():
    def training():
        net = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.BatchNorm1d(2), nn.Dropout()))
        loose = nn.Dropout()
        net.train()
        net(IMAGES)
        net.eval()
        net[1][0].train()
        net[1].eval()
        loose.eval()
        net.requires_grad_(False)
        net.train(False)

    seen = seen_of(training)
    modes = [
        (e.who, e.facts.get("path"), e.facts["training"], e.facts.get("whole")) for e in of_kind(seen, "mode")
    ]
    assert modes == [
        (0, "", True, True), (0, "", False, True), (0, "1.0", True, False), (0, "1", False, False),
        (-1, None, False, None), (0, "", False, True),
    ]  # fmt: skip
    assert facts(seen, "network", "training") == [True]


def test_schedules():
    def training():
        net = nn.Linear(2, 2)
        optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
        steps = torch.optim.lr_scheduler.StepLR(optimizer, 2, gamma=0.5)  # schedule: made
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.1)
        for _ in range(2):
            optimizer.step()
            steps.step()
        plateau.step(1.0)
        plateau.step(torch.tensor(2.0))

    seen = seen_of(training)
    assert [(found.type, found.optimizer) for found in seen.schedulers] == [
        ("StepLR", 0),
        ("ReduceLROnPlateau", 0),
    ]
    assert seen.schedulers[0].source is not None
    assert seen.schedulers[0].source.line == here("schedule: made")
    assert seen.schedulers[0].settings["step_size"] == 2
    steps = [(e.who, e.facts["lr"], e.facts["metric"], e.count) for e in of_kind(seen, "schedule")]
    assert steps == [(0, (1.0,), None, 1), (0, (0.5,), None, 1), (1, (0.5,), 1.0, 1), (1, (0.05,), 2.0, 1)]


def test_chained_schedules_are_one():
    def training():
        net = nn.Linear(2, 2)
        optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
        warm = torch.optim.lr_scheduler.LinearLR(optimizer, 0.5, total_iters=2)
        cool = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        both = torch.optim.lr_scheduler.SequentialLR(optimizer, [warm, cool], [2])
        for _ in range(4):
            optimizer.step()
            both.step()

    seen = seen_of(training)
    assert {event.who for event in of_kind(seen, "schedule")} == {2}
    assert [event.facts["lr"] for event in of_kind(seen, "schedule")] == [(0.75,), (1.0,), (0.5,), (0.25,)]


def test_states_that_are_loaded_and_saved(tmp_path):
    def training():
        net, other = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2)), nn.Sequential(nn.Linear(2, 3))
        net(IMAGES)
        net.load_state_dict(other.state_dict(), strict=False)
        net.load_state_dict(net.state_dict())
        torch.save(net.state_dict(), tmp_path / "net.pt")

    seen = seen_of(training)
    assert [event.facts for event in of_kind(seen, "load")] == [
        {"strict": False, "missing": ("1.weight", "1.bias"), "unexpected": (), "num_loaded": 2, "changed": 2,
         "path": "", "whole": True},
        {"strict": True, "missing": (), "unexpected": (), "num_loaded": 4, "changed": 0, "path": "", "whole": True},
    ]  # fmt: skip
    assert len(of_kind(seen, "save")) == 1


def test_where_modules_were_made():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(2, 2)  # made: inner

        def forward(self, x):
            return self.inner(x)

    def training():
        net = nn.Sequential(Block(), nn.ReLU())  # made: outer
        judge = nn.CrossEntropyLoss()  # made: loss
        judge(net(IMAGES), LABELS).backward()

    made = {path: source.line for path, source in seen_of(training).made.items()}
    outer = here("made: outer")
    assert made == {
        "": outer, "0": outer, "0.inner": here("made: inner"), "1": outer,
        "<CrossEntropyLoss>": here("made: loss"),
    }  # fmt: skip


def test_a_seed_and_a_clipped_gradient():
    def training():
        torch.manual_seed(7)
        net = nn.Linear(2, 1, bias=False)
        with torch.no_grad():
            net.weight.zero_()
        (net(IMAGES) * 3).sum().backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)

    seen = seen_of(training)
    assert of_kind(seen, "seed")[0].facts == {"of": "torch", "value": 7}
    assert facts(seen, "clip", "norm") == [pytest.approx((12**2 + 6**2) ** 0.5)]


# -- looks -------------------------------------------------------------------------------------------------


def test_the_numbers_of_a_look():
    """One step of gradient descent, worked out in float64."""
    weight = torch.tensor([[1.0, -2.0], [0.5, 0.25], [-3.0, 1.0]])

    def training():
        net = nn.Sequential(nn.Linear(2, 3, bias=False), nn.ReLU())
        with torch.no_grad():
            net[0].weight.copy_(weight)
        optimizer, target = torch.optim.SGD(net.parameters(), lr=0.5), torch.zeros(3, 3)
        for _ in range(2):
            optimizer.zero_grad()
            loss = F.mse_loss(net(IMAGES), target)
            loss.backward()
            optimizer.step()

    seen = seen_of(training)
    assert len(seen.looks) == 2
    look = seen.looks[0]
    exact = weight.double().requires_grad_()
    hidden = (IMAGES.double() @ exact.T).relu()
    loss = hidden.square().mean()
    loss.backward()
    gradient = exact.grad
    assert seen.losses[0].value == pytest.approx(loss.item(), rel=1e-6)
    assert [op.name for op in look.trace.ops] == ["linear", "relu", "mse_loss"]
    assert look.trace.loss == look.losses[0]
    assert look.trace.values[look.trace.loss].statistics.mean == pytest.approx(loss.item(), rel=1e-6)
    output = look.trace.kept[look.trace.output.value]
    assert torch.equal(output, hidden.detach().float())
    assert torch.equal(look.trace.kept[look.trace.inputs[0]], IMAGES)
    told = look.gradients["0.weight"]
    assert told.mean == pytest.approx(gradient.mean().item(), rel=1e-6)
    assert told.deviation == pytest.approx(gradient.std(correction=0).item(), rel=1e-6)
    update = look.updates["0.weight"]
    assert update.weight == pytest.approx(weight.double().norm().item(), rel=1e-6)
    assert update.gradient == pytest.approx(gradient.norm().item(), rel=1e-6)
    assert update.change == pytest.approx(0.5 * gradient.norm().item(), rel=1e-6)
    activity = look.activity[look.trace.output.value]
    assert (activity.units, activity.dead) == (3, int(((hidden > 0).sum(0) == 0).sum()))
    assert seen.networks[0].initial["0.weight"].mean == pytest.approx(weight.mean().item())
    assert look.trained


def test_when_looks_are_taken():
    """The first five steps; then at steps that grow by half; the first three passes of six evaluations."""

    def training():
        net = nn.Linear(2, 2)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for step in range(60):
            optimizer.zero_grad()
            F.cross_entropy(net(IMAGES), LABELS).backward()
            optimizer.step()
            if step % 5 == 4:
                with torch.no_grad():
                    for _ in range(5):
                        net(IMAGES)

    seen = seen_of(training)
    trained = [look.step for look in seen.looks if look.trained]
    assert trained[:5] == [0, 1, 2, 3, 4]
    assert set(trained) - {0, 1, 2, 3, 4} <= {8, 13, 20, 31, 47}
    evaluations = [look for look in seen.looks if not look.trained]
    assert len(evaluations) == 6
    assert all(sum(call.parent is None for call in look.trace.calls) == 3 for look in evaluations)


def test_a_loss_that_breaks_is_looked_at():
    def training():
        net = nn.Linear(2, 2)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for step in range(100):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(IMAGES * (float("inf") if step == 75 else 1)), LABELS)
            loss.backward()
            optimizer.step()

    looks = [look.step for look in seen_of(training).looks]
    assert {75, 76} & set(looks), looks


def test_names_of_further_networks():
    class Encoder(nn.Linear):
        pass

    def training():
        encoder, other, head = Encoder(2, 4), Encoder(2, 4), nn.Linear(8, 2)
        both = [*encoder.parameters(), *other.parameters(), *head.parameters()]
        optimizer = torch.optim.SGD(both, lr=0.1)
        head(torch.cat([encoder(IMAGES), other(IMAGES)], 1)).sum().backward()
        optimizer.step()

    seen = seen_of(training)
    assert [(n.name, n.prefix) for n in seen.networks] == [
        ("Encoder", ""),
        ("Encoder", "Encoder."),
        ("Linear", "Linear."),
    ]
    assert set(seen.looks[0].updates) == {
        f"{prefix}{name}" for prefix in ("", "Encoder.", "Linear.") for name in ("weight", "bias")
    }
