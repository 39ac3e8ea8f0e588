"""Draw the pool that training samples from: ``python -m training.pool DIRECTORY --chunks 40``.

A chunk is `CHUNK` pictures, drawn from consecutive seeds, so chunk n is the same bytes whoever
draws it. Any number of these may run at once on one directory: each claims the chunks it draws.
Training may start as soon as the first chunks are there. Chunks from `EVALUATION` on are never
trained on.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from storyboard.world.picture_batch import draw

BATCH = 8
CHUNK = 2048
EVALUATION = 100_000


def draw_chunk(index: int, *, size: int, count: int = CHUNK) -> tuple[np.ndarray, list[list[str]]]:
    """Return the pictures ``(count, 3, size, size)`` of one chunk and their facts."""
    pictures, facts = [], []
    for seed in range(index * CHUNK // BATCH, index * CHUNK // BATCH + count // BATCH):
        batch, words = draw(seed, count=BATCH, size=size)
        pictures.append(batch.numpy())
        facts.extend(words)
    return np.concatenate(pictures), facts


def write_chunk(directory: Path, index: int, size: int) -> bool:
    """Draw and store one chunk unless another process has it; the facts land last."""
    done, claim = directory / f"{index:06d}.json", directory / f"{index:06d}.claim"
    if done.exists():
        return False
    try:
        claim.touch(exist_ok=False)
    except FileExistsError:
        return False
    pictures, facts = draw_chunk(index, size=size)
    np.save(directory / f"{index:06d}.npy", pictures)
    part = done.with_suffix(".part")
    part.write_text(json.dumps(facts))
    part.rename(done)
    claim.unlink()
    return True


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw every missing chunk."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--chunks", type=int, default=40)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--size", type=int, default=96)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    options.directory.mkdir(parents=True, exist_ok=True)
    for index in range(options.first, options.first + options.chunks):
        if write_chunk(options.directory, index, options.size):
            print(f"chunk {index}", flush=True)


if __name__ == "__main__":
    main()
