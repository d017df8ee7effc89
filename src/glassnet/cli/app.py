"""`glassnet`: the commands, their help, and how errors and results leave the process."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, NoReturn

from cyclopts import App

import glassnet
from glassnet.errors import GlassnetError

app = App(
    name="glassnet",
    help="See through your neural network: from pictures to a tested classifier.",
    version=f"glassnet {glassnet.__version__}",
    help_format="plaintext",
)
for command in ("train", "evaluate", "predict", "board"):
    app.command(f"glassnet.cli.{command}:{command}", name=command)


def main() -> NoReturn:
    """Run the command line and leave with its exit code: 0, 1, 2 or 130."""
    sys.exit(run(sys.argv[1:]))


def run(words: list[str]) -> int:
    """Run one command.

    Args:
        words: Without the name of the program.

    Returns:
        The exit code: 0 done, 1 findings or a failed run, 2 wrong use, 130 interrupted.
    """
    try:
        app(words, exit_on_error=False, print_error=True, result_action="return_none")
    except GlassnetError as error:
        return told(error)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)  # noqa: T201
        return 130
    except BrokenPipeError:  # who read our output has gone: | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 2
    return 0


def told(error: GlassnetError) -> int:
    """Write an error to standard error.

    Args:
        error: Any of ours.

    Returns:
        Its exit code.
    """
    print(f"error: {error}", file=sys.stderr)  # noqa: T201
    return error.exit_code


def write_json(content: dict[str, Any]) -> None:
    """Write the one JSON object of a command to standard output.

    Args:
        content: Plain data.
    """
    print(json.dumps(content, ensure_ascii=True))  # noqa: T201


if __name__ == "__main__":
    main()
