"""What people get wrong with `look` and `explain`, and what their networks do: told, never a traceback."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = [("look",), ("explain", "--at", "output[0,0]")]


def net_file(folder: Path, *lines: str) -> str:
    """Write a network of one convolution with these lines in `forward`."""
    body = "".join(f"        {line}\n" for line in lines)
    (folder / "net.py").write_text(
        "import sys\n"
        "from torch import nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.conv = nn.Conv2d(3, 4, 3)\n"
        "        self.spare = nn.Linear(2, 2)\n"
        "    def forward(self, x):\n" + body
    )
    return f"{folder / 'net.py'}:Net"


def refused(cli, *words: object) -> dict:
    """Run a command that must be refused in words, and give its error."""
    ended = cli(*map(str, words), "--json")
    assert ended.code == ended.json["exit_code"]
    assert ended.code in (1, 2)
    assert "Traceback" not in ended.err
    return ended.json["error"]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("code", [0, 3])
def test_a_network_that_ends_the_program(cli, tmp_path, command, code):
    net = net_file(tmp_path, f"sys.exit({code})")
    error = refused(cli, command[0], net, *command[1:], "--input", "3x8x8")
    assert error == {
        "what": f"the network's code ended the program: {code}",
        "where": f"{tmp_path / 'net.py'}:9", "got": f"sys.exit({code})",
    }  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_picture_that_is_none(cli, tmp_path, command):
    (tmp_path / "zero.png").touch()
    net = net_file(tmp_path, "return self.conv(x).mean((2, 3))")
    error = refused(cli, command[0], net, tmp_path / "zero.png", *command[1:])
    assert (error["what"], error["got"]) == ("the picture cannot be read", "the file has 0 bytes")


@pytest.mark.parametrize("size", ["3x100000x100000", "99999999999999999999x3x3"])
def test_a_size_that_no_memory_holds(cli, size):
    error = refused(cli, "look", "lenet", "--input", size)
    assert (error["what"], error["got"]) == ("this is no size of a picture", repr(size))


@pytest.mark.parametrize("seed", ["-1", "99999999999999999999"])
def test_a_seed_that_is_none(cli, seed):
    error = refused(cli, "explain", "lenet", "--grad", "conv1.bias[0]", "--seed", seed)
    assert error == {"what": "--seed cannot be this", "got": seed, "expected": f"0 to {2**63 - 1}"}


@pytest.mark.parametrize("words", [("look",), ("explain", "--at", "conv1[0,0,0,0]")])
def test_a_file_is_never_put_in_the_place_of_a_device(cli, tmp_path, words):
    """As root, a rename onto `/dev/null` would take it away from the whole machine."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    error = refused(cli, words[0], "lenet", *words[1:], "--html", pipe)
    assert error["what"] == "the file cannot be written"
    assert error["got"] == "a device or pipe, which would be replaced by a file"
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert refused(cli, words[0], "lenet", *words[1:], "--html", "")["got"] == "a folder"
