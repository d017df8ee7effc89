"""`glassnet watch`."""

from __future__ import annotations

import atexit
import os
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from glassnet.cli.output import output

TAKE_A_VALUE = ("--steps", "--sarif", "--lang")
Flag = Annotated[bool, Parameter(negative="", show_default=False)]


def watch(
    script: str,
    /,
    *args: str,
    module: Annotated[Flag, Parameter(name=["--module", "-m"])] = False,
    steps: int | None = None,
    sarif: Path | None = None,
    lang: Literal["en", "zh"] | None = None,
    json: Flag = False,
) -> int:
    """Run a training script unmodified, and name its mistakes with their lines.

    Options of watch stand before the script; all after it are the script's. The exit code is the script's.

    Args:
        script: A Python file, or with -m the name of a module.
        args: Its arguments.
        module: Run it as `python -m` does.
        steps: Stop it after so many optimizer steps.
        sarif: Write the findings into this file, for code hosts.
        lang: Language of the texts; otherwise GLASSNET_LANG, then the locale.
        json: Write one JSON object to standard output, everything else to standard error.
    """
    from glassnet.texts import choose_language  # noqa: PLC0415 — --help loads no torch
    from glassnet.verbs.findings_data import watched_as_data, write_sarif  # noqa: PLC0415
    from glassnet.verbs.watch import Watched, watch_script  # noqa: PLC0415

    language = choose_language(lang)
    with output(json=json) as out:

        def tell(watched: Watched) -> None:
            if sarif is not None and watched.found is not None:
                write_sarif(watched.found, language, sarif)
            out.json(watched_as_data(watched, script, language))

        watched = watch_script(script, args, module=module, steps=steps, lang=language, tell=tell)
        tell(watched)
        if sys.stdout.closed:  # by the script
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if json:
        atexit.register(_keep_output_free)
    return watched.exit_code


def _keep_output_free() -> None:
    """Send to standard error what the script's own functions print at Python's exit: they come after this."""
    os.dup2(2, 1)


def with_marked_script(words: list[str]) -> list[str]:
    """Mark where the options of `watch` end, so that those after the script are the script's.

    Args:
        words: The command line without the name of the program.

    Returns:
        The same, with `--` before the script.

    Example:
        >>> with_marked_script(["watch", "--steps", "5", "train.py", "--json"])
        ['watch', '--steps', '5', '--', 'train.py', '--json']
    """
    if words[:1] != ["watch"] or "--help" in words[1:2] or "-h" in words[1:2]:
        return words
    place = 1
    while place < len(words) and words[place].startswith("-") and words[place] != "--":
        place += 2 if words[place] in TAKE_A_VALUE else 1
    return words if words[place : place + 1] in ([], ["--"]) else [*words[:place], "--", *words[place:]]
