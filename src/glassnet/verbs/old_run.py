"""What a resumed training takes from the run it goes on with; a damaged or strange one is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.errors import RunError

if TYPE_CHECKING:
    from glassnet.run import Run

NEEDED: dict[str, type | tuple[type, ...]] = {
    "command": list, "started": str, "recipe": dict, "reasons": dict, "chosen": list, "parameters": int,
    "source/name": str, "source/by_name": bool, "source/splits": dict,
    "net/net": str, "net/class": str, "net/resolved": (str, type(None)), "net/source": (dict, type(None)),
}  # fmt: skip


def read_old(run: Run) -> dict[str, Any]:
    """Read the `run.json` of a run that is resumed.

    Args:
        run: Its folder; it may come from a stranger.

    Returns:
        Its content, in which every key that a resumed training looks at has the right type.

    Raises:
        RunError: It is damaged, or of another version.
    """
    info = run.info
    for path, kind in NEEDED.items():
        value: Any = info
        for key in path.split("/"):
            value = value.get(key, ...) if isinstance(value, dict) else ...
        if not isinstance(value, kind):
            raise RunError(
                "the run is damaged, or of another version", where=run.path / "run.json",
                got=f"{path}: {'nothing' if value is ... else type(value).__name__}",
            )  # fmt: skip
    return info
