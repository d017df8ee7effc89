"""Weights files: every case loads exactly, or is refused in words; nothing in a file is ever executed."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import struct
import urllib.error
import zipfile
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

from glassnet.errors import NetError, UsageError
from glassnet.nets.build import build
from glassnet.nets.from_torchvision import fetch
from glassnet.nets.lenet import LeNet
from glassnet.nets.measure import num_parameters
from glassnet.nets.weights import load_weights, read_weights

GREY = {"in_channels": 1, "height": 28, "width": 28, "num_classes": 10}
# a network trained by others: pytorch_resnet_cifar10's resnet20 (BSD-2), 91.7 % on CIFAR-10
FOREIGN = Path(os.environ.get("GLASSNET_FOREIGN_WEIGHTS", "../shared/data")) / "resnet20-12fca82f.th"

RESNET20 = """
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride, self.more = stride, outputs - inputs

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.more:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.more // 2, self.more // 2))
        return F.relu(x + y)


class ResNet20(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(Block(16, 16, 1), Block(16, 16, 1), Block(16, 16, 1))
        self.layer2 = nn.Sequential(Block(16, 32, 2), Block(32, 32, 1), Block(32, 32, 1))
        self.layer3 = nn.Sequential(Block(32, 64, 2), Block(64, 64, 1), Block(64, 64, 1))
        self.linear = nn.Linear(64, num_classes)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.linear(x.mean((2, 3)))
"""


def error_of(path, expected=NetError):
    with pytest.raises(expected) as caught:
        read_weights(path)
    return str(caught.value)


def saved(path, content):
    torch.save(content, path)
    return path


# --- what loads


@pytest.mark.parametrize("ending", ["safetensors", "pt", "pth"])
def test_a_plain_state_dict_loads_exactly(tmp_path, ending):
    torch.manual_seed(0)
    source = LeNet(in_channels=1, size=28)
    path = tmp_path / f"w.{ending}"
    save_file(source.state_dict(), path) if ending == "safetensors" else torch.save(source.state_dict(), path)
    built = build("lenet", **GREY, weights=path)
    for key, value in source.state_dict().items():
        assert torch.equal(built.module.state_dict()[key], value)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert built.record["weights"] == {"from": str(path), "sha256": sha256}
    assert built.record["resolved"] == "lenet(in_channels=1, num_classes=10, size=28)"
    assert len(built.notes) == 1
    named_in_net = build(f"lenet(weights='{path}')", **GREY)
    assert torch.equal(named_in_net.module.fc3.weight, source.fc3.weight)
    assert named_in_net.record["resolved"] == built.record["resolved"]


def test_wrapper_and_prefixes_are_taken_off_and_said(tmp_path):
    state = {f"_orig_mod.module.{key}": value for key, value in LeNet().state_dict().items()}
    path = saved(tmp_path / "w.pth", {"epoch": 3, "model": state, "best": 0.9})
    tensors, notes = read_weights(path)
    assert tensors.keys() == LeNet().state_dict().keys()
    assert notes == [
        "the weights were taken from 'model' in w.pth (beside it, not used: epoch, best)",
        "the prefix '_orig_mod.' was taken off all names",
        "the prefix 'module.' was taken off all names",
    ]


def test_a_head_of_another_number_of_classes_starts_anew():
    torch.manual_seed(0)
    source, target = LeNet(num_classes=10), LeNet(num_classes=3)
    fresh = target.fc3.weight.clone()
    notes = load_weights(target, source.state_dict(), where="w.pth", num_classes=3)
    assert notes == [
        (
            "the head fc3.weight, fc3.bias has 10 outputs in the file and 3 here: it starts anew, "
            "everything else is loaded"
        )
    ]
    assert torch.equal(target.fc3.weight, fresh)
    assert torch.equal(target.fc2.weight, source.fc2.weight)


def test_halves_are_converted_and_old_counters_start_at_zero():
    source, target = nn.BatchNorm2d(3).half(), nn.BatchNorm2d(3)
    state = {key: value for key, value in source.state_dict().items() if key != "num_batches_tracked"}
    assert load_weights(target, state, where="w.pth") == [
        "1 BatchNorm counters are not in the file and start at 0",
        "values were converted from torch.float16 to the network's own type",
    ]
    assert target.weight.dtype == torch.float32


def test_first_convolution_is_summed_for_grey_pictures(tmp_path):
    torch.manual_seed(0)
    source = build("torchvision:resnet18", **{**GREY, "in_channels": 3}).module
    path = saved(tmp_path / "w.pth", source.state_dict())
    built = build(f"torchvision:resnet18(weights='{path}')", **{**GREY, "num_classes": 4})
    assert torch.equal(built.module.conv1.weight, source.conv1.weight.sum(1, keepdim=True))
    assert torch.equal(built.module.layer4[1].conv2.weight, source.layer4[1].conv2.weight)
    assert built.notes[1:] == (
        "conv1.weight of the file, made for 3 channels, was summed over them for grey pictures",
        (
            "the head fc.weight, fc.bias has 10 outputs in the file and 4 here: it starts anew, "
            "everything else is loaded"
        ),
    )
    grey = saved(tmp_path / "grey.pth", built.module.state_dict())
    again = build("torchvision:resnet18", **{**GREY, "num_classes": 4}, weights=grey)
    assert torch.equal(again.module.conv1.weight, built.module.conv1.weight)


@pytest.mark.skipif(not FOREIGN.exists(), reason=f"{FOREIGN} is not there (set GLASSNET_FOREIGN_WEIGHTS)")
def test_a_real_foreign_checkpoint(tmp_path):
    file = tmp_path / "resnet20.py"
    file.write_text(RESNET20)
    colour = {"in_channels": 3, "height": 32, "width": 32}
    built = build(f"{file}:ResNet20", **colour, num_classes=10, weights=FOREIGN)
    assert num_parameters(built.module) == 269_722  # as its authors count
    assert built.notes == (
        "filled in for the pictures: num_classes=10",
        "the weights were taken from 'state_dict' in resnet20-12fca82f.th (beside it, not used: best_prec1)",
        "the prefix 'module.' was taken off all names",
        "19 BatchNorm counters are not in the file and start at 0",
    )
    raw = torch.load(FOREIGN, map_location="cpu", weights_only=True)["state_dict"]
    images = torch.rand(4, 3, 32, 32)
    with torch.no_grad():
        first = F.conv2d(images, raw["module.conv1.weight"], padding=1)  # by hand, from the raw file
        assert torch.equal(built.module.conv1(images), first)
        assert torch.isfinite(built.module.eval()(images)).all()
    fewer = build(f"{file}:ResNet20", **colour, num_classes=4, weights=FOREIGN)
    assert fewer.notes[-1].startswith(
        "the head linear.weight, linear.bias has 10 outputs in the file and 4 here"
    )


# --- what does not fit


def test_missing_unexpected_and_misshapen_are_listed():
    state = LeNet(width=8).state_dict()
    state["extra.weight"] = state.pop("fc1.bias")
    before = LeNet()
    kept = {key: value.clone() for key, value in before.state_dict().items()}
    with pytest.raises(NetError) as caught:
        load_weights(before, state, where="w.pth", num_classes=10)
    assert str(caught.value) == (
        "the weights do not fit the network\n"
        "  where: w.pth\n"
        "  got: 1 missing: fc1.bias; 1 unexpected: extra.weight; 3 of another shape: conv1.weight is "
        "8×3×5×5 and not "
        "6×3×5×5; conv1.bias is 8 and not 6; conv2.weight is 16×8×5×5 and not 16×6×5×5"
    )
    assert all(torch.equal(value, kept[key]) for key, value in before.state_dict().items())


def test_a_head_that_is_not_the_last_layer_or_not_of_this_many_classes_is_an_error():
    state = LeNet(num_classes=5).state_dict()
    with pytest.raises(NetError, match=r"2 of another shape: fc3.weight is 5×84 and not 3×84"):
        load_weights(LeNet(num_classes=3), state, where="w.pth")
    with pytest.raises(NetError, match=r"of another shape: conv1.weight is 8×3×5×5 and not 6×3×5×5"):
        load_weights(LeNet(), LeNet(width=8).state_dict(), where="w.pth", num_classes=6)


def test_many_keys_are_counted_and_not_all_listed():
    with pytest.raises(NetError) as caught:
        load_weights(LeNet(), {}, where="w.pth")
    assert str(caught.value).endswith(
        "got: 10 missing: conv1.weight, conv1.bias, conv2.weight, conv2.bias, fc1.weight and 5 more"
    )


def test_tensors_of_another_kind_are_refused():
    state = nn.Linear(2, 2).state_dict()
    with pytest.raises(NetError, match=r"1 of another kind: weight is torch.int64 \(torch.strided\)"):
        load_weights(nn.Linear(2, 2), {**state, "weight": state["weight"].long()}, where="w")
    with pytest.raises(NetError, match=r"1 of another kind: weight is torch.float32 \(torch.sparse_coo\)"):
        load_weights(nn.Linear(2, 2), {**state, "weight": state["weight"].to_sparse()}, where="w")


def test_weights_given_twice_or_unknown(tmp_path):
    with pytest.raises(UsageError, match="weights are given twice"):
        build("lenet(weights='a.pt')", **GREY, weights=tmp_path / "b.pt")
    with pytest.raises(NetError) as caught:
        build("lenet(weights=DEFAULT)", **GREY)
    assert str(caught.value) == (
        "there are no weights 'DEFAULT' for this network\n  where: lenet(weights=DEFAULT)\n"
        "  hint: weights='PATH'"
    )


# --- what is refused


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("by", ["torch", "pickle"])
def test_pickle_is_refused_and_nothing_runs(tmp_path, by):
    path, trap = tmp_path / "w.pt", tmp_path / "trap"
    content = {"state_dict": Evil(trap)}
    torch.save(content, path) if by == "torch" else path.write_bytes(pickle.dumps(content, protocol=2))
    assert error_of(path) == (
        "the weights file is refused: it holds pickled Python objects, which can run any code when read\n"
        f"  where: {path}\n"
        "  expected: tensors only: a state_dict\n"
        "  hint: where you trust the file, in a Python of its own: "
        "torch.save(torch.load('FILE', weights_only=False).state_dict(), 'weights.pth')"
    )
    assert not trap.exists()


def test_a_whole_saved_model_is_refused(tmp_path):
    assert error_of(saved(tmp_path / "w.pt", LeNet())).startswith(
        "the weights file is refused: it holds pickled Python objects"
    )


def test_files_that_hold_no_weights(tmp_path):
    assert error_of(tmp_path / "no.pth") == (
        f"the weights file cannot be read\n  where: {tmp_path}/no.pth\n  got: No such file or directory"
    )
    assert error_of(saved(tmp_path / "list.pt", [1, 2])) == (
        f"the file holds no state_dict\n  where: {tmp_path}/list.pt\n  got: list"
    )
    assert error_of(saved(tmp_path / "odd.pt", {"a": 1, "b": torch.ones(1)})) == (
        f"the file holds no state_dict\n  where: {tmp_path}/odd.pt\n  got: entries that are not tensors: a\n"
        "  expected: names and tensors, or those under one of the keys state_dict, model_state_dict, model"
    )
    (tmp_path / "w.onnx").write_bytes(b"x")
    assert error_of(tmp_path / "w.onnx") == (
        f"this is not a weights file\n  where: {tmp_path}/w.onnx\n"
        "  expected: .safetensors, or .pt, .pth, .th, .bin, .ckpt, .tar by torch.save"
    )


@pytest.mark.parametrize("ending", ["pt", "safetensors"])
@pytest.mark.parametrize("keep", [0, 5, 100, 0.5, 0.999])
def test_cut_off_files_are_errors(tmp_path, ending, keep):
    path = tmp_path / f"w.{ending}"
    save_file(LeNet().state_dict(), path) if ending == "safetensors" else torch.save(
        LeNet().state_dict(), path
    )
    content = path.read_bytes()
    path.write_bytes(content[: keep if isinstance(keep, int) else int(keep * len(content))])
    assert error_of(path).startswith("the weights file is ")


def test_random_bytes_are_errors(tmp_path):
    generator = torch.Generator().manual_seed(0)
    for number in range(40):
        content = bytes(torch.randint(0, 256, (number * 7,), generator=generator).tolist())
        for ending in ("pt", "safetensors"):
            path = tmp_path / f"{number}.{ending}"
            path.write_bytes(content)
            assert error_of(path).startswith("the weights file is ")


@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
def test_flipped_bytes_load_or_are_errors(tmp_path, kind):
    """Seeded damage: whatever a file holds, only a NetError may come of it."""
    module = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    whole, path = tmp_path / "whole", tmp_path / ("w.safetensors" if kind == "safetensors" else "w.pth")
    if kind == "safetensors":
        save_file(module.state_dict(), whole)
    else:
        torch.save(module.state_dict(), whole, _use_new_zipfile_serialization=kind == "zip")
    generator = torch.Generator().manual_seed(0)
    for _ in range(150):
        content = bytearray(whole.read_bytes())
        for _ in range(2):
            place, value = torch.randint(0, 2**30, (2,), generator=generator).tolist()
            content[place % len(content)] = value % 256
        path.write_bytes(content)
        try:
            load_weights(module, read_weights(path)[0], where=path)
        except NetError as error:
            assert error.what.startswith(("the weights", "the file holds no state_dict"))


def safetensors_file(path, header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


@pytest.mark.parametrize(
    "header",
    [
        {"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}},
        {"a": {"dtype": "F32", "shape": [2**62, 2**62], "data_offsets": [0, 4]}},
        {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}},
        {"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}},
        {"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}},
        {"a": {"dtype": "NOPE", "shape": [1], "data_offsets": [0, 4]}},
        {"a": {"dtype": "F32", "shape": [1], "data_offsets": [2**63, 2**63 + 4]}},
        {"a": 3},
        [],
        b"{not json",
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_hostile_safetensors_are_errors(tmp_path, header):
    message = error_of(safetensors_file(tmp_path / "w.safetensors", header, b"\0\0\0\0"))
    assert message.startswith("the weights file is damaged")


def test_a_header_longer_than_the_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "w.safetensors"
    path.write_bytes(struct.pack("<Q", 2**60) + b"{}")
    assert error_of(path) == (
        "the weights file is damaged\n"
        f"  where: {path}\n"
        "  got: a header of 1,152,921,504,606,846,976 bytes in a file of 10"
    )
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 90_000_000))
        file.truncate(100_000_000)  # sparse
    assert error_of(path) == (
        "the weights file is refused: its header is too large\n"
        f"  where: {path}\n"
        "  got: 90,000,000 bytes\n"
        "  expected: at most 25,000,000"
    )


def test_a_compressed_archive_is_refused(tmp_path):
    path = tmp_path / "w.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w/data.pkl", b"\0" * 10_000_000)
    assert error_of(path).startswith("the weights file is refused: it unpacks to more than it holds")


def test_a_stretched_tensor_takes_no_memory(tmp_path):
    state = LeNet().state_dict()
    state["fc1.weight"] = torch.zeros(1).expand(10**6, 10**6)
    tensors, _ = read_weights(saved(tmp_path / "w.pt", state))
    with pytest.raises(NetError, match=r"fc1.weight is 1000000×1000000 and not 120×400"):
        load_weights(LeNet(), tensors, where="w.pt")


# --- downloads


def test_a_downloaded_file_is_found_and_its_checksum_counts(tmp_path):
    there = saved(tmp_path / "w.pth", {"a": torch.ones(1)})
    sha256 = hashlib.sha256(there.read_bytes()).hexdigest()
    cache = tmp_path / "cache"
    cache.mkdir()
    good = cache / f"net-{sha256[:8]}.pth"
    good.write_bytes(there.read_bytes())
    assert fetch(f"https://example.org/{good.name}", cache, net="x") == good
    bad = cache / "net-00000000.pth"
    bad.write_bytes(there.read_bytes())
    with pytest.raises(NetError) as caught:
        fetch(f"https://example.org/{bad.name}", cache, net="x")
    assert str(caught.value).startswith(
        f"the weights file has the wrong checksum\n  where: {bad}\n"
        f"  got: SHA-256 {sha256[:8]}…\n  expected: SHA-256 00000000…\n"
        f"  hint: remove the file; download https://"
    )


def test_a_download_that_works(tmp_path, monkeypatch):
    monkeypatch.delenv("GLASSNET_OFFLINE")
    content = saved(tmp_path / "w.pth", {"a": torch.ones(1)}).read_bytes()
    name = f"net-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    (tmp_path / name).write_bytes(content)
    path = fetch((tmp_path / name).as_uri(), tmp_path / "new" / "cache", net="x")
    assert path.read_bytes() == content


def test_without_a_network_the_url_and_place_are_shown(tmp_path, monkeypatch):
    url = "https://download.pytorch.org/models/resnet18-f37072fd.pth"
    place = tmp_path / "torch" / "hub" / "checkpoints" / "resnet18-f37072fd.pth"
    hint = f"  hint: download {url} and place it at {place}, or give a file: weights='PATH'"
    with pytest.raises(NetError) as caught:
        build("torchvision:resnet18(weights=DEFAULT)", **GREY)
    assert str(caught.value) == (
        "the weights are not downloaded: GLASSNET_OFFLINE is set\n"
        f"  where: torchvision:resnet18(weights=DEFAULT)\n  got: {url}\n{hint}"
    )
    monkeypatch.delenv("GLASSNET_OFFLINE")

    def unreachable(*_args, **_options):
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(torch.hub, "download_url_to_file", unreachable)
    with pytest.raises(NetError) as caught:
        build("torchvision:resnet18(weights=DEFAULT)", **GREY)
    assert str(caught.value) == (
        "the weights cannot be downloaded\n  where: torchvision:resnet18(weights=DEFAULT)\n"
        f"  got: {url}: <urlopen error no route to host>\n{hint}"
    )
    with pytest.raises(NetError) as caught:
        build("torchvision:resnet18(weights=IMAGENET1K_V3)", **GREY)
    assert str(caught.value) == (
        "resnet18 has no weights 'IMAGENET1K_V3'\n  where: torchvision:resnet18(weights=IMAGENET1K_V3)\n"
        "  hint: did you mean 'IMAGENET1K_V1'?"
    )


def test_old_names_and_auxiliary_heads_of_torchvisions_files(tmp_path):
    pictures = {**GREY, "in_channels": 3, "height": 32, "width": 32}
    new = build("torchvision:densenet121", **pictures).module.state_dict()
    old = {
        key.replace("norm1.", "norm.1.")
        .replace("conv1.", "conv.1.")
        .replace("norm2.", "norm.2.")
        .replace("conv2.", "conv.2.")
        if "denselayer" in key
        else key: value
        for key, value in new.items()
    }
    assert old.keys() != new.keys()
    built = build("torchvision:densenet121", **pictures, weights=saved(tmp_path / "d.pth", old))
    assert all(torch.equal(value, new[key]) for key, value in built.module.state_dict().items())

    with_heads = build("torchvision:googlenet(aux_logits=True)", **pictures).module.state_dict()
    built = build("torchvision:googlenet", **pictures, weights=saved(tmp_path / "g.pth", with_heads))
    assert built.notes[-1] == "the file's auxiliary heads are left out: this network has none"
