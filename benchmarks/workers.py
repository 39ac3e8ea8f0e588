"""What N workers cost beside N processes: ``python -m benchmarks.workers``.

The processes share nothing. Both paint the same chains with one thread each, from the start of the
command to the film; they take turns, so that whatever else the machine does hits both.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

STORY = """
output: {{size: 128x72, fps: 12, format: png}}
drawer: fft
perceptors: [sketch]
steps: 8
steps_first: 8
cuts: 16
shots:
{shots}
"""


def render(story: Path, *flags: str) -> subprocess.Popen[bytes]:
    """Start one render of ``story`` with one thread in its own folder."""
    command = [sys.executable, "-m", "storyboard", "render", str(story), "--progress", "none"]
    return subprocess.Popen([*command, *flags], env={**os.environ, "OMP_NUM_THREADS": "1"})


def measured(story: Path, folder: Path, *, apart: int, workers: int) -> float:
    """Return the seconds until all frames are there: by processes ``apart``, or by workers."""
    flags = (
        [["--workers", str(workers)]] if workers else [["--shots", f"s{n}"] for n in range(apart)]
    )
    began = time.perf_counter()
    started = [
        render(story, *own, "-o", str(folder / str(n) / "film")) for n, own in enumerate(flags)
    ]
    if any(one.wait() for one in started):
        raise RuntimeError("a render failed")
    return time.perf_counter() - began


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--frames", type=int, default=24, help="of each chain")
    parser.add_argument("--turns", type=int, default=2)
    options = parser.parse_args(arguments)
    count = options.workers
    shots = "\n".join(
        f"  - {{name: s{n}, duration: {options.frames}f, prompt: a forest, cut: true}}"
        for n in range(count)
    )
    with tempfile.TemporaryDirectory() as folder:
        story = Path(folder, "chains.yaml")
        story.write_text(STORY.format(shots=shots))
        apart, shared = [], []
        for turn in range(options.turns):
            own = Path(folder, f"apart{turn}"), Path(folder, f"crew{turn}")
            apart.append(measured(story, own[0], apart=count, workers=0))
            shared.append(measured(story, own[1], apart=0, workers=count))
    print(f"{count} chains of {options.frames} frames, the best of {options.turns}")
    print(f"{count} processes {min(apart):8.1f} s\n{count} workers   {min(shared):8.1f} s")
    print(f"speed of workers beside processes: {min(apart) / min(shared):.2f} (aim 0.9)")


if __name__ == "__main__":
    main()
