"""Original files: found where people keep them, read as their makers wrote them, downloaded with care."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import pickle
import struct
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from glassnet.errors import GlassnetError, PicturesError
from glassnet.pictures import Progress, load, originals
from glassnet.pictures.cache import cache_folder
from glassnet.pictures.download import Remote, download
from glassnet.pictures.idx import read_idx
from glassnet.pictures.originals import ORIGINALS

SYSTEM = Path("/usr/share/datasets/fashion-mnist")
needs_fashion = pytest.mark.skipif(
    not SYSTEM.is_dir(), reason="needs the original files: apt-get install -y dataset-fashion-mnist"
)


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def few(monkeypatch):
    """Let the data sets have 30 training and 20 test pictures."""
    for name, original in ORIGINALS.items():
        small = {"train": 50, "test": 10} if name == "cifar10" else {"train": 30, "test": 20}
        monkeypatch.setitem(
            ORIGINALS,
            name,
            originals.Original(**{**vars(original), "num_pictures": small, "system_folder": None}),
        )
    monkeypatch.setattr(originals, "_CIFAR_PICTURES", 10)


def write_mnist(folder: Path, *, packed: bool) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    arrays = {}
    for split, stem, count in (("train", "train", 30), ("test", "t10k", 20)):
        images = random.integers(0, 256, (count, 28, 28), np.uint8)
        labels = np.arange(count, dtype=np.uint8) % 10
        for name, array in ((f"{stem}-images-idx3-ubyte", images), (f"{stem}-labels-idx1-ubyte", labels)):
            if packed:
                (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array), mtime=0))
            else:
                (folder / name).write_bytes(idx(array))
        arrays[split] = (images, labels)
    return arrays


@needs_fashion
def test_fashion_mnist_of_the_system():
    splits = load("fashion-mnist")
    assert {name: pictures.images.shape for name, pictures in splits.items()} == {
        "train": (60_000, 28, 28, 1),
        "test": (10_000, 28, 28, 1),
    }
    assert np.bincount(splits["test"].labels).tolist() == [1000] * 10
    assert splits["train"].classes[9] == "Ankle boot"
    assert splits["train"].labels[:5].tolist() == [9, 0, 0, 3, 0]
    raw = gzip.decompress((SYSTEM / "t10k-images-idx3-ubyte.gz").read_bytes())
    assert splits["test"].images.tobytes() == raw[16:]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("layout", ["MNIST/raw", "mnist", "."])
@pytest.mark.parametrize("packed", [True, False])
def test_mnist_is_found_below_a_data_folder(tmp_path, monkeypatch, layout, packed):
    arrays = write_mnist(tmp_path / "data" / layout, packed=packed)
    monkeypatch.setenv("GLASSNET_DATA", str(tmp_path / "data"))
    splits = load("mnist")
    for split, (images, labels) in arrays.items():
        assert np.array_equal(splits[split].images[..., 0], images)
        assert np.array_equal(splits[split].labels, labels)
    assert splits["train"].classes == tuple("0123456789")


@pytest.mark.usefixtures("few")
def test_files_of_the_other_data_set_with_the_same_names_are_not_taken_for_it(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSNET_OFFLINE", "1")
    write_mnist(tmp_path, packed=False)
    labels = np.array([*ORIGINALS["mnist"].first_labels, *range(10), *range(10)], np.uint8)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(labels))
    assert np.array_equal(load("mnist", data_dir=tmp_path)["train"].labels, labels)
    with pytest.raises(GlassnetError):  # it would have to be downloaded
        load("fashion-mnist", data_dir=tmp_path)


@pytest.mark.usefixtures("few")
def test_the_cache_comes_after_the_data_folder_and_before_a_download(tmp_path):
    write_mnist(cache_folder() / "originals" / "mnist", packed=True)
    (tmp_path / "empty").mkdir()
    assert len(load("mnist", data_dir=tmp_path / "empty")["train"]) == 30


def test_data_folder_that_is_not_there(tmp_path):
    with pytest.raises(PicturesError, match="there is no such data folder"):
        load("mnist", data_dir=tmp_path / "missing")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (idx(np.zeros((2, 3), np.uint8))[:-1], "the file is damaged"),
        (idx(np.zeros((2, 3), np.uint8)) + b"x", "the file is damaged"),
        (gzip.compress(idx(np.zeros((200, 3), np.uint8)), mtime=0)[:-9], "the file is damaged"),
        (b"\0\0\x0d\1\0\0\0\0", "not an idx file of bytes"),
        (b"\0\0\x08\3\0\0", "not an idx file of bytes"),
        (b"\0\0\x08\3" + b"\xff" * 12, "the file is damaged"),
        (b"", "not an idx file of bytes"),
    ],
)
def test_damaged_idx(tmp_path, content, what):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(PicturesError) as error:
        read_idx(tmp_path / "file")
    assert error.value.what == what


@pytest.mark.usefixtures("few")
def test_wrong_number_of_pictures_is_an_error(tmp_path):
    write_mnist(tmp_path / "mnist", packed=False)
    (tmp_path / "mnist" / "t10k-labels-idx1-ubyte").write_bytes(idx(np.zeros(3, np.uint8)))
    with pytest.raises(PicturesError) as error:
        load("mnist", data_dir=tmp_path)
    assert error.value.what == "these are not the test files of mnist"


class Python2Pickler(pickle._Pickler):
    """Writes bytes as Python 2 wrote its strings."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def save_string(self, value: bytes) -> None:
        self.write(pickle.BINSTRING + struct.pack("<i", len(value)) + value)
        self.memoize(value)

    dispatch[bytes] = save_string


