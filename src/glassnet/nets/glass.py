"""`glass`: the default network, a small one made for pictures of 28² to 64² on a processor.

Measured with the recipe that glassnet chooses for it, on two cores of an AMD EPYC (AVX-512 with bf16), torch
2.14.1; the recipe was chosen on validation pictures:

- MNIST and Fashion-MNIST, 54,000 pictures, 3.5 epochs: 99.64 and 93.25 % of the test pictures, means of five
  seeds, 48 s of training;
- CIFAR-10 from JPEG files, 45,000 pictures, 8 epochs: 86.49 % of the test pictures, five seeds, 125 s;
  with a `width` of 64, a batch of 512 and a label smoothing of 0.2 89.12 %, one seed, 342 s;
- 5,400 pictures of Fashion-MNIST, 6 epochs: 92.10 % of 1,000 test pictures, 10 s.

Pictures of 64² were run for their shapes only.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from glassnet.errors import NetError

STAGES = (1, 4, 4)  # channels of the three stages, in units of `width`
WORKING_SIZE = 32  # the stem brings larger pictures near this side, where the network is fast
LARGEST_PATCH = 3
SMALLEST = 9  # three poolings by two after a 2×2 patch leave one pixel
STATISTICS_MOMENTUM = 0.4  # for short trainings; PyTorch's 0.1 measured the same
LOGIT_SCALE = 1 / 9


class Glass(nn.Module):
    """A fixed patch basis, three stages of two 3×3 convolutions, maximum over the picture, a linear layer.

    Built to train in few epochs; only the whole was measured well, its parts hardly. The stem learns nothing:
    patches are described by cosines in space and opponent colours, close to the principal components of
    natural pictures, and scaled to variance one. Each component is passed on as its positive and its negative
    part. The convolutions begin as the identity in their first filters, so that the signal reaches the last
    layer from the first step. Channels are multiples of 32, which convolutions in bfloat16 compute fast.

    Pictures of 9×9 and larger work; those of 48² and more are taken in patches without overlap.

    Args:
        in_channels: Channels of a picture.
        num_classes: Numbers in the output.
        size: Height and width of a picture in pixels, or one number for both.
        width: Channels of the first stage; the others have four times as many.
        depth: Convolutions in each stage.

    Raises:
        NetError: The pictures are smaller than 9×9, or `width` or `depth` is not positive.

    Source:
        The stages and the start as identity: Keller Jordan, 94% on CIFAR-10 in 3.29 Seconds on a Single GPU,
        arXiv:2404.00498. Both signs of each component: Shang et al., arXiv:1603.05201.

    Example:
        >>> Glass(in_channels=1, size=28)(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        num_classes: int = 10,
        size: int | tuple[int, int] = 32,
        width: int = 32,
        depth: int = 2,
    ) -> None:
        """Make the layers."""
        super().__init__()
        smaller = min((size, size) if isinstance(size, int) else size)
        if smaller < SMALLEST:
            raise NetError(
                "the pictures are too small for glass",
                got=f"a side of {smaller} pixels",
                expected=f"at least {SMALLEST}",
            )
        for name, number in (("width", width), ("depth", depth)):
            if number < 1:
                raise NetError(f"{name} must be at least 1", where="glass", got=number)
        stride = min(max(round(smaller / WORKING_SIZE), 1), LARGEST_PATCH)
        self.stem = Stem(in_channels, patch=max(stride, 2), stride=stride)
        stages, channels = [], self.stem.out_channels
        for factor in STAGES:
            stages.append(Stage(channels, factor * width, depth=depth))
            channels = factor * width
        self.stages = nn.Sequential(*stages)
        self.pool = nn.AdaptiveMaxPool2d(1)
        self.linear = nn.Linear(channels, num_classes, bias=False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Give the logits, N×num_classes, of images N×C×H×W."""
        x = self.stages(self.stem(images))
        return self.linear(self.pool(x).flatten(1)) * LOGIT_SCALE


class Stem(nn.Module):
    """Patches as coefficients of `patch_basis`, scaled to variance one, positive and negative part apart.

    Args:
        in_channels: Channels of a picture.
        patch: Side of a patch in pixels.
        stride: Pixels from one patch to the next.

    Example:
        >>> Stem(3, patch=2, stride=1)(torch.zeros(1, 3, 32, 32)).shape
        torch.Size([1, 24, 31, 31])
    """

    def __init__(self, in_channels: int, *, patch: int, stride: int) -> None:
        """Make the fixed convolution."""
        super().__init__()
        components = in_channels * patch * patch
        self.out_channels = 2 * components
        self.conv = nn.Conv2d(in_channels, components, patch, stride=stride, bias=False)
        self.conv.weight = nn.Parameter(patch_basis(in_channels, patch), requires_grad=False)
        self.norm = nn.BatchNorm2d(components, affine=False, momentum=STATISTICS_MOMENTUM)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Give two maps for each component of the basis, of images N×C×H×W."""
        x = self.norm(self.conv(images))
        return torch.cat([torch.relu(x), torch.relu(-x)], dim=1)


class Stage(nn.Module):
    """A convolution, a pooling by two, then more convolutions; after each, batch normalisation and ReLU.

    Args:
        in_channels: Channels that come in.
        out_channels: Channels of every convolution.
        depth: Number of convolutions.

    Example:
        >>> Stage(24, 32, depth=2)(torch.zeros(1, 24, 31, 31)).shape
        torch.Size([1, 32, 15, 15])
    """

    def __init__(self, in_channels: int, out_channels: int, *, depth: int) -> None:
        """Make the layers."""
        super().__init__()
        inputs = [in_channels] + [out_channels] * (depth - 1)
        self.convs = nn.ModuleList(identity_first(channels, out_channels) for channels in inputs)
        self.norms = nn.ModuleList(
            nn.BatchNorm2d(out_channels, momentum=STATISTICS_MOMENTUM) for _ in range(depth)
        )
        for norm in self.norms:
            norm.weight.requires_grad_(False)  # Muon holds each kernel at a norm: its scale is free already
        self.pool = nn.MaxPool2d(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Give maps of half the side."""
        for index, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            x = conv(x)
            x = torch.relu(norm(self.pool(x) if index == 0 else x))
        return x


def identity_first(in_channels: int, out_channels: int) -> nn.Conv2d:
    """Make a 3×3 convolution whose first filters pass their input channel on; the rest begin at random.

    Args:
        in_channels: Channels that come in.
        out_channels: Number of filters.

    Returns:
        The convolution, without bias.

    Example:
        >>> identity_first(2, 4).weight[1, :, 1, 1]
        tensor([0., 1.], grad_fn=<SelectBackward0>)
    """
    conv = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
    with torch.no_grad():
        nn.init.dirac_(conv.weight[:in_channels])
    return conv


def patch_basis(channels: int, side: int) -> torch.Tensor:
    """Make an orthonormal basis of patches: cosines along both sides, and cosines across the channels.

    For colour these are brightness, red against blue, and green against both.

    Args:
        channels: Channels of a picture.
        side: Side of a patch in pixels.

    Returns:
        float32, (channels·side²)×channels×side×side.

    Source:
        Discrete cosine transform, type II, orthonormal.

    Example:
        >>> patch_basis(1, 2)[1, 0]
        tensor([[ 0.5000, -0.5000],
                [ 0.5000, -0.5000]])
    """
    across, along = _cosines(channels), _cosines(side)
    basis = torch.einsum("ac,iy,jx->aijcyx", across, along, along)
    return basis.reshape(channels * side * side, channels, side, side).float().contiguous()


def _cosines(n: int) -> torch.Tensor:
    position = torch.arange(n, dtype=torch.float64, device="cpu")  # on the meta device it loads the compiler
    frequency = position[:, None]
    waves = torch.cos(math.pi * (2 * position + 1) * frequency / (2 * n))
    return waves / waves.norm(dim=1, keepdim=True)
