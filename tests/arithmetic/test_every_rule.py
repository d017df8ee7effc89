"""Every rule of windows, products and copies meets a real call of the function it explains."""

from __future__ import annotations

from functools import partial
from typing import get_args

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from glassnet.arithmetic.call import Replay
from glassnet.arithmetic.expand import plain_name, rule_of
from glassnet.arithmetic.expansion import Kind
from glassnet.arithmetic.rules import FILES, RULES, WITHOUT
from glassnet.texts import texts

from recorded_calls import Call, calls_of, check, doubles

SIGNAL, PICTURE, VOLUME = doubles(2, 4, 9), doubles(2, 4, 6, 7), doubles(2, 4, 5, 6, 4)
ROWS, VECTOR, SQUARE = doubles(3, 5, seed=1), doubles(5, seed=2), doubles(5, 5, seed=3)
BATCH = doubles(4, 3, 5, seed=4)
MASK = PICTURE > 0
ROW_NUMBERS = torch.tensor([2, 0, 2])
PLACES = torch.tensor([[0, 2, 1, 1, 0], [2, 0, 0, 1, 2]])
THETA = doubles(2, 2, 3, seed=5)
GRID = doubles(2, 3, 4, 2, seed=6)


def written(change):
    """Run something that changes a copy of the picture."""
    return lambda: change(PICTURE.clone())


def with_rows(change):
    return lambda: change(ROWS.clone())