def python_2_pickle(images: np.ndarray, labels: list[int]) -> bytes:
    """Pickle a batch as CIFAR-10 was: protocol 2, byte strings, numpy's old module name."""
    file = io.BytesIO()
    Python2Pickler(file, protocol=2).dump({b"data": images, b"labels": labels, b"batch_label": b"1 of 5"})
    return file.getvalue().replace(b"cnumpy._core.multiarray", b"cnumpy.core.multiarray")


def write_cifar(folder: Path, kind: str) -> np.ndarray:
    """Write six batches of ten pictures; returns all rows of planes."""
    random = np.random.default_rng(1)
    planes = random.integers(0, 256, (60, 3072), np.uint8)
    folder.mkdir(parents=True)
    names = [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"]
    for number, name in enumerate(names):
        rows, labels = planes[10 * number : 10 * number + 10], np.arange(10, dtype=np.uint8)
        if kind == "bin":
            (folder / f"{name}.bin").write_bytes(np.concatenate([labels[:, None], rows], axis=1).tobytes())
        else:
            (folder / name).write_bytes(python_2_pickle(rows, labels.tolist()))
    return planes


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("kind", ["bin", "py"])
@pytest.mark.parametrize("packed", [True, False])
def test_cifar10_in_all_its_forms(tmp_path, kind, packed):
    data = tmp_path / "data"
    planes = write_cifar((tmp_path if packed else data) / f"cifar-10-batches-{kind}", kind)
    if packed:
        data.mkdir()
        with tarfile.open(data / f"cifar-10-{'binary' if kind == 'bin' else 'python'}.tar.gz", "w:gz") as tar:
            tar.add(tmp_path / f"cifar-10-batches-{kind}", f"cifar-10-batches-{kind}")
    splits = load("cifar10", data_dir=data)
    assert splits["train"].images.shape == (50, 32, 32, 3)
    assert np.array_equal(splits["train"].images.transpose(0, 3, 1, 2).reshape(50, -1), planes[:50])
    assert np.array_equal(splits["test"].images[3, :, :, 2].ravel(), planes[53, 2048:])
    assert splits["test"].labels.tolist() == list(range(10))
    assert splits["test"].classes[1] == "automobile"


class Attack:
    def __init__(self, call, *args):
        self.call, self.args = call, args

    def __reduce__(self):
        return self.call, self.args


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    "call", [os.system, eval, np.load, bytearray], ids=["system", "eval", "load", "bytearray"]
)
def test_hostile_pickle_calls_nothing(tmp_path, call):
    write_cifar(tmp_path / "cifar-10-batches-py", "py")
    hostile = pickle.dumps({b"data": Attack(call, f"touch {tmp_path}/owned"), b"labels": []}, protocol=2)
    (tmp_path / "cifar-10-batches-py" / "data_batch_3").write_bytes(hostile)
    with pytest.raises(PicturesError) as error:
        load("cifar10", data_dir=tmp_path)
    assert error.value.what == "not a batch of CIFAR-10"
    assert "it asks for" in error.value.parts["got"]
    assert not (tmp_path / "owned").exists()


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("content", [b"", b"\x80\x02}.", b"no pickle", pickle.dumps([1])])
def test_damaged_pickle(tmp_path, content):
    write_cifar(tmp_path / "cifar-10-batches-py", "py")
    (tmp_path / "cifar-10-batches-py" / "test_batch").write_bytes(content)
    with pytest.raises(PicturesError, match=r"not a batch of CIFAR-10"):
        load("cifar10", data_dir=tmp_path)


CONTENT = bytes(range(256)) * 4000


class Server(ThreadingHTTPServer):
    """Serves CONTENT; `cuts` are numbers of bytes after which the first connections break."""

    daemon_threads = True

    def __init__(self, *, ranges: bool = True):
        super().__init__(("127.0.0.1", 0), Handler)
        self.ranges, self.cuts, self.asked = ranges, [], []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        if self.path != "/files/data.bin":
            self.send_error(404)
            return
        start = int(wanted[6:-1]) if wanted and self.server.ranges else 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        end = start + self.server.cuts.pop(0) if self.server.cuts else len(CONTENT)
        self.wfile.write(CONTENT[start:end])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch, request):
    with Server(ranges=getattr(request, "param", True)) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("GLASSNET_OFFLINE", "0")
        monkeypatch.setenv("GLASSNET_DATA_MIRROR", f"http://127.0.0.1:{running.server_port}/files")
        yield running
        running.shutdown()
        thread.join()


