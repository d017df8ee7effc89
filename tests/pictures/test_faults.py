"""What goes wrong in practice with pictures: cases 1 to 15, each injected on purpose."""

from __future__ import annotations

import io
import os
import struct
import sys
import tarfile
import unicodedata
import zipfile
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from glassnet.errors import PicturesError
from glassnet.pictures import Loaded, Policy, load, open_source, read_picture
from glassnet.pictures.cache import cache_folder
from glassnet.pictures.duplicates import pictures_with_two_labels, shared_pictures
from glassnet.pictures.pictures import Rejected
from glassnet.pictures.splits import split_off

from pictures_for_tests import noise

if TYPE_CHECKING:
    from pathlib import Path


def png_header(width: int, height: int) -> bytes:
    """A PNG that declares a size, and nothing of it follows."""
    ihdr = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    idat = b"IDAT" + zlib.compress(b"")
    chunks = b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (ihdr, idat)
    )
    return b"\x89PNG\r\n\x1a\n" + chunks


def test_case_01_unusable_files_are_set_aside_and_counted(make_folder):
    root = make_folder()
    whole = io.BytesIO()
    noise(9, (64, 64)).save(whole, "JPEG")
    (root / "cat" / "cut.jpg").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    (root / "cat" / "empty.jpg").write_bytes(b"")
    (root / "dog" / "text.jpg").write_text("not a picture")
    train = load(root)["train"]
    assert len(train) == 4
    assert train.rejected == (
        Rejected("cat/cut.jpg", "the file is truncated"),
        Rejected("cat/empty.jpg", "the file has 0 bytes"),
        Rejected("dog/text.jpg", "not a picture in one of the formats JPEG, PNG, BMP, GIF, WEBP, TIFF, PPM"),
    )
    assert len(train) + len(train.rejected) == sum(path.is_file() for path in root.rglob("*"))
    # the pictures that moved up into the place of rejected ones are the right ones
    for path, image in zip(train.paths, train.images, strict=True):
        assert np.array_equal(image, read_picture(root / path, train.policy))


def test_case_01_nothing_usable_is_an_error(make_folder, tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / "bad" / name).mkdir(parents=True)
        (tmp_path / "bad" / name / "1.jpg").write_bytes(b"")
    with pytest.raises(PicturesError, match="none of the files is a usable picture") as error:
        load(tmp_path / "bad")
    assert error.value.parts["got"] == "2 files; the first, cat/1.jpg: the file has 0 bytes"


def test_case_01_split_without_a_usable_picture_is_an_error(make_folder):
    root = make_folder("train/cat", "train/dog", "val/cat")
    for path in (root / "val" / "cat").iterdir():
        path.write_bytes(b"")
    with pytest.raises(PicturesError) as error:
        load(root)
    assert error.value.what == "none of the files in val is a usable picture"
    assert error.value.parts["got"] == "2 files; the first, val/cat/0.png: the file has 0 bytes"


@pytest.mark.parametrize(
    ("width", "height", "reason"),
    [
        (20_000, 20_000, "its header declares more than 100 million pixels"),
        (11_000, 10_000, "its header declares 11000 × 10000 pixels, more than 100 million"),
    ],
)
def test_case_02_bomb_is_refused_from_its_header(make_folder, width, height, reason):
    root = make_folder()
    (root / "cat" / "bomb.png").write_bytes(png_header(width, height))
    assert load(root)["train"].rejected == (Rejected("cat/bomb.png", reason),)
    with pytest.raises(PicturesError) as error:
        read_picture(root / "cat" / "bomb.png", Policy(8, 8, 3))
    assert error.value.parts["got"] == reason


@pytest.fixture
def broken_decoder(tmp_path, monkeypatch):
    """Let the decoding processes crash, hang or run out of memory on pictures of a certain width."""
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import os, signal, time\n"
        "from PIL import ImageFile\n"
        "load = ImageFile.ImageFile.load\n"
        "def broken(self):\n"
        "    if self.width == 13: os.kill(os.getpid(), getattr(signal, 'SIGKILL', signal.SIGTERM))\n"
        "    if self.width == 17: time.sleep(1000)\n"
        "    if self.width == 19: raise MemoryError\n"
        "    return load(self)\n"
        "ImageFile.ImageFile.load = broken\n"
    )
    monkeypatch.syspath_prepend(folder)


