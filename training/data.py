"""Batches from the pool: random pictures, random views of them, fresh words for each visit."""

import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from open_clip.tokenizer import SimpleTokenizer
from torch import Tensor

from storyboard.world.canvas import COLORS
from storyboard.world.describe import caption, expand
from storyboard.world.terms import MORE_WORDS
from training.views import disturb, sample_views

Facts = list[str]
UPRIGHT = {
    "candle",
    "campfire",
    "fire",
    "flower",
    "sunflower",
    "rose",
    "tulip",
    "mushroom",
    "face",
    "cat",
    "owl",
    "jellyfish",
    "waterfall",
    "smiley",
    "apple",
    "underwater",
    "eye",
}
OPPOSITES = {"left": "right", "right": "left", "top": "bottom", "bottom": "top", "above": "below",
             "upper": "lower", "lower": "upper", "vertical": "horizontal", "horizontal": "vertical",
             "night": "day", "sunset": "noon", "small": "big", "big": "small"}  # fmt: skip


class Pool:
    """The chunks of a directory, opened as they appear; pictures stay on disk."""

    def __init__(self, directory: Path, *, first: int = 0, chunks: int | None = None) -> None:
        self.directory, self.first, self.limit = directory, first, chunks
        self.pictures: list[np.ndarray] = []
        self.facts: list[list[Facts]] = []
        self.refresh()

    def refresh(self) -> None:
        """Open the chunks that have been finished since, in order and without gaps."""
        while self.limit is None or len(self.pictures) < self.limit:
            name = f"{self.first + len(self.pictures):06d}"
            if not (self.directory / f"{name}.json").exists():
                return
            self.facts.append(json.loads((self.directory / f"{name}.json").read_text()))
            self.pictures.append(np.load(self.directory / f"{name}.npy", mmap_mode="r"))

    def sample(self, count: int, dice: torch.Generator) -> tuple[Tensor, list[Facts]]:
        """Return ``count`` pictures (uint8) and their facts."""
        chunk = torch.randint(len(self.pictures), (count,), generator=dice).tolist()
        row = torch.randint(len(self.facts[0]), (count,), generator=dice).tolist()
        pairs = list(zip(chunk, row, strict=True))
        pictures = np.stack([self.pictures[c][r] for c, r in pairs])
        return torch.from_numpy(pictures), [self.facts[c][r] for c, r in pairs]


@dataclass
class Batch:
    """Views ``(B, 3, S, S)``, their captions, which captions fit which views, and hard negatives.

    flipped   the same views upside down, for rows in ``flip_rows``: wrong for their own caption
    wrong     captions with a colour or a place exchanged, for rows in ``wrong_rows``
    """

    views: Tensor
    tokens: Tensor
    fits: Tensor  # (B, B) bool, caption row, picture column
    flipped: Tensor
    flip_rows: Tensor
    wrong: Tensor
    wrong_rows: Tensor


def smallest_crop(facts: Facts) -> float:
    """Least share of the side that still shows what the facts say."""
    head = facts[0].split(":")[0]
    if head in ("shape", "relation"):
        return 0.82
    if head == "subject":
        return 0.55
    return 0.7 if any(f.startswith("thing:") for f in facts) else 0.5


def fitting(captioned: list[set[str]], have: list[set[str]]) -> Tensor:
    """Return ``fits[i, j]``: picture j has everything that caption i says."""
    return torch.tensor([[words <= facts for facts in have] for words in captioned])


def stands_upright(facts: Facts) -> bool:
    """Return True if the picture is wrong when it is turned upside down."""
    if any(f.startswith("land:") and f != "land:none" for f in facts):
        return True
    return any(f.startswith("subject:") and f[8:] in UPRIGHT for f in facts)


def exchanged(text: str, dice: random.Random) -> str | None:
    """Return the caption with one colour or one place exchanged, or nothing when it has neither."""
    parts = text.split(" ")
    spots = [i for i, word in enumerate(parts) if word.strip(",") in COLORS or word in OPPOSITES]
    if not spots:
        return None
    i = dice.choice(spots)
    others = [name for name in COLORS if name != parts[i]]
    parts[i] = OPPOSITES.get(parts[i]) or dice.choice(others)
    return " ".join(parts)


def _with_filler(text: str, dice: random.Random) -> str:
    """Now and then a word that changes nothing, so that prompts may hold such words."""
    if dice.random() > 0.12:
        return text
    parts = text.split(" ")
    parts.insert(dice.randint(0, len(parts)), dice.choice(MORE_WORDS[:40]))
    return " ".join(parts)


def make_batch(
    pool: Pool, tokenizer: SimpleTokenizer, *, count: int, size: int, noise: float, seed: int
) -> Batch:
    """Return the batch of one step: a function of the pool and the seed alone."""
    dice, words = torch.Generator().manual_seed(seed), random.Random(seed)
    pictures, facts = pool.sample(count, dice)
    smallest = torch.tensor([smallest_crop(row) for row in facts])
    views, whole = sample_views(pictures, smallest, size, dice)
    pairs = [caption(row, words, whole=bool(w)) for row, w in zip(facts, whole, strict=True)]
    fits = fitting([facts for _, facts in pairs], [expand(row) for row in facts])
    fits |= torch.eye(count, dtype=torch.bool)
    flip_rows = [i for i, row in enumerate(facts) if stands_upright(row)][: count // 8]
    changed = [(i, exchanged(text, words)) for i, (text, _) in enumerate(pairs)]
    wrong = [(i, text) for i, text in changed if text][: count // 4]
    texts = [_with_filler(text, words) for text, _ in pairs]
    views = disturb(views, noise, dice)
    flipped = torch.flip(views[flip_rows], (2,))
    return Batch(
        views, tokenizer(texts), fits, flipped, torch.tensor(flip_rows, dtype=torch.long),
        tokenizer([text for _, text in wrong] or [""]),
        torch.tensor([i for i, _ in wrong], dtype=torch.long),
    )  # fmt: skip
