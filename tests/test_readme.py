"""The READMEs: their examples do what they say, in English and in Chinese."""

from __future__ import annotations

import importlib.util
import re
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WIDTH = 28  # of the names in the tree
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]


def _load_script():
    spec = importlib.util.spec_from_file_location("readme_script", ROOT / "scripts" / "readme.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


readme = _load_script()
ENGLISH, CHINESE = (file.read_text("utf-8") for file in READMES)


def test_the_examples_print_what_the_readme_says(tmp_path):
    """All in order in one empty folder, and in one test: two processes would train the first network twice."""
    readme.write_files(ENGLISH, tmp_path)
    told, other = {}, {}
    for example in readme.examples(ENGLISH):
        told[example.command] = readme.run_in(tmp_path, example.command)
        shown = readme.excerpt(told[example.command], example.paragraphs)
        if readme.shape(shown) != readme.shape(example.output):
            other[example.command] = (readme.shape(shown), readme.shape(example.output))
    assert other == {}
    accuracy = re.search(r"^accuracy +([\d.]+) %", told["glassnet train --out runs/first"], re.MULTILINE)
    assert float(accuracy[1]) >= 89.5  # what the README promises


def test_both_languages_have_the_same_examples_files_and_links():
    assert readme.examples(ENGLISH) == readme.examples(CHINESE)
    assert readme.FILE.findall(ENGLISH) == readme.FILE.findall(CHINESE)
    commands = [
        re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL) for text in (ENGLISH, CHINESE)
    ]
    assert commands[0] == commands[1]
    numbers = [re.findall(r"\d+\.\d+ ?%", text) for text in (ENGLISH, CHINESE)]
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_links_lead_somewhere(text):
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("https://") or (ROOT / target).exists(), target


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_the_tree_names_the_files_of_the_package_and_no_others(text):
    package = ROOT / "src" / "glassnet"
    tree = re.search(r"^src/glassnet/\n(.*?)^docs/", text, re.MULTILINE | re.DOTALL)
    assert tree is not None
    named, folder = [], ""
    for line in tree[1].splitlines():
        names, description = line[:WIDTH], line[WIDTH:]
        assert description.strip(), line
        if names.strip().endswith("/"):
            folder = names.strip()
            continue
        folder = folder if names.startswith(" " * 4) else ""
        named += [f"{folder}{name}" for name in names.split()]
    files = [file for file in package.rglob("*") if file.is_file() and file.suffix not in {".pyc", ".typed"}]
    paths = [file.relative_to(package).as_posix() for file in files]
    for path in paths:
        said = any(fnmatch(path, name) for name in named)
        assert said or path.endswith("__init__.py") or path.startswith("pictures/fashion_mini"), path
    for name in named:
        assert any(fnmatch(path, name) for path in paths), name
    assert len(set(named)) == len(named)


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_how_far_it_goes_is_what_the_tables_say(text):
    figures = re.findall(r"\[(\d[\d,]*) (?:of|/) (\d[\d,]*) \S+\]\((docs/\w+\.md)\)", text)
    assert [file for _, _, file in figures] == ["docs/networks.md", "docs/explained.md"]
    for first, second, file in figures:
        assert f"{first} of {second}" in (ROOT / file).read_text("utf-8")
