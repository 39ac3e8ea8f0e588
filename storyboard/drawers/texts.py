"""Text embeddings for diffusion models: states of the tokens, and one pooled vector.

Convention: `Words` are ``states`` (n, L, D) and ``pooled`` (n, P) of n texts; a kind of model that
takes no such thing has L or P of 0, so that what is done to both parts needs no exceptions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Words(NamedTuple):
    """Texts as a model takes them: ``states`` (n, L, D), ``pooled`` (n, P)."""

    states: Tensor
    pooled: Tensor

    def __len__(self) -> int:
        return len(self.states)


Encoder = Callable[[str], Words]
"""A text to its `Words`, n = 1. Texts that are too long are cut."""


def each(change: Callable[..., Tensor], *words: Words) -> Words:
    """Return ``change`` of the states of all ``words``, and of what is pooled of them."""
    return Words(
        change(*(one.states for one in words)),
        change(*(one.pooled for one in words)),
    )


def joined(words: Sequence[Words]) -> Words:
    """Return several texts as one batch."""
    return each(lambda *parts: torch.cat(parts), *words)


def mixed(a: Words, b: Words, mix: float) -> Words:
    """Return the words at ``mix`` on the great circles from ``a`` to ``b``, word for word; lengths
    are mixed in proportion.
    """
    return each(lambda one, other: slerp(one, other, mix), a, b)


def slerp(a: Tensor, b: Tensor, mix: float) -> Tensor:
    """Return the vectors (..., D) at ``mix`` on the great circles from ``a`` to ``b``."""
    lengths = [x.norm(dim=-1, keepdim=True).clamp(min=1e-6) for x in (a, b)]
    one, other = a / lengths[0], b / lengths[1]
    angle = (one * other).sum(-1, keepdim=True).clamp(-1, 1).acos().clamp(min=1e-4)
    around = torch.sin((1 - mix) * angle) * one + torch.sin(mix * angle) * other
    vectors: Tensor = around / torch.sin(angle) * (lengths[0] + mix * (lengths[1] - lengths[0]))
    return vectors


@dataclass
class ClipEncoder:
    """A CLIP text encoder and its tokenizer."""

    model: Any
    tokens: Any

    def __call__(self, text: str) -> tuple[Tensor, Tensor, Tensor]:
        """Return the last states (1, L, D), those of the layer before the last (1, L, D), and the
        vector of the whole text (1, P), projected where the model projects.
        """
        length = self.model.config.max_position_embeddings
        seen = self.model(
            input_ids=_ids(self.tokens, text, length, self.model), output_hidden_states=True
        )
        projected = getattr(seen, "text_embeds", None)
        pooled = seen.pooler_output if projected is None else projected
        return seen.last_hidden_state.float(), seen.hidden_states[-2].float(), pooled.float()


@dataclass
class T5:
    """A T5 text encoder and its tokenizer; texts are cut at ``length`` tokens."""

    model: Any
    tokens: Any
    length: int

    def __call__(self, text: str) -> Tensor:
        """Return the last states, (1, length, D)."""
        ids = _ids(self.tokens, text, self.length, self.model)
        states: Tensor = self.model(input_ids=ids).last_hidden_state
        return states.float()


def _ids(tokens: Any, text: str, length: int, model: Any) -> Tensor:
    """Return the ids of a text, (1, length)."""
    found: Tensor = tokens(
        [text], padding="max_length", truncation=True, max_length=length, return_tensors="pt"
    ).input_ids
    return found.to(next(model.parameters()).device)


@dataclass
class OneClip:
    """Stable Diffusion 1.x and 2.x: the last states of one CLIP."""

    clip: ClipEncoder

    def __call__(self, text: str) -> Words:
        """Implement `Encoder`."""
        states = self.clip(text)[0]
        return Words(states, states[:, 0, :0])


@dataclass
class TwoClips:
    """SDXL: the layer before the last of two CLIPs side by side, and the second one's vector.

    Where ``blank``, an empty text is all zeros.
    """

    clips: tuple[ClipEncoder, ClipEncoder]
    blank: bool

    def __call__(self, text: str) -> Words:
        """Implement `Encoder`."""
        (_, one, _), (_, other, pooled) = (clip(text) for clip in self.clips)
        words = Words(torch.cat([one, other], dim=-1), pooled)
        return each(torch.zeros_like, words) if self.blank and not text else words


@dataclass
class ClipsAndT5:
    """SD3: two CLIPs side by side, widened with zeros, then T5, zeros where there is none; the
    vectors of both CLIPs side by side.

    Attributes:
        clips: the two.
        t5: None for none.
        width: D.
        length: tokens of T5.
    """

    clips: tuple[ClipEncoder, ClipEncoder]
    t5: T5 | None
    width: int
    length: int

    def __call__(self, text: str) -> Words:
        """Implement `Encoder`."""
        (_, one, first), (_, other, second) = (clip(text) for clip in self.clips)
        seen = torch.cat([one, other], dim=-1)
        seen = F.pad(seen, (0, self.width - seen.shape[-1]))
        far = seen.new_zeros(1, self.length, self.width) if self.t5 is None else self.t5(text)
        return Words(torch.cat([seen, far], dim=1), torch.cat([first, second], dim=-1))


@dataclass
class ClipBesideT5:
    """Flux: the states of T5, and the vector of a CLIP."""

    clip: ClipEncoder
    t5: T5

    def __call__(self, text: str) -> Words:
        """Implement `Encoder`."""
        return Words(self.t5(text), self.clip(text)[2])