@pytest.mark.usefixtures("broken_decoder")
def test_case_03_decoder_that_crashes_or_hangs_is_survived(make_folder):
    root = make_folder("cat", "dog", "owl")
    noise(1, (13, 16)).save(root / "cat" / "crash.png")
    noise(2, (17, 16)).save(root / "dog" / "hang.png")
    noise(3, (19, 16)).save(root / "owl" / "leak.png")
    events = list(open_source(root, workers=2, seconds_per_picture=0.5))
    assert isinstance(events[-1], Loaded)
    train = events[-1].splits["train"]
    assert len(train) == 6
    assert [item.path for item in train.rejected] == ["cat/crash.png", "dog/hang.png", "owl/leak.png"]
    crashed, hung, leaked = (item.reason for item in train.rejected)
    assert crashed.startswith("the decoder crashed (")
    assert hung == "the decoder did not finish in 0.5 seconds"
    assert leaked == "there was not enough memory to decode it"


def test_case_03_worker_that_cannot_start_says_why(make_folder, tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['mmap'] = None\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(Exception, match="a decoding process ended before it began") as error:
        load(make_folder())
    assert "mmap" in str(error.value)


def test_case_04_other_formats_in_disguise_are_refused(make_folder):
    root = make_folder()
    noise(1).save(root / "cat" / "eps.jpg", "EPS")
    (root / "cat" / "psd.jpg").write_bytes(b"8BPS\0\1" + bytes(100))
    (root / "cat" / "fits.jpg").write_bytes(b"SIMPLE  =                    T".ljust(2880))
    noise(2).save(root / "cat" / "bmp.jpg", "BMP")  # among the formats: whatever its name says
    train = load(root)["train"]
    assert [item.path for item in train.rejected] == ["cat/eps.jpg", "cat/fits.jpg", "cat/psd.jpg"]
    assert "cat/bmp.jpg" in train.paths


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_case_05_orientation_gives_the_same_pixels_everywhere(tmp_path, kind, orientation):
    upright = Image.new("RGB", (96, 64), "white")
    upright.paste((255, 0, 0), (0, 0, 48, 32))
    upright.paste((0, 0, 255), (48, 32, 96, 64))
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposition that a viewer will undo
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = (
        {"lossless": True} if kind == "WEBP" else {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
    )
    stored.save(tmp_path / "turned", kind, exif=exif, **options)
    policy = Policy(height=64, width=96, channels=3)
    pixels = read_picture(tmp_path / "turned", policy).astype(int)
    assert np.abs(pixels - np.asarray(upright, int)).max() <= 4
    small = read_picture(tmp_path / "turned", Policy(height=8, width=8, channels=3)).astype(int)
    assert np.abs(small[0, 0] - [255, 0, 0]).max() < 40
    assert np.abs(small[7, 7] - [0, 0, 255]).max() < 40


def test_case_05_folder_and_single_picture_agree(make_folder):
    root = make_folder("cat", "dog", size=(301, 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    noise(8, (401, 301)).save(root / "dog" / "turned.jpg", exif=exif)
    train = load(root)["train"]
    assert train.policy == Policy(height=192, width=192, channels=3)
    for path, image in zip(train.paths, train.images, strict=True):
        assert np.array_equal(image, read_picture(root / path, train.policy))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_case_06_sixteen_bit_grey_is_scaled_not_clipped(tmp_path, kind):
    ramp = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    Image.fromarray(ramp).save(tmp_path / "grey", kind)
    pixels = read_picture(tmp_path / "grey", Policy(8, 8, 1))[:, :, 0]
    assert np.array_equal(pixels, np.rint(ramp / 257).astype(np.uint8))


def test_case_07_every_mode_has_one_documented_conversion(tmp_path):
    policy = Policy(height=4, width=4, channels=3)
    red = {
        "cmyk.jpg": Image.new("CMYK", (4, 4), (0, 255, 255, 0)),
        "palette.png": Image.new("RGB", (4, 4), (255, 0, 0)).quantize(2),
        "opaque.png": Image.new("RGBA", (4, 4), (255, 0, 0, 255)),
        "plain.bmp": Image.new("RGB", (4, 4), (255, 0, 0)),
    }
    for name, image in red.items():
        image.save(tmp_path / name)
        assert np.abs(read_picture(tmp_path / name, policy).astype(int) - [255, 0, 0]).max() <= 2, name
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    assert (read_picture(tmp_path / "clear.png", policy) == 255).all()
    Image.new("LA", (4, 4), (0, 128)).save(tmp_path / "half.png")
    assert (read_picture(tmp_path / "half.png", policy) == 127).all()
    Image.new("L", (4, 4), 7).save(tmp_path / "key.png", transparency=7)
    assert (read_picture(tmp_path / "key.png", policy) == 255).all()
    Image.new("1", (4, 4), 1).save(tmp_path / "one.png")
    assert (read_picture(tmp_path / "one.png", policy) == 255).all()
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("lime", "blue")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    assert (read_picture(tmp_path / "moving.gif", policy) == [0, 255, 0]).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 10_000), (10_000, 1), (3, 2000)])
def test_case_08_extreme_sizes_are_handled(tmp_path, size):
    Image.new("RGB", size, (9, 8, 7)).save(tmp_path / "odd.png")
    pixels = read_picture(tmp_path / "odd.png", Policy(32, 32, 3))
    assert pixels.shape == (32, 32, 3)
    assert (pixels == [9, 8, 7]).all()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_case_09_links_are_bounded_and_may_not_escape(make_folder, tmp_path):
    root = make_folder()
    noise(50).save(tmp_path / "secret.png")
    (root / "cat" / "loop").symlink_to(root)
    (root / "cat" / "out.png").symlink_to(tmp_path / "secret.png")
    (root / "cat" / "nowhere.png").symlink_to(root / "missing.png")
    (root / "dog" / "inside.png").symlink_to(root / "cat" / "0.png")
    (root / "owl").symlink_to(root / "cat")
    (root / "wolf").symlink_to(root / "cat")
    train = load(root)["train"]
    assert train.rejected == (
        Rejected("cat/loop", "a link that leads back to a folder around it"),
        Rejected("cat/nowhere.png", "a link that leads nowhere"),
        Rejected("cat/out.png", "a link that leads outside the folder"),
        Rejected("owl/loop", "a link that leads back to a folder around it"),
        Rejected("owl/nowhere.png", "a link that leads nowhere"),
        Rejected("owl/out.png", "a link that leads outside the folder"),
        Rejected("wolf", "a link to a folder that another link gave already"),
    )
    assert train.classes == ("cat", "dog", "owl")
    assert "dog/inside.png" in train.paths


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders on this system")
def test_case_09_pipe_is_not_waited_for(make_folder):
    root = make_folder()
    os.mkfifo(root / "cat" / "pipe.png")
    assert load(root)["train"].rejected == (Rejected("cat/pipe.png", "not a regular file"),)


def test_case_10_one_class_only_is_an_error(make_folder):
    with pytest.raises(PicturesError) as error:
        load(make_folder("cat"))
    assert error.value.what == "only one class of pictures was found"
    assert error.value.parts["got"] == "cat"


def test_case_10_empty_class_is_named(make_folder):
    root = make_folder()
    (root / "owl").mkdir()
    with pytest.raises(PicturesError) as error:
        load(root)
    assert error.value.what == "a class has no training picture"
    assert error.value.parts["got"] == "0 pictures of 'owl' in train"


def test_case_10_class_that_is_empty_after_decoding_is_named(make_folder):
    root = make_folder()
    (root / "owl").mkdir()
    (root / "owl" / "1.png").write_bytes(b"")
    with pytest.raises(PicturesError, match="a class has no training picture"):
        load(root)


def test_case_10_indices_come_from_the_union_of_splits(make_folder):
    root = make_folder("train/ant", "train/bee", "train/cat", "val/bee", "val/cat", "test/ant", "test/cat")
    splits = load(root)
    assert [pictures.classes for pictures in splits.values()] == [("ant", "bee", "cat")] * 3
    assert splits["val"].labels.tolist() == [1, 1, 2, 2]
    assert splits["test"].labels.tolist() == [0, 0, 2, 2]
    assert splits["val"].notes == ("No picture of 'ant' in val.",)
    assert splits["test"].notes == ("No picture of 'bee' in test.",)
    with pytest.raises(PicturesError) as error:
        load(make_folder("train/a", "train/b", "test/c", name="other"))
    assert error.value.parts["got"] == "0 pictures of 'c' in train"


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (("train/cat", "train/dog", "test/Cat"), "'Cat' and 'cat'"),
        (("train/Straße", "train/dog", "test/STRASSE"), "'STRASSE' and 'Straße' ('Stra\\xdfe')"),
        (
            (
                "train/" + unicodedata.normalize("NFC", "é"),
                "train/dog",
                "test/" + unicodedata.normalize("NFD", "é"),
            ),
            "'e\u0301' ('e\\u0301') and '\xe9' ('\\xe9')",
        ),
    ],
)
def test_case_11_nearly_equal_names_are_refused_and_both_shown(tmp_path, names, shown):
    archive = tmp_path / "names.zip"  # a file system may not be able to hold both
    with zipfile.ZipFile(archive, "w") as file:
        for name in names:
            file.writestr(f"{name}/1.png", b"")
    with pytest.raises(PicturesError) as error:
        load(archive)
    assert error.value.what == "two class names differ only in case or Unicode form"
    assert error.value.parts["got"] == shown


