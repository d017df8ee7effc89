"""A watched training gives the same bits as an unwatched one."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    """Convolution, batch normalisation, dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4)
        self.drop, self.head = nn.Dropout(0.4), nn.Linear(144, 3)

    def forward(self, x):
        x = F.relu(self.norm(self.conv(x)))
        return self.head(self.drop(x.flatten(1)))


def pictures(count: int = 24) -> TensorDataset:
    return TensorDataset(torch.randn(count, 1, 8, 8), torch.arange(count) % 3)


def state(net: nn.Module, *rest: object) -> list[object]:
    gradients = [p.grad for p in net.parameters()]
    modes = [part.training for part in net.modules()]
    return [dict(net.state_dict()), gradients, modes, *rest]


@pytest.mark.filterwarnings("ignore:This DataLoader will create")
@pytest.mark.parametrize("workers", [0, 2])
def test_epochs_with_evaluation_and_schedule(same_bits, workers):
    def training():
        net, data = Net(), pictures()
        loader = DataLoader(data, 4, shuffle=True, num_workers=workers, persistent_workers=workers > 0)
        test = DataLoader(data, 8, num_workers=workers)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.1)
        losses = []
        for epoch in range(4):
            net.train()
            for images, labels in loader:
                optimizer.zero_grad()
                loss = F.cross_entropy(net(images), labels)
                loss.backward()
                nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                optimizer.step()
                losses.append(loss.item())
            schedule.step()
            net.eval()
            with torch.no_grad():
                right = sum(int((net(x).argmax(1) == y).sum()) for x, y in test)
            print(f"{epoch} {losses[-1]:.17g} {right} {loss} {schedule.get_last_lr()}")
        return state(net, losses, optimizer.state_dict()["state"])

    seen = same_bits(training)
    assert seen.num_steps == 24
    assert len(seen.losses) == 24


def test_two_networks_and_optimizers(same_bits):
    def training():
        maker, judge = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)), nn.Linear(2, 1)
        making = torch.optim.Adam(maker.parameters(), lr=0.01)
        judging = torch.optim.RMSprop(judge.parameters(), lr=0.01)
        losses = []
        for _ in range(12):
            real, made = torch.randn(5, 2), maker(torch.randn(5, 4))
            judging.zero_grad()
            loss = F.softplus(-judge(real)).mean() + F.softplus(judge(made.detach())).mean()
            loss.backward()
            judging.step()
            making.zero_grad()
            fooled = F.softplus(-judge(made)).mean()
            fooled.backward()
            making.step()
            losses += [loss.item(), fooled.item()]
        return state(maker, state(judge), losses)

    seen = same_bits(training)
    assert seen.num_steps == 24
    assert [network.name for network in seen.networks] == ["Sequential", "Linear"]


def test_a_closure(same_bits):
    def training():
        net, (images, labels) = Net(), pictures(6).tensors
        optimizer = torch.optim.LBFGS(net.parameters(), lr=0.1, max_iter=4)
        losses = []

        def closure():
            optimizer.zero_grad()
            loss = F.cross_entropy(net(images), labels)
            loss.backward()
            losses.append(loss.item())
            return loss

        for _ in range(3):
            losses.append(optimizer.step(closure).item())
        return state(net, losses)

    seen = same_bits(training)
    assert seen.num_steps == 3
    assert all(event.facts["closure"] for event in seen.events if event.kind == "step")


def test_accumulated_gradients(same_bits):
    def training():
        net, data = Net(), pictures()
        optimizer = torch.optim.AdamW(net.parameters())
        for number, (images, labels) in enumerate(DataLoader(data, 2)):
            (F.cross_entropy(net(images), labels) / 3).backward()
            if number % 3 == 2:
                optimizer.step()
                optimizer.zero_grad()
        return state(net)

    steps = [event for event in same_bits(training).events if event.kind == "step"]
    assert [event.facts["num_backward"] for event in steps] == [3, 3, 3, 3]