WINDOWS = {
    "Conv1d": lambda: nn.Conv1d(4, 6, 3, padding=1).double()(SIGNAL),
    "Conv1d without batch": lambda: nn.Conv1d(4, 6, 3).double()(SIGNAL[0]),
    "Conv1d same": lambda: nn.Conv1d(4, 6, 4, padding="same").double()(SIGNAL),
    "Conv2d": lambda: nn.Conv2d(4, 6, 3, padding=1).double()(PICTURE),
    "Conv2d without batch or bias": lambda: nn.Conv2d(4, 6, 3, bias=False).double()(PICTURE[0]),
    "Conv2d stride": lambda: nn.Conv2d(4, 6, (3, 2), stride=(2, 3), padding=(1, 0)).double()(PICTURE),
    "Conv2d depth-wise": lambda: nn.Conv2d(4, 8, 3, groups=4, padding=2, dilation=2).double()(PICTURE),
    "Conv2d same": lambda: nn.Conv2d(4, 6, (4, 2), padding="same", dilation=(1, 3)).double()(PICTURE),
    "Conv2d valid": lambda: nn.Conv2d(4, 6, 2, padding="valid").double()(PICTURE),
    "Conv2d reflect": lambda: nn.Conv2d(4, 6, 3, padding=2, padding_mode="reflect").double()(PICTURE),
    "Conv2d replicate": lambda: nn.Conv2d(4, 6, 3, padding=2, padding_mode="replicate").double()(PICTURE),
    "Conv2d circular": lambda: nn.Conv2d(4, 6, 3, padding=2, padding_mode="circular").double()(PICTURE),
    "Conv2d reflect same": lambda: nn.Conv2d(4, 6, 4, padding="same", padding_mode="reflect").double()(
        PICTURE
    ),
    "F.conv2d by name": lambda: F.conv2d(weight=doubles(2, 4, 3, 3), input=PICTURE, stride=2, padding=[1]),
    "Conv3d": lambda: nn.Conv3d(4, 2, 3, padding=1, stride=2).double()(VOLUME),
    "ConvTranspose1d": lambda: nn.ConvTranspose1d(4, 6, 3, stride=2).double()(SIGNAL),
    "ConvTranspose2d": lambda: nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2, dilation=2).double()(PICTURE),
    "ConvTranspose2d alone": lambda: nn.ConvTranspose2d(4, 6, (2, 3), bias=False).double()(PICTURE[0]),
    "ConvTranspose2d size": lambda: nn.ConvTranspose2d(4, 6, 3, 2).double()(PICTURE, output_size=(14, 15)),
    "ConvTranspose3d": lambda: nn.ConvTranspose3d(4, 2, 3, padding=1, stride=2).double()(VOLUME),
    "MaxPool1d": lambda: nn.MaxPool1d(3)(SIGNAL),
    "MaxPool1d indices": lambda: nn.MaxPool1d(3, 2, return_indices=True)(SIGNAL),
    "MaxPool2d": lambda: nn.MaxPool2d(3, 2, 1, ceil_mode=True)(PICTURE),
    "MaxPool2d alone": lambda: nn.MaxPool2d(2)(PICTURE[0]),
    "MaxPool2d indices": lambda: nn.MaxPool2d(2, 2, 1, return_indices=True)(PICTURE),
    "torch.max_pool2d": lambda: torch.max_pool2d(PICTURE, (2, 3), dilation=2),
    "MaxPool3d": lambda: nn.MaxPool3d(2)(VOLUME),
    "MaxPool3d indices": lambda: nn.MaxPool3d((2, 3, 1), return_indices=True)(VOLUME),
    "AdaptiveMaxPool1d": lambda: nn.AdaptiveMaxPool1d(4)(SIGNAL),
    "AdaptiveMaxPool2d": lambda: nn.AdaptiveMaxPool2d((None, 4))(PICTURE),
    "AdaptiveMaxPool3d": lambda: nn.AdaptiveMaxPool3d(2)(VOLUME),
    "AdaptiveMaxPool1d indices": lambda: nn.AdaptiveMaxPool1d(4, return_indices=True)(SIGNAL),
    "AdaptiveMaxPool2d indices": lambda: nn.AdaptiveMaxPool2d(4, return_indices=True)(PICTURE),
    "AdaptiveMaxPool3d indices": lambda: nn.AdaptiveMaxPool3d(2, return_indices=True)(VOLUME),
    "AvgPool1d": lambda: nn.AvgPool1d(3, 2, 1)(SIGNAL),
    "AvgPool2d": lambda: nn.AvgPool2d(3, 2, 1, ceil_mode=True)(PICTURE),
    "AvgPool2d without padding": lambda: nn.AvgPool2d(3, 2, 1, count_include_pad=False)(PICTURE),
    "AvgPool2d divisor": lambda: nn.AvgPool2d(3, 2, 1, divisor_override=5)(PICTURE[0]),
    "AvgPool3d": lambda: nn.AvgPool3d(2, ceil_mode=True)(VOLUME),
    "AdaptiveAvgPool1d": lambda: nn.AdaptiveAvgPool1d(4)(SIGNAL),
    "AdaptiveAvgPool2d": lambda: nn.AdaptiveAvgPool2d((4, None))(PICTURE),
    "AdaptiveAvgPool2d to one": lambda: nn.AdaptiveAvgPool2d(1)(PICTURE),
    "AdaptiveAvgPool3d": lambda: nn.AdaptiveAvgPool3d(3)(VOLUME),
    "LPPool1d": lambda: nn.LPPool1d(2, 3)(SIGNAL),
    "LPPool2d": lambda: nn.LPPool2d(2, 3, 2, ceil_mode=True)(PICTURE),
    "LPPool2d of 3": lambda: nn.LPPool2d(3, 2)(PICTURE),
    "LPPool3d": lambda: nn.LPPool3d(1.5, 2)(VOLUME.abs()),
}

