"""The run folder: whole files only, whatever fails while they are written."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet import run as module
from glassnet.errors import RunError, UsageError
from glassnet.run import (
    Run,
    create_run,
    locked,
    open_run,
    read_checkpoint,
    read_json,
    write_checkpoint,
    write_json,
    write_whole,
)  # fmt: skip


def error_of(call, kind=RunError):
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value)


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_where_things_lie():
    run = Run(Path("runs/one"))
    assert run.weights("last") == Path("runs/one/weights/last.safetensors")
    assert run.predictions("val") == Path("runs/one/predictions-val.npz")


def test_a_new_run_needs_an_empty_folder(tmp_path):
    run = create_run(tmp_path / "a" / "b")
    assert run.path.is_dir()
    (run.path / ".lock").touch()
    create_run(run.path)  # a run that was killed before its first file
    (run.path / "run.json").write_text("{}")
    assert error_of(lambda: create_run(run.path), UsageError) == (
        f"the folder of the run is not empty\n  where: {run.path}\n  got: run.json\n"
        f"  hint: another --out, or --resume {run.path} to go on with the run in it"
    )
    file = tmp_path / "file"
    file.touch()
    assert error_of(lambda: create_run(file / "run"), UsageError) == (
        f"the run folder cannot be made\n  where: {file / 'run'}\n  got: Not a directory"
    )


@pytest.mark.parametrize(
    ("make", "got"),
    [(None, "nothing"), ("file", "a file"), ("folder", "a folder without run.json")],
)
def test_what_is_no_run(tmp_path, make, got):
    path = tmp_path / "it"
    if make:
        path.touch() if make == "file" else path.mkdir()
    assert error_of(lambda: open_run(path), UsageError) == (
        f"this is not a run\n  where: {path}\n  got: {got}\n"
        "  hint: glassnet train writes one and tells where it lies"
    )


def test_a_run_is_opened_and_read(tmp_path):
    write_json(tmp_path / "run.json", {"net": "网络", "n": 1})
    write_whole(tmp_path / "metrics.jsonl", '{"kind": "step", "step": 1}\n{"kind": "epoch", "step": 2}\n')
    run = open_run(str(tmp_path))
    assert run == Run(tmp_path)
    assert run.info == {"net": "网络", "n": 1}
    assert [line["kind"] for line in run.metrics] == ["step", "epoch"]


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=300), st.text(st.characters(exclude_categories=["Cs"])))
def test_files_hold_what_was_written_and_their_hash_is_told(tmp_path_factory, data, text):
    path = tmp_path_factory.getbasetemp() / "whole" / "file"
    assert write_whole(path, data) == hashlib.sha256(data).hexdigest()
    assert path.read_bytes() == data
    assert write_whole(path, text) == hashlib.sha256(text.encode()).hexdigest()
    assert path.read_bytes() == text.encode()
    assert [item.name for item in path.parent.iterdir()] == ["file"]


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_files_have_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "plain").touch()
    write_whole(tmp_path / "ours", "x")
    assert stat.S_IMODE((tmp_path / "ours").stat().st_mode) == stat.S_IMODE(
        (tmp_path / "plain").stat().st_mode
    )


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (b"", "Expecting value: line 1 column 1 (char 0)"), (b"[1, 2]", "list"), (b'"x"', "str"),
        (b"\xff", None), (b"[" * 100_000, None), (b'{"a": ' + b"9" * 5_000 + b"}", None), (b'{"a": 1', None),
    ],
)  # fmt: skip
def test_damaged_json_is_an_error(tmp_path, content, got):
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(RunError) as caught:
        read_json(path)
    assert caught.value.what == "a file of the run cannot be read"
    assert caught.value.parts["where"] == str(path)
    assert got is None or caught.value.parts["got"] == got
    assert error_of(lambda: Run(tmp_path).info)


@pytest.mark.parametrize("content", [None, b"{}\n[1]\n", b'{"a": 1}\n{"b"', b"\xff"])
def test_damaged_metrics_are_an_error(tmp_path, content):
    if content is not None:
        (tmp_path / "metrics.jsonl").write_bytes(content)
    assert "a file of the run cannot be read" in error_of(lambda: Run(tmp_path).metrics)


def test_a_file_that_would_fill_the_memory_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_TEXT_BYTES", 10)
    write_json(tmp_path / "run.json", {"key": "longer than ten bytes"})
    assert f"  got: {(tmp_path / 'run.json').stat().st_size} bytes, more than glassnet writes" in error_of(
        lambda: read_json(tmp_path / "run.json")
    )


# --- case 26: disk full, or an I/O error, at any write


CALLS = ("open", "write", "fsync", "replace", "mkdir")


class Disk:
    """Count the calls that reach the disk; the k-th one fails, as do all after it while `stays`."""

    def __init__(self, monkeypatch, fails_at, number, *, stays=False):
        self.count, self.fails_at, self.number, self.stays = 0, fails_at, number, stays
        for holder, name in ((os, "fsync"), (os, "replace"), (Path, "mkdir")):
            monkeypatch.setattr(holder, name, self.wrap(getattr(holder, name)))
        real = Path.open

        def opened(path, mode="r", *args, **kwargs):
            if "w" in mode:
                self.tick()
            file = real(path, mode, *args, **kwargs)
            if "w" in mode:
                write = file.write
                disk = self

                class Writer:
                    def __enter__(self):
                        return self

                    def __exit__(self, *_):
                        file.close()

                    def write(self, data):
                        try:
                            disk.tick()
                        except OSError:
                            write(data[: len(data) // 2])  # what fits is written
                            raise
                        return write(data)

                    def __getattr__(self, name):
                        return getattr(file, name)

                return Writer()
            return file

        monkeypatch.setattr(Path, "open", opened)

    def wrap(self, real):
        def call(*args, **kwargs):
            self.tick()
            return real(*args, **kwargs)

        return call

    def tick(self):
        self.count += 1
        if self.count == self.fails_at or (self.stays and self.count > self.fails_at):
            raise OSError(self.number, os.strerror(self.number))


def checkpoint(run, step, size=3000):
    write_checkpoint(run, step, random.Random(step).randbytes(size), {"step": step})


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("stays", [False, True])
def test_case_26_a_write_that_fails_leaves_the_checkpoint_before(tmp_path, number, stays):
    failed = 0
    for fails_at in range(1, 50):
        run = create_run(tmp_path / str(fails_at))
        checkpoint(run, 10)
        with pytest.MonkeyPatch.context() as patch:
            disk = Disk(patch, fails_at, number, stays=stays)
            try:
                checkpoint(run, 20)
            except RunError as error:
                failed += 1
                assert error.what == "a file of the run cannot be written"
                assert error.parts["got"] == os.strerror(number)
                assert error.parts["hint"] == "what was there before is untouched; make room"
        found = read_checkpoint(run)
        assert found is not None
        tensors, facts, damaged = found
        assert facts["step"] in (10, 20)
        assert tensors == random.Random(facts["step"]).randbytes(3000)
        assert damaged == []
        assert not list(run.path.rglob(".*"))
        checkpoint(run, 30)  # there is room again
        assert read_checkpoint(run)[1]["step"] == 30
        if disk.count < fails_at:
            break
    assert failed == 10  # two files, for each: open, write, fsync, rename, fsync of the folder


def test_case_26_a_disk_that_is_really_full(tmp_path):
    if sys.platform != "linux":
        pytest.skip("/dev/full is Linux's")
    script = textwrap.dedent("""
        import resource, signal, sys
        from pathlib import Path
        from glassnet.errors import RunError
        from glassnet.run import Run, read_checkpoint, write_checkpoint
        run = Run(Path(sys.argv[1]))
        write_checkpoint(run, 1, b"x" * 50_000, {"step": 1})
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            write_checkpoint(run, 2, b"y" * 200_000, {"step": 2})
        except RunError as error:
            print(error.parts["got"], error.parts["expected"])
        files = (run.path / "checkpoints").iterdir()
        print(read_checkpoint(run)[1], sorted(path.name[:10] for path in files))
    """)
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == (
        "File too large room for 200,000 bytes\n{'step': 1} ['0000000001', '0000000001']\n"
    ), done.stderr


# --- cases 23 and 24: killed, or the power lost, between any two calls


def record(tmp_path, write, folder):
    """Run `write` and note, at each call that reaches the disk, what lies there and what is durable."""
    states = []
    content: dict[int, bytes] = {}  # by inode: what fsync has made durable
    durable: dict[str, int] = {}  # names that a sync of their folder has made durable

    def now():
        return {str(p.relative_to(folder)): p for p in folder.rglob("*") if p.is_file()}

    def note():
        listed = now()
        states.append(
            (
                {name: path.read_bytes() for name, path in listed.items()},
                {name: content.get(path.stat().st_ino, b"") for name, path in listed.items()},
                {name: content.get(inode, b"") for name, inode in durable.items()},
            )
        )

    with pytest.MonkeyPatch.context() as patch:
        fsync, replace = os.fsync, os.replace
        unlink = Path.unlink

        def noted_fsync(handle):
            note()
            fsync(handle)
            path = Path(os.readlink(f"/proc/self/fd/{handle}"))
            if path.is_dir():
                prefix = str(path.relative_to(folder)) if path != folder else "."
                for name in [n for n in durable if str(Path(n).parent) == prefix]:
                    del durable[name]
                for name, file in now().items():
                    if str(Path(name).parent) == prefix:
                        durable[name] = file.stat().st_ino
            else:
                content[path.stat().st_ino] = path.read_bytes()
            note()

        def noted_replace(source, target):
            note()
            replace(source, target)
            note()

        def noted_unlink(path, **options):
            note()
            unlink(path, **options)
            note()

        patch.setattr(os, "fsync", noted_fsync)
        patch.setattr(os, "replace", noted_replace)
        patch.setattr(Path, "unlink", noted_unlink)
        write()
    return states


@pytest.mark.skipif(sys.platform != "linux", reason="it looks up open files in /proc")
@pytest.mark.parametrize("what_is_left", ["killed", "names without content", "synced folders only"])
def test_cases_23_and_24_between_any_two_calls_a_whole_checkpoint_is_there(tmp_path, what_is_left):
    source = create_run(tmp_path / "run")
    saved = []

    def write():
        for step in (10, 20, 20, 30):  # twice at one step: before and after an evaluation
            write_checkpoint(source, step, random.Random(len(saved)).randbytes(200), {"save": len(saved)})
            saved.append(step)

    going_on = []
    states = record(tmp_path, write, source.path)
    which = ["killed", "names without content", "synced folders only"].index(what_is_left)
    last = -1
    for number, state in enumerate(states):
        lost = Run(tmp_path / f"{which}-{number}")
        for name, data in state[which].items():
            (lost.path / name).parent.mkdir(parents=True, exist_ok=True)
            (lost.path / name).write_bytes(data)
        lost.path.mkdir(exist_ok=True)
        found = read_checkpoint(lost)
        if found is None:
            assert last == -1
            continue
        tensors, facts, _ = found
        assert tensors == random.Random(facts["save"]).randbytes(200)
        assert facts["save"] >= last  # never back
        last = facts["save"]
        # and the training that goes on from here can save
        write_checkpoint(lost, 40, b"next", {"save": 99})
        assert read_checkpoint(lost)[1] == {"save": 99}
        going_on.append(facts["save"])
    assert set(going_on) == {0, 1, 2, 3}


# --- case 25: bit flips and truncation


def flip(path, where, bit=0):
    data = bytearray(path.read_bytes())
    data[where] ^= 1 << bit
    path.write_bytes(data)


def last_files(run):
    return sorted((run.path / "checkpoints").glob("0000000020*"))


@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
@pytest.mark.parametrize("damage", ["flip first", "flip middle", "flip last", "cut", "empty", "gone"])
def test_case_25_a_damaged_checkpoint_is_told_and_the_one_before_is_used(tmp_path, suffix, damage):
    run = create_run(tmp_path / "run")
    checkpoint(run, 10)
    checkpoint(run, 20)
    (file,) = [path for path in last_files(run) if path.suffix == suffix]
    size = file.stat().st_size
    match damage:
        case "flip first":
            flip(file, 0)
        case "flip middle":
            flip(file, size // 2)
        case "flip last":
            flip(file, size - 3)
        case "cut":
            file.write_bytes(file.read_bytes()[: size // 2])
        case "empty":
            file.write_bytes(b"")
        case "gone":
            file.unlink()
    found = read_checkpoint(run)
    assert found is not None
    tensors, facts, damaged = found
    assert facts == {"step": 10}
    assert tensors == random.Random(10).randbytes(3000)
    if (suffix, damage) == (".json", "gone"):
        assert damaged == []  # nothing says that it ever was
    else:
        assert [line.split(":")[0] for line in damaged] == ["checkpoint 20"]
    checkpoint(run, 30)
    assert read_checkpoint(run)[1:] == ({"step": 30}, [])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_case_25_no_single_flipped_bit_goes_unseen(tmp_path_factory, data):
    run = Run(tmp_path_factory.mktemp("run"))
    facts = {"step": 20, "history": [{"epoch": 1, "loss": 0.25}], "word": "é"}
    write_checkpoint(run, 20, b"tensors" * 9, facts)
    file = data.draw(st.sampled_from(last_files(run)))
    flip(file, data.draw(st.integers(0, file.stat().st_size - 1)), data.draw(st.integers(0, 7)))
    try:
        tensors, read, _ = read_checkpoint(run)
    except RunError:
        return
    assert (tensors, read) == (b"tensors" * 9, facts)  # a space became a tab, say


def test_case_25_the_words(tmp_path):
    run = create_run(tmp_path / "run")
    assert read_checkpoint(run) is None
    checkpoint(run, 10)
    checkpoint(run, 20)
    tensors = {path.name[:10]: path for path in run.path.rglob("*.safetensors")}
    flip(tensors["0000000020"], 100)
    assert read_checkpoint(run)[2] == ["checkpoint 20: its SHA-256 is not the one written beside it"]
    tensors["0000000010"].unlink()
    assert error_of(lambda: read_checkpoint(run)) == (
        f"every checkpoint of this run is damaged\n  where: {run.path}\n"
        "  got: checkpoint 20: its SHA-256 is not the one written beside it; "
        "checkpoint 10: No such file or directory"
    )


@pytest.mark.parametrize(
    "manifest",
    [
        {}, {"sha256": 5, "facts": {}}, {"sha256": "../../../../etc/passwd", "facts": {}},
        {"sha256": "\0" * 20, "facts": {}}, {"sha256": ["x"], "facts": 3},
        {"sha256": "x" * 5000, "facts": None},
    ],
)  # fmt: skip
def test_hostile_manifests_are_damaged_ones(tmp_path, manifest):
    run = create_run(tmp_path / "run")
    write_json(run.path / "checkpoints" / "0000000007.json", manifest)
    (run.path / "checkpoints" / "1x.json").write_text("{}")  # no manifest of ours
    assert "every checkpoint of this run is damaged" in error_of(lambda: read_checkpoint(run))
    checkpoint(run, 8)
    assert read_checkpoint(run)[1] == {"step": 8}


# --- case 29: retention, and case 30: one writer


def test_case_29_two_checkpoints_are_kept_and_nothing_else_is_touched(tmp_path):
    run, other = create_run(tmp_path / "one"), create_run(tmp_path / "other")
    checkpoint(other, 5)
    write_whole(run.weights("best"), b"weights")
    write_whole(run.path / "notes.txt", "mine")
    before = files_in(other.path) | {"weights": b"weights", "notes": b"mine"}
    for step in range(10, 100, 10):
        checkpoint(run, step)
        kept = sorted({path.name[:10] for path in (run.path / "checkpoints").iterdir()})
        assert kept == [f"{s:010}" for s in (step - 10, step) if s > 0]
        assert len(list((run.path / "checkpoints").iterdir())) == 2 * len(kept)
    now = files_in(other.path) | {
        "weights": run.weights("best").read_bytes(), "notes": (run.path / "notes.txt").read_bytes()
    }  # fmt: skip
    assert now == before


def test_a_training_that_went_back_overtakes_what_came_later(tmp_path):
    run = create_run(tmp_path / "run")
    for step in (10, 20, 15):
        checkpoint(run, step)
    assert read_checkpoint(run)[1] == {"step": 15}


def test_half_written_files_of_a_killed_writer_are_removed(tmp_path):
    run = create_run(tmp_path / "run")
    (run.path / "weights").mkdir()
    (run.path / "weights" / ".best.safetensors.123.partial").write_bytes(b"half")
    with locked(run):
        assert sorted(path.name for path in run.path.rglob("*")) == [".lock", "weights"]


def test_case_30_a_second_writer_is_refused_and_a_killed_one_is_no_hindrance(tmp_path):
    run = create_run(tmp_path / "run")
    script = textwrap.dedent("""
        import sys
        from pathlib import Path
        from glassnet.run import Run, locked
        with locked(Run(Path(sys.argv[1]))):
            print("locked", flush=True)
            sys.stdin.read()
    """)
    with subprocess.Popen(
        [sys.executable, "-c", script, run.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        words = f"another process writes this run\n  where: {run.path}\n  hint: wait for it, or stop it"
        assert error_of(lambda: locked(run).__enter__()) == words
        other.kill()
    with locked(run), pytest.raises(RunError):
        locked(run).__enter__()
    with locked(run):
        pass


def test_a_lock_that_cannot_be_made_is_an_error_of_ours(tmp_path, monkeypatch):
    def refuse(*_args, **_options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(module.filelock.FileLock, "acquire", refuse)
    assert error_of(lambda: locked(Run(tmp_path)).__enter__()) == (
        f"the run cannot be locked\n  where: {tmp_path}\n  got: Permission denied"
    )


def test_json_is_readable_by_people(tmp_path):
    write_json(tmp_path / "x.json", {"名": ["中"], "n": 1.5})
    text = (tmp_path / "x.json").read_text("utf-8")
    assert json.loads(text) == {"名": ["中"], "n": 1.5}
    assert "中" in text
    assert text.endswith("}\n")
