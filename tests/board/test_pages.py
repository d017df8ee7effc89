"""The real server's pages in chromium: what was written is what a person sees."""

from __future__ import annotations

import shutil
import urllib.request

import pytest

from glassnet.verbs.board import board
from glassnet.verbs.train import train

PAGES = {  # page -> words that it shows: of groups that TensorBoard shows closed, the heading
    "scalars": ("epoch/training loss", "validation accuracy per class"),
    "images": ("confusion/test", "layers", "predictions"),
    "histograms": ("weights/conv1.weight", "gradients/conv1.weight"),
    "graphs": ("conv1", "fc1", "output"),
    "pr_curves": ("test precision and recall/0 小 鸟's", "test precision and recall/1 狗"),
    "hparams": ("动物园", "result/test accuracy"),
    "projector": ("Points: 12", "features that fc3 reads"),
    "text": ("Written by glassnet",),
}
EVERYTHING = """() => {
  const texts = [];
  const walk = (node) => {
    if (node.nodeType === 3) texts.push(node.textContent);
    if (node.value !== undefined && typeof node.value === "string") texts.push(node.value);
    if (node.shadowRoot) walk(node.shadowRoot);
    for (const child of node.childNodes) if (!["STYLE", "SCRIPT"].includes(child.nodeName)) walk(child);
    if (node.contentDocument) walk(node.contentDocument.documentElement);
  };
  walk(document.documentElement);
  return texts.join(" ").replace(/\\s+/g, " ");
}"""
WEBGL = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@pytest.mark.slow
def test_every_page_shows_what_was_written(animals, tmp_path):
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("apt-get install -y chromium")
    from playwright.sync_api import sync_playwright

    run = train("lenet", animals, epochs=2, batch=8, out=tmp_path / "动物园")
    server = board(run, port=0)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=WEBGL)
            page = browser.new_page(viewport={"width": 1500, "height": 1000})
            for name, words in PAGES.items():
                page.goto(f"{server.url}#{name}")
                page.reload()
                seen = ""
                for _ in range(60):
                    page.wait_for_timeout(1000)
                    seen = page.evaluate(EVERYTHING)
                    if all(word in seen for word in words):
                        break
                page.screenshot(path=tmp_path / f"{name}.png")
                assert [word for word in words if word not in seen] == [], name
            browser.close()
    finally:
        server.close()
    assert not server.server.folder.exists()


def test_two_runs_of_one_name_are_links_of_their_own(shared_run, finished_run):
    server = board([shared_run, finished_run], port=0)
    try:
        links = sorted(server.server.folder.iterdir())
        assert [link.name for link in links] == ["finished-1", "finished-2"]
        assert [link.resolve() for link in links] == [
            run.path / "tensorboard" for run in (shared_run, finished_run)
        ]
        with urllib.request.urlopen(server.url, timeout=60) as page:
            assert page.status == 200
    finally:
        server.close()
    assert not server.server.folder.exists()
    assert (shared_run.path / "tensorboard").is_dir()
