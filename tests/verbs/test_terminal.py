"""Texts for people: tables, symbols, progress."""

from __future__ import annotations

import io
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from glassnet.terminal.answers import spark_line
from glassnet.terminal.console import Terminal, show_field, show_table
from glassnet.terminal.progress import _bar, _now, duration
from glassnet.terminal.symbols import fall_back
from glassnet.training.events import Step


def terminal(encoding: str = "utf-8") -> tuple[Terminal, io.TextIOWrapper]:
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    fall_back(stream)
    console = Console(file=stream, highlight=False, soft_wrap=True, width=80)
    return Terminal(console, console), stream


def written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode(stream.encoding)


@given(
    st.lists(
        st.tuples(st.text(st.characters(categories=["L", "N"])), st.text("ab猫狗")), min_size=1, max_size=8
    )
)
def test_columns_stand_below_each_other(rows):
    to, stream = terminal()
    show_table([(*row, "|") for row in rows], ("", "right", ""), to)
    lines = written(stream).splitlines()
    assert len({cell_len(line) for line in lines}) == 1


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp850", "cp936", "cp932", "latin-1"])
@given(st.text())
def test_any_text_can_be_written_in_any_encoding(encoding, text):
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    fall_back(stream)
    stream.write(text)
    stream.flush()


def test_markup_is_text():
    to, stream = terminal()
    show_field("pictures", "[red]cat[/red] [/] \\[", to)
    assert written(stream) == "pictures    [red]cat[/red] [/] \\[\n"


def test_spark_line():
    to, _ = terminal()
    assert spark_line([0.0, 0.5, 1.0], to.text) == "▁▅█"
    assert spark_line([2.0], to.text) == "▁"
    assert len(spark_line(list(range(1000)), to.text)) == 40
    assert spark_line([], to.text) == ""
    assert spark_line([1.0, 2.0], terminal("ascii")[0].text) == ""


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min 00 s"), (3599, "59 min 59 s"), (3600, "1 h 00 min")],
)
def test_duration(seconds, told):
    assert duration(seconds) == told


@pytest.mark.parametrize("columns", [58, 76, 80, 112, 200])
def test_the_line_of_a_training_fits(columns):
    step = Step(86_000, 100, 256, 0.1, torch.tensor(12.3456), torch.tensor(200), torch.tensor(1.0))
    told = _now(3599, step, 0.78125, 104_278.0, columns)
    beside = len("training  100 %  ") + (20 if columns >= 112 else 6 if columns >= 76 else 2)
    assert len(told) + beside <= columns
    assert "59 min 59 s left" in told
    assert "loss 12.346" in told
    assert "78 %" in told


def test_nothing_moves_without_a_terminal():
    assert _bar(Console(file=io.StringIO()), "").disable
    assert not _bar(Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "xterm"}), "").disable
    assert _bar(Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "dumb"}), "").disable


def test_a_stream_of_a_notebook_is_left_alone():
    fall_back(io.StringIO())
    fall_back(sys.stdout)
