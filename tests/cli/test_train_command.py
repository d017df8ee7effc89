"""`glassnet train` as a person uses it."""

from __future__ import annotations

import json
import signal
import time

import numpy as np
import pytest

from glassnet.run import locked, read_checkpoint, write_checkpoint

from own_process import start

TINY = ("--net", "lenet", "--epochs", "0.1")


def test_what_it_says(cli, tmp_path):
    ended = cli("train", *TINY, "--out", "my run")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0] == "pictures    fashion-mini: 5,400 training, 600 validation, 1,000 test; 28×28 grey"
    assert lines[3] == "network     lenet: 44,426 parameters, 0.3 M multiply-adds a picture"
    assert any(line.split() == ["epochs", "0.1", "as", "you", "said"] for line in lines)
    assert any(line.startswith("accuracy    ") and "95 % interval" in line for line in lines)
    assert sum(line.strip().startswith(("Shirt ", "Ankle boot ", "Bag ")) for line in lines) == 3
    assert lines[-3:] == [
        "next        glassnet predict 'my run' PICTURE...",
        "            glassnet evaluate 'my run'",
        "            glassnet board 'my run'",
    ]
    assert ended.err.startswith("epoch   1  loss 2.3")


def test_json(cli, tmp_path):
    ended = cli("train", *TINY, "--out", "one", "--json")
    found = ended.json
    assert ended.code == 0
    assert set(found) >= {
        "run", "net", "source", "recipe", "epochs", "images", "seconds", "images_per_second", "val_accuracy",
        "test_accuracy", "findings",
    }  # fmt: skip
    assert set(found["seconds"]) == {"total", "data", "train", "evaluate"}
    assert (found["run"], found["net"], found["source"]) == ("one", "lenet", "fashion-mini")
    assert (found["epochs"], found["images"], found["findings"]) == (0.1, 512, [])
    assert 0 <= found["val_accuracy"] <= 1
    assert (
        json.loads((tmp_path / "one" / "run.json").read_text())["result"]["test_accuracy"]
        == (found["test_accuracy"])
    )


def test_who_asked_for_what(cli):
    lines = cli("train", "--recipe", "tutorial-mlp", "--epochs", 0.05, "--no-flip").out.splitlines()
    said = {line.split()[0]: line.split(maxsplit=2)[2] for line in lines if line.startswith(" " * 12 + "e")}
    assert said["epochs"] == "as you said"
    told = {line.split()[0]: " ".join(line.split()[1:]) for line in lines if line.startswith(" " * 12)}
    assert told["lr"] == "0.01 recipe tutorial-mlp"
    assert told["flip"] == "no as you said"
    assert told["seed"] == "0 the same bits every time"


def test_a_recipe_file(cli, tmp_path):
    (tmp_path / "my.toml").write_text('net = "lenet"\nepochs = 0.05\nlr = 0.002\n')
    ended = cli("train", "--recipe", "my.toml", "--out", "one")
    assert ended.code == 0
    assert "recipe my.toml" in ended.out
    again = cli("train", "--recipe", "one/recipe.toml", "--out", "two", "--json").json
    assert (
        again["test_accuracy"]
        == json.loads((tmp_path / "one/run.json").read_text())["result"]["test_accuracy"]
    )


def test_a_folder_with_chinese_names(cli, animals):
    ended = cli("train", "动物", *TINY, "--batch", 8, "--out", "跑")
    assert ended.code == 0
    assert "classes     3: 小 鸟's, 狗, 猫" in ended.out
    assert "  小 鸟's " in ended.out


def test_without_test_split_and_without_validation(cli, animals):
    plain = animals / "train"
    ended = cli("train", plain, *TINY, "--batch", 8, "--json").json
    assert ended["test_accuracy"] is None
    assert ended["val_accuracy"] is not None
    ended = cli("train", plain, *TINY, "--batch", 8, "--val", 0)
    assert "no test split in the source either: the result will not be measured" in ended.out
    assert "accuracy    not measured: there is neither a validation nor a test split" in ended.out
    assert cli("train", plain, *TINY, "--batch", 8, "--val", 0, "--json").json["val_accuracy"] is None


def test_an_npz(cli, tmp_path):
    random = np.random.default_rng(0)
    images = random.integers(0, 255, (60, 28, 28), dtype=np.uint8)
    np.savez(tmp_path / "a.npz", x=images, y=np.arange(60) % 3)
    assert cli("train", "a.npz", *TINY, "--json").json["source"].endswith("a.npz")


def test_files_that_are_no_pictures_are_named(cli, animals):
    (animals / "train" / "猫" / "broken.png").write_bytes(b"\x89PNG\r\n")
    (animals / "train" / "猫" / "empty.jpg").touch()
    out = cli("train", "动物", *TINY, "--batch", 8).out
    assert "set aside   train/猫/empty.jpg: the file has 0 bytes" in out
    assert "set aside   train/猫/broken.png: " in out