def test_autocast_and_a_disabled_scaler(same_bits):
    def training():
        net, data = Net(), pictures()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        scaler = torch.amp.GradScaler("cpu", enabled=False)
        losses = []
        for images, labels in DataLoader(data, 4):
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", torch.bfloat16):
                loss = F.cross_entropy(net(images), labels)
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            scaler.step(optimizer)
            scaler.update()
            losses.append(loss.item())
        return state(net, losses)

    seen = same_bits(training)
    assert seen.num_steps == 6
    assert {value.dtype for value in seen.looks[0].trace.values} >= {"bfloat16", "float32"}


def test_a_scaler_at_work(same_bits):
    def training():
        net, data = Net(), pictures()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0**80, growth_interval=2)
        for images, labels in DataLoader(data, 4):
            optimizer.zero_grad()
            scaler.scale(F.cross_entropy(net(images), labels)).backward()
            scaler.step(optimizer)
            scaler.update()
        return state(net, scaler.get_scale())

    same_bits(training)


@pytest.mark.filterwarnings("ignore:.*nested tensors")
def test_attention_in_evaluation(same_bits):
    """PyTorch's fast paths are chosen as without a watch."""

    def training():
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        net = nn.TransformerEncoder(layer, 2)
        attention = nn.MultiheadAttention(8, 2, batch_first=True)
        given = torch.randn(3, 5, 8)
        mask = torch.tensor([[False] * 4 + [True]] * 3)
        found = [net(given), attention(given, given, given, need_weights=False)[0]]
        net.eval()
        attention.eval()
        with torch.no_grad():
            found += [net(given), net(given, src_key_padding_mask=mask)]
            found += [attention(given, given, given, need_weights=False)[0]]
        with torch.inference_mode():
            found.append(net(given).clone())
        return found

    same_bits(training)


def test_recurrent_embedded_and_double_backward(same_bits):
    def training():
        words, cells, head = nn.Embedding(7, 4, sparse=True), nn.LSTM(4, 5, 2, dropout=0.3), nn.Linear(5, 2)
        sparse = torch.optim.SparseAdam(words.parameters(), lr=0.01)
        dense = torch.optim.Adagrad([*cells.parameters(), *head.parameters()], lr=0.01)
        losses = []
        for _ in range(7):
            found, _ = cells(words(torch.randint(7, (6, 3))))
            loss = head(found).square().mean()
            slopes = torch.autograd.grad(loss, head.weight, create_graph=True)[0]
            (loss + slopes.square().sum()).backward()
            for optimizer in (sparse, dense):
                optimizer.step()
                optimizer.zero_grad()
            losses.append(loss.item())
        return [losses, dict(words.state_dict()), dict(cells.state_dict()), dict(head.state_dict())]

    assert same_bits(training).num_steps == 14


def test_functions_of_many_kinds(same_bits):
    """In-place work, views, own autograd functions, hooks, checkpoints, weight norm, shared layers."""

    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, given):
            ctx.save_for_backward(given)
            return given * 2

        @staticmethod
        def backward(ctx, gradient):
            print("backward", float(gradient.sum()))
            return gradient * 2

    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = nn.utils.parametrizations.weight_norm(nn.Linear(6, 6))
            self.two = nn.utils.parametrizations.spectral_norm(nn.Linear(6, 6))

        def forward(self, x):
            x = torch.utils.checkpoint.checkpoint(self.one, x, use_reentrant=False)
            x = torch.utils.checkpoint.checkpoint(self.two, x, use_reentrant=True)
            x = x.clone()
            x[:, 0].mul_(3)
            x += F.dropout(x, 0.2, self.training)
            return self.one(Twice.apply(x)[:, 1:].repeat(1, 2)[:, :6])

    def training():
        net = Odd()
        net.register_forward_hook(lambda module, given, result: print(type(module).__name__, result.shape))
        net.one.register_full_backward_hook(lambda module, got, gave: print("full", len(gave)))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        for _ in range(7):
            optimizer.zero_grad()
            x = torch.randn(4, 6, requires_grad=True)
            x.register_hook(lambda gradient: print("hook", gradient.shape))
            net(x).square().sum().backward()
            optimizer.step()
        return state(net)

    same_bits(training)
