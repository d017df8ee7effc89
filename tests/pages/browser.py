"""Pages read with Python's own parser, and run in chromium without any network."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

VOID = {"meta", "img", "br", "input", "link", "hr", "path", "rect", "circle", "line"}


class Reader(HTMLParser):
    """Collect elements and check that they close in the order in which they open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict]] = []
        self.texts: dict[str, list[str]] = {}
        self.trouble: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.trouble.append(f"</{tag}> closes nothing")

    def handle_data(self, data):
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


def data_of(page: str) -> dict:
    return json.loads(
        re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1]
    )


def check_page(page: str, lang: str) -> None:
    """Hold a page to what every page promises: whole, one script, nothing from any host."""
    reader = read(page)
    assert page.startswith("<!doctype html>")
    assert reader.trouble == []
    assert reader.open == []
    tags = [tag for tag, _ in reader.elements]
    assert dict(reader.elements)["html"]["lang"] == {"en": "en", "zh": "zh-Hans"}[lang]
    assert [attrs.get("type") for tag, attrs in reader.elements if tag == "script"] == [
        "application/json",
        None,
    ]
    assert {"link", "iframe", "object", "base", "form"} & set(tags) == set()
    for _, attrs in reader.elements:
        for name in ("src", "href", "xlink:href", "action", "srcset"):
            inside = ("#", "data:image/png;base64,", "data:image/webp;base64,")
            assert (attrs.get(name) or "#").startswith(inside)
        assert not [name for name in attrs if name.startswith("on")]
    assert not re.search(r"@import|url\((?!#)", page)
    assert set(re.findall(r"https?://[^\s\"'<)]*", page)) <= {"http://www.w3.org/2000/svg"}
    policy = next(
        attrs["content"]
        for tag, attrs in reader.elements
        if tag == "meta" and "content" in attrs and "http-equiv" in attrs
    )
    assert policy.startswith("default-src 'none'; img-src data:;")
    ids = [attrs["id"] for _, attrs in reader.elements if "id" in attrs]
    assert len(ids) == len(set(ids))


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """Give a function that opens a page in chromium, runs a script in it, and gives what the script returns."""
    program = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("apt-get install -y chromium")
    folder = tmp_path_factory.mktemp("chromium")

    def run(page: str, script: str, *, size: tuple[int, int] = (1200, 900)) -> object:
        # the page's own policy lets no other script run, so the test's copy has none
        page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
        told = "<script>window.errors=[];window.addEventListener('error',e=>errors.push(e.message));</script>"
        asked = (
            f"<script>(async()=>{{let r;try{{r=await (async()=>{{{script}}})()}}catch(e){{errors.push(String(e))}}"
            "const p=document.createElement('pre');p.id='told';"
            "p.textContent=JSON.stringify({result:r===undefined?null:r,errors});document.body.append(p)})()</script>"
        )
        file = folder / "page.html"
        file.write_text(
            page.replace("<head>", f"<head>{told}").replace("</body>", f"{asked}</body>"), "utf-8"
        )
        done = subprocess.run(
            [program, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}",
             "--no-first-run", f"--window-size={size[0]},{size[1]}", "--virtual-time-budget=8000", "--dump-dom", file.as_uri()],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        found = re.search(r'<pre id="told">(.*?)</pre>', done.stdout, re.DOTALL)
        assert found, done.stderr[-2000:]
        answer = json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
        assert answer["errors"] == []
        return answer["result"]

    return run
