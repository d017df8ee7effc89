"""Many files -> one array on disk, by processes that may crash or hang without harm to the run."""

from __future__ import annotations

import contextlib
import json
import math
import mmap
import os
import queue
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, cast

from glassnet.errors import GlassnetError, PicturesError
from glassnet.pictures.cache import check_room, telling_about_disk
from glassnet.pictures.events import Progress
from glassnet.pictures.policy import Facts, choose_policy
from glassnet.pictures.worker import IDLE, OUT_OF_MEMORY_EXIT

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from glassnet.pictures.listing import Entry, Listing
    from glassnet.pictures.pictures import Policy

SECONDS_PER_PICTURE = 60.0
_MAX_WORKERS = 16
_MAX_CHUNK = 128
_MIN_PICTURES_PER_WORKER = 32  # a process takes longer to start than these to decode
_GUESS_FROM = 256  # headers
_TICK_SECONDS = 0.2
_START_SECONDS = 60.0
_TRIES = 2  # a picture in work when a process dies may be innocent: the next process tries it once more


@dataclass
class Decoded:
    """What became of each entry, by its index: its header and a hash of its pixels, or a reason."""

    facts: dict[int, Facts] = field(default_factory=dict)
    hashes: dict[int, str] = field(default_factory=dict)  # hexadecimal
    rejected: dict[int, str] = field(default_factory=dict)


def decode(
    listing: Listing,
    entries: Sequence[Entry],
    choosing: Sequence[int],
    folder: Path,
    *,
    policy: Policy | None = None,
    source: str,
    workers: int | None = None,
    seconds_per_picture: float = SECONDS_PER_PICTURE,
) -> Generator[Progress, None, tuple[Policy, Decoded]]:
    """Decode files into `folder/images.bin`: uint8, one picture after the other in the order of `entries`.

    The policy follows from the headers of all usable pictures among `choosing`. So that no file is read
    twice, it is guessed from some headers first; should the guess turn out wrong, all is decoded again. A
    picture that was set aside leaves a hole.

    Args:
        listing: Where the files lie.
        entries: Which files, in order.
        choosing: Indices of the entries that decide about the policy.
        folder: Where to write.
        policy: The policy, where it is known already.
        source: The name of the source, for messages.
        workers: Number of processes; by default one for each core, at most 16.
        seconds_per_picture: A picture that takes longer is set aside.

    Yields:
        Progress, at least every fifth of a second.

    Returns:
        The policy, and what became of each entry.

    Raises:
        PicturesError: A file changed while it was read.
        GlassnetError: The disk is full, or no process can be started.
    """
    if workers is None:
        workers = min(os.cpu_count() or 1, _MAX_WORKERS, math.ceil(len(entries) / _MIN_PICTURES_PER_WORKER))
    items = [[i, e.path, e.size, e.modified_ns, e.where] for i, e in enumerate(entries)]
    with _Pool(listing, folder, max(workers, 1), seconds_per_picture, source) as pool:
        wanted = policy
        if wanted is None:
            step = math.ceil(len(choosing) / _GUESS_FROM)
            sample = [items[index] for index in choosing[::step]]
            glance = yield from pool.run("probe", sample, None)
            wanted = choose_policy(list(glance.facts.values()) or [Facts(1, 1, 3)])
        while True:
            check_room(folder, len(entries) * wanted.height * wanted.width * wanted.channels)
            (folder / "images.bin").write_bytes(b"")
            decoded = yield from pool.run("decode", items, wanted)
            if not decoded.hashes:
                index = min(decoded.rejected)
                raise PicturesError(
                    "none of the files is a usable picture",
                    where=source,
                    got=f"{len(entries)} files; the first, {entries[index].path}: {decoded.rejected[index]}",
                )
            if policy is None:
                deciding = [decoded.facts[index] for index in choosing if index in decoded.facts]
                policy = choose_policy(deciding or list(decoded.facts.values()))
            if policy == wanted:
                return policy, decoded
            wanted = policy  # the guess was wrong: once more, with what all headers say


