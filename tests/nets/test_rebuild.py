"""A run's network is built again; the code in a stranger's run never runs by itself."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

from glassnet.errors import NetError
from glassnet.nets import named
from glassnet.nets.build import build, given
from glassnet.nets.from_file import sha256_of
from glassnet.nets.rebuild import rebuild

GREY = {"in_channels": 1, "height": 28, "width": 28, "num_classes": 7}
NET = """from torch import nn
from pathlib import Path
from blocks import linear

Path(__file__).with_suffix(".ran").touch()


class Net(nn.Module):
    def __init__(self, num_classes=10, width=3):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), linear(784, width), linear(width, num_classes))

    def forward(self, x):
        return self.layers(x)
"""


def read_back(built):
    return json.loads(json.dumps(built.record))


def error_of(record, run, **options):
    with pytest.raises(NetError) as caught:
        rebuild(record, run=run, **{"weights_bytes": 10**9, **options})
    return str(caught.value)


@pytest.fixture
def own(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "blocks.py").write_text("from torch.nn import Linear as linear\n")
    (folder / "net.py").write_text(NET)
    return folder / "net.py"


@pytest.fixture
def run(tmp_path):
    return tmp_path / "runs" / "1"


def keep(built, run):
    """Write the sources where a run keeps them."""
    for name, text in built.sources.items():
        path = run / "net" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize("net", ["lenet(width=8)", "torchvision:resnet18", "timm:resnet18"])
def test_networks_of_libraries_are_built_from_the_record(net, run):
    built = build(net, **GREY)
    weights_bytes = sum(t.numel() * t.element_size() for t in built.module.state_dict().values())
    again = rebuild(read_back(built), run=run, weights_bytes=weights_bytes)
    again.module.load_state_dict(built.module.state_dict())
    assert str(again.module) == str(built.module)
    assert again.record["resolved"] == built.record["resolved"]


def test_weights_are_not_fetched_again(tmp_path, run):
    torch.save(build("lenet", **GREY).module.state_dict(), tmp_path / "w.pth")
    built = build(f"lenet(weights='{tmp_path}/w.pth')", **GREY)
    (tmp_path / "w.pth").unlink()
    rebuild(read_back(built), run=run, weights_bytes=10**6)


def test_the_persons_own_unchanged_file_is_used(own, run):
    built = build(f"{own}:Net(width=5)", **GREY)
    again = rebuild(read_back(built), run=run, weights_bytes=1)
    assert again.module.layers[1].out_features == 5
    assert again.module.layers[2].out_features == 7


def test_a_file_never_named_here_does_not_run_even_if_path_and_checksum_are_right(
    own, run, monkeypatch, tmp_path
):
    """A stranger's archive may well hold the run and, beside it, the file that the record points to."""
    record = read_back(build(f"{own}:Net", **GREY))
    monkeypatch.setenv("GLASSNET_STATE", str(tmp_path / "another person"))
    own.with_suffix(".ran").unlink()
    assert error_of(record, run) == (
        f"you have never named this network with the file {own} as it is now\n"
        f"  where: {run}\n"
        "  expected: code from a run folder runs only when you name it\n"
        f'  hint: if you trust the run\'s own copy, name it: --net "{run}/net/net.py:Net(num_classes=7)"'
    )
    assert not own.with_suffix(".ran").exists()


def test_naming_the_runs_copy_runs_it_with_its_neighbours(own, run):
    built = build(f"{own}:Net(width=5)", **GREY)
    keep(built, run)
    record = read_back(built)
    own.unlink()
    message = error_of(record, run)
    assert message.startswith(f"the network's file {own} is not there\n")
    net = message.partition('--net "')[2].rstrip('"')
    assert net == f"{run}/net/net.py:Net(width=5, num_classes=7)"
    again = rebuild(record, run=run, net=net, weights_bytes=1)
    again.module.load_state_dict(built.module.state_dict())


def test_a_strangers_arguments_do_not_reach_the_persons_own_file(own, run):
    record = read_back(build(f"{own}:Net", **GREY))
    record["resolved"] = f"{own}:Net(width=4, num_classes=7)"
    assert error_of(record, run).startswith("you have never named this network with the file ")
    build(f"{own}:Net(width=4)", **GREY)
    rebuild(record, run=run, weights_bytes=1)


@pytest.mark.parametrize("changed", ["net.py", "blocks.py"])
def test_a_changed_file_is_not_used_in_silence(own, run, changed):
    record = read_back(build(f"{own}:Net", **GREY))
    path = own.parent / changed
    path.write_text(path.read_text() + "\n# changed\n")
    if changed == "net.py":
        assert error_of(record, run).startswith(f"you have never named this network with the file {own} as")
        build(f"{own}:Net", **GREY)
        assert error_of(record, run).startswith(f"the network's file {own} has changed since the training\n")
    else:
        assert error_of(record, run).startswith(
            f"{path}, which the network's file imports, has changed since\n"
        )


def test_an_object_has_to_be_named(run):
    record = read_back(given(nn.Sequential(nn.Flatten(), nn.Linear(784, 7)), **GREY))
    assert error_of(record, run) == (
        f"the run was trained with a network object\n  where: {run}\n"
        "  expected: code from a run folder runs only when you name it\n  hint: name it: --net NET"
    )
    assert rebuild(record, run=run, net="mlp", weights_bytes=10**7).record["class"] == "glassnet.nets.mlp.MLP"


def test_a_network_larger_than_its_weights_is_refused_before_it_takes_memory(run):
    record = read_back(build("lenet", **GREY))
    record["resolved"] = "lenet(width=1000000000, in_channels=1, num_classes=7, size=28)"
    assert error_of(record, run, weights_bytes=200_000).startswith(
        "the run's network is not the one of its weights\n  where: lenet(width=1000000000, "
    )


@pytest.mark.parametrize(
    "damage",
    [
        {"input": None},
        {"input": {"channels": "1", "height": 28, "width": 28}},
        {"num_classes": -1},
        {"num_classes": True},
        {"resolved": 3},
    ],
)
def test_a_damaged_record_is_named(run, damage):
    record = {**read_back(build("lenet", **GREY)), **damage}
    assert error_of(record, run) == f"the run's record of its network is damaged\n  where: {run}"
    assert error_of({}, run).startswith("the run's record of its network is damaged")
    assert error_of([], run).startswith("the run's record of its network is damaged")


@pytest.mark.parametrize("source", [None, 3, {}, {"path": 3}, {"sha256": "0" * 64, "siblings": 4}])
def test_a_strangers_record_of_a_file_runs_nothing(own, run, source, monkeypatch, tmp_path):
    record = {**read_back(build(f"{own}:Net", **GREY)), "source": source}
    own.with_suffix(".ran").unlink()
    error_of(record, run)
    monkeypatch.setenv("GLASSNET_STATE", str(tmp_path / "another person"))
    error_of(record, run)
    assert not own.with_suffix(".ran").exists()


def test_the_list_of_named_files_that_cannot_be_written_is_said(own, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GLASSNET_STATE", str(tmp_path / "file" / "no folder"))
    built = build(f"{own}:Net", **GREY)
    assert built.notes[0] == (
        f"{tmp_path}/file/no folder/named-net-files.txt cannot be written (Not a directory), "
        "so a run will ask for its --net again"
    )
    assert not named.is_remembered(built.record["resolved"], sha256_of(own))
