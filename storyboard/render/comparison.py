"""A comparison of variants, written down: a table of numbers (CSV) and a page to look at (HTML)."""

from __future__ import annotations

import csv
import io
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from storyboard.media.ffmpeg import Picture
from storyboard.render.output.embed import png_bytes
from storyboard.render.variants import FilmMeasures

MOST_EMBEDDED = 8 << 20
"""Bytes of a film that is put into the page itself; a larger one is linked."""

NUMBERS = ("seconds", "score", "sharpness", "flicker")

_STYLE = """
body { background: #18181c; color: #ddd; font: 15px/1.4 sans-serif; margin: 2em; }
table { border-collapse: collapse; margin: 0 0 2em; }
th, td { padding: .3em .8em; text-align: right; border-bottom: 1px solid #333; }
th:first-child, td:first-child { text-align: left; }
td.best { color: #8f8; }
main { display: flex; flex-wrap: wrap; gap: 1.2em; }
figure { margin: 0; width: 320px; }
figure img, figure video { width: 320px; display: block; margin: 0 0 2px; }
figcaption { font-size: 13px; }
.failed { color: #f88; }
"""


@dataclass(frozen=True)
class Compared:
    """One variant: its ``settings`` (PATH=VALUE), ``pictures`` by when they are seen, the ``film``
    where there is one, and what was measured; ``failed`` says why there is nothing else.
    """

    settings: tuple[str, ...]
    pictures: tuple[tuple[str, Picture], ...] = ()
    film: Path | None = None
    measures: FilmMeasures | None = None
    failed: str = ""

    @property
    def label(self) -> str:
        """Return the settings in a line."""
        return "  ".join(self.settings)

    def cells(self) -> list[str]:
        """Return the measured numbers as texts, in the order of `NUMBERS`; empty for none."""
        values = [getattr(self.measures, name, None) for name in NUMBERS]
        return ["" if value is None else f"{value:.3f}" for value in values]


def csv_of(variants: Sequence[Compared]) -> str:
    """Return the table of ``variants``, a column for each setting that is varied."""
    file = io.StringIO()
    paths = [one.partition("=")[0] for one in variants[0].settings]
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*paths, *NUMBERS, "film", "failed"])
    for one in variants:
        values = [setting.partition("=")[2] for setting in one.settings]
        writer.writerow([*values, *one.cells(), one.film or "", one.failed])
    return file.getvalue()


def page_of(title: str, variants: Sequence[Compared], folder: Path) -> str:
    """Return the page of ``variants`` as HTML that needs no other file, but for films of more than
    `MOST_EMBEDDED` bytes, which are linked from ``folder``, where the page will be.
    """
    rows = "".join(map(_row, variants, _best(variants)))
    head = "".join(f"<th>{escape(name)}</th>" for name in ("variant", *NUMBERS))
    figures = "".join(_figure(one, folder) for one in variants)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1><table><tr>{head}</tr>{rows}</table>"
        "<p>seconds: painting of all frames; score: fit to the prompts, -1 to 1; sharpness: "
        "deviation of the Laplacian; flicker: distance of a frame from the mean of its "
        f"neighbours, both in levels of 255.</p><main>{figures}</main></html>\n"
    )


def _best(variants: Sequence[Compared]) -> list[tuple[bool, ...]]:
    """Return for each variant and number whether it is the best: the highest score, the least time
    and flicker. Of sharpness none is.
    """
    best = {}
    for name, choose in (("seconds", min), ("score", max), ("flicker", min)):
        values = [getattr(one.measures, name, None) for one in variants]
        best[name] = choose((value for value in values if value is not None), default=None)
    return [
        tuple(
            best.get(name) is not None and getattr(one.measures, name, None) == best.get(name)
            for name in NUMBERS
        )
        for one in variants
    ]


def _row(one: Compared, best: tuple[bool, ...]) -> str:
    if one.failed:
        cells = f'<td class="failed" colspan="{len(NUMBERS)}">{escape(one.failed)}</td>'
    else:
        pairs = zip(one.cells(), best, strict=True)
        cells = "".join(f"<td{' class=best' * top}>{text}</td>" for text, top in pairs)
    return f"<tr><td>{escape(one.label)}</td>{cells}</tr>"


def _figure(one: Compared, folder: Path) -> str:
    shown = "".join(
        f'<img alt="{escape(when)}" title="{escape(when)}" src="{_data(png_bytes(picture))}">'
        for when, picture in one.pictures
    )
    if one.film is not None:
        shown = _video(one.film, folder) + shown
    failed = f'<p class="failed">{escape(one.failed)}</p>' if one.failed else ""
    return f"<figure>{shown}<figcaption>{escape(one.label)}</figcaption>{failed}</figure>"


def _data(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{b64encode(data).decode()}"


def _video(film: Path, folder: Path) -> str:
    """Return the film where a browser plays it, in the page or linked; else a link."""
    near = film.absolute().is_relative_to(folder.absolute())
    link = film.absolute().relative_to(folder.absolute()) if near else film.absolute()
    kinds = {".mp4": "video/mp4", ".webm": "video/webm", ".gif": "image/gif"}
    kind = kinds.get(film.suffix.lower())
    if kind is None or film.stat().st_size > MOST_EMBEDDED:
        return f'<p><a href="{escape(link.as_posix())}">{escape(film.name)}</a></p>'
    source = _data(film.read_bytes(), kind)
    if kind == "image/gif":
        return f'<img alt="{escape(film.name)}" src="{source}">'
    return f'<video src="{source}" controls loop muted></video>'