class _Pool:
    """The processes, from `__enter__` to `__exit__`; `run` gives them work."""

    def __init__(
        self, listing: Listing, folder: Path, workers: int, seconds_per_picture: float, source: str
    ) -> None:
        self.folder = folder
        self.source = source
        self.seconds_per_picture = seconds_per_picture
        self.replies: queue.Queue[tuple[_Process, dict[str, Any] | None]] = queue.Queue()
        self.job = {
            "kind": listing.kind,
            "file": str(listing.file),
            "images": str(folder / "images.bin"),
            "slots": str(folder / "slots.bin"),
            "seconds_per_picture": seconds_per_picture,
        }
        self.workers = workers
        self.processes: list[_Process] = []

    def __enter__(self) -> _Pool:
        path = self.folder / "slots.bin"
        path.write_bytes(struct.pack("<q", IDLE) * self.workers)
        with path.open("r+b") as file:
            self.slots = mmap.mmap(file.fileno(), 0)
        try:
            for slot in range(self.workers):
                self.processes.append(self._start(slot))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            process.end()
        self.slots.close()

    def run(
        self,
        task: Literal["probe", "decode"],
        items: Sequence[list[Any]],
        policy: Policy | None,
    ) -> Generator[Progress, None, Decoded]:
        """Hand out items in chunks, until each is done or set aside."""
        decoded = Decoded()
        size = max(1, min(_MAX_CHUNK, math.ceil(len(items) / (self.workers * 16))))
        waiting = deque(list(items[start : start + size]) for start in range(0, len(items), size))
        policy_fields = asdict(policy) if policy else None
        tries: dict[int, int] = {}
        done, total, begin, told = 0, len(items), time.monotonic(), 0.0
        while done < total:
            for process in self.processes:
                if waiting and not process.chunk:
                    process.give(waiting.popleft(), {"task": task, "policy": policy_fields}, self.slots)
            process, reply = self._next_reply()
            if process and reply is None:
                done += self._recover(process, waiting, tries, decoded.rejected)
            elif process and reply is not None:
                self._check(reply)
                decoded.facts.update({index: Facts(*fact) for index, *fact in reply["facts"]})
                decoded.hashes.update(reply["hashes"])
                decoded.rejected.update(reply["rejected"])
                done += len(process.chunk)
                process.chunk, process.has_answered = [], True
            now = time.monotonic()
            if now - told > _TICK_SECONDS or done == total:
                told = now
                for process in self.processes:
                    process.watch(self.slots, self.seconds_per_picture)
                yield Progress(task, done, total, done / max(now - begin, 1e-9), self.source)
        return decoded

    def _next_reply(self) -> tuple[_Process | None, dict[str, Any] | None]:
        try:
            return self.replies.get(timeout=_TICK_SECONDS)
        except queue.Empty:
            return None, None

    def _recover(
        self,
        process: _Process,
        waiting: deque[list[list[Any]]],
        tries: dict[int, int],
        rejected: dict[int, str],
    ) -> int:
        """Start another process for one that died; return how many pictures are settled by that: 0 or 1."""
        process.end()
        (index,) = struct.unpack_from("<q", self.slots, process.slot * 8)
        self.processes[self.processes.index(process)] = self._start(process.slot)
        if index == IDLE and not process.has_answered:
            raise GlassnetError(
                "a decoding process ended before it began",
                where=sys.executable,
                got=process.last_words or f"exit status {process.status}",
            )
        if index == IDLE:
            waiting.appendleft(process.chunk)
            return 0
        suspect = [item for item in process.chunk if item[0] == index]
        others = [item for item in process.chunk if item[0] != index]
        tries[index] = tries.get(index, 0) + 1
        settled = 0
        if process.timed_out or tries[index] >= _TRIES:
            rejected[index] = _cause(process, self.seconds_per_picture)
            settled = 1
        else:
            waiting.appendleft(suspect)
        if others:
            waiting.appendleft(others)
        return settled

    def _check(self, reply: dict[str, Any]) -> None:
        if path := reply.get("changed"):
            raise PicturesError(
                "a file changed while the source was read",
                where=self.source,
                got=path,
                expected="files that stay as they are",
                hint="run again when nothing writes there any more",
            )
        if reason := reply.get("fatal"):
            with telling_about_disk(self.folder):
                raise OSError(*reason)

    def _start(self, slot: int) -> _Process:
        struct.pack_into("<q", self.slots, slot * 8, IDLE)
        return _Process(slot, {**self.job, "slot": slot}, self.replies)


class _Process:
    """One worker, the chunk it works on, and since when it has been at the same picture."""

    def __init__(
        self, slot: int, job: dict[str, Any], replies: queue.Queue[tuple[_Process, dict[str, Any] | None]]
    ) -> None:
        self.slot = slot
        self.chunk: list[list[Any]] = []
        self.seen = IDLE
        self.since = 0.0
        self.timed_out = False
        self.has_answered = False
        self.last_words = ""  # the last line of its error output, once it has ended
        self.status: int | None = None
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        search_path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path if entry)
        threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # numpy need not start any
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "glassnet.pictures.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env={**os.environ, **threads, "PYTHONPATH": search_path},
        )
        self.input = cast("BinaryIO", self.process.stdin)
        self.output = cast("BinaryIO", self.process.stdout)
        self.thread = threading.Thread(target=self._listen, args=(replies,), daemon=True)
        self.thread.start()
        self._write(job)

    def give(self, chunk: list[list[Any]], order: dict[str, Any], slots: mmap.mmap) -> None:
        """Hand over a chunk; the process is waiting for one, so the pipe takes it."""
        self.chunk = chunk
        self.since = time.monotonic()
        (self.seen,) = struct.unpack_from("<q", slots, self.slot * 8)
        self._write({**order, "items": chunk})

    def watch(self, slots: mmap.mmap, seconds: float) -> None:
        """Kill the process if it has been at the same picture for too long."""
        (now_at,) = struct.unpack_from("<q", slots, self.slot * 8)
        if now_at != self.seen:
            self.seen, self.since = now_at, time.monotonic()
        elif self.chunk and time.monotonic() - self.since > seconds + (now_at == IDLE) * _START_SECONDS:
            self.timed_out = True
            self.process.kill()

    def end(self) -> None:
        """Leave nothing behind: process, thread and files."""
        self.process.kill()
        self.status = self.process.wait()
        self.thread.join()
        with contextlib.suppress(OSError):  # closing flushes, and there may be nobody to read
            self.input.close()
        self.output.close()
        self.errors.seek(0)
        self.last_words = "".join(self.errors.read().decode(errors="replace").strip().splitlines()[-1:])
        self.errors.close()

    def _write(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # it died: the listening thread tells
            self.input.write(json.dumps(message).encode() + b"\n")
            self.input.flush()

    def _listen(self, replies: queue.Queue[tuple[_Process, dict[str, Any] | None]]) -> None:
        for line in self.output:
            if line.endswith(b"\n"):
                replies.put((self, json.loads(line)))
        replies.put((self, None))


def _cause(process: _Process, seconds_per_picture: float) -> str:
    if process.timed_out:
        return f"the decoder did not finish in {seconds_per_picture:g} seconds"
    if process.status == OUT_OF_MEMORY_EXIT:
        return "there was not enough memory to decode it"
    status = process.status or 0
    return f"the decoder crashed ({f'signal {-status}' if status < 0 else f'exit status {status}'})"
