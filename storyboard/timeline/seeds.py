"""Seeds: one number from a story's seed, a shot's name and a frame, the same on every machine."""

from __future__ import annotations

import hashlib


def frame_seed(story_seed: int | str, shot: str, local: int) -> int:
    """63-bit seed of frame ``local`` of ``shot``.

    ``story_seed`` may be a word; a text of digits is the number. Depends on nothing else, so a
    film rendered in parts draws the same random numbers as one rendered whole.
    """
    if isinstance(story_seed, str) and story_seed.strip().isdecimal():
        story_seed = int(story_seed)
    key = f"{type(story_seed).__name__}:{story_seed}\0{shot}\0{local}"
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") >> 1


def seed_number(written: int | str) -> int:
    """The number that a seed stands for: itself, or 32 bits hashed from a word, which a float
    holds, as expressions read it too.
    """
    if isinstance(written, int):
        return written
    return int.from_bytes(hashlib.sha256(written.encode()).digest()[:4], "big")
