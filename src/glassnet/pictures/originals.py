"""The original files of Fashion-MNIST, MNIST and CIFAR-10: where they are looked for, and what they hold."""

from __future__ import annotations

import io
import os
import pickle
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from glassnet.errors import PicturesError
from glassnet.pictures.arrays import from_arrays
from glassnet.pictures.cache import cache_folder
from glassnet.pictures.download import Remote, download
from glassnet.pictures.idx import read_idx

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from glassnet.pictures.events import Progress
    from glassnet.pictures.pictures import Pictures

_MNIST_URL = "https://ossci-datasets.s3.amazonaws.com/mnist/"
_FASHION_URL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
_CIFAR_URL = "https://www.cs.toronto.edu/~kriz/"
_CIFAR_ROW_BYTES = 1 + 3 * 32 * 32
_CIFAR_BATCHES = {"train": [f"data_batch_{number}" for number in range(1, 6)], "test": ["test_batch"]}
_CIFAR_PICTURES = 10_000  # in each batch
_IDX_STEMS = {"train": "train", "test": "t10k"}
_DAMAGED = (OSError, EOFError, zlib.error, tarfile.TarError)


@dataclass(frozen=True)
class Original:
    """A data set as its makers published it."""

    name: str
    remotes: tuple[Remote, ...]  # the SHA-256 are of the files whose MD5 the makers (or torchvision) publish
    folders: tuple[str, ...]  # below a data folder, where people and other programs keep it
    system_folder: str | None
    classes: tuple[str, ...]
    num_pictures: dict[str, int]
    first_labels: tuple[int, ...] = ()  # of the training pictures, where others' files have the same names


