"""`explain` on what people bring: networks in training, half precision, shared and unused parameters."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import glassnet
from glassnet.errors import UsageError

PICTURE = torch.linspace(0, 1, 192).reshape(1, 3, 8, 8)


class Net(nn.Module):
    """Two layers with one weight, one layer that nothing reads."""

    def __init__(self, *, name: str = "second") -> None:
        super().__init__()
        self.first, self.unused, self.drop = nn.Linear(8, 8), nn.Linear(2, 2), nn.Dropout()
        self.add_module(name, nn.Linear(8, 8))
        self.name = name
        self.get_submodule(name).weight = self.first.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.drop(self.get_submodule(self.name)(self.first(x))).mean((1, 2))


@pytest.mark.parametrize("question", [{"at": "first[0,0,0,0]"}, {"step": "first.bias[0]"}, {"at": "no"}])
def test_a_module_stays_in_its_mode(question):
    net = Net().train()
    net.drop.eval()
    try:
        glassnet.explain(net, PICTURE, **question)
    except UsageError:
        assert question == {"at": "no"}
    assert (net.training, net.first.training, net.drop.training) == (True, True, False)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_gradient_in_half_precision_is_worked_out(dtype):
    net = Net().to(dtype)
    found = glassnet.explain(net, PICTURE.to(dtype), grad="first.bias[0]", loss="sum")
    assert not found.plain()["missing"]
    assert found.value == pytest.approx(found.torch_value, rel=2 * torch.finfo(dtype).eps)


def test_a_shared_weight_has_both_names():
    net = Net()
    one, two = (glassnet.explain(net, PICTURE, at=f"{name}.weight[1,2]") for name in ("first", "second"))
    assert one.value == two.value == net.first.weight[1, 2].item()


def test_a_parameter_that_nothing_reads():
    with pytest.raises(UsageError, match=r"^no operation of this pass read this parameter"):
        glassnet.explain(Net(), PICTURE, grad="unused.weight[0,0]")


def test_a_name_with_spaces():
    assert glassnet.explain(Net(name="zweite 层"), PICTURE, at=" zweite 层 [0,0,0,0]").address


def test_a_picture_that_is_part_of_a_graph():
    picture = PICTURE.clone().requires_grad_() * 2
    found = glassnet.explain(Net(), picture, grad="first.bias[0]")
    assert found.difference == pytest.approx(0, abs=1e-6)


def test_an_empty_batch_has_no_loss():
    with pytest.raises(UsageError, match=r"^an empty batch has no loss"):
        glassnet.explain(Net(), PICTURE[:0], grad="first.bias[0]")


def test_a_complex_loss_is_refused():
    net = nn.Linear(2, 2, dtype=torch.complex64)
    with pytest.raises(UsageError, match=r"^the loss is a complex number"):
        glassnet.record(net, torch.ones(1, 2, dtype=torch.complex64), backward=torch.sum)


@pytest.mark.parametrize("net", [3, None, nn.Linear])
def test_what_is_no_network(net):
    for verb in (glassnet.look, glassnet.record):
        with pytest.raises(UsageError, match=r"^this is no network"):
            verb(net, PICTURE)