PRODUCTS = {
    "Linear": lambda: nn.Linear(5, 2).double()(BATCH),
    "Linear of a vector": lambda: nn.Linear(5, 2, bias=False).double()(VECTOR),
    "F.linear with one row": lambda: F.linear(ROWS, VECTOR),
    "matmul": lambda: torch.matmul(BATCH, SQUARE),
    "@": lambda: ROWS @ SQUARE,
    "vector @ vector": lambda: VECTOR @ VECTOR,
    "matrix @ vector": lambda: BATCH @ VECTOR,
    "vector @ matrix": lambda: VECTOR @ BATCH.mT,
    "batches @ batches": lambda: doubles(2, 1, 3, 5) @ doubles(4, 5, 2),
    "Tensor.matmul by name": lambda: ROWS.matmul(other=SQUARE),
    "rmatmul": lambda: VECTOR.__rmatmul__(SQUARE),
    "mm": lambda: torch.mm(ROWS, SQUARE),
    "bmm": lambda: torch.bmm(BATCH, BATCH.mT),
    "mv": lambda: torch.mv(SQUARE, VECTOR),
    "dot": lambda: torch.dot(VECTOR, VECTOR),
    "vdot": lambda: torch.vdot(VECTOR, VECTOR),
    "inner": lambda: torch.inner(BATCH, ROWS),
    "inner with a number": lambda: torch.inner(BATCH, torch.tensor(2.0, dtype=torch.float64)),
    "outer": lambda: torch.outer(VECTOR, VECTOR),
    "ger": lambda: torch.ger(VECTOR, VECTOR),
    "kron": lambda: torch.kron(ROWS, BATCH),
    "Bilinear": lambda: nn.Bilinear(5, 5, 2).double()(ROWS, ROWS),
    "Bilinear without bias": lambda: nn.Bilinear(5, 5, 2, bias=False).double()(VECTOR, VECTOR),
    "addmm": lambda: torch.addmm(VECTOR, ROWS, SQUARE, beta=0.5, alpha=2),
    "addmm_": lambda: ROWS.clone().addmm_(ROWS, SQUARE),
    "addmm without input": lambda: torch.addmm(torch.full((5,), torch.nan).double(), ROWS, SQUARE, beta=0),
    "addmv": lambda: torch.addmv(VECTOR, SQUARE, VECTOR),
    "addr": lambda: torch.addr(SQUARE, VECTOR, VECTOR, alpha=-1),
    "baddbmm": lambda: torch.baddbmm(doubles(4, 1, 3), BATCH, BATCH.mT, alpha=0.3),
    "addbmm": lambda: torch.addbmm(doubles(3, 3), BATCH, BATCH.mT, beta=2),
    "tensordot": lambda: torch.tensordot(BATCH, doubles(3, 5, 2)),
    "tensordot over axes": lambda: torch.tensordot(BATCH, doubles(5, 2, 3), dims=([2, 1], [0, -1])),
    "einsum": lambda: torch.einsum("bik,bjk->bij", BATCH, BATCH),
    "einsum without arrow": lambda: torch.einsum("ba,ca", ROWS, ROWS),
    "einsum of a list": lambda: torch.einsum("i,j->ji", [VECTOR, VECTOR]),
    "einsum with dots": lambda: torch.einsum("...ik, kj -> ...ij", doubles(2, 3, 3, 5), SQUARE),
    "einsum with dots broadcast": lambda: torch.einsum("...i,...i->...", BATCH, ROWS),
    "einsum with dots and no arrow": lambda: torch.einsum("...ij,j", BATCH, VECTOR),
    "einsum summing dots": lambda: torch.einsum("i...->i", BATCH),
    "einsum diagonal": lambda: torch.einsum("ii->i", SQUARE),
    "einsum trace": lambda: torch.einsum("ii", SQUARE),
    "einsum of three": lambda: torch.einsum("i,ij,j->", VECTOR, SQUARE, VECTOR),
    "einsum by numbers": lambda: torch.einsum(BATCH, [0, 1, 2], SQUARE, [2, 3], [1, 3]),
}

LINEAR_MAPS = {
    "Upsample nearest": lambda: nn.Upsample(scale_factor=2)(PICTURE),
    "interpolate nearest down": lambda: F.interpolate(PICTURE, size=(4, 5)),
    "interpolate nearest-exact": lambda: F.interpolate(PICTURE, scale_factor=0.6, mode="nearest-exact"),
    "interpolate linear": lambda: F.interpolate(SIGNAL, size=17, mode="linear"),
    "interpolate bilinear": lambda: F.interpolate(PICTURE, size=(9, 5), mode="bilinear"),
    "interpolate corners": lambda: F.interpolate(
        PICTURE, scale_factor=1.7, mode="bilinear", align_corners=True
    ),
    "interpolate bicubic": lambda: F.interpolate(PICTURE, size=(9, 5), mode="bicubic"),
    "interpolate antialias": lambda: F.interpolate(PICTURE, size=(3, 3), mode="bicubic", antialias=True),
    "interpolate trilinear": lambda: F.interpolate(VOLUME, scale_factor=(2, 1, 1.5), mode="trilinear"),
    "interpolate area": lambda: F.interpolate(PICTURE, size=(4, 3), mode="area"),
    "interpolate with a new factor": lambda: F.interpolate(
        PICTURE, scale_factor=1.3, mode="bilinear", recompute_scale_factor=True
    ),
    "grid_sample": lambda: F.grid_sample(PICTURE, GRID, align_corners=False),
    "grid_sample nearest": lambda: F.grid_sample(PICTURE, GRID, "nearest", "border", align_corners=True),
    "grid_sample bicubic": lambda: F.grid_sample(PICTURE, GRID, "bicubic", "reflection", align_corners=False),
    "grid_sample volume": lambda: F.grid_sample(VOLUME, doubles(2, 2, 3, 2, 3), align_corners=True),
    "fold": lambda: nn.Fold((6, 7), 3, padding=1, stride=2)(doubles(2, 18, 12)),
    "affine_grid": lambda: F.affine_grid(THETA, (2, 1, 3, 4), align_corners=False),
    "index_add": lambda: ROWS.index_add(0, ROW_NUMBERS, ROWS, alpha=3),
    "index_add_": with_rows(lambda x: x.index_add_(0, ROW_NUMBERS, ROWS)),
    "scatter_add": lambda: ROWS.scatter_add(0, PLACES, ROWS[:2]),
}

