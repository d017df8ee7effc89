"""What only a process of its own can show: encodings, pipes, prints of a person's code, a server."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

from own_process import start


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp936"])
def test_code_pages(process, finished_run, encoding):
    env = {"PYTHONIOENCODING": encoding}
    ended = process("evaluate", finished_run.path, env=env)
    assert ended.code == 0
    assert ("28x28 grey" if encoding == "ascii" else "28×28 grey") in ended.out
    assert ("██" if encoding == "cp936" else "##") in ended.out
    help_text = process("train", "--help", env=env)
    assert help_text.code == 0
    if encoding == "ascii":
        assert "(pixel - 0.5) / 0.5" in help_text.out


def test_the_c_locale(process, finished_run):
    ended = process("evaluate", finished_run.path, env={"LANG": "C", "LC_ALL": "C"})
    assert ended.code == 0


def test_no_colour_and_no_animation_without_a_terminal(process, finished_run):
    ended = process("evaluate", finished_run.path)
    assert "\x1b" not in ended.out + ended.err
    assert ended.err == ""


def test_what_a_network_prints_does_not_mix_with_json(process, tmp_path):
    (tmp_path / "net.py").write_text(
        "import os\nfrom torch import nn\n"
        "print('printed')\n"
        "os.write(1, b'written\\n')\n"
        "class Net(nn.Sequential):\n"
        "    def __init__(self):\n"
        "        super().__init__(nn.Flatten(), nn.Linear(784, 10))\n"
    )
    ended = process("train", "--net", "net.py:Net", "--epochs", 0.05, "--json")
    assert ended.json["net"] == "net.py:Net"
    assert "printed\n" in ended.err
    assert "written\n" in ended.err


def test_a_network_that_raises_is_told_by_its_line(process, tmp_path):
    (tmp_path / "net.py").write_text(
        "from torch import nn\n"
        "class Net(nn.Sequential):\n"
        "    def __init__(self):\n"
        "        super().__init__(nn.Flatten(), nn.Linear(784, 10))\n"
        "    def forward(self, images):\n"
        "        if self.training:\n"
        "            raise ValueError('mine')\n"
        "        return super().forward(images)\n"
    )
    ended = process("train", "--net", "net.py:Net", "--epochs", 0.05, "--out", "one")
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert ended.err == (
        f"error: the network raised ValueError at step 1: mine\n  where: {tmp_path}/net.py:7\n"
        "  got: raise ValueError('mine')\n"
    )
    assert json.loads((tmp_path / "one" / "run.json").read_text())["status"] == "failed"


@pytest.mark.skipif(os.name == "nt", reason="a shell with pipes")
def test_a_reader_that_goes_away(finished_run):
    command = f"{sys.executable} -m glassnet.cli.app evaluate '{finished_run.path}' | head -1"
    ended = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=100, check=False)
    assert ended.stdout.startswith("pictures ")
    assert ended.stderr == ""


@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals")
@pytest.mark.parametrize("columns", [50, 160])
def test_on_a_terminal(finished_run, columns):
    import pty

    master, slave = pty.openpty()
    command = [sys.executable, "-m", "glassnet.cli.app", "evaluate", str(finished_run.path)]
    env = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm", "NO_COLOR": "1"}
    running = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=env)
    os.close(slave)
    shown = b""
    while True:
        try:
            shown += os.read(master, 4096)
        except OSError:  # the other side has closed
            break
    assert running.wait(60) == 0
    text = shown.decode()
    assert "judging the test split" in text
    assert "\x1b[3" not in text  # no colour
    assert "95 % interval" in text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_board(finished_run, shared_run, number):
    """The real server answers at the address that is told, and ends with the command."""
    running = start("board", finished_run.path, shared_run.path, "--port", 0, "--json")
    assert running.stdout is not None
    assert running.stderr is not None
    try:
        assert select.select([running.stdout], [], [], 100)[0]
        told = json.loads(running.stdout.readline())
        with urllib.request.urlopen(told["url"], timeout=60) as page:
            assert "TensorBoard" in page.read().decode()
        with urllib.request.urlopen(told["url"] + "data/runs", timeout=60) as answer:
            json.load(answer)
        running.send_signal(number)
        running.wait(100)
    finally:
        running.kill()
    running.stdout.close()
    running.stderr.close()
    assert running.returncode == 130
    assert told["url"].startswith("http://127.0.0.1:")
    until = time.monotonic() + 20
    while time.monotonic() < until:  # the server's process is gone, not orphaned
        try:
            os.kill(told["pid"], 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError("the server still runs")


def test_a_taken_port(cli, finished_run):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = cli("board", finished_run.path, "--port", port)
    assert ended.code == 2
    assert ended.err.startswith(f"error: port {port} cannot be used\n  where: 127.0.0.1\n")
    assert ended.err.endswith("  hint: --port 0 takes a free one\n")
