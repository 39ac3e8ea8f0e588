"""The built page: what it was built from, and what it may not hold."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "storyboard" / "studio" / "page"
SOURCES = ("index.html", "package-lock.json", "public", "src", "tsconfig.json", "vite.config.js")


def files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return [one for inside in sorted(path.iterdir(), key=lambda p: p.name) for one in files(inside)]


def test_the_page_is_built_from_the_sources_that_are_here() -> None:
    """If this fails: ``npm ci && npm run build`` in ``studio_page``."""
    digest = hashlib.sha256()
    for name in SOURCES:
        for file in files(ROOT / "studio_page" / name):
            digest.update(file.read_bytes())
    assert (PAGE / "built-from.txt").read_text().strip() == digest.hexdigest()


def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing_inline() -> None:
    html = (PAGE / "index.html").read_text()
    addresses = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert addresses
    assert [one for one in addresses if not one.startswith("./")] == []
    assert re.findall(r"<script(?![^>]* src=)|\son\w+=|style=", html) == []
    css = (PAGE / "index.css").read_text()
    assert "url(" not in css
    assert "@import" not in css


def test_story_text_is_never_taken_for_html() -> None:
    sources = files(ROOT / "studio_page" / "src")
    text = "\n".join(file.read_text() for file in sources)
    for way in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "srcdoc",
    ):
        assert way not in text


def test_the_licences_of_what_is_in_the_page_lie_beside_it() -> None:
    text = (PAGE / "licenses.txt").read_text()
    for package in ("preact", "@codemirror/view", "@lezer/common"):
        assert f"{package} " in text
