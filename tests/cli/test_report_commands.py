"""`glassnet report` and `glassnet compare`: what they print, and their JSON."""

from __future__ import annotations

import json
import shutil


def test_report_tells_where_it_lies_and_where_its_time_went(cli, finished_run):
    ended = cli("report", finished_run.path, "--lang", "en")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0].startswith(f"report      {finished_run.path}/report.html (")
    assert all(f" {name} " in lines[1] for name in ("run", "pictures", "network", "page"))
    assert lines[2] == f"next        glassnet compare {finished_run.path} RUN..."


def test_the_json_of_a_report(cli, finished_run, tmp_path):
    found = cli("report", finished_run.path, "--json", "--out", tmp_path / "a.html").json
    assert found["report"] == str(tmp_path / "a.html")
    assert found["bytes"] == (tmp_path / "a.html").stat().st_size
    assert (found["split"], found["left_out"]) == ("test", {})
    assert set(found["seconds"]) == {"run", "pictures", "network", "page"}


def test_a_folder_that_is_no_run(cli, tmp_path):
    ended = cli("report", tmp_path, "--json")
    assert ended.code == 2
    assert ended.json["error"]["what"] == "this is not a run"


def test_compare_in_text_in_json_and_as_a_page(cli, finished_run, tmp_path):
    other = shutil.copytree(finished_run.path, tmp_path / "其他")
    info = json.loads((other / "run.json").read_text("utf-8"))
    info["recipe"]["lr"] = 0.25
    (other / "run.json").write_text(json.dumps(info), "utf-8")
    told = cli("compare", finished_run.path, other, "--lang", "zh")
    assert told.code == 0
    assert "差别可以用偶然解释" in told.out
    assert "0.25" in told.out
    found = cli("compare", finished_run.path, other, "--json", "--html", tmp_path / "c.html").json
    assert list(found) == ["runs", "differences", "groups", "group_pairs", "pairs", "sources", "page"]
    assert found["differences"] == [
        {"name": "lr", "values": {str(finished_run.path): "0.001", str(other): "0.25"}}
    ]
    pair = found["pairs"][0]
    assert (
        pair["both_right"] + pair["only_first"] + pair["only_second"] + pair["both_wrong"] == pair["images"]
    )
    assert (pair["p_value"], pair["method"], found["sources"]) == (1.0, "exact", [])
    assert "其他" in (tmp_path / "c.html").read_text("utf-8")


def test_one_run_alone_is_wrong_use(cli, finished_run):
    ended = cli("compare", finished_run.path, "--json")
    assert ended.code == 2
    assert ended.json["error"]["what"] == "one run cannot be compared"
