"""`glass`, the default network: shapes, parameters, and what its stem and its start promise."""

import math

import pytest
import torch
from scipy.fft import dctn

from glassnet.errors import NetError
from glassnet.nets.glass import Glass, Stage, Stem, identity_first, patch_basis


@pytest.mark.parametrize(
    ("channels", "size", "classes"), [(1, 28, 10), (3, 32, 10), (3, 64, 200), (3, 96, 2), (1, 16, 7)]
)
def test_gives_one_logit_per_class(channels: int, size: int, classes: int) -> None:
    net = Glass(in_channels=channels, size=size, num_classes=classes)
    assert net(torch.randn(3, channels, size, size)).shape == (3, classes)


@pytest.mark.parametrize("size", range(9, 100))
def test_every_size_from_the_smallest_on_works(size: int) -> None:
    net = Glass(in_channels=1, size=size, width=1).eval()
    assert net(torch.randn(1, 1, size, size)).shape == (1, 10)


def test_takes_oblong_pictures() -> None:
    assert Glass(size=(64, 40))(torch.randn(2, 3, 64, 40)).shape == (2, 10)


@pytest.mark.parametrize(("channels", "stem"), [(1, 4), (3, 12)])
def test_parameter_count(channels: int, stem: int) -> None:
    """By hand: nine weights per pair of channels, a bias per normalised channel, a linear layer."""
    net = Glass(in_channels=channels, size=32)
    pairs = 2 * stem * 32 + 32 * 32 + 32 * 128 + 3 * 128 * 128
    learned = 9 * pairs + (2 * 32 + 4 * 128) + 128 * 10
    assert sum(p.numel() for p in net.parameters() if p.requires_grad) == learned
    fixed = {name for name, p in net.named_parameters() if not p.requires_grad}
    norms = {f"stages.{stage}.norms.{place}.weight" for stage in range(3) for place in range(2)}
    assert fixed == {"stem.conv.weight"} | norms


@pytest.mark.parametrize(
    ("size", "patch", "stride"), [(28, 2, 1), (32, 2, 1), (64, 2, 2), (96, 3, 3), (224, 3, 3)]
)
def test_larger_pictures_are_taken_in_larger_patches(size: int, patch: int, stride: int) -> None:
    conv = Glass(size=size).stem.conv
    assert (conv.kernel_size, conv.stride) == ((patch, patch), (stride, stride))


@pytest.mark.parametrize(("channels", "side"), [(1, 2), (3, 2), (3, 3), (4, 2)])
def test_patch_basis_is_the_orthonormal_cosine_transform(channels: int, side: int) -> None:
    basis = patch_basis(channels, side).flatten(1)
    torch.testing.assert_close(basis @ basis.T, torch.eye(channels * side * side), atol=1e-6, rtol=0)
    patch = torch.randn(channels, side, side, dtype=torch.float64)
    torch.testing.assert_close(
        basis.double() @ patch.flatten(),
        torch.from_numpy(dctn(patch.numpy(), norm="ortho")).flatten(),
        atol=1e-6,
        rtol=0,
    )


def test_stem_gives_both_signs_of_components_of_variance_one() -> None:
    stem = Stem(3, patch=2, stride=1)
    positive, negative = stem(torch.rand(64, 3, 32, 32)).chunk(2, dim=1)
    assert (positive * negative == 0).all()
    components = positive - negative
    torch.testing.assert_close(components.mean((0, 2, 3)), torch.zeros(12), atol=1e-4, rtol=0)
    torch.testing.assert_close(components.var((0, 2, 3)), torch.ones(12), atol=1e-2, rtol=0)


def test_first_filters_begin_as_the_identity() -> None:
    images = torch.randn(2, 5, 8, 8)
    torch.testing.assert_close(identity_first(5, 9)(images)[:, :5], images)
    assert identity_first(9, 5)(torch.randn(2, 9, 8, 8)).shape == (2, 5, 8, 8)


def test_every_learned_parameter_gets_a_gradient() -> None:
    net = Glass(in_channels=1, size=28)
    net(torch.randn(8, 1, 28, 28)).logsumexp(1).sum().backward()
    for name, parameter in net.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            assert 0 < parameter.grad.norm() < math.inf, name


def test_depth_is_the_number_of_convolutions_of_a_stage() -> None:
    assert [len(stage.convs) for stage in Glass(depth=3).stages] == [3, 3, 3]
    assert Stage(4, 8, depth=1)(torch.randn(2, 4, 7, 7)).shape == (2, 8, 3, 3)


def test_state_dict_loads_into_a_fresh_network() -> None:
    net, fresh = Glass().eval(), Glass().eval()
    fresh.load_state_dict(net.state_dict())
    images = torch.randn(2, 3, 32, 32)
    assert torch.equal(net(images), fresh(images))


def test_pictures_that_are_too_small_are_refused() -> None:
    with pytest.raises(NetError) as failure:
        Glass(size=(32, 8))
    assert str(failure.value) == (
        "the pictures are too small for glass\n  got: a side of 8 pixels\n  expected: at least 9"
    )


@pytest.mark.parametrize("name", ["width", "depth"])
def test_width_and_depth_are_positive(name: str) -> None:
    with pytest.raises(NetError) as failure:
        Glass(**{name: 0})
    assert str(failure.value) == f"{name} must be at least 1\n  where: glass\n  got: 0"