def test_case_11_any_name_works(make_folder):
    names = ("猫 和 狗", 'O\'Brien "x"' if sys.platform != "win32" else "O'Brien", "a & b", "日本語")
    names += ("<script>alert(1)",) if sys.platform != "win32" else ()
    train = load(make_folder(*names, name="图片 与 空格"))["train"]
    assert train.classes == tuple(sorted(names))
    assert not train.rejected
    assert len(train.fingerprint) == 32


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_case_11_name_that_is_no_text_is_rejected(make_folder):
    root = make_folder()
    noise(1).save(io.BytesIO(), "PNG")
    with open(os.fsencode(root / "cat") + b"/\xff.png", "wb") as file:
        noise(1).save(file, "PNG")
    assert load(root)["train"].rejected == (Rejected("cat/\\udcff.png", "its name is not valid Unicode"),)


def test_case_12_same_picture_in_train_and_test_or_with_two_labels(make_folder):
    root = make_folder("train/cat", "train/dog", "test/cat", "test/dog")
    (root / "test" / "dog" / "1.png").write_bytes((root / "train" / "dog" / "0.png").read_bytes())
    (root / "train" / "cat" / "9.png").write_bytes((root / "train" / "dog" / "1.png").read_bytes())
    splits = load(root)
    pairs = shared_pictures(splits["train"], splits["test"])
    assert [(splits["train"].paths[a], splits["test"].paths[b]) for a, b in pairs] == [
        ("train/dog/0.png", "test/dog/1.png")
    ]
    groups = pictures_with_two_labels(splits["train"])
    assert [[splits["train"].paths[i] for i in group] for group in groups] == [
        ["train/cat/9.png", "train/dog/1.png"]
    ]
    assert pictures_with_two_labels(splits["test"]) == ()


