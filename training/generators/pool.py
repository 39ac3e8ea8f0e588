"""Draw the pool of pictures: ``python -m training.generators.pool DIRECTORY --chunks 80``.

A chunk is `CHUNK` pictures of one shape, the facts that captions are phrased from, and, once
there is a first stage, their latents, so that a step of the UNet costs the UNet alone. Chunk n is
drawn from the same seeds whoever draws it; any number of these may run at once on one directory,
and training may start with the first chunks.
"""

import argparse
import json
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from storyboard.drawers.first_stage import FirstStage, load_first_stage
from storyboard.world.describe import caption
from storyboard.world.picture_batch import Groups, draw
from storyboard.world.shapes import Facts

CHUNK = 256
BATCH = 4
FIRST_SEED = 7_000_000
# (height, width) of ten chunks in turn
SHAPES = ((144, 256),) * 6 + ((192, 192),) * 3 + ((256, 144),)
GROUPS: Groups = (
    ("landscape", 0.64), ("closeup", 0.29), ("shape", 0.025), ("pair", 0.005), ("many", 0.015),
    ("pattern", 0.025),
)  # fmt: skip


def draw_pictures(index: int, *, count: int = CHUNK) -> tuple[Tensor, list[Facts]]:
    """Return the pictures of a chunk, uint8 ``(count, 3, H, W)``, and the facts of each."""
    shape = SHAPES[index * 7 % len(SHAPES)]
    pictures, facts = [], []
    for seed in range(index * CHUNK // BATCH, index * CHUNK // BATCH + -(-count // BATCH)):
        batch, words = draw(FIRST_SEED + seed, count=BATCH, size=shape, groups=GROUPS)
        pictures.append(batch)
        facts += words
    return torch.cat(pictures)[:count], facts[:count]


@torch.no_grad()
def encode(stage: FirstStage, pictures: Tensor) -> Tensor:
    """Return float16 latents of uint8 pictures, a few at a time, on the CPU."""
    device = stage.latents_mean.device
    parts = [stage.encode(part.to(device).float() / 255).half() for part in pictures.split(16)]
    return torch.cat(parts).cpu().contiguous()


def write_chunk(directory: Path, index: int, *, count: int = CHUNK) -> bool:
    """Draw and store a chunk unless another process has it; the facts land last."""
    done, claim = directory / f"{index:06d}.json", directory / f"{index:06d}.claim"
    if done.exists():
        return False
    try:
        claim.touch(exist_ok=False)
    except FileExistsError:
        return False
    pictures, facts = draw_pictures(index, count=count)
    np.save(directory / f"{index:06d}.npy", pictures.numpy())
    part = done.with_suffix(".part")
    part.write_text(json.dumps(facts))
    part.rename(done)
    claim.unlink()
    return True


def write_latents(directory: Path, index: int, stage: FirstStage) -> None:
    """Encode a stored chunk unless that was done."""
    path = directory / f"{index:06d}.safetensors"
    if path.exists() or not (directory / f"{index:06d}.json").exists():
        return
    pictures = torch.from_numpy(np.load(directory / f"{index:06d}.npy"))
    save_file({"latents": encode(stage, pictures)}, f"{path}.part")
    os.replace(f"{path}.part", path)


class PicturePool:
    """The pictures of a directory; they stay on disk."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.opened: dict[Path, np.ndarray] = {}
        self.refresh()

    def refresh(self) -> None:
        """Open the chunks that were finished since the last call."""
        for path in sorted(self.directory.glob("*.npy")):
            if path not in self.opened and path.with_suffix(".json").exists():
                self.opened[path] = np.load(path, mmap_mode="r")

    def crops(self, count: int, size: tuple[int, int], dice: random.Random) -> Tensor:
        """Return crops in [0, 1], ``(count, 3, *size)``, their corners at multiples of 8."""
        return torch.stack([self._crop(size, dice) for _ in range(count)]).float() / 255

    def _crop(self, size: tuple[int, int], dice: random.Random) -> Tensor:
        chunk = dice.choice(list(self.opened.values()))
        top, left = (
            8 * dice.randint(0, (have - want) // 8)
            for have, want in zip(chunk.shape[2:], size, strict=True)
        )
        row = chunk[dice.randrange(len(chunk))]
        return torch.from_numpy(row[:, top : top + size[0], left : left + size[1]].copy())


@dataclass(frozen=True)
class Chunk:
    """Latents ``(N, C, h, w)`` in float16 and the facts of each."""

    latents: Tensor
    facts: list[Facts]


class LatentPool:
    """The latents and facts of a directory, read as they appear.

    With a first stage, chunks without latents are encoded, one at each `refresh`.
    """

    def __init__(self, directory: Path, stage: FirstStage | None = None) -> None:
        self.directory, self.stage = directory, stage
        self.seen: set[str] = set()
        self.chunks: list[Chunk] = []
        self.refresh()

    def refresh(self) -> None:
        """Read the chunks that were finished since the last call."""
        if self.stage is not None:
            self._encode_one()
        for path in sorted(self.directory.glob("*.safetensors")):
            if path.name in self.seen:
                continue
            self.seen.add(path.name)
            facts = json.loads(path.with_suffix(".json").read_text())
            self.chunks.append(Chunk(load_file(path)["latents"], facts))

    def _encode_one(self) -> None:
        for path in sorted(self.directory.glob("*.json")):
            if not path.with_suffix(".safetensors").exists():
                write_latents(self.directory, int(path.stem), self.stage)
                return

    def batch(self, count: int, dice: random.Random) -> tuple[Tensor, list[str]]:
        """Return latents of one shape, ``(count, C, h, w)``, and a new caption of each."""
        shape = dice.choice(self.chunks).latents.shape[1:]
        fitting = [chunk for chunk in self.chunks if chunk.latents.shape[1:] == shape]
        picks = [(c, dice.randrange(len(c.facts))) for c in dice.choices(fitting, k=count)]
        texts = [caption(c.facts[row], dice)[0] for c, row in picks]
        return torch.stack([c.latents[row] for c, row in picks]).float(), texts


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw every missing chunk, and encode it where a first stage is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--first-stage", type=Path, help="also encode, with this one")
    parser.add_argument("--chunks", type=int, default=80)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    stage = load_first_stage(options.first_stage) if options.first_stage else None
    options.directory.mkdir(parents=True, exist_ok=True)
    for index in range(options.first, options.first + options.chunks):
        if write_chunk(options.directory, index):
            print(f"chunk {index}", flush=True)
        if stage is not None:
            write_latents(options.directory, index, stage)


if __name__ == "__main__":
    main()
