"""The noun `Run`: the folder that one training wrote. Every file in it is whole or not there."""

from __future__ import annotations

import hashlib
import json
import os
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
MOST_TEXT_BYTES = 100_000_000  # a larger file was not written here, and reading it would fill the memory


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
        """The lines of `metrics.jsonl`: one for each judged epoch and some steps.

        Raises:
            RunError: The file is missing or damaged.
        """
        path = self.path / "metrics.jsonl"
        try:
            lines = [json.loads(line) for line in _read_text(path).splitlines()]
        except (OSError, ValueError, RecursionError) as error:
            raise RunError("a file of the run cannot be read", where=path, got=error) from None
        if not all(isinstance(line, dict) for line in lines):
            raise RunError("a file of the run cannot be read", where=path, expected="an object in each line")
        return lines


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

    Half-written files that a killed writer left are removed.

    Args:
        run: The run.

    Yields:
        Nothing.

    Raises:
        RunError: Another process writes it, or the folder cannot be written.
    """
    lock = filelock.FileLock(run.path / ".lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise RunError(
            "another process writes this run", where=run.path, hint="wait for it, or stop it"
        ) from None
    except OSError as error:
        raise RunError("the run cannot be locked", where=run.path, got=error.strerror or error) from None
    try:
        for leftover in run.path.rglob(".*.partial"):
            leftover.unlink(missing_ok=True)
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
    partial = path.parent / f".{path.name}.{os.getpid()}.partial"
    try:
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "a device or pipe, which would be replaced by a file"
            raise RunError("a file of the run cannot be written", where=path, got=what)
        if not path.parent.exists():
            path.parent.mkdir(parents=True)
            _sync_folder(path.parent.parent)
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise RunError(
            "a file of the run cannot be written", where=path, got=error.strerror or error,
            expected=f"room for {len(data):,} bytes", hint="what was there before is untouched; make room",
        ) from None  # fmt: skip
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
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
        RunError: It is missing, damaged or larger than any that glassnet writes.
    """
    try:
        content = json.loads(_read_text(path))
    except (OSError, ValueError, RecursionError) as error:
        raise RunError("a file of the run cannot be read", where=path, got=error) from None
    if not isinstance(content, dict):
        raise RunError(
            "a file of the run cannot be read", where=path, got=type(content).__name__, expected="an object"
        )
    return content


def _read_text(path: Path) -> str:
    size = path.stat().st_size
    if size > MOST_TEXT_BYTES:
        raise ValueError(f"{size:,} bytes, more than glassnet writes")
    return path.read_text("utf-8")


def write_checkpoint(run: Run, step: int, tensors: bytes, facts: dict[str, Any]) -> None:
    """Add a checkpoint and remove those that are no longer needed.

    The manifest names its tensors by their content: a second checkpoint of the same step never replaces what
    the first one's manifest names.

    Args:
        run: The run.
        step: Steps taken; checkpoints of later steps, which a training that went back has left, are removed.
        tensors: A safetensors file.
        facts: Plain data.

    Raises:
        RunError: As `write_whole`; the checkpoints before are untouched.
    """
    folder = run.path / "checkpoints"
    digest = hashlib.sha256(tensors).hexdigest()
    write_whole(folder / _tensors_name(step, digest), tensors)
    manifest = {"step": step, "sha256": digest, "facts_sha256": _facts_digest(facts), "facts": facts}
    write_json(folder / f"{step:010}.json", manifest)
    manifests = [path for path in _manifests(run) if int(path.stem) <= step][:KEPT_CHECKPOINTS]
    kept = {path.name for path in manifests}
    for path in manifests:
        with suppress(RunError):  # a damaged one keeps no tensors
            kept.add(_tensors_name(int(path.stem), read_json(path).get("sha256")))
    for file in folder.iterdir():  # nobody else writes here: the run is locked
        if file.name not in kept:
            with suppress(OSError):  # what cannot be removed now is removed after the next checkpoint
                file.unlink()


def _manifests(run: Run) -> list[Path]:
    """List the manifests of the checkpoints, the last one first."""
    return sorted((run.path / "checkpoints").glob("[0-9]" * 10 + ".json"), reverse=True)


def _tensors_name(step: int, digest: object) -> str:
    return f"{step:010}-{str(digest)[:16]}.safetensors"


def _facts_digest(facts: object) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


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
    for manifest in _manifests(run):
        step = int(manifest.stem)
        try:
            content = read_json(manifest)
            digest, facts = content.get("sha256"), content.get("facts")
            tensors = (manifest.parent / _tensors_name(step, digest)).read_bytes()
        except (RunError, OSError, ValueError) as error:
            got = error.parts.get("got") if isinstance(error, RunError) else getattr(error, "strerror", error)
            damaged.append(f"checkpoint {step}: {got}")
            continue
        whole = hashlib.sha256(tensors).hexdigest() == digest
        if whole and isinstance(facts, dict) and _facts_digest(facts) == content.get("facts_sha256"):
            return tensors, facts, damaged
        damaged.append(f"checkpoint {step}: its SHA-256 is not the one written beside it")
    if damaged:
        raise RunError("every checkpoint of this run is damaged", where=run.path, got="; ".join(damaged))
    return None
