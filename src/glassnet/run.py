"""The noun `Run`: the folder that one training wrote. Every file in it is whole or not there."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import filelock

from glassnet.errors import RunError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

INFO = "run.json"
KEPT_CHECKPOINTS = 2  # the last one, and the one before it should the last be damaged


@dataclass(frozen=True)
class Run:
    """A run folder, by its path.

    Example:
        >>> Run(Path("runs/one")).weights("best").as_posix()
        'runs/one/weights/best.safetensors'
    """

    path: Path

    def weights(self, which: str) -> Path:
        """Tell where weights lie.

        Args:
            which: `best` or `last`.

        Returns:
            The path of a safetensors file: a plain `state_dict`.
        """
        return self.path / "weights" / f"{which}.safetensors"

    def predictions(self, split: str) -> Path:
        """Tell where the predictions of a split lie.

        Args:
            split: `val` or `test`.

        Returns:
            The path of an `.npz` file.
        """
        return self.path / f"predictions-{split}.npz"

    @property
    def info(self) -> dict[str, Any]:
        """What `run.json` says: command, versions, source, network, recipe with reasons, results.

        Raises:
            RunError: The file is damaged.
        """
        return read_json(self.path / INFO)

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """The lines of `metrics.jsonl`: one for each judged epoch and some steps."""
        lines = (self.path / "metrics.jsonl").read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines]


def open_run(path: str | Path) -> Run:
    """Open a run that is there.

    Args:
        path: Its folder.

    Returns:
        The run.

    Raises:
        UsageError: The folder is missing or no run.
    """
    path = Path(path)
    if not (path / INFO).is_file():
        got = "nothing" if not path.exists() else "a file" if path.is_file() else f"a folder without {INFO}"
        raise UsageError(
            "this is not a run", where=path, got=got, hint="glassnet train writes one and tells where it lies"
        )
    return Run(path)


def create_run(path: Path) -> Run:
    """Make the folder of a new run.

    Args:
        path: It must not be there, or be empty.

    Returns:
        The run.

    Raises:
        UsageError: Something lies there already, or the folder cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        taken = next((item.name for item in path.iterdir() if item.name != ".lock"), None)
    except OSError as error:
        raise UsageError("the run folder cannot be made", where=path, got=error.strerror or error) from None
    if taken is not None:
        raise UsageError(
            "the folder of the run is not empty", where=path, got=taken,
            hint=f"another --out, or --resume {path} to go on with the run in it",
        )  # fmt: skip
    return Run(path)


@contextmanager
def locked(run: Run) -> Iterator[None]:
    """Be the only writer of a run; the system frees the lock when the process ends, however it ends.

    Args:
        run: The run.

    Yields:
        Nothing.

    Raises:
        RunError: Another process writes it.
    """
    lock = filelock.FileLock(run.path / ".lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise RunError(
            "another process writes this run", where=run.path, hint="wait for it, or stop it"
        ) from None
    try:
        yield
    finally:
        lock.release()


def write_whole(path: Path, content: bytes | str) -> str:
    """Write a file so that at any instant, also after a power loss, the old or the new one is there, whole.

    Args:
        path: The file; its folder is made.
        content: Text is written as UTF-8.

    Returns:
        SHA-256 of the bytes, 64 hex digits.

    Raises:
        RunError: The disk is full or fails; what was there before is untouched.
    """
    data = content.encode() if isinstance(content, str) else content
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = file.name
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                os.unlink(temporary)
        raise RunError(
            "a file of the run cannot be written", where=path, got=error.strerror or error,
            expected=f"room for {len(data):,} bytes", hint="what was there before is untouched; make room",
        ) from None  # fmt: skip
    return hashlib.sha256(data).hexdigest()


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # Windows has no such call: a rename is written through there
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, content: dict[str, Any]) -> str:
    """Write a JSON object, whole.

    Args:
        path: The file.
        content: Plain data.

    Returns:
        SHA-256 of the bytes.

    Raises:
        RunError: As `write_whole`.
    """
    return write_whole(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        path: The file.

    Returns:
        Its content.

    Raises:
        RunError: It is missing or damaged.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RunError("a file of the run cannot be read", where=path, got=error) from None
    if not isinstance(content, dict):
        raise RunError(
            "a file of the run cannot be read", where=path, got=type(content).__name__, expected="an object"
        )
    return content


def write_checkpoint(run: Run, step: int, tensors: bytes, facts: dict[str, Any]) -> None:
    """Add a checkpoint and remove those that are no longer needed.

    Args:
        run: The run.
        step: Steps taken.
        tensors: A safetensors file.
        facts: Plain data.

    Raises:
        RunError: As `write_whole`; the checkpoints before are untouched.
    """
    folder = run.path / "checkpoints"
    digest = write_whole(folder / f"{step:010}.safetensors", tensors)
    write_json(folder / f"{step:010}.json", {"step": step, "sha256": digest, "facts": facts})
    for manifest in sorted(folder.glob("*.json"))[:-KEPT_CHECKPOINTS]:
        manifest.unlink()
    named = {manifest.stem for manifest in folder.glob("*.json")}
    for (
        file
    ) in folder.iterdir():  # what a killed writer left, too; nobody else writes here: the run is locked
        if file.stem not in named:
            file.unlink()


def read_checkpoint(run: Run) -> tuple[bytes, dict[str, Any], list[str]] | None:
    """Read the last checkpoint that is whole.

    Args:
        run: The run.

    Returns:
        Its tensors and facts, and a line for each later one that is damaged; None where there is none at all.

    Raises:
        RunError: There are checkpoints, and all are damaged.
    """
    damaged: list[str] = []
    for manifest in sorted((run.path / "checkpoints").glob("[0-9]*.json"), reverse=True):
        try:
            content = read_json(manifest)
            tensors = manifest.with_suffix(".safetensors").read_bytes()
        except (RunError, OSError) as error:
            damaged.append(f"checkpoint {manifest.stem}: {error}")
            continue
        if hashlib.sha256(tensors).hexdigest() == content.get("sha256") and isinstance(
            content.get("facts"), dict
        ):
            return tensors, content["facts"], damaged
        damaged.append(f"checkpoint {manifest.stem}: its SHA-256 is not the one written beside it")
    if damaged:
        raise RunError("every checkpoint of this run is damaged", where=run.path, got="; ".join(damaged))
    return None