ORIGINALS = {
    "mnist": Original(
        "mnist",
        (
            Remote(
                "train-images-idx3-ubyte.gz",
                _MNIST_URL,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                9_912_422,
            ),
            Remote(
                "train-labels-idx1-ubyte.gz",
                _MNIST_URL,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                28_881,
            ),
            Remote(
                "t10k-images-idx3-ubyte.gz",
                _MNIST_URL,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                1_648_877,
            ),
            Remote(
                "t10k-labels-idx1-ubyte.gz",
                _MNIST_URL,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                4_542,
            ),
        ),
        ("mnist", "MNIST/raw", "MNIST"),
        None,
        tuple("0123456789"),
        {"train": 60_000, "test": 10_000},
        (5, 0, 4, 1, 9, 2, 1, 3, 1, 4),
    ),
    "fashion-mnist": Original(
        "fashion-mnist",
        (
            Remote(
                "train-images-idx3-ubyte.gz",
                _FASHION_URL,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                26_421_880,
            ),
            Remote(
                "train-labels-idx1-ubyte.gz",
                _FASHION_URL,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                29_515,
            ),
            Remote(
                "t10k-images-idx3-ubyte.gz",
                _FASHION_URL,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                4_422_102,
            ),
            Remote(
                "t10k-labels-idx1-ubyte.gz",
                _FASHION_URL,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                5_148,
            ),
        ),
        ("fashion-mnist", "FashionMNIST/raw", "FashionMNIST"),
        "/usr/share/datasets/fashion-mnist",  # Debian's package dataset-fashion-mnist
        (
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        {"train": 60_000, "test": 10_000},
        (9, 0, 0, 3, 0, 2, 7, 2, 5, 5),
    ),
    "cifar10": Original(
        "cifar10",
        (
            Remote(
                "cifar-10-binary.tar.gz",
                _CIFAR_URL,
                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                170_052_171,
            ),
        ),
        ("cifar10", "cifar-10"),
        None,
        ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        {"train": 50_000, "test": 10_000},
    ),
}


def read_original(
    name: str, *, data_dir: Path | None = None
) -> Generator[Progress, None, dict[str, Pictures]]:
    """Read a published data set from its original files.

    They are looked for in `data_dir` (else `GLASSNET_DATA`), in the cache, and in the system's folder, in
    this order, directly and in the sub-folders that torchvision uses; then they are downloaded to the cache.

    Args:
        name: One of `ORIGINALS`.
        data_dir: A folder of data sets.

    Yields:
        Progress of a download.

    Returns:
        The splits `train` and `test`.

    Raises:
        PicturesError: A file is damaged, or the data folder does not exist.
        GlassnetError: A file could not be downloaded.
    """
    original = ORIGINALS[name]
    own_folder = cache_folder() / "originals" / name
    for folder in _places(original, data_dir, own_folder):
        if splits := _read_from(original, folder):
            return splits
    for remote in original.remotes:
        if not (own_folder / remote.name).is_file():
            yield from download(remote, own_folder)
    return _read_from(original, own_folder)


def _places(original: Original, data_dir: Path | None, own_folder: Path) -> Iterator[Path]:
    if data_dir is None and (named := os.environ.get("GLASSNET_DATA")):
        data_dir = Path(named)
    if data_dir:
        data_dir = data_dir.expanduser()
        if not data_dir.is_dir():
            raise PicturesError("there is no such data folder", where=data_dir)
        yield from (data_dir / name for name in original.folders)
        yield data_dir
    yield own_folder
    if original.system_folder:
        yield Path(original.system_folder)


def _read_from(original: Original, folder: Path) -> dict[str, Pictures]:
    """Read the splits from a folder; none where it does not hold all files, or those of another data set."""
    arrays = _read_cifar(folder) if original.name == "cifar10" else _read_idx_files(folder)
    if arrays and _is_another(original, arrays["train"][1]):
        return {}
    splits = {}
    for split, (images, labels) in arrays.items():
        expected = original.num_pictures[split]
        if len(images) != expected or len(labels) != expected or labels.max() >= len(original.classes):
            raise PicturesError(
                f"these are not the {split} files of {original.name}",
                where=folder,
                got=f"{len(images):,} pictures, {len(labels):,} labels up to {labels.max()}",
                expected=f"{expected:,} of each, labels up to {len(original.classes) - 1}",
            )
        paths = tuple(f"{original.name}:{split}[{index}]" for index in range(expected))
        splits[split] = from_arrays(
            split, images, labels, original.classes, source=original.name, paths=paths
        )
    return splits


def _is_another(original: Original, labels: np.ndarray) -> bool:
    """Tell whether these are the labels of another data set, whose files have the same names."""
    others = (other.first_labels for other in ORIGINALS.values() if other.name != original.name)
    return any(first and tuple(labels[: len(first)].tolist()) == first for first in others)


def _read_idx_files(folder: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    files: dict[str, list[Path]] = {}
    for split, stem in _IDX_STEMS.items():
        for name in (f"{stem}-images-idx3-ubyte", f"{stem}-labels-idx1-ubyte"):
            found = [path for path in (folder / name, folder / f"{name}.gz") if path.is_file()]
            if not found:
                return {}
            files.setdefault(split, []).append(found[0])
    arrays = {}
    for split, (images_file, labels_file) in files.items():
        images, labels = read_idx(images_file), read_idx(labels_file)
        if images.shape[1:] != (28, 28) or labels.ndim != 1:
            raise PicturesError(
                "these are not pictures of 28×28 and their labels",
                where=images_file,
                got=f"{images.shape}, {labels.shape}",
            )
        arrays[split] = (images[..., None], labels)
    return arrays


def _read_cifar(folder: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Read CIFAR-10 as folder or archive, binary or Python version; whatever is there."""
    for kind, suffix in (("bin", ".bin"), ("py", "")):
        names = [name + suffix for batches in _CIFAR_BATCHES.values() for name in batches]
        unpacked = folder / f"cifar-10-batches-{kind}"
        packed = folder / f"cifar-10-{'binary' if kind == 'bin' else 'python'}.tar.gz"
        if unpacked.is_dir() and all((unpacked / name).is_file() for name in names):
            files = {name: _read_bounded((unpacked / name).open("rb"), unpacked / name) for name in names}
        elif packed.is_file():
            files = _read_members(packed, names)
        else:
            continue
        where = unpacked if unpacked.is_dir() else packed
        read = _cifar_binary if kind == "bin" else _cifar_python
        return {
            split: _join([read(files[name + suffix], f"{where}: {name + suffix}") for name in batches])
            for split, batches in _CIFAR_BATCHES.items()
        }
    return {}


def _read_members(archive: Path, names: Sequence[str]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                name = member.name.rsplit("/", 1)[-1]
                content = tar.extractfile(member) if name in names and member.isreg() else None
                if content:
                    files[name] = _read_bounded(content, archive)
    except _DAMAGED as error:
        raise PicturesError("the file is damaged", where=archive, got=error) from None
    if missing := [name for name in names if name not in files]:
        raise PicturesError("the archive is not complete", where=archive, got=f"no {', '.join(missing)}")
    return files


def _read_bounded(file: IO[bytes], where: Path) -> bytes:
    limit = 2 * _CIFAR_PICTURES * _CIFAR_ROW_BYTES
    with file:
        content = file.read(limit)
    if len(content) == limit:
        raise PicturesError("not a batch of CIFAR-10", where=where, got=f"more than {limit:,} bytes")
    return content


def _cifar_binary(content: bytes, where: str) -> tuple[np.ndarray, np.ndarray]:
    if len(content) != _CIFAR_PICTURES * _CIFAR_ROW_BYTES:
        raise PicturesError(
            "not a batch of CIFAR-10",
            where=where,
            got=f"{len(content):,} bytes",
            expected=f"{_CIFAR_PICTURES * _CIFAR_ROW_BYTES:,} bytes",
        )
    rows = np.frombuffer(content, np.uint8).reshape(_CIFAR_PICTURES, _CIFAR_ROW_BYTES)
    return rows[:, 1:], rows[:, 0]


def _join(batches: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    planes = np.concatenate([rows for rows, _ in batches]).reshape(-1, 3, 32, 32)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), np.concatenate(
        [labels for _, labels in batches]
    )


class _Array:
    """Stands in for numpy's array while a batch is unpickled: it only keeps what it is given."""

    def __init__(self, *_: object) -> None:
        self.state: tuple[Any, ...] = ()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.state = state


class _Dtype:
    """Stands in for numpy's dtype."""

    def __init__(self, kind: object = None, *_: object) -> None:
        self.kind = kind

    def __setstate__(self, _: object) -> None:
        """Byte order and flags: of no meaning for bytes."""


class _BatchUnpickler(pickle.Unpickler):
    """Knows no class but the stand-ins, so that a pickle from a stranger can call nothing."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in {
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("numpy", "ndarray"),
        }:
            return _Array
        if (module, name) == ("numpy", "dtype"):
            return _Dtype
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")


def _cifar_python(content: bytes, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Read a batch of the Python version, which is a pickle, without letting it call anything."""
    expected = (_CIFAR_PICTURES, _CIFAR_ROW_BYTES - 1)
    try:
        batch = _BatchUnpickler(io.BytesIO(content), encoding="bytes").load()
        _, shape, dtype, is_fortran, values = batch[b"data"].state
        labels = np.array(batch[b"labels"], np.int64)
        fits = shape == expected and dtype.kind in (b"u1", "u1") and not is_fortran
        rows = np.frombuffer(values, np.uint8).reshape(expected) if fits else None
    except Exception as error:  # noqa: BLE001 - a broken pickle may raise anything
        raise PicturesError(
            "not a batch of CIFAR-10", where=where, got=f"{type(error).__name__}: {error}"
        ) from None
    if rows is None or labels.shape != expected[:1] or not (labels.min() >= 0):
        raise PicturesError("not a batch of CIFAR-10", where=where, got=f"an array {shape} of {dtype.kind}")
    return rows, labels
