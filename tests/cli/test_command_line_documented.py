"""The command line is frozen in a text file, and every command, option and field is documented."""

from __future__ import annotations

import contextlib
import importlib
import io
import itertools
import re
from dataclasses import fields
from pathlib import Path

import pytest

from glassnet.cli.app import COMMANDS, app
from glassnet.training.recipe import RECIPES, Recipe

DOCS = Path(__file__).parents[2] / "docs"
FROZEN = Path(__file__).with_name("command_line.txt")
COMMANDS_TEXT = (DOCS / "commands.md").read_text("utf-8")
RECIPE_TEXT = (DOCS / "recipe.md").read_text("utf-8")


def options(command: str) -> list[str]:
    """Give a command's arguments and options, as cyclopts parses them."""
    collection = app[command].assemble_argument_collection()
    return [
        " ".join(argument.names)
        for argument in collection
        if argument.parse and argument.names and argument.names != ("*",)
    ]


def sections() -> dict[str, str]:
    parts = re.split(r"^## glassnet (\w+)", COMMANDS_TEXT, flags=re.MULTILINE)
    return dict(zip(parts[1::2], [part.split("\n## ")[0] for part in parts[2::2]], strict=True))


def test_the_command_line_is_frozen():
    """Scripts rely on it: change the text file only on purpose."""
    now = "".join(f"{command}\n" + "".join(f"  {o}\n" for o in options(command)) for command in COMMANDS)
    assert now == FROZEN.read_text("utf-8")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_documented(command):
    section = sections()[command]
    for names in options(command):
        for name in names.split():
            if name.startswith("--"):
                assert f"`{name}`" in section, name


def test_no_other_option_is_documented():
    for command, section in sections().items():
        known = {name for names in options(command) for name in names.split()}
        assert set(re.findall(r"`(--[\w-]+)`", section)) <= known


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_all_says_what_the_help_of_one_says(command):
    function = getattr(importlib.import_module(f"glassnet.cli.{command}"), command)
    assert function.__doc__.split("\n")[0] == COMMANDS[command]
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        app([command, "--help"], result_action="return_value", exit_on_error=False)
    for names in options(command):
        for name in names.split():
            assert name in shown.getvalue()


def described() -> dict[str, str]:
    """Give each field of the recipe with the text below it."""
    import ast
    import inspect

    body = ast.parse(inspect.getsource(Recipe)).body[0].body
    return {
        field.target.id: text.value.value
        for field, text in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign)
    }


def test_every_field_of_the_recipe_is_documented():
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \|$", RECIPE_TEXT, re.MULTILINE)
    assert [row[0] for row in rows] == [field.name for field in fields(Recipe)]
    assert {row[0]: row[1] for row in rows} == described()


def test_every_choice_and_recipe_is_documented():
    from typing import Literal, get_args, get_origin, get_type_hints

    rows = dict(re.findall(r"^\| `(\w+)` \| .+? \| (.+?) \| ", RECIPE_TEXT, re.MULTILINE))
    for name, kind in get_type_hints(Recipe).items():
        if get_origin(kind) is Literal:
            assert rows[name] == ", ".join(f"`{choice}`" for choice in get_args(kind))
    for name in RECIPES:
        assert f"`{name}`" in RECIPE_TEXT


def test_the_automatic_choices_that_are_constants(tmp_path):
    from glassnet.training.choices import Facts, resolve

    facts = Facts(
        pictures=5000, height=28, width=28, channels=1, mirrored=True, own_val=False, macs=10**6,
        convolutions=True, own_net=False,
    )  # fmt: skip
    chosen, _ = resolve(Recipe(), facts)
    rows = dict(re.findall(r"^\| `(\w+)` \| .+ \| .+? \| `?([\w.-]+)`? \|$", RECIPE_TEXT, re.MULTILINE))
    assert len(rows) > 8
    words = {True: "yes", False: "no"}
    for name, told in rows.items():
        value = getattr(chosen, name)
        assert told == (
            words[value] if isinstance(value, bool) else f"{value:g}" if value != str(value) else value
        )


@pytest.mark.parametrize(
    "name",
    [
        "GLASSNET_DATA",
        "GLASSNET_DATA_MIRROR",
        "GLASSNET_OFFLINE",
        "GLASSNET_CACHE",
        "GLASSNET_STATE",
        "NO_COLOR",
    ],
)
def test_environment_variables_are_documented(name):
    assert f"| `{name}` |" in COMMANDS_TEXT


def test_every_variable_of_the_source_is_documented():
    package = Path(importlib.import_module("glassnet").__file__).parent
    used = {
        name
        for file in package.rglob("*.py")
        for name in re.findall(r"GLASSNET_[A-Z_]+", file.read_text("utf-8"))
    }
    assert all(f"`{name}`" in COMMANDS_TEXT for name in used), used


def test_json_keys_are_documented(cli, finished_run):
    judged = cli("evaluate", finished_run.path, "--json").json
    assert all(f"`{key}`" in sections()["evaluate"] for key in (*judged, *judged["per_class"][0]))
    assert all(f"`{key}`" in sections()["train"] for key in finished_run.info["result"])


BLOCKS = re.findall(r"```(?:python)?\n(.*?)```", COMMANDS_TEXT, re.DOTALL)


@pytest.mark.parametrize(("code", "printed"), [BLOCKS[:2], BLOCKS[2:]], ids=["loop", "watch"])
def test_the_python_of_the_documentation(code, printed, capsys):
    exec(compile(code, "commands.md", "exec"), {})
    assert capsys.readouterr().out == printed
