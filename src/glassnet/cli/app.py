"""`glassnet`: the commands, their help, and how results and errors leave the process."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from typing import NoReturn

from cyclopts import App, Group
from cyclopts.exceptions import CycloptsError

import glassnet
from glassnet.cli.output import write_json
from glassnet.cli.refusals import as_usage_error, only_whole_numbers
from glassnet.cli.watch import with_marked_script
from glassnet.errors import GlassnetError, NetError
from glassnet.terminal.symbols import fall_back
from glassnet.verbs.users_code import line_of_users_code

# the first sentence of each command, here so that --help loads none of them; a test keeps both the same
COMMANDS = {
    "train": "Train a classifier on pictures, test it, and write everything into a run folder.",
    "evaluate": "Judge a run's network: accuracy, figures per class, confusion, calibration, mistakes.",
    "predict": "Tell the class of pictures, with probabilities.",
    "look": "Show every operation of a network: shapes, cost, receptive field and source line.",
    "explain": "Work one number of a network out by hand, and check it against PyTorch's.",
    "data": "Audit pictures and labels: counts, copies, doubtful labels, differences between splits.",
    "check": "Name the mistakes of a network, its recipe and its pictures before a long training.",
    "watch": "Run a training script unmodified, and name its mistakes with their lines.",
    "report": "Write a run as one offline HTML page that can be sent to a colleague.",
    "compare": "Compare runs: recipes, accuracy with McNemar's test, speed and size.",
    "board": "Open runs in TensorBoard, on this machine only, until Ctrl-C.",
}


class InterruptedCommandError(GlassnetError):
    """Ctrl-C or SIGTERM ended the command."""

    exit_code = 130


app = App(
    name="glassnet",
    help="See through your neural network: from pictures to a tested classifier.",
    version=f"glassnet {glassnet.__version__}",
    help_format="plaintext",
    suppress_keyboard_interrupt=False,  # main tells of it itself
    group_parameters=Group("Options", validator=only_whole_numbers),
    help_epilogue="Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted. Every command takes --json.",
)
for place, (command, sentence) in enumerate(COMMANDS.items()):
    app.command(f"glassnet.cli.{command}:{command}", name=command, help=sentence, sort_key=place)


def main() -> NoReturn:
    """Run the command line and leave with its exit code: 0, 1, 2 or 130."""
    if sys.argv[1:2] != ["watch"]:  # there they are the script's
        for stream in (sys.stdout, sys.stderr):
            fall_back(stream)
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(run(sys.argv[1:]))


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def run(words: list[str]) -> int:
    """Run one command.

    Args:
        words: Without the name of the program.

    Returns:
        The exit code: 0 done, 1 findings or a failed run, 2 wrong use, 130 interrupted.
    """
    try:
        words = with_marked_script(words)
        code = app(words, exit_on_error=False, print_error=False, result_action="return_value")
    except BrokenPipeError:  # who read our output has gone: | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except SystemExit as end:
        place = line_of_users_code(end)
        if place is None:
            return end.code if isinstance(end.code, int) else 1
        error = NetError(f"the network's code ended the program: {end.code}", where=place[0], got=place[1])
        return told(error, json=_wants_json(words))
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 — told, each in its own words
        return told(_as_ours(error), json=_wants_json(words))
    return code or 0  # a command returns its exit code, or None


def _wants_json(words: list[str]) -> bool:
    words = with_marked_script(words)
    return "--json" in (words[: words.index("--")] if "--" in words else words)


def _as_ours(error: BaseException) -> GlassnetError:
    if isinstance(error, GlassnetError):
        return error
    if isinstance(error, CycloptsError):
        return as_usage_error(error, COMMANDS)
    if isinstance(error, KeyboardInterrupt):
        return InterruptedCommandError("interrupted")
    traceback.print_exception(error)
    what = f"glassnet itself has failed: {type(error).__name__}: {error}".rstrip(": ")
    return GlassnetError(what, hint="the traceback above shows where; please report it")


def told(error: GlassnetError, *, json: bool) -> int:
    """Write an error to standard error, and with `json` also as the one JSON object to standard output.

    Args:
        error: Any of ours.
        json: Whether `--json` was given.

    Returns:
        Its exit code.
    """
    print(f"error: {error}", file=sys.stderr)  # noqa: T201
    if json:
        write_json({"error": {"what": error.what, **error.parts}, "exit_code": error.exit_code})
    return error.exit_code


if __name__ == "__main__":
    main()