COPIES = {
    "reshape": lambda: PICTURE.reshape(4, -1),
    "torch.reshape by name": lambda: torch.reshape(input=PICTURE, shape=(8, 42)),
    "reshape_as": lambda: PICTURE.reshape_as(doubles(8, 42)),
    "view": lambda: PICTURE.view(2, -1),
    "view of a transposed": lambda: PICTURE.transpose(0, 1).view(4, 2, 2, 3, 7),
    "view_as": lambda: PICTURE.view_as(doubles(8, 42)),
    "Flatten": lambda: nn.Flatten()(PICTURE),
    "ravel": PICTURE.ravel,
    "Unflatten": lambda: nn.Unflatten(1, (2, 2))(PICTURE),
    "permute": lambda: PICTURE.permute(0, 2, 3, 1),
    "torch.permute": lambda: torch.permute(PICTURE, (3, 2, 1, 0)),
    "transpose": lambda: PICTURE.transpose(1, -1),
    "transpose_": written(lambda x: x.transpose_(1, 2)),
    "t": ROWS.t,
    "T": lambda: ROWS.T,
    "mT": lambda: BATCH.mT,
    "H": lambda: ROWS.H,
    "mH": lambda: BATCH.mH,
    "adjoint": BATCH.adjoint,
    "movedim": lambda: PICTURE.movedim(1, -1),
    "moveaxis": lambda: torch.moveaxis(PICTURE, (0, 1), (2, 3)),
    "swapaxes": lambda: PICTURE.swapaxes(0, 1),
    "swapdims": lambda: PICTURE.swapdims(0, 3),
    "squeeze": lambda: PICTURE[:1].squeeze(0),
    "unsqueeze": lambda: PICTURE.unsqueeze(1),
    "unsqueeze_": written(lambda x: x.unsqueeze_(0)),
    "expand": lambda: ROWS.unsqueeze(1).expand(-1, 4, -1),
    "expand_as": lambda: VECTOR.expand_as(ROWS),
    "broadcast_to": lambda: torch.broadcast_to(VECTOR, (2, 3, 5)),
    "repeat": lambda: ROWS.repeat(2, 1, 2),
    "tile": lambda: torch.tile(ROWS, (2, 2)),
    "repeat_interleave": lambda: ROWS.repeat_interleave(2, dim=1),
    "repeat_interleave of tensor": lambda: torch.repeat_interleave(ROWS, torch.tensor([2, 0, 1]), dim=0),
    "getitem number": lambda: PICTURE[1],
    "getitem slices": lambda: PICTURE[:, 1:3, ::2, -1],
    "getitem dots": lambda: PICTURE[..., None, 2],
    "getitem mask": lambda: PICTURE[MASK],
    "getitem tensor": lambda: PICTURE[:, ROW_NUMBERS],
    "getitem two tensors": lambda: PICTURE[torch.tensor([0, 1]), :, torch.tensor([[2], [1]])],
    "getitem list": lambda: PICTURE[[1, 0, 1]],
    "getitem negative": lambda: ROW_NUMBERS[torch.tensor(-1)],
    "chunk": lambda: PICTURE.chunk(3, 1),
    "split": lambda: PICTURE.split(4, dim=2),
    "torch.split": lambda: torch.split(PICTURE, [1, 3], 1),
    "split_with_sizes": lambda: PICTURE.split_with_sizes([2, 2], 1),
    "tensor_split": lambda: torch.tensor_split(PICTURE, 4, 3),
    "hsplit": lambda: torch.hsplit(ROWS, [2]),
    "vsplit": lambda: torch.vsplit(ROWS, 3),
    "dsplit": lambda: torch.dsplit(BATCH, 5),
    "unsafe_chunk": lambda: torch.unsafe_chunk(PICTURE, 2, 1),
    "unsafe_split": lambda: torch.unsafe_split(PICTURE, 2, 1),
    "unbind": lambda: PICTURE.unbind(1),
    "unpacked": lambda: [*ROWS],
    "select": lambda: PICTURE.select(1, 2),
    "narrow": lambda: PICTURE.narrow(2, 1, 3),
    "take": lambda: torch.take(ROWS, torch.tensor([[0, 14], [3, 3]])),
    "gather": lambda: ROWS.gather(0, PLACES),
    "index_select": lambda: torch.index_select(ROWS, dim=0, index=ROW_NUMBERS),
    "take_along_dim": lambda: torch.take_along_dim(ROWS, PLACES, 0),
    "masked_select": lambda: PICTURE.masked_select(MASK),
    "roll": lambda: torch.roll(PICTURE, shifts=(-2, 3), dims=(2, 3)),
    "flip": lambda: PICTURE.flip(-1),
    "fliplr": lambda: torch.fliplr(ROWS),
    "flipud": lambda: torch.flipud(ROWS),
    "rot90": lambda: torch.rot90(PICTURE, 1, (2, 3)),
    "diagonal": lambda: PICTURE.diagonal(1, 2, 3),
    "diag": lambda: torch.diag(VECTOR),
    "diag_embed": lambda: torch.diag_embed(ROWS),
    "tril": lambda: SQUARE.tril(-1),
    "triu": SQUARE.triu,
    "atleast_1d": lambda: torch.atleast_1d(torch.tensor(2.0)),
    "atleast_2d": lambda: torch.atleast_2d(VECTOR),
    "atleast_3d": lambda: torch.atleast_3d([VECTOR, ROWS]),
    "Tensor.unfold": lambda: PICTURE.unfold(2, 3, 2),
    "Unfold": lambda: nn.Unfold(3, padding=1, stride=2, dilation=2)(PICTURE),
    "pad": lambda: F.pad(PICTURE, (1, 2, 0, 1), value=7.5),
    "pad with zeros": lambda: F.pad(PICTURE, (1, 2, -1, 1)),
    "ZeroPad2d": lambda: nn.ZeroPad2d(1)(PICTURE),
    "ConstantPad1d": lambda: nn.ConstantPad1d(2, -3.0)(SIGNAL),
    "pad reflect": lambda: F.pad(PICTURE, (2, 2, 1, 3), mode="reflect"),
    "ReplicationPad3d": lambda: nn.ReplicationPad3d(2)(VOLUME),
    "CircularPad2d": lambda: nn.CircularPad2d((1, 2, 3, 0))(PICTURE),
    "PixelShuffle": lambda: nn.PixelShuffle(2)(PICTURE),
    "PixelUnshuffle": lambda: nn.PixelUnshuffle(2)(doubles(2, 3, 4, 6)),
    "ChannelShuffle": lambda: nn.ChannelShuffle(2)(PICTURE),
    "native_channel_shuffle": lambda: torch.native_channel_shuffle(PICTURE, 2),
    "MaxUnpool1d": lambda: nn.MaxUnpool1d(3)(*F.max_pool1d(SIGNAL, 3, return_indices=True)),
    "MaxUnpool2d": lambda: nn.MaxUnpool2d(2)(*F.max_pool2d(PICTURE[..., :6], 2, return_indices=True)),
    "MaxUnpool3d": lambda: nn.MaxUnpool3d(2)(*F.max_pool3d(VOLUME, 2, return_indices=True)),
    "cat": lambda: torch.cat([PICTURE, PICTURE[:, :1]], dim=1),
    "cat of a tuple by name": lambda: torch.cat(tensors=(ROWS, SQUARE)),
    "cat of the same": lambda: torch.cat([ROWS, ROWS.float()], -1),
    "concat": lambda: torch.concat([ROWS, SQUARE]),
    "concatenate": lambda: torch.concatenate([ROWS, SQUARE]),
    "stack": lambda: torch.stack([ROWS, -ROWS], 1),
    "hstack": lambda: torch.hstack([ROWS, ROWS]),
    "vstack": lambda: torch.vstack([ROWS, VECTOR]),
    "row_stack": lambda: torch.row_stack([ROWS, VECTOR]),
    "dstack": lambda: torch.dstack([ROWS, ROWS]),
    "column_stack": lambda: torch.column_stack([VECTOR, SQUARE]),
    "meshgrid": lambda: torch.meshgrid(VECTOR, VECTOR[:2], indexing="ij"),
    "meshgrid of a list": lambda: torch.meshgrid([VECTOR, VECTOR[:2]], indexing="xy"),
    "broadcast_tensors": lambda: torch.broadcast_tensors(VECTOR, ROWS),
    "block_diag": lambda: torch.block_diag(ROWS, SQUARE),
    "setitem number": written(lambda x: x.__setitem__((slice(None), 0), 1.5)),
    "setitem tensor": written(lambda x: x.__setitem__((slice(None), 1), x[:, 0] * 2)),
    "setitem mask": written(lambda x: x.__setitem__(MASK, 0)),
    "setitem indices": written(lambda x: x.__setitem__((0, ROW_NUMBERS), torch.tensor(4.0).double())),
    "copy_": written(lambda x: x.copy_(doubles(7, seed=9).float())),
    "fill_": written(lambda x: x.fill_(0.1)),
    "zero_": written(lambda x: x.zero_()),
    "masked_scatter": lambda: PICTURE.masked_scatter(MASK, doubles(400)),
    "index_fill": lambda: ROWS.index_fill(1, ROW_NUMBERS, -2.5),
    "index_copy": lambda: ROWS.index_copy(0, torch.tensor([2, 0]), SQUARE[:2]),
    "index_put": lambda: ROWS.index_put((torch.tensor([0, 2]), torch.tensor([1, 4])), VECTOR[:2]),
    "index_put_": with_rows(lambda x: x.index_put_((ROW_NUMBERS[:1],), torch.tensor(3.0).double())),
    "scatter": lambda: ROWS.scatter(0, torch.tensor([[0, 2, 1, 1, 0]]), SQUARE),
    "scatter_ number": lambda: torch.zeros(3, 4).scatter_(1, ROW_NUMBERS.unsqueeze(1), 1.0),
    "scatter value": lambda: ROWS.scatter(0, PLACES, value=2.5),
    "select_scatter": lambda: ROWS.select_scatter(VECTOR, 0, 1),
    "slice_scatter": lambda: ROWS.slice_scatter(SQUARE[:2], 0, 1),
    "fill_diagonal_": with_rows(lambda x: x.fill_diagonal_(9)),
    "contiguous": lambda: PICTURE.permute(0, 3, 1, 2).contiguous(),
    "channels_last": lambda: PICTURE.contiguous(memory_format=torch.channels_last),
    "clone": lambda: PICTURE.clone(memory_format=torch.channels_last),
    "detach": PICTURE.detach,
    "data": lambda: PICTURE.data,
    "real": lambda: PICTURE.real,
    "to float16": lambda: PICTURE.to(torch.float16),
    "to another": lambda: PICTURE.to(PICTURE.float()),
    "to device": lambda: PICTURE.to("cpu", non_blocking=True),
    "type": lambda: PICTURE.type(torch.float32),
    "type_as": lambda: PICTURE.type_as(MASK),
    "float": PICTURE.float,
    "double": PICTURE.float().double,
    "half": PICTURE.half,
    "bfloat16": PICTURE.bfloat16,
    "int": (PICTURE * 3).int,
    "long": (PICTURE * 3).long,
    "short": (PICTURE * 3).short,
    "char": (PICTURE * 3).char,
    "byte": (PICTURE.abs() * 3).byte,
    "bool": PICTURE.bool,
    "cpu": PICTURE.cpu,
    "one_hot": lambda: F.one_hot(ROW_NUMBERS, 4),
}

