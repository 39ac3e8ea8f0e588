"""Accuracy of a perceptor on the drawn world: ``python -m training.evaluate MODEL POOL``.

- Accuracy: the right caption out of 64 different ones, none of the others fitting, on pictures
  from seeds that were never trained on.
- Painted: pictures painted under one perceptor, named by another out of all the prompts painted.
"""

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.world.describe import caption, expand
from training.data import Pool
from training.paint import PROMPTS, ProbeConfig, load_perceptor, paint
from training.pool import EVALUATION
from training.sheet import sheet
from training.tokens import load_tokenizer

CHOICES = 64


@torch.no_grad()
def embed_pictures(directory: Path, pictures: Tensor) -> Tensor:
    """Unit vectors of whole pictures in [0, 1], any size."""
    model, mean, std = load_perceptor(directory)
    small = F.interpolate(pictures, (64, 64), mode="bicubic", antialias=True).clamp(0, 1)
    parts = [model.encode_image((part - mean) / std) for part in small.split(128)]
    return F.normalize(torch.cat(parts), dim=-1)


@torch.no_grad()
def embed_texts(directory: Path, texts: Sequence[str]) -> Tensor:
    """Unit vectors of captions."""
    model, _, _ = load_perceptor(directory)
    tokenizer = load_tokenizer(directory, context_length=model.context_length)
    parts = [
        model.encode_text(tokenizer(list(texts[i : i + 256]))) for i in range(0, len(texts), 256)
    ]
    return F.normalize(torch.cat(parts), dim=-1)


def accuracy(directory: Path, pool: Pool, *, rounds: int = 16, seed: int = 5) -> dict[str, float]:
    """Share of pictures for which the right caption of 64 comes first, and of captions likewise.

    Each round takes 64 pictures whose captions exclude each other: no caption fits another's
    picture.
    """
    dice, torch_dice = random.Random(seed), torch.Generator().manual_seed(seed)
    right_text = right_picture = 0
    for _ in range(rounds):
        pictures, texts = exclusive(pool, dice, torch_dice)
        image, text = embed_pictures(directory, pictures), embed_texts(directory, texts)
        scores = image @ text.T
        own = torch.arange(CHOICES)
        right_text += int((scores.argmax(1) == own).sum())
        right_picture += int((scores.argmax(0) == own).sum())
    total = rounds * CHOICES
    return {"caption_of_64": right_text / total, "picture_of_64": right_picture / total}


def exclusive(
    pool: Pool, dice: random.Random, torch_dice: torch.Generator
) -> tuple[Tensor, list[str]]:
    """64 pictures in [0, 1] and captions, each of which fits its own picture only."""
    pictures: list[Tensor] = []
    texts: list[str] = []
    captioned: list[set[str]] = []
    have: list[set[str]] = []
    while len(texts) < CHOICES:
        drawn, facts = pool.sample(CHOICES, torch_dice)
        for picture, row in zip(drawn, facts, strict=True):
            text, words = caption(row, dice)
            full = expand(row)
            clash = any(words <= h for h in have) or any(s <= full for s in captioned)
            if clash or text in texts or len(texts) == CHOICES:
                continue
            pictures.append(picture.float() / 255)
            texts.append(text)
            captioned.append(words)
            have.append(full)
    return torch.stack(pictures), texts


def judged(judge: Path, pictures: Tensor, prompts: Sequence[str]) -> dict[str, object]:
    """Return the accuracy of the judge on painted pictures: the share whose prompt it ranks first,
    among three and among all.
    """
    scores = embed_pictures(judge, pictures) @ embed_texts(judge, prompts).T
    order = scores.argsort(1, descending=True)
    own = torch.arange(len(prompts))
    rank = (order == own.unsqueeze(1)).float().argmax(1)
    missed = {prompts[i]: prompts[int(order[i, 0])] for i in own.tolist() if rank[i] > 0}
    return {
        "first": (rank == 0).float().mean().item(),
        "among_three": (rank < 3).float().mean().item(),
        "similarity": scores.diagonal().mean().item(),
        "missed": missed,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the numbers as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("pool", type=Path)
    parser.add_argument("--rounds", type=int, default=16)
    parser.add_argument(
        "--judge", type=Path, help="also paint, and let this model name the pictures"
    )
    parser.add_argument("--sheet", type=Path, help="write the painted pictures here")
    parser.add_argument("--steps", type=int, default=ProbeConfig.steps)
    parser.add_argument("--cuts", type=int, default=ProbeConfig.cuts)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    results: dict[str, object] = dict(
        accuracy(options.model, Pool(options.pool, first=EVALUATION), rounds=options.rounds)
    )
    if options.judge:
        config = ProbeConfig(steps=options.steps, cuts=options.cuts)
        pictures = paint(options.model, PROMPTS, config)
        results["painted"] = judged(options.judge, pictures, PROMPTS)
        if options.sheet:
            sheet(pictures, 6).save(options.sheet)
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
