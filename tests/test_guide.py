"""The guide: its commands print what it says, in English and in Chinese."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from test_readme import readme

ROOT = Path(__file__).parent.parent
GUIDES = [ROOT / "docs" / "see.md", ROOT / "docs" / "see.zh-CN.md"]
ENGLISH, CHINESE = (file.read_text("utf-8") for file in GUIDES)
BOTH = pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["en", "zh"])


@BOTH
@pytest.mark.usefixtures("alone")
def test_every_example_prints_what_the_guide_says(text, tmp_path):
    folder = tmp_path.resolve()
    readme.write_files(text, folder)
    for example in readme.examples(text):
        printed = readme.excerpt(readme.run_here(folder, example.command), example.paragraphs)
        (words, numbers), (told, figures) = readme.figures(printed), readme.figures(example.output)
        assert (example.command, words) == (example.command, told)
        assert numbers == pytest.approx(figures, rel=1e-4, abs=1e-6), example.command


@pytest.mark.parametrize(
    ("printed", "same"),
    [("value  10\n", True), ("value 10.0000001\n", True), ("value 11\n", False), ("Wert 10\n", False)],
)
def test_this_test_can_fail(printed, same):
    (words, numbers), (told, figures) = readme.figures(printed), readme.figures("value 10\n")
    assert (words == told and numbers == pytest.approx(figures, rel=1e-4, abs=1e-6)) is same


def test_times_versions_and_devices_may_differ():
    one = "device      cpu: threads: 1\nconv  0.31 ms  −2.5\n"
    assert (
        readme.figures(one) == readme.figures("device  cuda\nconv 12.3 ms -2.5\n") == ("conv TIME 0", [-2.5])
    )


def test_an_excerpt_tells_what_it_leaves_out():
    output = "head\n\none\n\n\ntwo\n\ntail\n"
    assert readme.excerpt(output, (2, 4)) == "…\none\n\n…\ntail\n"
    assert readme.excerpt(output, (1, 2)) == "head\n\none\n…\n"
    assert readme.excerpt(output, ()) == output


def test_both_languages_have_the_same_commands_and_files():
    commands = [example.command for example in readme.examples(ENGLISH)]
    in_chinese = [example.command for example in readme.examples(CHINESE)]
    assert [command.removesuffix(" --lang zh") for command in in_chinese] == commands
    for command, chinese in zip(commands, in_chinese, strict=True):
        assert (command != chinese) is command.startswith("glassnet"), command
    assert readme.FILE.findall(ENGLISH) == readme.FILE.findall(CHINESE)
    assert [example.paragraphs for example in readme.examples(ENGLISH)] == [
        example.paragraphs for example in readme.examples(CHINESE)
    ]


@BOTH
def test_links_lead_somewhere(text):
    targets = re.findall(r"\]\(([^)#]+)\)", text)
    assert len(targets) > 8
    for target in targets:
        assert (ROOT / "docs" / target).exists(), target


def test_the_pictures_are_small():
    for picture in (ROOT / "docs" / "images" / "see").rglob("*.*"):
        assert picture.stat().st_size < (600_000 if picture.suffix == ".gif" else 300_000), picture