CONSTANTS = {
    "zeros": lambda: torch.zeros(2, 3),
    "ones": lambda: torch.ones((2, 3)),
    "full": lambda: torch.full((2,), 3.25),
    "arange": lambda: torch.arange(3, 9, 2),
    "linspace": lambda: torch.linspace(0, 1, 7),
    "logspace": lambda: torch.logspace(0, 1, 7),
    "eye": lambda: torch.eye(3),
    "tensor": lambda: torch.tensor([[1.5, 2.0]]),
    "as_tensor": lambda: torch.as_tensor([1, 2]),
    "scalar_tensor": lambda: torch.scalar_tensor(2.5),
    "tril_indices": lambda: torch.tril_indices(3, 3),
    "triu_indices": lambda: torch.triu_indices(3, 3),
    "zeros_like": lambda: torch.zeros_like(ROWS),
    "ones_like": lambda: torch.ones_like(ROWS),
    "full_like": lambda: torch.full_like(ROWS, 0.1),
    "new_zeros": lambda: ROWS.new_zeros(2, 2),
    "new_ones": lambda: ROWS.new_ones((2, 2)),
    "new_full": lambda: ROWS.new_full((2,), 3.5),
    "new_tensor": lambda: ROWS.new_tensor([1.0, 2.0]),
}

