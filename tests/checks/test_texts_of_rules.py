"""The texts of the rules: the same pages, forms and fields in every language, and their look in a terminal."""

from __future__ import annotations

import tomllib
from pathlib import Path
from string import Formatter

import pytest
from rich.cells import cell_len
from rich.console import Console

import glassnet.texts
from glassnet.checks.rules import RULES
from glassnet.checks.wording import page_of
from glassnet.errors import UsageError
from glassnet.terminal import Terminal
from glassnet.verbs.catalogue import show_page

ROOT = Path(__file__).parent.parent.parent
TEXTS = Path(glassnet.texts.__file__).parent / "rules"
LANGUAGES = ("en", "zh")
CODES = [rule.code for rule in RULES]
PARTS = ("title", "why", "seen", "mend", "source")


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def _printed(code: str, lang: str) -> list[str]:
    console = Console(width=100, highlight=False, soft_wrap=True)
    with console.capture() as capture:
        show_page(code, lang, Terminal(console, console))
    return capture.get().splitlines()


def test_the_rows_of_the_catalogue_are_all_there_once_and_in_order():
    assert [rule.row for rule in RULES] == list(range(1, 77))
    assert len(set(CODES)) == len(CODES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_rule_has_a_file_and_every_file_a_rule(lang):
    assert sorted(file.name for file in (TEXTS / lang).iterdir()) == sorted(f"{c}.toml" for c in CODES)


def test_no_language_has_texts_that_another_lacks():
    assert sorted(folder.name for folder in TEXTS.iterdir()) == sorted(glassnet.texts.LANGUAGES)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("code", CODES)
def test_a_page_is_whole(code, lang):
    page = tomllib.loads((TEXTS / lang / f"{code}.toml").read_text("utf-8"))
    assert set(page) - {"mends"} == {*PARTS, "message"}
    for part in PARTS:
        assert page[part].strip()
    assert page["message"]
    assert set(page.get("mends", {})) <= set(page["message"])
    for text in (*page["message"].values(), page["title"], page["source"]):
        assert "\n" not in text
        assert text == text.strip()


@pytest.mark.parametrize("code", CODES)
def test_both_languages_have_the_same_forms_and_fields(code):
    english, chinese = (page_of(code, lang) for lang in LANGUAGES)
    assert _fields(english["mend"]) == _fields(chinese["mend"])
    for table in ("message", "mends"):
        forms = [page.get(table, {}) for page in (english, chinese)]
        assert list(forms[0]) == list(forms[1])
        for form in forms[0]:
            assert _fields(forms[0][form]) == _fields(forms[1][form]), form


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("code", CODES)
def test_a_page_fits_into_a_hundred_columns_but_for_code(code, lang):
    first, *lines = _printed(code, lang)
    assert first == f"{page_of(code, lang)['title']}  [{code}]"
    has_code = "\n" in page_of(code, lang)["mend"].strip()
    for line in lines:
        assert cell_len(line) <= 100 or has_code


def test_a_page_says_fields_of_a_finding_in_capitals():
    assert "mend        Try lr=BETTER, and double it as long as the loss falls." in _printed(
        "learning-rate-too-high", "en"
    )
    page = _printed("weights-not-loaded", "zh")
    assert (
        '改法        state = {name.removeprefix("module."): value for name, value in state.items()}' in page
    )


def test_an_unknown_code_is_told_with_the_likely_one():
    console = Console()
    with pytest.raises(UsageError, match="there is no such rule") as caught:
        show_page("softmax-before-crossentropy", "en", Terminal(console, console))
    assert "did you mean 'softmax-before-cross-entropy'?" in str(caught.value)


@pytest.mark.skipif(
    not (ROOT / "docs" / "checks.md").exists(), reason="python scripts/catalogue.py writes it"
)
@pytest.mark.parametrize("name", ["checks.md", "checks.zh-CN.md"])
def test_the_document_lists_every_code(name):
    text = (ROOT / "docs" / name).read_text("utf-8")
    for rule in RULES:
        assert text.count(f"\n## {rule.code}\n") == 1
        assert f"\n| {rule.row} | " in text
