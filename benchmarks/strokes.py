"""``python -m benchmarks.strokes``: the rasteriser of strokes beside a plain one.

The plain one looks at every pixel for every piece of every stroke and leaves the gradient to
autograd, as a direct translation of the formula does. It is measured on fewer strokes, and its time
grows in proportion to them.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable

import torch
from torch import Tensor

from storyboard.drawers.raster import SOFT, Strokes, curves_of, draw_strokes
from storyboard.drawers.raster_tiles import flatten

PLAIN_STROKES = 8


def random_strokes(count: int, size: tuple[int, int], *, width: float = 0.015) -> Strokes:
    """Make strokes of two curves that walk by up to 5 % of the picture a control point.

    ``width`` is a share of the height; 0.015 is what the first clipdraw drawers begin with.
    """
    chance = torch.Generator().manual_seed(0)
    starts = torch.rand(count, 1, 2, generator=chance)
    steps = 0.1 * (torch.rand(count, 6, 2, generator=chance) - 0.5)
    points = torch.cat([starts, steps], 1).cumsum(1) * torch.tensor([size[1], size[0]])
    colors = torch.rand(count, 4, generator=chance)
    widths = torch.full((count,), width * size[0])
    parts = (points, widths, colors[:, :3].clone(), colors[:, 3].clone(), torch.ones(3))
    return Strokes(*(part.requires_grad_() for part in parts))


def draw_plainly(strokes: Strokes, size: tuple[int, int]) -> Tensor:
    """Return the same picture as `draw_strokes`, (1, 3, H, W), without tiles."""
    y, x = torch.meshgrid(*(torch.arange(n) + 0.5 for n in size), indexing="ij")
    pixels = torch.stack([x, y], -1).view(-1, 1, 2)
    picture = strokes.paper[:, None].expand(3, len(pixels))
    for number in range(len(strokes.points)):
        pieces = flatten(curves_of(strokes.points[number : number + 1]))
        along = pieces.b - pieces.a
        t = ((pixels - pieces.a) * along).sum(-1) / along.square().sum(-1).clamp_min(1e-12)
        gap = pixels - pieces.a - t.clamp(0, 1)[..., None] * along
        inside = strokes.widths[number] / 2 - (gap.square().sum(-1) + 1e-12).sqrt().amin(1)
        s = ((inside + SOFT) / (2 * SOFT)).clamp(0, 1)
        alpha = s * s * (3 - 2 * s) * strokes.opacities[number]
        picture = picture + alpha * (strokes.colors[number][:, None] - picture)
    return picture.view(1, 3, *size)


def seconds(draw: Callable[[], Tensor], *, repeat: int) -> tuple[float, float]:
    """Return the least wall seconds and processor seconds of a picture and its gradient."""
    times = []
    for _ in range(repeat):
        wall, processor = time.perf_counter(), time.process_time()
        draw().square().sum().backward()
        times.append((time.perf_counter() - wall, time.process_time() - processor))
    return min(wall for wall, _ in times), min(processor for _, processor in times)


def main() -> None:
    """Print both times, their ratio for as many strokes, and the peak memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strokes", type=int, default=1024)
    parser.add_argument("--size", default="512x288", metavar="WxH")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    width, height = map(int, args.size.split("x"))
    size, before = (height, width), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    many, few = random_strokes(args.strokes, size), random_strokes(PLAIN_STROKES, size)
    ours = seconds(lambda: draw_strokes(many, size), repeat=5)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    plain = seconds(lambda: draw_plainly(few, size), repeat=2)
    share = plain[1] * args.strokes / PLAIN_STROKES
    print(f"{args.strokes} strokes at {args.size}, forward and backward, {args.threads} threads")
    print(f"tiled: {ours[0]:.3f} s, {ours[1]:.3f} s of processor, {(peak - before) >> 10} MiB")
    print(f"plain: {share:.1f} s of processor, from {PLAIN_STROKES} strokes")
    print(f"ratio: {ours[1] / share:.4f}")


if __name__ == "__main__":
    main()