def test_resume_says_what_the_run_said(cli, finished_run):
    before = finished_run.info
    ended = cli("train", "--resume", finished_run.path)
    assert ended.code == 0
    assert "lenet(" not in ended.out.splitlines()[3]
    told = {line.split()[0]: " ".join(line.split()[1:]) for line in ended.out.splitlines() if line.strip()}
    assert told["batch"] == "128 5,400 training pictures"
    assert told["resumed"] == "at step 4 of 4"
    assert "momentum" not in told
    after = finished_run.info
    assert after["net"] == before["net"]
    assert after["recipe"] == before["recipe"]
    assert after["reasons"] == before["reasons"]
    assert after["result"]["test_accuracy"] == before["result"]["test_accuracy"]
    assert len(after["resumed"]) == 1


def test_changes_on_resume_are_shown_and_need_a_flag(cli, finished_run):
    ended = cli("train", "--resume", finished_run.path, "--epochs", 0.2)
    assert ended.code == 2
    assert ended.err == (
        f"error: this would not be the same training\n  where: {finished_run.path}\n"
        "  got: recipe, epochs: 0.1, now 0.2\n  expected: the same pictures, network and recipe\n"
        "  hint: --accept-changes goes on all the same\n"
    )
    ended = cli("train", "--resume", finished_run.path, "--lr", 0.002, "--accept-changes", "--json")
    assert (ended.code, ended.json["images"], ended.json["recipe"]["lr"]) == (0, 512, 0.002)
    assert finished_run.info["resumed"][-1]["changes"] == ["recipe, lr: 0.001, now 0.002"]


def test_changed_pictures_on_resume(cli, animals):
    cli("train", "动物", *TINY, "--batch", 8, "--out", "one")
    (animals / "test" / "猫" / "图0.png").unlink()
    ended = cli("train", "--resume", "one")
    assert ended.code == 2
    assert "\n  got: pictures, test: 12 with fingerprint " in ended.err
    assert ", now 11 with fingerprint " in ended.err


def test_another_machine_on_resume_is_told(cli, finished_run):
    tensors, facts, _ = read_checkpoint(finished_run)
    facts["machine"]["torch"] = "1.0"
    write_checkpoint(finished_run, facts["step"], tensors, facts)
    out = cli("train", "--resume", finished_run.path).out
    assert "note        the same bits are not promised: torch: 1.0, now " in out


def test_exclusive_options(cli, finished_run):
    ended = cli("train", "--resume", finished_run.path, "--out", "x")
    assert (ended.code, ended.err.split("\n")[0]) == (2, "error: out and resume exclude each other")
    ended = cli("train", "--resume", finished_run.path, "--weights", finished_run.weights("best"))
    assert (ended.code, ended.err.split("\n")[0]) == (2, "error: weights and resume exclude each other")


@pytest.mark.parametrize("key", ["chosen", "recipe", "net", "source"])
def test_a_damaged_run_is_refused(cli, finished_run, key):
    info = finished_run.info
    info[key] = 7
    (finished_run.path / "run.json").write_text(json.dumps(info))
    ended = cli("train", "--resume", finished_run.path)
    assert ended.code == 1
    assert ended.err.startswith("error: the run is damaged, or of another version\n")
    assert cli("evaluate", finished_run.path).code in (0 if key == "chosen" else 1, 2)


def test_two_writers(cli, finished_run):
    with locked(finished_run):
        ended = cli("train", "--resume", finished_run.path)
    assert ended.code == 1
    assert ended.err == (
        f"error: another process writes this run\n  where: {finished_run.path}\n"
        "  hint: wait for it, or stop it\n"
    )
    assert ended.out == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_and_resumed(cli, tmp_path, number):
    running = start("train", "--net", "lenet", "--epochs", 500, "--out", tmp_path / "one", "--json")
    until = time.monotonic() + 100
    while not (tmp_path / "one" / "weights" / "manifest.json").exists() and time.monotonic() < until:
        time.sleep(0.05)
    running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    told = json.loads(out)
    assert told["exit_code"] == 130
    assert told["error"]["hint"] == f"glassnet train --resume {tmp_path / 'one'}"
    assert f"hint: glassnet train --resume {tmp_path / 'one'}" in err.decode()
    info = json.loads((tmp_path / "one" / "run.json").read_text())
    assert info["status"] == "interrupted"
    step = int(told["error"]["where"].split()[1].replace(",", ""))
    ended = cli("train", "--resume", tmp_path / "one", "--epochs", step / 43 + 0.1, "--accept-changes")
    assert ended.code == 0
    assert f"resumed     at step {step:,} of " in ended.out
