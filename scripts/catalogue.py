"""Write the catalogue of mistakes, docs/checks.md and docs/checks.zh-CN.md, from the rules and their texts.

usage: python scripts/faults.py --json faults/outcomes.json && python scripts/catalogue.py

The table shows for each row its code, its stages, its pairs in the fault suite and how many were named.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

from glassnet.checks.rules import RULES
from glassnet.checks.wording import page_of
from glassnet.verbs.catalogue import in_general

ROOT = Path(__file__).parent.parent
OUTCOMES = ROOT / "faults" / "outcomes.json"
DOCUMENTS = {"en": ROOT / "docs" / "checks.md", "zh": ROOT / "docs" / "checks.zh-CN.md"}
WORDS = {
    "en": {
        "title": "# What `check` and `watch` name",
        "other": "[中文](checks.zh-CN.md)",
        "intro": (
            "{rules} mistakes, each with a code that does not change. `glassnet check --explain CODE` prints its"
            " page, a comment `# glassnet: ignore[CODE]` in the line or `ignore = [\"CODE\"]` under"
            " `[tool.glassnet]` in `pyproject.toml` silences it, and the silence is reported."
        ),
        "suite": (
            "The suite in [`faults/`](../faults) holds {pairs} pairs of a script or network with the mistake and"
            " its sound twin, and {sound} sound scripts more. Named: {named} of {pairs} ({named_share});"
            " at the right line: {at_line} ({line_share}). Sound scripts and twins about which anything above a"
            " note was said: {alarms} of {all_sound}. Printed by `python scripts/faults.py`."
        ),
        "stages": (
            "Stage: **S** seen in the trace of one pass, **B** in one batch forward and backward, **P** by a few"
            " passes more, **R** during the run, **D** in the data."
        ),
        "head": "| row | mistake | code | stage | suite | named | at the line | alarms on sound twins |",
        "why": "Why", "seen": "How it is seen", "mend": "Mend", "source": "Source",
    },
    "zh": {
        "title": "# `check` 和 `watch` 能指出的错误",
        "other": "[English](checks.md)",
        "intro": (
            "{rules} 种错误，每种都有一个不变的代码。`glassnet check --explain CODE` 打印它的说明页；在那一行写注释"
            " `# glassnet: ignore[CODE]`，或在 `pyproject.toml` 的 `[tool.glassnet]` 下写 `ignore = [\"CODE\"]`，"
            "就能屏蔽它，屏蔽会如实报告。"
        ),
        "suite": (
            "[`faults/`](../faults) 中有 {pairs} 对脚本或网络（一个有错，一个是改好的），另有 {sound} 个没有错误的脚本。"
            "指出了 {pairs} 个中的 {named} 个（{named_share}）；行号正确的有 {at_line} 个（{line_share}）。"
            "没有错误的脚本里，被说了提示以上内容的有 {alarms} 个，共 {all_sound} 个。"
            "由 `python scripts/faults.py` 打印。"
        ),
        "stages": "阶段：**S** 一次前向的记录中可见，**B** 一个批次的前向与反向，**P** 多跑几次，**R** 训练过程中，**D** 数据中。",
        "head": "| 行 | 错误 | 代码 | 阶段 | 测试 | 指出 | 行号正确 | 改好后的误报 |",
        "why": "为什么", "seen": "如何发现", "mend": "改法", "source": "来源",
    },
}  # fmt: skip


def document(lang: str, outcomes: list[dict]) -> str:
    """Give the document in one language."""
    words = WORDS[lang]
    by_code = defaultdict(lambda: {"pairs": 0, "named": 0, "at_line": 0, "alarms": 0})
    for one in outcomes:
        row = by_code[one["name"].partition("/")[0]]
        row["pairs"] += one["broken"]
        row["named"] += one["named"]
        row["at_line"] += one["at_line"]
        row["alarms"] += bool(one["alarms"]) and not one["broken"]
    totals = {
        key: sum(row[key] for row in by_code.values()) for key in ("pairs", "named", "at_line", "alarms")
    }
    sound = [one for one in outcomes if not one["broken"]]
    lines = [words["title"], "", words["other"], "", words["intro"].format(rules=len(RULES)), ""]
    lines += [
        words["suite"].format(
            **totals, sound=len(sound) - totals["pairs"], all_sound=len(sound),
            named_share=f"{totals['named'] / totals['pairs']:.1%}",
            line_share=f"{totals['at_line'] / totals['pairs']:.1%}",
        ), "", words["stages"], "", words["head"], "|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for rule in RULES:
        row, page = by_code[rule.code], page_of(rule.code, lang)
        lines.append(
            f"| {rule.row} | {page['title']} | [`{rule.code}`](#{rule.code}) | {rule.stages} |"
            f" [{row['pairs']}](../faults/{rule.code}) | {row['named']} | {row['at_line']} | {row['alarms']} |"
        )
    for rule in RULES:
        lines += ["", *section(rule.code, lang)]
    return "\n".join(lines) + "\n"


def section(code: str, lang: str) -> list[str]:
    """Give the page of one rule."""
    words, page = WORDS[lang], page_of(code, lang)
    mend = in_general(page["mend"].strip())
    block = ["```python", mend, "```"] if "\n" in mend else [f"**{words['mend']}** {mend}"]
    return [
        f"## {code}", "", f"### {page['title']}", "", f"**{words['why']}** {one_line(page['why'])}", "",
        f"**{words['seen']}** {one_line(page['seen'])}", "", *block, "",
        f"**{words['source']}** {one_line(page['source'])}",
    ]  # fmt: skip


def one_line(text: str) -> str:
    """Set a text on one line."""
    return " ".join(text.split())


def main() -> int:
    """Write both documents."""
    outcomes = json.loads(OUTCOMES.read_text("utf-8"))
    for lang, path in DOCUMENTS.items():
        path.write_text(document(lang, outcomes), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
