"""Time of one move of the picture: ``python -m benchmarks.warp``.

Processor milliseconds of one thread for one picture, bicubic, the least of several runs, and beside
it the factor to a plain zoom with a turn. Small steps are what the frame loop takes from frame to
frame, large ones what the preview takes over a whole shot.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import torch

from storyboard.cli.console import table
from storyboard.motion.path import between
from storyboard.motion.warp import warp
from storyboard.plan import Pose

SIZES = ((320, 180), (512, 288))

MOVES = {
    "zoom 1.01, rotate 0.5": Pose(zoom=1.01, rotate=0.5),
    "zoom 0.5": Pose(zoom=0.5),
    "yaw 0.5": Pose(yaw=0.5),
    "orbit_x 2": Pose(orbit_x=2),
    "swirl 3": Pose(swirl=3),
    "ripple 0.002": Pose(ripple=0.002),
    "lens 0.02": Pose(lens=0.02),
    "orbit_x 40": Pose(orbit_x=40),
    "swirl 120": Pose(swirl=120),
    "lens 0.4": Pose(lens=0.4),
}
"""From a camera at rest to each of these."""


def cost_ms(pose: Pose, size: tuple[int, int], *, runs: int) -> float:
    """Return the least processor milliseconds of ``runs`` warps to ``pose`` of (width, height)
    pixels.
    """
    width, height = size
    picture = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))
    move = between(Pose(), pose, width / height)
    spent = []
    for _ in range(runs):
        start = time.process_time()
        warp(picture, move)
        spent.append(time.process_time() - start)
    return 1000 * min(spent)


def rows(sizes: Sequence[tuple[int, int]], *, runs: int) -> list[tuple[str, ...]]:
    """Return a row for each of `MOVES`: its name, then milliseconds and factor for every size."""
    costs = {
        name: [cost_ms(pose, size, runs=runs) for size in sizes] for name, pose in MOVES.items()
    }
    plain = next(iter(costs.values()))
    return [
        (name, *(f"{ms:.1f} (x{ms / base:.2f})" for ms, base in zip(spent, plain, strict=True)))
        for name, spent in costs.items()
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    header = ("move", *(f"{width}x{height}" for width, height in SIZES))
    print(table(rows(SIZES, runs=options.runs), header=header))


if __name__ == "__main__":
    main()
