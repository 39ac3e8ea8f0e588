"""``python -m benchmarks.preview [--minutes N]``: what a preview of the camera costs.

A song's film of 320x180 at 12 frames a second, with one camera after another: processor seconds of
one thread for its frames, drawn and written over, and milliseconds a frame; then those of the
whole command, the encoder's included, which has a core of its own.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from storyboard.cli.console import table
from storyboard.render.preview import Overlay, camera_frames, preview, scale_of
from storyboard.story import Story
from storyboard.timeline import load_story_text, make_plan
from storyboard.timeline.beat_markers import beat_markers

CAMERAS = {
    "plain": "zoom_per_s: 1.02, rotate: 3*sin(pi*b/4), pan_x_per_s: 0.02",
    "a kick on each beat": "zoom: '1 + 0.1*decay(beat, 6)', moves: drift",
    "in space": "moves: [orbit, handheld]",
    "bent": "swirl_per_s: 3, ripple: 0.01, ripple_phase: t, lens: 0.2*sin(t)",
    "a sphere": "yaw_per_s: 6, pan_x: 0.1*sin(t)",
    "a tunnel": "dolly_per_s: 0.5, roll_per_s: 3",
}
"""The cameras; the last two are in shots with depth."""


def story_of(name: str, minutes: float) -> Story:
    """Return a film of four shots, each with a prompt, the last after a cut."""
    depth = {"a sphere": "depth: sphere, ", "a tunnel": "depth: tunnel, "}.get(name, "")
    length = Fraction(minutes).limit_denominator(1000) * 15
    shots = "".join(
        f"  - {{prompt: prompt number {n}, duration: {float(length)}s, cut: {str(n == 3).lower()}, "
        f"{depth}motion: {{{CAMERAS[name]}}}}}\n"
        for n in range(4)
    )
    head = "output: {size: 320x180, fps: 12}\naudio: {bpm: 120}\nfade: 1b\nmarks: {drop: 8b}\n"
    return load_story_text(f"{head}shots:\n{shots}")


def drawn_s(story: Story) -> tuple[float, int]:
    """Processor seconds for all frames of a preview, without the encoder, and how many they are."""
    plan, markers = make_plan(story), beat_markers(story)
    scale = scale_of(plan)
    overlay, start = Overlay(plan, scale, markers), time.process_time()
    for seen in camera_frames(plan, scale):
        overlay.draw(seen)
    return time.process_time() - start, plan.frame_count


def whole_s(story: Story) -> tuple[float, float]:
    """Processor seconds of a preview from story to checked film: our own, and ffmpeg's."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        preview(make_plan(story), Path(folder, "camera.mp4"), markers=beat_markers(story))
    own, after = time.process_time() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return own, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def rows(minutes: float) -> Iterator[tuple[str, ...]]:
    """Yield a row for each camera: its name, seconds for all frames, milliseconds for one."""
    for name in CAMERAS:
        spent, frames = drawn_s(story_of(name, minutes))
        yield name, f"{spent:.1f}", f"{1000 * spent / frames:.1f}"


def main() -> None:
    """Read the arguments, film, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0)
    minutes = parser.parse_args().minutes
    print(table(rows(minutes), header=("camera", "seconds", "ms a frame")))
    own, encoder = whole_s(story_of("plain", minutes))
    print(f"\nthe whole of the first: {own:.1f} s, and {encoder:.1f} s of ffmpeg beside it")


if __name__ == "__main__":
    main()
