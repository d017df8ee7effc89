"""What the parser of the command line refuses, told as every other error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args, get_origin

from cyclopts.exceptions import (
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from glassnet.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cyclopts.argument import Argument, ArgumentCollection
    from cyclopts.token import Token

WORDS = {"int": "a whole number", "float": "a number"}


def as_usage_error(error: CycloptsError, commands: Iterable[str]) -> UsageError:
    """Tell what the parser refused in our own words.

    Args:
        error: From cyclopts.
        commands: Names of all commands.

    Returns:
        The error to show.
    """
    where = " ".join(("glassnet", *(error.command_chain or ())))
    hint = f"{where} --help"
    match error:
        case UnknownCommandError():
            name = (error.unused_tokens or [""])[0]
            return UsageError(f"unknown command '{name}'", hint=did_you_mean(name, commands))
        case UnknownOptionError():
            return _unknown_option(error, where)
        case RepeatArgumentError():
            told = UsageError(f"'{error.token.keyword}' is given twice", where=where)
        case CoercionError() if error.token is not None and error.argument is not None:
            told = _impossible_value(error.token, error.argument, where)
        case MissingArgumentError() if error.argument is not None:
            name = error.keyword or error.argument.name
            what = f"'{name}' needs a value" if name.startswith("-") else f"{name} is missing"
            told = UsageError(what, where=where, expected=_expected(error.argument), hint=hint)
        case UnusedCliTokensError():
            got = " ".join(error.unused_tokens or ())
            told = UsageError("too many arguments", where=where, got=got, hint=hint)
        case _:
            told = UsageError(" ".join(str(error).split()), where=where, hint=hint)
    return told


def only_whole_numbers(arguments: ArgumentCollection) -> None:
    """Refuse 1.5 where a whole number is wanted: the parser would round it and say nothing.

    Args:
        arguments: A group of options, parsed.

    Raises:
        UsageError: One of them is such a number.
    """
    for argument in arguments:
        for token in argument.tokens:
            if argument.hint is int and not _is_whole(str(token.value)):
                raise _impossible_value(token, argument, "the command line")


def _is_whole(text: str) -> bool:
    try:
        int(text)
    except ValueError:
        return False
    return True


def _unknown_option(error: UnknownOptionError, where: str) -> UsageError:
    given = (error.token.keyword or error.token.value).partition("=")[0]
    names = [name for argument in error.argument_collection if argument.parse for name in argument.names]
    near = _near(given.lstrip("-"), [name.lstrip("-") for name in names if name.startswith("--")])
    hint = near.replace("'", "'--", 1) if near else f"{where} --help lists all"
    return UsageError(f"unknown option '{given}'", where=where, hint=hint)


def _impossible_value(token: Token, argument: Argument, where: str) -> UsageError:
    name, value = token.keyword or argument.name, str(token.value)
    choices = _choices(argument)
    return UsageError(
        f"'{name}' has an impossible value", where=where, got=repr(value), expected=_expected(argument),
        hint=_near(value, choices) if choices else None,
    )  # fmt: skip


def _near(given: str, known: list[str]) -> str | None:
    hint = did_you_mean(given, known)
    return hint if hint and hint.startswith("did") else None


def _choices(argument: Argument) -> list[str]:
    parts = (argument.hint, *get_args(argument.hint))  # Literal, or Literal | None
    return [str(choice) for part in parts if get_origin(part) is Literal for choice in get_args(part)]


def _expected(argument: Argument) -> str | None:
    return ", ".join(_choices(argument)) or WORDS.get(getattr(argument.hint, "__name__", ""))
