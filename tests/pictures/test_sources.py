"""SOURCE: every kind is found and told apart; layouts, archives, `.npz`, unknown names."""

from __future__ import annotations

import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from glassnet.errors import UsageError
from glassnet.pictures import SOURCES, Loaded, Policy, Progress, load, open_source, read_picture

from pictures_for_tests import noise

REAL_ZIP = Path(__file__).parents[3] / "shared" / "data" / "cifar10-jpeg.zip"


def error_of(source, **options) -> UsageError:
    with pytest.raises(UsageError) as error:
        load(source, **options)
    assert error.value.exit_code == 2
    return error.value


def test_class_folders_are_training_pictures(make_folder):
    splits = load(make_folder("dog", "cat/young", "cat/old"))
    assert list(splits) == ["train"]
    assert splits["train"].classes == ("cat", "dog")
    assert splits["train"].paths[:2] == ("cat/old/0.png", "cat/old/1.png")
    assert splits["train"].labels.tolist() == [0, 0, 0, 0, 1, 1]


@pytest.mark.parametrize("validation", ["val", "valid", "Validation"])
def test_split_folders_and_their_other_names(make_folder, validation):
    root = make_folder(
        "Training/cat", "Training/dog", f"{validation}/cat", f"{validation}/dog", "test/dog", "test/cat"
    )
    (root / ".hidden").write_text("x")
    (root / "Thumbs.db").write_text("x")
    splits = load(root)
    assert list(splits) == ["train", "val", "test"]
    assert [len(pictures) for pictures in splits.values()] == [4, 4, 4]
    assert splits["val"].paths[0] == f"{validation}/cat/0.png"
    assert not any(pictures.rejected for pictures in splits.values())


def test_wrapping_folder_is_looked_through(make_folder):
    root = make_folder("data/set/train/cat", "data/set/train/dog", "data/set/test/cat", "data/set/test/dog")
    splits = load(root)
    assert list(splits) == ["train", "test"]
    assert splits["train"].paths[0] == "data/set/train/cat/0.png"


def test_a_class_may_be_called_train(make_folder):
    train = load(make_folder("car", "train", "plane"))["train"]
    assert train.classes == ("car", "plane", "train")


def test_files_outside_class_folders_are_counted(make_folder):
    root = make_folder("train/cat", "train/dog", "unlabelled")
    (root / "README.txt").write_text("about")
    train = load(root)["train"]
    assert [(item.path, item.reason) for item in train.rejected] == [
        ("README.txt", "it lies in no class folder"),
        ("unlabelled/0.png", "it lies in no class folder"),
        ("unlabelled/1.png", "it lies in no class folder"),
    ]


def test_two_folders_for_one_split(make_folder):
    error = error_of(make_folder("train/cat", "train/dog", "val/cat", "valid/cat"))
    assert error.what == "two folders claim to be the val split"


def test_test_folder_alone(make_folder):
    assert list(load(make_folder("test/cat", "test/dog"))) == ["test"]


def test_the_files_of_mnist_are_no_folder_of_classes_but_have_a_name(tmp_path):
    (tmp_path / "raw").mkdir()
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz"):
        (tmp_path / "raw" / name).write_bytes(b"0")
    assert "mnist --data-dir" in str(error_of(tmp_path / "raw"))


def test_empty_folder_says_what_was_looked_for(tmp_path):
    (tmp_path / "empty").mkdir()
    assert str(error_of(tmp_path / "empty")) == (
        "no pictures in class folders were found\n"
        f"  where: {tmp_path / 'empty'}\n"
        "  got: 0 files, 0 folders\n"
        "  expected: train/CLASS/PICTURE (and val/, test/ beside it), or CLASS/PICTURE"
    )


