"""A training and its run folder: killed or out of disk at any write, it goes on to the same files."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch

from glassnet.errors import RunError
from glassnet.run import create_run, read_checkpoint
from glassnet.training import keep as module
from glassnet.training.checkpoint import restore
from glassnet.training.events import Epoch, Finished, Saved, Step
from glassnet.training.keep import keep, save
from glassnet.training.loop import train
from toys import Tiny, pictures, start

VAL = pictures(9, seed=1, split="val")
RECIPE = {"ema": 0.5, "optimizer": "adam", "mixup": 0.2, "epochs": 2.5}


@pytest.fixture(autouse=True)
def _save_after_each_step(monkeypatch):
    monkeypatch.setattr(module, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(module, "WRITING_SHARE", 1e9)


def begin(**fields):
    return start(Tiny, val=VAL, **(RECIPE | fields))


def kept(run):
    """What a finished run holds, without the times."""
    lines = [{key: value for key, value in line.items() if key != "seconds"} for line in run.metrics]
    digests = {w: hashlib.sha256(run.weights(w).read_bytes()).hexdigest() for w in ("best", "last")}
    manifest = json.loads((run.path / "weights" / "manifest.json").read_text())
    assert {which: entry["sha256"] for which, entry in manifest.items()} == digests
    return lines, manifest


def whole(tmp_path):
    run = create_run(tmp_path / "whole")
    events = list(keep(train(state := begin()), state, run))
    return run, state, events


def go_on(run):
    """Resume as the verb does."""
    state = begin(seed=99)
    found = read_checkpoint(run)
    if found is None:
        state = begin()  # from the first step
    else:
        assert restore(state, found[0], found[1]) == []
    list(keep(train(state), state, run))


def test_what_a_run_holds_at_its_end(tmp_path):
    run, state, events = whole(tmp_path)
    lines, manifest = kept(run)
    assert [line["kind"] for line in lines] == ["step"] * 4 + ["epoch"] + ["step"] * 4 + ["epoch"] + [
        "step"
    ] * 2 + ["epoch"]
    steps = [event for event in events if isinstance(event, Step)]
    assert [(line["loss"], line["lr"]) for line in lines if line["kind"] == "step"] == [
        (float(event.loss), event.lr) for event in steps
    ]
    ends = [event for event in events if isinstance(event, Epoch)]
    assert [line["val_accuracy"] for line in lines if line["kind"] == "epoch"] == [
        e.val_accuracy for e in ends
    ]
    best = max(reversed(ends), key=lambda epoch: epoch.val_accuracy or 0.0)
    assert manifest["best"]["epoch"] == best.epoch
    assert manifest["last"]["step"] == 10
    plain = Tiny()
    plain.load_state_dict(safetensors.torch.load_file(run.weights("last")))
    for name, tensor in state.judged.state_dict().items():
        assert torch.equal(plain.state_dict()[name], tensor)
    assert isinstance(events[-1], Finished)
    assert [event.step for event in events if isinstance(event, Saved)] == [
        1,
        2,
        3,
        4,
        4,
        5,
        6,
        7,
        8,
        8,
        9,
        10,
        10,
    ]


def test_nothing_is_saved_between_epochs_before_its_time(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CHECKPOINT_SECONDS", 1e9)
    _, _, events = whole(tmp_path)
    assert [event.step for event in events if isinstance(event, Saved)] == [4, 8, 10]


def test_few_step_lines_are_kept_of_a_long_training(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_STEP_LINES", 5)
    run, _, _ = whole(tmp_path)
    assert [line["step"] for line in run.metrics if line["kind"] == "step"] == [2, 4, 6, 8, 10]


@pytest.mark.parametrize("stop", range(0, 30, 2))
def test_a_training_that_is_asked_to_stop_ends_with_the_same_files(tmp_path, stop, monkeypatch):
    monkeypatch.setattr(
        module, "CHECKPOINT_SECONDS", 1e9
    )  # only the save on request, and those of the epochs
    expected = kept(whole(tmp_path)[0])
    run = create_run(tmp_path / "stopped")
    events = keep(train(state := begin()), state, run)
    for _ in range(stop):
        if next(events, None) is None:
            break
    else:
        events.close()
        save(state, run)
    go_on(run)
    assert kept(run) == expected


def test_case_26_a_disk_that_is_full_at_any_write(tmp_path):
    expected = kept(whole(tmp_path)[0])
    real = os.fsync
    for fails_at in [*range(1, 12), 20, 31, 47, 58]:
        run = create_run(tmp_path / str(fails_at))
        count = 0

        def fsync(handle, fails_at=fails_at):
            nonlocal count
            count += 1
            if count >= fails_at:
                raise OSError(errno.ENOSPC, "No space left on device")
            real(handle)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "fsync", fsync)
            state = begin()
            with pytest.raises(RunError, match="No space left on device"):
                list(keep(train(state), state, run))
        assert not list(run.path.rglob(".*"))
        go_on(run)
        assert kept(run) == expected, fails_at


KILLS = r'''
"""Fork a training for each call that writes, kill it there, go on in another fork, compare the files."""
import os, signal, sys
sys.path[:0] = eval(sys.argv[1])
from pathlib import Path
import torch
torch.set_num_threads(1)
from glassnet.run import create_run, locked, Run
from glassnet.training import keep as module
from test_keep import begin, go_on, kept
from glassnet.training.keep import keep
from glassnet.training.loop import train

module.CHECKPOINT_SECONDS, module.WRITING_SHARE = 0.0, 1e9
root = Path(sys.argv[2])
os.fsync = fsync = lambda handle: None  # the power stays on: a kill loses nothing that was written

def forked(work):
    process = os.fork()
    if not process:
        try:
            work()
        except BaseException as error:
            print(repr(error), flush=True)
            os._exit(1)
        os._exit(0)
    return os.waitpid(process, 0)[1]

def killed(folder, at):
    count = 0
    def deadly(real):
        def call(*args, **options):
            nonlocal count
            count += 1
            if count == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **options)
        return call
    os.fsync, os.replace, Path.unlink = deadly(fsync), deadly(os.replace), deadly(Path.unlink)
    run = create_run(folder)
    with locked(run):
        list(keep(train(state := begin()), state, run))

def resume(folder):
    with locked(Run(folder)):
        go_on(Run(folder))

list(train(begin()))  # what PyTorch loads at its first step is loaded once, here
assert forked(lambda: killed(root / "whole", 0)) == 0
expected = kept(Run(root / "whole"))
killed_at = 0
for at in [*range(1, 30), *range(30, 400, 11)]:
    folder = root / str(at)
    status = forked(lambda: killed(folder, at))
    if status == 0:
        break
    killed_at += status == signal.SIGKILL
    assert forked(lambda: resume(folder)) == 0, at
    assert kept(Run(folder)) == expected, at
    assert not [path for path in folder.rglob(".*") if path.name != ".lock"], at
print("killed", killed_at)
'''


@pytest.mark.skipif(os.name == "nt", reason="needs fork and SIGKILL")
def test_case_23_killed_at_any_write_it_ends_with_the_same_files(tmp_path):
    (tmp_path / "kills.py").write_text(KILLS)
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[1]), *sys.path]
    done = subprocess.run(
        [sys.executable, tmp_path / "kills.py", repr(paths), tmp_path / "runs"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[1]) > 40
