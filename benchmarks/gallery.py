"""One story through every drawer: ``python -m benchmarks.gallery [NAME ...] [--zoom]``.

Each drawer paints the same three shots through the command, in a process of its own. What comes
out goes into ``docs/gallery``: a strip of frames for each drawer, and `README.md` with seconds a
frame, peak memory, and what `benchmarks.look` measures: sharpness, flicker under the camera, and
the rank that the judge, a model that guides nothing, gives to the prompt of each shot. With
``--zoom`` it is one shot of a hundred frames under a steady zoom instead: how much sharpness is
left at its end and how far its colours went. Runs of some drawers keep the lines of the others.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import hypot
from pathlib import Path
from typing import Any

import yaml

from benchmarks.look import JUDGE, ROOT, Look, captions, look, read_pictures
from examples.make_strip import make_strip
from storyboard import load_story, make_plan
from storyboard.cli.console import table
from storyboard.errors import UsageError, did_you_mean
from storyboard.perceptors import Guide, load

OUT = ROOT / "docs" / "gallery"
FIGURES = "figures.json"

DRAWERS: dict[str, dict[str, Any]] = {
    "scenes": {"name": "scenes"},
    "diffusion": {"name": "diffusion"},
    "fft": {"name": "fft"},
    "pixel": {"name": "pixel"},
    "pixel-hexagon": {"name": "pixel", "shape": "hexagon"},
    "gaussians": {"name": "gaussians"},
    "siren": {"name": "siren"},
    "clipdraw": {"name": "clipdraw"},
    "line_sketch": {"name": "line_sketch"},
    "dots": {"name": "dots"},
}
"""What the gallery shows, by the name of its files: a drawer with options."""

SHOTS = ("a sunset over the sea", "green hills and a rainbow", "a city at night")
STORY: dict[str, Any] = {
    "version": 1,
    "output": {"size": "256x144", "fps": 8},
    "quality": "sketch",
    "defaults": {"motion": {"zoom_per_s": 1.06}},
    "shots": [{"prompt": text, "duration": "2s", "cut": True} for text in SHOTS],
}
ZOOM: dict[str, Any] = {**STORY, "shots": [{"prompt": SHOTS[0], "duration": "100f"}]}


@dataclass(frozen=True)
class Figures:
    """Cost and result of painting a story with one drawer.

    seconds  wall time of a frame, start and encoding left out
    peak     MiB of the process
    ranks    of the prompt among the captions, a shot each, 1 is first; ``of`` many captions
    sharp    mean absolute Laplacian of the last frames, grey levels, a mean of the shots
    left     sharpness of a shot's last frame over that of its first, the least of all shots
    drift    distance of the mean colours of a shot's first and last frame in Lab, the greatest
    flicker  mean difference from the frame before, moved by the camera, grey levels
    """

    seconds: float
    peak: float
    ranks: list[int]
    of: int
    sharp: float
    left: float
    drift: float
    flicker: float


def run(story: Path) -> tuple[Path, float, float]:
    """Render ``story`` by the command; return the film, seconds a frame and the peak in MiB.

    Raises `UsageError` with the command's last words where it fails.
    """
    film = story.parent / "out" / "film.mp4"
    done = subprocess.run(
        [sys.executable, "-c", WATCH, "-m", "storyboard", "render", str(story), "-o", str(film)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise UsageError(f"{story.name} could not be rendered: {done.stderr[-2000:]}")
    events = map(json.loads, (film.parent / "events.jsonl").read_text().splitlines())
    frames = [event["seconds"] for event in events if event["kind"] == "frame"]
    return film, sum(frames) / len(frames), float(done.stdout.split()[-1]) / 1024


WATCH = """
import resource, subprocess, sys
code = subprocess.run([sys.executable, *sys.argv[1:]]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
"""A program that runs Python with its arguments and prints the greatest memory that it held."""


def measure(looks: Sequence[Look], seconds: float, peak: float) -> Figures:
    """Return the figures of a film from what was seen in its shots."""
    return Figures(
        seconds=round(seconds, 2),
        peak=round(peak),
        ranks=[one.rank for one in looks],
        of=looks[0].of,
        sharp=round(sum(one.sharp[1] for one in looks) / len(looks), 1),
        left=round(min(one.sharp[1] / max(one.sharp[0], 1e-6) for one in looks), 2),
        drift=round(max(hypot(one.drift[0], one.drift[2]) for one in looks), 1),
        flicker=round(max(one.flicker[1] for one in looks), 1),
    )


def paint(name: str, story: Mapping[str, Any], judge: Guide, strip: Path | None) -> Figures:
    """Render ``story`` through a drawer of `DRAWERS`, lay frames of it side by side in ``strip``
    and return its figures.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "film.yaml")
        path.write_text(yaml.safe_dump({**story, "drawer": DRAWERS[name]}, sort_keys=False))
        film, seconds, peak = run(path)
        plan = make_plan(load_story(path))
        looks = look(plan, read_pictures(film), judge, captions())
        if strip:
            numbers = [n for shot in plan.shots for n in (shot.first + 4, shot.stop - 1)]
            make_strip(film, numbers).save(strip, quality=85)
    return measure(looks, seconds, peak)


HEADER = ("drawer", "s a frame", "peak MiB", "ranks", "sharp", "left", "drift", "flicker")


def page(gallery: Mapping[str, Figures], zoom: Mapping[str, Figures]) -> str:
    """Return the page that shows what was painted."""
    parts = [INTRO.format(shots="; ".join(f"*{text}*" for text in SHOTS))]
    parts += [_markdown(gallery), "\n## A hundred frames under a zoom\n", ZOOM_INTRO]
    parts += [_markdown(zoom), "\n## The pictures\n"]
    for name in gallery:
        spec = ", ".join(f"{key}: {value}" for key, value in DRAWERS[name].items())
        parts.append(f"### {name}\n\n`drawer: {{{spec}}}`\n\n![{name}]({name}.jpg)\n")
    return "\n".join(parts)


def _markdown(figures: Mapping[str, Figures]) -> str:
    lines = [HEADER, tuple("---" for _ in HEADER), *(_row(*item) for item in figures.items())]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _row(name: str, one: Figures) -> tuple[str, ...]:
    ranks = f"{', '.join(map(str, one.ranks))} of {one.of}"
    numbers = (one.sharp, one.left, one.drift, one.flicker)
    return name, f"{one.seconds:.2f}", f"{one.peak:.0f}", ranks, *map(str, numbers)


INTRO = """# Gallery

Made by `make gallery`: the same three shots, {shots}, through every drawer at 256x144, eight frames
a second, `quality: sketch`, on the processor alone. Two frames of each shot are shown.

*ranks*: the place of each shot's prompt when a model that guided nothing puts captions in order.
*sharp*: mean absolute Laplacian of the last frames in grey levels; *left*: its ratio to the first
frame's, the least of the shots; *drift*: how far the mean colour went in a shot, in Lab; *flicker*:
difference of neighbouring frames where the camera's move is taken out, in grey levels.
"""
ZOOM_INTRO = f"*{SHOTS[0]}*, 6 % closer every second, for a hundred frames.\n"


def read_figures(path: Path, part: str) -> dict[str, Figures]:
    """Return the figures that earlier runs left, in the order of `DRAWERS`."""
    stored = json.loads(path.read_text())[part] if path.is_file() else {}
    return {name: Figures(**stored[name]) for name in DRAWERS if name in stored}


def main(arguments: Sequence[str] | None = None) -> None:
    """Paint with the drawers that are named, or with all, and write the gallery."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="drawers, by default all")
    parser.add_argument("--zoom", action="store_true", help="the hundred frames instead")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in DRAWERS]:
        raise SystemExit(f"no drawer {unknown[0]!r} here; {did_you_mean(unknown[0], DRAWERS)}")
    options.out.mkdir(parents=True, exist_ok=True)
    figures = {part: read_figures(options.out / FIGURES, part) for part in ("gallery", "zoom")}
    judge = Guide([(load(str(JUDGE), device="cpu"), 1.0)])
    part, story = ("zoom", ZOOM) if options.zoom else ("gallery", STORY)
    for name in options.names or DRAWERS:
        strip = None if options.zoom else options.out / f"{name}.jpg"
        figures[part][name] = paint(name, story, judge, strip)
        print(table([_row(name, figures[part][name])], header=HEADER), flush=True)
        write(options.out, figures)


def write(out: Path, figures: Mapping[str, Mapping[str, Figures]]) -> None:
    """Write the figures and the page."""
    ordered = {p: {n: one[n] for n in DRAWERS if n in one} for p, one in figures.items()}
    plain = {p: {n: asdict(f) for n, f in one.items()} for p, one in ordered.items()}
    (out / FIGURES).write_text(json.dumps(plain, indent=1) + "\n")
    (out / "README.md").write_text(page(ordered["gallery"], ordered["zoom"]))


if __name__ == "__main__":
    main()