def test_flat_folder_says_the_same(tmp_path):
    noise(1).save(tmp_path / "1.png")
    assert error_of(tmp_path).parts["got"] == "1 files, 0 folders"


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tar.bz2", "tar.xz"])
def test_archive_holds_the_same_as_the_folder(make_folder, tmp_path, kind):
    root = make_folder("train/cat", "train/dog", "test/cat", "test/dog")
    archive = tmp_path / f"pictures.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            for path in root.rglob("*"):
                file.write(path, Path("top", path.relative_to(root)))
    else:
        with tarfile.open(archive, f"w:{kind[4:]}") as file:
            file.add(root, "top")
    from_folder, from_archive = load(root), load(archive)
    for split, pictures in from_archive.items():
        assert pictures.fingerprint == from_folder[split].fingerprint
        assert pictures.paths == tuple(f"top/{path}" for path in from_folder[split].paths)


def old_zip(files: dict[bytes, bytes]) -> bytes:
    """Write a zip as old Windows did: names as plain bytes, and no word about their encoding."""
    body = directory = b""
    for name, data in files.items():
        head = struct.pack("<5H3I2H", 20, 0, 0, 0, 33, zlib.crc32(data), len(data), len(data), len(name), 0)
        directory += b"PK\1\2\x14\0" + head + struct.pack("<3H2I", 0, 0, 0, 0, len(body)) + name
        body += b"PK\3\4" + head + name + data
    end = struct.pack("<4H2IH", 0, 0, len(files), len(files), len(directory), len(body), 0)
    return body + directory + b"PK\5\6" + end


@pytest.mark.parametrize(
    ("encoding", "names", "notes"),
    [
        (
            "gb2312",
            ("猫", "狗"),
            ("The zip archive does not say how its names are encoded; they were read as GB 2312.",),
        ),
        ("utf-8", ("猫", "狗"), ()),
        ("cp437", ("Kälber", "Kühe"), ()),
    ],
)
def test_names_of_an_old_zip(make_folder, tmp_path, encoding, names, notes):
    pictures = [path.read_bytes() for path in sorted(make_folder().rglob("*.png"))]
    files = {f"{name}/1.png".encode(encoding): data for name, data in zip(names, pictures, strict=False)}
    (tmp_path / "old.zip").write_bytes(old_zip(files))
    train = load(tmp_path / "old.zip")["train"]
    assert train.classes == tuple(sorted(names))
    assert train.notes == notes