DRAWN = {
    "bernoulli": lambda: torch.bernoulli(MASK.double()),
    "normal": lambda: ROWS.clone().normal_(),
    "uniform": lambda: ROWS.clone().uniform_(-1, 1),
    "exponential": lambda: ROWS.clone().exponential_(),
    "geometric": lambda: ROWS.clone().geometric_(0.5),
    "cauchy": lambda: ROWS.clone().cauchy_(),
    "log_normal": lambda: ROWS.clone().log_normal_(),
    "random": lambda: ROWS.clone().random_(9),
    "rand": lambda: torch.rand(2, 3),
    "randn": lambda: torch.randn(2, 3),
    "randint": lambda: torch.randint(5, (3,)),
    "randperm": lambda: torch.randperm(6),
    "rand_like": lambda: torch.rand_like(ROWS),
    "randn_like": lambda: torch.randn_like(ROWS),
    "randint_like": lambda: torch.randint_like(ROWS, 4),
    "multinomial": lambda: torch.multinomial(ROWS.abs(), 2),
    "poisson": lambda: torch.poisson(ROWS.abs()),
    "bernoulli_": lambda: torch.empty(3, 1).bernoulli_(0.5),
}

CASES = {**WINDOWS, **PRODUCTS, **LINEAR_MAPS, **COPIES, **CONSTANTS, **DRAWN}
NOT_CALLED = {"cuda"}  # it needs a graphics card
MODULES = {"convolution", "pooling", "contraction", "products", "linear_maps"}