def remote(content: bytes = CONTENT, name: str = "data.bin") -> Remote:
    return Remote(name, "https://example.invalid/", hashlib.sha256(content).hexdigest(), len(CONTENT))


def test_download_tells_progress_and_leaves_only_the_file(server, tmp_path):
    events = list(download(remote(), tmp_path))
    assert isinstance(events[-1], Progress)
    assert (events[-1].done, events[-1].total) == (len(CONTENT), len(CONTENT))
    assert [path.name for path in tmp_path.iterdir()] == ["data.bin"]
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("server", [True, False], indirect=True, ids=["ranges", "no ranges"])
def test_download_goes_on_after_a_cut(server, tmp_path):
    server.cuts = [300_000, 500_000] if server.ranges else [300_000]
    list(download(remote(), tmp_path))
    assert (tmp_path / "data.bin").read_bytes() == CONTENT
    assert server.asked[0] is None
    assert server.asked[1] == "bytes=300000-"


def test_download_goes_on_in_a_later_run(server, tmp_path):
    server.cuts = [100_000, 100_000, 100_000]
    with pytest.raises(GlassnetError, match=r"data\.bin could not be downloaded") as error:
        list(download(remote(), tmp_path))
    assert (tmp_path / "data.bin.part").stat().st_size == 300_000
    assert error.value.parts["got"] == "the connection ended after 300,000 bytes"
    list(download(remote(), tmp_path))
    assert server.asked[-1] == "bytes=300000-"
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


def test_download_with_wrong_checksum_is_thrown_away(server, tmp_path):
    wanted = remote(b"other")
    with pytest.raises(GlassnetError) as error:
        list(download(wanted, tmp_path))
    assert error.value.parts == {
        "where": f"http://127.0.0.1:{server.server_port}/files/data.bin",
        "got": f"a file with SHA-256 {hashlib.sha256(CONTENT).hexdigest()}",
        "expected": f"1,024,000 bytes with SHA-256 {wanted.sha256}",
        "hint": f"fetch it by hand and place it at {tmp_path / 'data.bin'}",
    }
    assert not list(tmp_path.iterdir())


def test_download_of_a_missing_file(server, tmp_path):
    with pytest.raises(GlassnetError) as error:
        list(download(remote(name="missing.bin"), tmp_path))
    assert error.value.parts["got"] == "HTTP 404 Not Found"
    assert error.value.exit_code == 1


def test_part_that_the_server_cannot_continue_is_fetched_again(server, tmp_path, monkeypatch):
    (tmp_path / "data.bin.part").write_bytes(b"x" * 1000)
    whole = Handler.do_GET

    def refuse_ranges(self):
        return self.send_error(416) if self.headers.get("Range") else whole(self)

    monkeypatch.setattr(Handler, "do_GET", refuse_ranges)
    list(download(remote(), tmp_path))
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


def test_second_process_is_refused(server, tmp_path):
    fcntl = pytest.importorskip("fcntl")
    with (tmp_path / "data.bin.part").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(GlassnetError, match="another process is downloading this file"):
            list(download(remote(), tmp_path))


def test_offline_says_what_to_place_where():
    with pytest.raises(GlassnetError) as error:
        load("cifar10")
    place = cache_folder() / "originals" / "cifar10" / "cifar-10-binary.tar.gz"
    assert str(error.value) == (
        "cifar-10-binary.tar.gz could not be downloaded\n"
        "  where: https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz\n"
        "  got: GLASSNET_OFFLINE forbids downloads\n"
        "  expected: 170,052,171 bytes with SHA-256 "
        "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd\n"
        f"  hint: fetch it by hand and place it at {place}"
    )


@pytest.mark.usefixtures("few")
def test_download_of_a_data_set_is_read(server, monkeypatch, tmp_path):
    write_mnist(tmp_path / "site", packed=True)
    remotes = []
    for path in sorted((tmp_path / "site").iterdir()):
        content = path.read_bytes()
        remotes.append(Remote(path.name, "", hashlib.sha256(content).hexdigest(), len(content)))
    original = originals.Original(**{**vars(ORIGINALS["mnist"]), "remotes": tuple(remotes)})
    monkeypatch.setitem(ORIGINALS, "mnist", original)

    def answer(self):
        content = (tmp_path / "site" / self.path.rsplit("/", 1)[1]).read_bytes()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(content)

    monkeypatch.setattr(Handler, "do_GET", answer)
    assert len(load("mnist")["test"]) == 20
    monkeypatch.setenv("GLASSNET_OFFLINE", "1")
    assert len(load("mnist")["test"]) == 20


def test_checksums_are_whole():
    for original in ORIGINALS.values():
        assert all(len(bytes.fromhex(remote.sha256)) == 32 for remote in original.remotes)


def test_batches_are_bounded(tmp_path):
    with pytest.raises(PicturesError, match="not a batch of CIFAR-10"):
        originals._read_bounded(io.BytesIO(bytes(70_000_000)), tmp_path)
