"""`glassnet check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from glassnet.cli.output import output
from glassnet.errors import UsageError

Flag = Annotated[bool, Parameter(negative="", show_default=False)]


def check(
    net: str | None = None,
    source: str | None = None,
    /,
    *,
    explain: str | None = None,
    recipe: str | None = None,
    input: str | None = None,  # noqa: A002 — the option's name
    weights: Path | None = None,
    sarif: Path | None = None,
    data_dir: Path | None = None,
    lang: Literal["en", "zh"] | None = None,
    json: Flag = False,
) -> int:
    """Name the mistakes of a network, its recipe and its pictures before a long training.

    Args:
        net: A NET or a run folder.
        source: A SOURCE of pictures; without one the network sees noise, and nothing is said of pictures.
        explain: Print the page of this rule instead; `all` lists the rules.
        recipe: How it is to be trained: a recipe's name or a TOML file.
        input: Channels, height and width such as 3x32x32, where there is no source.
        weights: A weights file for the network.
        sarif: Write the findings into this file, for code hosts.
        data_dir: Where data sets are looked for first.
        lang: Language of the texts; otherwise GLASSNET_LANG, then the locale.
        json: Write one JSON object to standard output, everything else to standard error.
    """
    from glassnet.texts import choose_language  # noqa: PLC0415 — --help loads no torch

    language = choose_language(lang)
    with output(json=json) as out:
        if explain is not None:
            from glassnet.verbs.catalogue import show_page  # noqa: PLC0415

            out.json(show_page(explain, language, out.terminal))
            return 0
        if net is None:
            raise UsageError("which network?", expected="a NET", hint="glassnet check --explain all")
        from glassnet.verbs.check import check as check_verb  # noqa: PLC0415
        from glassnet.verbs.findings_data import checked_as_data, write_sarif  # noqa: PLC0415

        checked = check_verb(
            net, source, recipe=recipe, input=input, weights=weights, data_dir=data_dir, lang=language,
            terminal=out.terminal,
        )  # fmt: skip
        if sarif is not None:
            write_sarif(checked.found, language, sarif)
        out.json(checked_as_data(checked, source, language))
        return int(checked.found.bad)
