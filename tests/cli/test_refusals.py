"""Wrong use is told in our words, in a fixed form, with exit code 2 and without a traceback."""

from __future__ import annotations

import pytest

CASES = {
    "tran": "error: unknown command 'tran'\n  hint: did you mean 'train'?\n",
    "train --epoch 3": (
        "error: unknown option '--epoch'\n  where: glassnet train\n  hint: did you mean '--epochs'?\n"
    ),
    "train --qqqq": (
        "error: unknown option '--qqqq'\n  where: glassnet train\n  hint: glassnet train --help lists all\n"
    ),
    "train --epochs x": (
        "error: '--epochs' has an impossible value\n  where: glassnet train\n  got: 'x'\n"
        "  expected: a number\n"
    ),
    "train --batch 1.5": (
        "error: '--batch' has an impossible value\n  where: the command line\n  got: '1.5'\n"
        "  expected: a whole number\n"
    ),
    "board x --port 80.5": (
        "error: '--port' has an impossible value\n  where: the command line\n  got: '80.5'\n"
        "  expected: a whole number\n"
    ),
    "train --optimizer sdg": (
        "error: '--optimizer' has an impossible value\n  where: glassnet train\n  got: 'sdg'\n"
        "  expected: sgd, nesterov, adam, adamw, muon\n  hint: did you mean 'sgd'?\n"
    ),
    "train --val": (
        "error: '--val' needs a value\n  where: glassnet train\n  expected: a number\n"
        "  hint: glassnet train --help\n"
    ),
    "train --lr 1 --lr 2": "error: '--lr' is given twice\n  where: glassnet train\n",
    "train a b c": (
        "error: too many arguments\n  where: glassnet train\n  got: b c\n  hint: glassnet train --help\n"
    ),
    "train --epochs -1": (
        "error: 'epochs' has an impossible value\n  where: the recipe and options given\n"
        "  got: -1.0\n  expected: above 0.0, and finite\n"
    ),
    "train --recipe tutorial-mpl": (
        "error: unknown recipe 'tutorial-mpl'\n  hint: did you mean 'tutorial-mlp'?\n"
    ),
    "train --recipe no.toml": "error: no such recipe file\n  where: no.toml\n",
    "train --net lenett": (
        "error: there is no network 'lenett'\n"
        "  expected: a name (lenet), lenet(width=64), torchvision:NAME, timm:NAME or "
        "path/to/file.py:Class(width=64)\n  hint: did you mean 'lenet'?\n"
    ),
    "train --net no.py:Net": "error: the file of the network is not there\n  where: no.py\n",
    "train --weights no.safetensors": "error: the weights file is not there\n  where: no.safetensors\n",
    "train --resume nowhere": (
        "error: this is not a run\n  where: nowhere\n  got: nothing\n"
        "  hint: glassnet train writes one and tells where it lies\n"
    ),
    "evaluate": "error: RUN is missing\n  where: glassnet evaluate\n  hint: glassnet evaluate --help\n",
    "evaluate .": (
        "error: this is not a run\n  where: .\n  got: a folder without run.json\n"
        "  hint: glassnet train writes one and tells where it lies\n"
    ),
    "predict nowhere": (
        "error: there is no picture to look at\n  got: nothing\n"
        "  expected: files, folders or patterns such as '*.jpg'\n"
    ),
    "predict nowhere a.png": (
        "error: there is no such picture\n  where: a.png\n"
        "  expected: a file, a folder or a pattern such as '*.jpg'\n"
    ),
    "board": "error: no run is given\n  expected: one or more run folders\n  hint: glassnet board runs/*\n",
}


@pytest.mark.parametrize("words", CASES)
def test_words(cli, words):
    ended = cli(*words.split())
    assert (ended.code, ended.out, ended.err) == (2, "", CASES[words])


@pytest.mark.parametrize("words", [words for words in CASES if not words.startswith("tran ")])
def test_json_of_a_failure(cli, words):
    ended = cli(*words.split(), "--json")
    assert ended.code == ended.json["exit_code"] == 2
    assert ended.json["error"]["what"] == CASES[words].split("\n")[0].removeprefix("error: ")
    assert ended.err == CASES[words]


def test_unknown_source(cli):
    ended = cli("train", "cifr10")
    assert ended.code == 2
    assert ended.err.startswith("error: unknown source 'cifr10'\n")
    assert "did you mean 'cifar10'?" in ended.err


def test_a_taken_folder_is_refused_before_the_pictures_are_read(cli, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("")
    ended = cli("train", "fashion-mini", "--out", tmp_path / "taken")
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err == (
        f"error: the folder of the run is not empty\n  where: {tmp_path}/taken\n  got: thesis.txt\n"
        f"  hint: another --out, or --resume {tmp_path}/taken to go on with the run in it\n"
    )


def test_a_mistake_of_ours_keeps_its_traceback(cli, monkeypatch):
    def broken(*_arguments, **_options):
        raise LookupError("oh")

    monkeypatch.setattr("glassnet.verbs.board.board", broken)
    ended = cli("board", "x", "--json")
    assert ended.code == ended.json["exit_code"] == 1
    assert "Traceback" in ended.err
    assert ended.err.endswith(
        "error: glassnet itself has failed: LookupError: oh\n"
        "  hint: the traceback above shows where; please report it\n"
    )


def test_ctrl_c_at_any_time(cli, monkeypatch):
    def interrupted(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("glassnet.verbs.board.board", interrupted)
    ended = cli("board", "x", "--json")
    assert (ended.code, ended.err) == (130, "error: interrupted\n")
    assert ended.json == {"error": {"what": "interrupted"}, "exit_code": 130}
