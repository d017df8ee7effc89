"""Run the command line, in this process for speed or in its own for what only a process can show."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from glassnet.cli.app import run

from own_process import start

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("alone")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be exactly one JSON object on one line."""
        assert self.out.endswith("\n")
        assert self.out.count("\n") == 1
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def _alone(alone) -> None:
    pass


@pytest.fixture
def cli(capfd) -> Callable[..., Ended]:
    """Run a command in this process."""

    def call(*words: object) -> Ended:
        capfd.readouterr()
        code = run([str(word) for word in words])
        out, err = capfd.readouterr()
        return Ended(code, out, err)

    return call


@pytest.fixture
def process() -> Callable[..., Ended]:
    """Run a command as a process of its own."""

    def call(*words: object, env: dict[str, str] | None = None) -> Ended:
        started = start(*words, env=env)
        out, err = started.communicate(timeout=120)
        encoding = (env or {}).get("PYTHONIOENCODING", "utf-8")
        return Ended(started.returncode, out.decode(encoding), err.decode(encoding))

    return call
