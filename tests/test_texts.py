"""The texts of both languages have the same keys and the same fields."""

from __future__ import annotations

import string
import tomllib
from pathlib import Path

import pytest

import glassnet.texts
from glassnet.errors import UsageError
from glassnet.texts import choose_language


def read(lang: str) -> dict[str, str]:
    tables = tomllib.loads((Path(glassnet.texts.__file__).parent / f"{lang}.toml").read_text("utf-8"))
    return {f"{part}.{key}": text for part, table in tables.items() for key, text in table.items()}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_the_same_keys():
    assert set(read("en")) == set(read("zh"))


@pytest.mark.parametrize("key", sorted(read("en")))
def test_the_same_fields(key):
    assert fields(read("en")[key]) == fields(read("zh")[key])


def test_language_is_asked_then_variable_then_locale(monkeypatch):
    monkeypatch.setenv("GLASSNET_LANG", "zh")
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    assert choose_language("en") == "en"
    assert choose_language() == "zh"
    monkeypatch.delenv("GLASSNET_LANG")
    assert choose_language() == "en"
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert choose_language() == "zh"


def test_an_unknown_language():
    with pytest.raises(UsageError) as error:
        choose_language("de")
    assert str(error.value).startswith("there are no texts in this language\n  where: --lang\n  got: 'de'")
