"""A whole small film from its story: seconds and peak memory, the encoder's share apart."""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

from storyboard import load_story, make_plan, render

STORY = """
version: 1
output: {{size: 320x180, fps: 12}}
quality: sketch
defaults:
  motion: {{zoom_per_s: 1.06, rotate: 5*sin(2*pi*t/8)}}
shots:
  - {{duration: {half}, prompt: a sunset over the sea}}
  - {{duration: {half}, fade: {half}, prompt: a starry night sky}}
"""


def measure_film(frames: int) -> dict[str, float]:
    """Return seconds for a film of ``frames`` frames, by the wall and by the processor, and MiB.

    ``encode`` is ffmpeg's processor time, decoding the film to count its frames included.
    """
    with tempfile.TemporaryDirectory() as folder:
        story = Path(folder, "film.yaml")
        story.write_text(STORY.format(half=f"{frames // 2}f"))
        plan = make_plan(load_story(story))
        wall, own = time.perf_counter(), time.process_time()
        film = render(plan, out=Path(folder, "out", "film.mp4"), device="cpu")
        child = resource.getrusage(resource.RUSAGE_CHILDREN)
        return {
            "frames": film.frames,
            "wall": time.perf_counter() - wall,
            "paint": time.process_time() - own,
            "encode": child.ru_utime + child.ru_stime,
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
