"""Who asked for what: the recipe of a training, laid together, with the origin of each of its fields."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glassnet.training.recipe import Recipe, check, from_table, named, over, read_toml
from glassnet.verbs.old_run import read_old

if TYPE_CHECKING:
    from glassnet.run import Run

SAID = "as you said"


@dataclass(frozen=True)
class Wishes:
    """A recipe, open where nobody asked for anything."""

    recipe: Recipe
    origins: dict[str, str]  # of each field that is not open: who asked for it
    now: frozenset[str]  # the fields asked for now, not in the run that is resumed
    chosen: frozenset[str]  # those of the run that is resumed that nobody ever asked for


def lay_together(*, old: Run | None, recipe: Recipe | str | Path | None, options: Recipe) -> Wishes:
    """Lay the recipe given over that of the old run, and the options given over both.

    Args:
        old: A run that is resumed.
        recipe: A `Recipe`, the name of a shipped one, a TOML file, or None.
        options: Single fields.

    Returns:
        The recipe, with the origin of each field.

    Raises:
        UsageError: There is no such recipe, or it cannot be read.
        RecipeError: A value is impossible.

    Example:
        >>> wishes = lay_together(old=None, recipe="tutorial-mlp", options=Recipe(lr=0.1))
        >>> wishes.recipe.lr, wishes.origins["lr"], wishes.recipe.batch, wishes.origins["batch"]
        (0.1, 'as you said', 64, 'recipe tutorial-mlp')
    """
    merged, origins, now, chosen = Recipe(), {}, set(), set()
    if old is not None:
        info = read_old(old)
        merged = from_table(info["recipe"], where=f"{old.path}/run.json")
        origins = dict.fromkeys(info["recipe"], "as in the run so far") | info["reasons"]
        chosen = set(info["chosen"])
    for layer, origin in ((_read(recipe), _origin(recipe)), (options, SAID)):
        merged = over(merged, layer)
        asked = [name for name, value in asdict(layer).items() if value is not None]
        origins |= dict.fromkeys(asked, origin)
        now.update(asked)
    check(merged, where="the recipe and options given")
    return Wishes(merged, origins, frozenset(now), frozenset(chosen - now))


def _read(recipe: Recipe | str | Path | None) -> Recipe:
    if recipe is None or isinstance(recipe, Recipe):
        return recipe or Recipe()
    if isinstance(recipe, Path) or recipe.endswith(".toml"):
        return read_toml(Path(recipe))
    return named(recipe)


def _origin(recipe: Recipe | str | Path | None) -> str:
    return SAID if isinstance(recipe, Recipe) else f"recipe {recipe}"