def test_damaged_archives(tmp_path, make_folder):
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as file:
        file.add(make_folder(), "top")
    content = (tmp_path / "a.tar.gz").read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(content[: len(content) // 2])
    assert error_of(tmp_path / "cut.tar.gz").what == "the archive is damaged"
    (tmp_path / "text.zip").write_text("not a zip")
    assert error_of(tmp_path / "text.zip").what == "this file is no source of pictures"


def test_damaged_zip_entry_is_rejected(make_folder, tmp_path):
    root = make_folder()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        for path in sorted(root.rglob("*.png")):
            file.write(path, path.relative_to(root))
    content = bytearray((tmp_path / "a.zip").read_bytes())
    content[content.index(b"IDAT") + 100] ^= 1
    (tmp_path / "a.zip").write_bytes(content)
    train = load(tmp_path / "a.zip")["train"]
    assert len(train) == 3
    assert train.rejected[0].path == "cat/0.png"
    assert train.rejected[0].reason.startswith("it cannot be unpacked: Bad CRC-32")


def test_policy_and_classes_of_a_run_are_used(make_folder):
    root = make_folder("dog", "cat")
    policy = Policy(height=10, width=12, channels=1)
    train = load(root, policy=policy, classes=("owl", "dog", "cat"))["train"]
    assert train.policy == policy
    assert train.classes == ("owl", "dog", "cat")
    assert [train.classes[label] for label in train.labels] == [path.split("/")[0] for path in train.paths]
    assert np.array_equal(train.images[0], read_picture(root / train.paths[0], policy))
    assert len(load(make_folder("dog", name="one"), classes=("cat", "dog"))["train"]) == 2
    error = error_of(root, classes=("cat", "dogs"))
    assert error.parts["got"] == "'dog'"
    assert error.parts["hint"] == "did you mean 'dogs'?"


def test_arrays_are_brought_to_the_policy_of_a_run():
    policy = Policy(height=14, width=14, channels=3)
    test = load("fashion-mini", policy=policy)["test"]
    assert test.images.shape == (1000, 14, 14, 3)
    assert test.policy == policy


def test_events_end_with_the_splits(make_folder):
    events = list(open_source(make_folder()))
    assert [event.stage for event in events if isinstance(event, Progress)][-1] == "decode"
    assert all(event.done <= event.total for event in events if isinstance(event, Progress))
    assert isinstance(events[-1], Loaded)


def test_wrong_guess_of_the_size_is_mended(make_folder, monkeypatch):
    monkeypatch.setattr("glassnet.pictures.decode._GUESS_FROM", 1)
    root = make_folder("cat", "dog", size=(300, 300))
    noise(1, (40, 40), "L").save(root / "cat" / "0.png")  # the only one that is looked at before
    noise(2, (30, 30)).save(root / "test.txt", "PNG")
    stages = [event for event in open_source(root) if isinstance(event, Progress)]
    assert [event.total for event in stages if event.stage == "decode" and event.done == event.total] == [
        4,
        4,
    ]
    train = load(root)["train"]
    assert train.policy == Policy(height=224, width=224, channels=3)
    for path, image in zip(train.paths, train.images, strict=True):
        assert np.array_equal(image, read_picture(root / path, train.policy))


def test_the_test_split_does_not_choose_the_policy(make_folder):
    root = make_folder("train/cat", "train/dog", mode="L", size=(28, 28))
    for name in ("cat", "dog"):
        (root / "test" / name).mkdir(parents=True)
        noise(len(name), (500, 400)).save(root / "test" / name / "1.png")
    splits = load(root)
    assert splits["test"].policy == splits["train"].policy == Policy(height=28, width=28, channels=1)


def test_stopping_early_leaves_no_process_and_no_file(make_folder, monkeypatch, tmp_path):
    monkeypatch.setenv("GLASSNET_CACHE", str(tmp_path / "cache"))
    events = open_source(make_folder())
    next(events)
    events.close()
    assert not list((tmp_path / "cache" / "decoded").iterdir())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "fashon-mnist",
            "unknown source 'fashon-mnist'\n  expected: {sources}\n  hint: did you mean 'fashion-mnist'?",
        ),
        ("CIFAR10", "unknown source 'CIFAR10'\n  expected: {sources}\n  hint: did you mean 'cifar10'?"),
        ("missing/folder", "there is no such file or folder\n  where: missing/folder"),
        ("missing.zip", "there is no such file or folder\n  where: missing.zip"),
    ],
)
def test_unknown_source(name, words):
    sources = f"{', '.join(SOURCES)}, a folder, a .zip or .tar of one, or an .npz"
    assert str(error_of(name)) == words.format(sources=sources)


def test_mistyped_path(make_folder):
    root = make_folder()
    error = error_of(root.with_name("pictuers"))
    assert error.parts["hint"] == "did you mean 'pictures'?"


def test_a_single_picture_is_no_source(make_folder):
    error = error_of(make_folder() / "cat" / "0.png")
    assert error.what == "this file is no source of pictures"


IMAGES = np.random.default_rng(0).integers(0, 256, (6, 5, 4, 3), np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2])


@pytest.mark.parametrize(
    ("given_x", "expected"),
    [
        (IMAGES, IMAGES),
        (IMAGES.transpose(0, 3, 1, 2), IMAGES),
        (IMAGES[..., 0], IMAGES[..., :1]),
        (IMAGES / 255, IMAGES),
        (IMAGES.astype(np.uint16) * 257, IMAGES),
        (IMAGES > 127, (IMAGES > 127) * np.uint8(255)),
    ],
)
def test_npz_arrays(tmp_path, given_x, expected):
    np.savez(
        tmp_path / "a.npz", x=given_x, y=LABELS[:, None], x_test=given_x[:3], y_test=LABELS[:3], unused=1
    )
    splits = load(tmp_path / "a.npz")
    assert np.array_equal(splits["train"].images, expected)
    assert np.array_equal(splits["test"].images, expected[:3])
    assert splits["train"].labels.tolist() == LABELS.tolist()
    assert splits["train"].classes == ("0", "1", "2")
    assert splits["test"].paths[1] == "a.npz:x_test[1]"