def picture_bytes(number: int) -> bytes:
    file = io.BytesIO()
    noise(number).save(file, "PNG")
    return file.getvalue()


def snapshot(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*")}


def test_case_13_hostile_zip_stays_inside(tmp_path):
    archive = tmp_path / "bad.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for number, name in enumerate(("cat/1.png", "cat/2.png", "dog/1.png", "dog\\2.png")):
            file.writestr(name, picture_bytes(number))
        file.writestr("../../escaped.png", picture_bytes(5))
        file.writestr("/absolute.png", picture_bytes(6))
        file.writestr("C:/drive.png", picture_bytes(7))
        file.writestr("cat/bomb.bmp", bytes(40_000_000))
        link = zipfile.ZipInfo("cat/link.png")
        link.external_attr = 0o120777 << 16
        file.writestr(link, "/etc/passwd")
        file.writestr("__MACOSX/cat/._1.png", b"x")
    before = snapshot(tmp_path)
    train = load(archive)["train"]
    assert snapshot(tmp_path) == before
    assert train.paths == ("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png")
    assert {item.path: item.reason.split(" from ")[0] for item in train.rejected} == {
        "../../escaped.png": "its name leads outside the archive",
        "/absolute.png": "its name leads outside the archive",
        "C:/drive.png": "its name leads outside the archive",
        "cat/bomb.bmp": "it expands",
        "cat/link.png": "a link inside an archive",
    }


@pytest.mark.parametrize("kind", ["", "gz", "bz2", "xz"])
def test_case_13_hostile_tar_stays_inside(tmp_path, kind):
    archive = tmp_path / f"bad.tar.{kind}"
    with tarfile.open(archive, f"w:{kind}") as file:
        for number, name in enumerate(
            ("./cat/1.png", "./cat/2.png", "./dog/1.png", "../escaped.png", "/abs.png")
        ):
            member = tarfile.TarInfo(name)
            member.size = len(picture_bytes(number))
            file.addfile(member, io.BytesIO(picture_bytes(number)))
        for name, kind_of_member in (("cat/soft.png", tarfile.SYMTYPE), ("cat/hard.png", tarfile.LNKTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind_of_member, "/etc/passwd"
            file.addfile(member)
        member = tarfile.TarInfo("cat/device.png")
        member.type = tarfile.CHRTYPE
        file.addfile(member)
    before = snapshot(tmp_path)
    train = load(archive)["train"]
    assert snapshot(tmp_path) == before
    assert train.paths == ("cat/1.png", "cat/2.png", "dog/1.png")
    assert train.rejected == (
        Rejected("../escaped.png", "its name leads outside the archive"),
        Rejected("/abs.png", "its name leads outside the archive"),
        Rejected("cat/device.png", "not a regular file"),
        Rejected("cat/hard.png", "a link inside an archive"),
        Rejected("cat/soft.png", "a link inside an archive"),
    )


def test_case_13_compressed_tar_that_expands_too_much_is_refused(tmp_path):
    archive = tmp_path / "bomb.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        member = tarfile.TarInfo("cat/1.bmp")
        member.size = 100_000_000
        file.addfile(member, io.BytesIO(bytes(member.size)))
    with pytest.raises(PicturesError, match="the archive expands too much"):
        load(archive)
    assert not list((cache_folder() / "decoded").iterdir())


def test_case_14_file_that_changes_while_it_is_read(make_folder, monkeypatch):
    root = make_folder()
    from glassnet.pictures import folders

    listing = folders.list_folder

    def list_then_change(path):
        found = listing(path)
        (root / "dog" / "1.png").write_bytes(picture_bytes(99))
        return found

    monkeypatch.setattr(folders, "list_folder", list_then_change)
    with pytest.raises(PicturesError) as error:
        load(root)
    assert error.value.what == "a file changed while the source was read"
    assert error.value.parts["got"] == "dog/1.png"
    assert not list((cache_folder() / "decoded").iterdir())


def test_case_14_file_that_changes_between_runs_changes_the_fingerprint(make_folder):
    root = make_folder()
    before = load(root)["train"].fingerprint
    assert load(root)["train"].fingerprint == before
    (root / "dog" / "1.png").write_bytes(picture_bytes(99))
    assert load(root)["train"].fingerprint != before


def test_case_15_validation_is_made_from_training_pictures_and_said():
    splits = load("fashion-mini")
    assert "val" not in splits
    train, val = split_off(splits["train"], 0.1, seed=3)
    assert val.notes == ("Made from 600 of 6000 training pictures (seed 3): the source has none.",)
    assert len(shared_pictures(train, val)) == 0
    assert sorted((*train.paths, *val.paths)) == sorted(splits["train"].paths)
