"""The cache: read back as written, damage found and mended, a full disk told, two writers at once."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import time
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glassnet.errors import GlassnetError
from glassnet.pictures import Loaded, cache, load, open_source

from pictures_for_tests import noise


def entry() -> Path:
    (folder,) = (cache.cache_folder() / "decoded").iterdir()
    return folder


def stages(source) -> list[str]:
    return [event.stage for event in open_source(source) if not isinstance(event, Loaded)]


def test_second_time_nothing_is_decoded(make_folder):
    root = make_folder("train/cat", "train/dog", "test/cat", "test/dog")
    (root / "train" / "cat" / "bad.png").write_bytes(b"")
    first = load(root)
    assert stages(root) == []
    second = load(root)
    for split, pictures in second.items():
        assert np.array_equal(pictures.images, first[split].images)
        assert pictures.labels.dtype == np.int64
        assert pictures.labels.tolist() == first[split].labels.tolist()
        assert pictures.paths == first[split].paths
        assert pictures.rejected == first[split].rejected
        assert pictures.fingerprint == first[split].fingerprint


def test_a_run_reads_what_its_training_decoded(make_folder):
    root = make_folder("train/cat", "train/dog", "test/cat", "test/dog")
    trained = load(root)["test"]

    def again(policy):
        events = list(open_source(root, policy=policy, classes=("cat", "dog")))
        decoded = any(not isinstance(event, Loaded) for event in events)
        return decoded, events[-1].splits["test"].images

    decoded, images = again(trained.policy)
    assert not decoded
    assert np.array_equal(images, trained.images)
    other = replace(trained.policy, height=trained.policy.height - 2)
    decoded, images = again(other)
    assert decoded
    assert images.shape[1] == other.height
    assert not again(other)[0]


def test_large_entries_are_mapped_and_writing_does_not_reach_the_disk(make_folder, monkeypatch):
    monkeypatch.setattr(cache, "IN_MEMORY_BYTES", 100)
    root = make_folder()
    train = load(root)["train"]
    assert isinstance(train.images, np.memmap)
    assert train.images.flags.writeable  # torch.from_numpy warns otherwise
    before = train.images.copy()
    train.images[:] = 0
    assert np.array_equal(load(root)["train"].images, before)


@pytest.mark.parametrize("name", ["images.bin", "labels.bin", "hashes.bin", "meta.json"])
@pytest.mark.parametrize("damage", ["cut", "bit", "missing"])
def test_damage_is_found_mended_and_told(make_folder, name, damage):
    root = make_folder()
    fingerprint = load(root)["train"].fingerprint
    file = entry() / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(content if damage == "bit" else content[:-1])
    train = load(root)["train"]
    assert train.fingerprint == fingerprint
    assert train.notes[0].startswith(f"The decoded copy in the cache was damaged ({name}: ")
    assert train.notes[0].endswith("); it was made again.")
    assert load(root)["train"].notes == ()


def test_disk_that_is_too_small_is_told_before(make_folder, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1000, 0, 1000))
    with pytest.raises(GlassnetError) as error:
        load(make_folder())
    assert error.value.what == "there is no room on the disk for the decoded pictures"
    assert error.value.parts["got"] == "1,000 bytes free"
    assert error.value.parts["expected"] == "3,840 bytes"
    assert error.value.parts["hint"] == "free some space, or set GLASSNET_CACHE to a folder on a larger disk"
    assert not list((cache.cache_folder() / "decoded").iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_disk_that_fills_while_decoding_is_told(make_folder, monkeypatch):
    from glassnet.pictures import decode

    start = decode._Process.__init__

    def on_full_disk(self, slot, job, replies):
        start(self, slot, {**job, "images": "/dev/full"}, replies)

    monkeypatch.setattr(decode._Process, "__init__", on_full_disk)
    with pytest.raises(GlassnetError) as error:
        load(make_folder())
    assert error.value.what == "there is no room on the disk for the decoded pictures"
    assert error.value.parts["got"] == "the disk is full"
    assert not list((cache.cache_folder() / "decoded").iterdir())


def test_full_disk_while_the_entry_is_finished(make_folder, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(GlassnetError, match="there is no room on the disk"):
        load(make_folder())
    assert not list((cache.cache_folder() / "decoded").iterdir())


def test_cache_that_cannot_be_written(make_folder, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GLASSNET_CACHE", str(tmp_path / "file"))
    with pytest.raises(GlassnetError) as error:
        load(make_folder())
    assert error.value.what == "the cache cannot be written"
    assert error.value.parts["hint"] == "set GLASSNET_CACHE to a folder that can be written"


def test_what_a_killed_process_left_is_removed_after_an_hour(make_folder):
    left = cache.cache_folder() / "decoded" / "abc.123.part"
    young = cache.cache_folder() / "decoded" / "def.123.part"
    for folder in (left, young):
        folder.mkdir(parents=True)
        (folder / "images.bin").write_bytes(b"x")
    old = time.time() - 2 * 3600
    os.utime(left / "images.bin", (old, old))
    os.utime(left, (old, old))
    load(make_folder())
    assert not left.exists()
    assert young.exists()


def test_two_processes_decode_the_same_source(make_folder, tmp_path):
    root = make_folder("cat", "dog", "owl")
    for number in range(60):
        noise(100 + number).save(root / "cat" / f"{number}.png")
    code = f"from glassnet.pictures import load; print(load({str(root)!r})['train'].fingerprint)"
    both = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(2)]
    outputs = {process.communicate()[0].decode().strip() for process in both}
    assert outputs == {load(root)["train"].fingerprint}
    assert [process.returncode for process in both] == [0, 0]
    assert len(list((cache.cache_folder() / "decoded").iterdir())) == 1


def test_added_empty_class_is_seen_although_no_file_changed(make_folder):
    root = make_folder()
    load(root)
    (root / "owl").mkdir()
    with pytest.raises(GlassnetError, match="a class has no training picture"):
        load(root)


def test_the_folder_follows_the_platform(monkeypatch, tmp_path):
    monkeypatch.delenv("GLASSNET_CACHE")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache.cache_folder() == tmp_path / ".cache" / "glassnet"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.cache_folder() == tmp_path / "xdg" / "glassnet"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache.cache_folder() == tmp_path / "Library" / "Caches" / "glassnet"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache.cache_folder() == tmp_path / "local" / "glassnet"


def test_meta_is_plain_json(make_folder):
    load(make_folder())
    content = json.loads((entry() / "meta.json").read_text().partition("\n")[2])
    assert content["meta"]["classes"] == ["cat", "dog"]
    assert content["meta"]["splits"]["train"]["paths"][0] == "cat/0.png"
