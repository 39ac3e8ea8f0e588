"""Look at what a generator paints: ``python -m training.generators.sheet PIPELINE out.png``.

32 prompts, in rows of four, each from the noise of its own seed, nothing chosen.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import DPMSolverMultistepScheduler
from torch import Tensor

from storyboard.drawers.first_stage import FACTOR, load_first_stage
from training.evaluate import judged
from training.generators.unet import Networks, load_networks, make_scheduler
from training.sheet import frame_size, sheet

PROMPTS = (
    "a sunset over the sea", "snowy mountains under a starry night sky",
    "a forest at night with a full moon", "a city at night",
    "green hills and a rainbow", "a purple forest at dawn", "fire", "a galaxy",
    "a red rose", "a lighthouse on the sea in a storm", "a boat on the sea at sunset",
    "the desert under a blue sky",
    "an owl", "a cat", "an eye", "a volcano at night",
    "a watercolor of mountains at sunset", "an oil painting of the sea", "a neon city",
    "pixel art of a forest",
    "a black and white road", "a hot air balloon over hills", "underwater with fish", "a candle",
    "a blue crystal", "aurora over a lake", "a meadow with flowers", "fog over the forest",
    "lightning over the city", "a red circle on blue", "yellow stars on purple", "a spiral",
)  # fmt: skip


@dataclass(frozen=True)
class Sampling:
    """Settings of sampling.

    steps     evaluations of the sampler (each is two of the network before guidance is distilled)
    guidance  scale of classifier-free guidance
    until     share of the noise levels, from the cleanest up, that is not guided
    rescale   share of the deviation of the unguided prediction that is restored (Lin et al. 2024)
    """

    steps: int = 20
    guidance: float = 4.0
    until: float = 0.0
    rescale: float = 0.0


def predicted(
    nets: Networks, x: Tensor, t: Tensor, words: tuple[Tensor, Tensor], how: Sampling
) -> Tensor:
    """Return the guided v of latents ``x`` at timestep ``t``; words: of the prompts, of nothing."""
    if nets.unet.config.time_cond_proj_dim is not None:
        return nets.velocity(x, t, words[0], torch.full((len(x),), how.guidance))
    if t < how.until * 1000 or how.guidance == 1:
        return nets.velocity(x, t, words[0])
    with_words, without = nets.velocity(torch.cat([x, x]), t, torch.cat(words)).chunk(2)
    v = without + how.guidance * (with_words - without)
    spread = with_words.std((1, 2, 3), keepdim=True) / v.std((1, 2, 3), keepdim=True)
    return v * (1 + how.rescale * (spread - 1))


@dataclass(frozen=True)
class Order:
    """Prompts, the seed of each one's noise, and the size (height, width) in pixels."""

    prompts: Sequence[str]
    seeds: Sequence[int]
    size: tuple[int, int] = (144, 256)


@torch.no_grad()
def sample(nets: Networks, order: Order, how: Sampling) -> Tensor:
    """Return the normalised latents of an order."""
    scheduler = DPMSolverMultistepScheduler.from_config(make_scheduler().config)
    scheduler.set_timesteps(how.steps)
    shape = (nets.unet.config.in_channels, *(side // FACTOR for side in order.size))
    noise = [
        torch.randn(shape, generator=torch.Generator().manual_seed(seed)) for seed in order.seeds
    ]
    x = torch.stack(noise).contiguous(memory_format=torch.channels_last)
    words = nets.words(order.prompts), nets.words([""] * len(order.prompts))
    for t in scheduler.timesteps:
        x = scheduler.step(predicted(nets, x, t, words, how), t, x).prev_sample
    return x


def scores(judge: Path, pictures: Tensor, prompts: Sequence[str]) -> dict[str, object]:
    """Return how often the judge names a picture's prompt first, or among three, of all prompts,
    from the square in its middle; and the mean step from pixel to pixel, which grows with
    sharpness.
    """
    side = min(pictures.shape[-2:])
    top, left = ((have - side) // 2 for have in pictures.shape[-2:])
    squares = pictures[..., top : top + side, left : left + side]
    steps = [pictures.diff(dim=d).abs().mean().item() for d in (-1, -2)]
    return {**judged(judge, squares, prompts), "sharpness": sum(steps) / 2}


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the sheet and print the seconds that the sampling took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", type=Path, help="a folder with unet/ and text_encoder/")
    parser.add_argument("out", type=Path)
    parser.add_argument("--first-stage", type=Path, help="default: the folder's vae/")
    parser.add_argument("--size", type=frame_size, default=(144, 256))
    parser.add_argument("--prompts", type=int, default=len(PROMPTS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--judge", type=Path, help="a perceptor that names the pictures")
    for name, value in vars(Sampling()).items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    how = Sampling(**{name: getattr(options, name) for name in vars(Sampling())})
    nets = load_networks(options.networks)
    stage = load_first_stage(options.first_stage or options.networks / "vae")
    begin = time.monotonic()
    groups = [range(i, i + 4) for i in range(0, options.prompts, 4)]
    orders = [Order([PROMPTS[i] for i in group], group, options.size) for group in groups]
    latents = [sample(nets, order, how) for order in orders]
    print(f"{time.monotonic() - begin:.1f} s for {options.prompts} pictures")
    with torch.no_grad():
        pictures = torch.cat([stage.decode(one) for one in latents]).clamp(0, 1)
    sheet(pictures, 4).save(options.out)
    if options.judge:
        results = scores(options.judge, pictures, PROMPTS[: options.prompts])
        print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