def test_npz_labels_are_numbered_over_all_splits(tmp_path):
    np.savez(tmp_path / "a.npz", x=IMAGES, y=LABELS * 10 + 5, x_val=IMAGES[:2], y_val=[25, 15])
    splits = load(tmp_path / "a.npz")
    assert splits["train"].classes == ("5", "15", "25")
    assert splits["val"].labels.tolist() == [2, 1]
    names = np.array(["a", "b", "c"])
    np.savez(tmp_path / "b.npz", x=IMAGES, y=names[LABELS])
    assert load(tmp_path / "b.npz")["train"].classes == ("a", "b", "c")
    np.savez(tmp_path / "c.npz", x=IMAGES, y=LABELS, classes=["z", "y", "x"])
    assert load(tmp_path / "c.npz")["train"].classes == ("z", "y", "x")


@pytest.mark.parametrize(
    ("arrays", "what"),
    [
        ({"z": LABELS}, "the .npz holds no pictures"),
        ({"x": IMAGES}, "the .npz holds x but no y"),
        ({"x": IMAGES, "y": LABELS[:3]}, "y does not label x"),
        ({"x": IMAGES, "y": LABELS * 0.5}, "y does not label x"),
        ({"x": IMAGES.reshape(6, -1), "y": LABELS}, "x does not hold pictures"),
        ({"x": IMAGES[:0], "y": LABELS[:0]}, "x does not hold pictures"),
        ({"x": IMAGES * 2.0, "y": LABELS}, "the values of x cannot be read as brightness"),
        ({"x": IMAGES * np.nan, "y": LABELS}, "the values of x cannot be read as brightness"),
        ({"x": IMAGES.astype(int), "y": LABELS}, "the values of x cannot be read as brightness"),
        ({"x": IMAGES, "y": LABELS, "classes": ["a", "b"]}, "labels and classes do not fit"),
        ({"x": IMAGES, "y": LABELS * 0}, "only one class of pictures was found"),
        ({"x": IMAGES, "y": LABELS, "classes": ["a", "b", "c", "d"]}, "a class has no training picture"),
        ({"x": IMAGES, "y": np.array([{}] * 6)}, "the .npz cannot be read"),
    ],
)
def test_npz_that_does_not_fit(tmp_path, arrays, what):
    np.savez(tmp_path / "a.npz", **arrays)
    assert error_of(tmp_path / "a.npz").what == what


def test_damaged_npz(tmp_path):
    np.savez(tmp_path / "a.npz", x=IMAGES, y=LABELS)
    content = (tmp_path / "a.npz").read_bytes()
    for number, damaged in enumerate((content[:200], b"", content[:300] + b"x" * 50 + content[350:])):
        (tmp_path / f"{number}.npz").write_bytes(damaged)
        assert error_of(tmp_path / f"{number}.npz").what == "the .npz cannot be read"


def test_script_without_a_main_guard(make_folder, tmp_path):
    (tmp_path / "script.py").write_text(
        "import glassnet.pictures, sys\n"
        f"print(len(glassnet.pictures.load({str(make_folder())!r})['train']))\n"
        "assert 'torch' not in sys.modules and 'multiprocessing' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, tmp_path / "script.py"], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("4\n", "")


def test_decoding_process_imports_no_torch():
    code = "import sys, glassnet.pictures.worker; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(
    not REAL_ZIP.is_file(), reason=f"needs {REAL_ZIP.name} in shared/data beside the repository"
)
def test_real_zip_of_cifar10():
    splits = load(REAL_ZIP)
    train, test = splits["train"], splits["test"]
    assert train.images.shape == (50_000, 32, 32, 3)
    assert test.images.shape == (10_000, 32, 32, 3)
    assert np.bincount(test.labels).tolist() == [1000] * 10
    assert not train.rejected
    with zipfile.ZipFile(REAL_ZIP) as file:
        for index in (0, 12_345, 49_999):
            assert np.array_equal(
                train.images[index], read_picture(file.read(train.paths[index]), train.policy)
            )
    assert load(REAL_ZIP)["test"].fingerprint == test.fingerprint