def last_call(case: str) -> Call:
    """Give the last call that is not the test's own."""
    calls = [call for call in calls_of(CASES[case]) if rule_of(call.name) is not None]
    return calls[-1]


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("case", CASES)
def test_numbers_are_those_of_pytorch(case):
    check(last_call(case))


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_every_rule_is_tried():
    ours = {
        name
        for name, rule in RULES.items()
        if isinstance(rule, Replay)
        or (rule.func if isinstance(rule, partial) else rule).__module__.rpartition(".")[2] in MODULES
    }
    called = {plain_name(call.name) for case in CASES.values() for call in calls_of(case)}
    assert ours - called - NOT_CALLED == set()


def test_a_padded_convolution_is_a_pad_and_a_convolution():
    names = [call.name for call in calls_of(WINDOWS["Conv2d reflect"])][-2:]
    assert names == ["pad", "conv2d"]


@pytest.mark.parametrize("case", DRAWN)
def test_a_number_drawn_at_random_is_said_to_be_one(case):
    found = last_call(case).explained(*[0] * last_call(case).outputs[0].dim())
    assert (found.kind, found.terms) == ("drawn", ())


def test_a_name_has_one_rule():
    names = [name for file in FILES for name in file.RULES]
    assert len(names) == len(set(names)) == len(RULES)
    assert not set(names) & set(WITHOUT)


def test_each_kind_has_its_text_in_both_languages():
    for lang in ("en", "zh"):
        assert list(texts(lang, "arithmetic")) == list(get_args(Kind))
