"""One family of errors: what failed, where, what was got, what was expected, what to do."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class GlassnetError(Exception):
    """A failure told to a person.

    Args:
        what: One line of what failed.
        where: The file, module path, option or key.
        got: What was found there.
        expected: What would have been right.
        hint: What to do, a command where there is one.

    Example:
        >>> print(GlassnetError("the picture cannot be read", where="cat.jpg", got="0 bytes"))
        the picture cannot be read
          where: cat.jpg
          got: 0 bytes
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        where: object = None,
        got: object = None,
        expected: object = None,
        hint: str | None = None,
    ) -> None:
        """Keep the parts; `str(error)` sets them one to a line."""
        self.what = what
        self.parts = {
            name: str(value)
            for name, value in (("where", where), ("got", got), ("expected", expected), ("hint", hint))
            if value is not None
        }
        super().__init__("\n".join([what, *(f"  {name}: {value}" for name, value in self.parts.items())]))


class UsageError(GlassnetError):
    """Wrong use: an unknown name, option or key, or something given that cannot be used."""

    exit_code = 2


class PicturesError(UsageError):
    """A source of pictures cannot be used."""


class NetError(UsageError):
    """A network cannot be built, loaded, or does not fit the pictures."""


class RecipeError(UsageError):
    """A recipe has an unknown key or an impossible value."""


class RunError(GlassnetError):
    """A run folder cannot be written, read, locked or resumed."""


class TrainingError(GlassnetError):
    """A training had to stop."""


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """Suggest the known name nearest to a mistyped one.

    Args:
        name: What was typed.
        known: The names that exist.

    Returns:
        A hint such as `did you mean 'cifar10'?`, or the list of known names where none is near.

    Example:
        >>> did_you_mean("cifr10", ["mnist", "cifar10"])
        "did you mean 'cifar10'?"
    """
    names = sorted(known)
    lowered = {other.lower(): other for other in names}
    near = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{lowered[near[0]]}'?"
    return f"known: {', '.join(names)}" if names else None
