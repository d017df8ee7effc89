"""Texts for people in their language: one file a language, templates with named fields."""

from __future__ import annotations

import locale
import os
import tomllib
from functools import cache
from pathlib import Path

from glassnet.errors import UsageError, did_you_mean

LANGUAGES = {"en": "English", "zh": "中文"}


def choose_language(lang: str | None = None) -> str:
    """Choose the language of texts: what is asked for, then `GLASSNET_LANG`, then the locale, then English.

    Args:
        lang: `en`, `zh`, or None.

    Returns:
        A key of `LANGUAGES`.

    Raises:
        UsageError: There are no texts in this language.

    Example:
        >>> choose_language("zh")
        'zh'
    """
    for asked, where in ((lang, "--lang"), (os.environ.get("GLASSNET_LANG") or None, "GLASSNET_LANG")):
        if asked is not None:
            if asked not in LANGUAGES:
                raise UsageError(
                    "there are no texts in this language", where=where, got=repr(asked),
                    expected=", ".join(LANGUAGES), hint=did_you_mean(asked, LANGUAGES),
                )  # fmt: skip
            return asked
    words = [os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    first = next((word for word in words if word), None) or locale.getlocale()[0] or ""
    return "zh" if first.lower().startswith(("zh", "chinese")) else "en"


@cache
def texts(lang: str, part: str) -> dict[str, str]:
    """Read the texts of one part of the program.

    Args:
        lang: A key of `LANGUAGES`.
        part: A table of the file: `look`, `explain`.

    Returns:
        Templates for `str.format` by key, the same keys in each language.

    Example:
        >>> texts("en", "look")["parameters"].format(count="7,850")
        '7,850 parameters'
    """
    path = Path(__file__).with_name(f"{lang}.toml")
    return tomllib.loads(path.read_text("utf-8"))[part]
