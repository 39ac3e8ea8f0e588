"""Perceptors: models that embed pictures and text in one space, and the guidance made of them.

::

    perceptor = load("ViT-B-32/openai", device="auto")
    guide = Guide([(perceptor, 1.0)])

Importing this room imports neither torch nor any model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from storyboard.catalogue import Catalogue, Need
from storyboard.errors import MissingWeights
from storyboard.lazy import imported_when_used
from storyboard.perceptors import names as _names
from storyboard.perceptors.catalogue import RECORDS
from storyboard.perceptors.names import Name, architectures

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from storyboard.perceptors.device import available_devices, pick_device
    from storyboard.perceptors.guide import Guide, GuideStep, Objective
    from storyboard.perceptors.sources import embed_sources
    from storyboard.perceptors.spots import Spot

__all__ = [
    "Guide",
    "GuideStep",
    "Name",
    "Objective",
    "Perceptor",
    "Spot",
    "architectures",
    "available_devices",
    "digest",
    "embed_sources",
    "embedding_width",
    "file_error",
    "is_fetched",
    "known_phrases",
    "list_names",
    "load",
    "missing",
    "near_word",
    "parse_name",
    "pick_device",
    "registry",
    "require",
    "tokens_over",
    "unknown_words",
    "word_finder",
]

_HOMES = {
    "Guide": "guide",
    "Objective": "guide",
    "GuideStep": "guide",
    "Spot": "spots",
    "available_devices": "device",
    "embed_sources": "sources",
    "pick_device": "device",
}

__getattr__ = imported_when_used(__name__, _HOMES)


class Perceptor(Protocol):
    """A model that sees: its embeddings of a picture and of a text that fits it are close.

    Convention: pictures are ``(N, 3, size, size)`` float32 in [0, 1]; *views* are the same already
    normalised, ``(picture - mean) / std`` per channel; embeddings are ``(N, D)`` float32 of unit
    length, on ``device``. Weights never require a gradient. A perceptor is hashed by identity: what
    it embeds once is kept by the object.
    """

    name: str
    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    device: torch.device

    def embed_pictures(self, pictures: Tensor) -> Tensor:
        """Embed pictures in [0, 1] as unit vectors."""

    def embed_views(self, views: Tensor) -> Tensor:
        """Embed normalised views as unit vectors."""

    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """Embed texts as unit vectors, without gradient."""

    def warnings(self, text: str) -> list[str]:
        """Return a sentence for each part of ``text`` that the model does not understand."""


Loader = Callable[..., Perceptor]

registry: Catalogue[Loader] = Catalogue("perceptor", "storyboard.perceptors", RECORDS)


def parse_name(text: str, *, base: Path | None = None) -> Name:
    """Take a perceptor's name apart; relative paths are read from ``base``, or the work folder.

    Needs no torch. Raises `UsageError`, `UnknownName` or `MissingWeights`; see
    `storyboard.perceptors.names`.
    """
    known = cast("Catalogue[object]", registry)
    return _names.parse(text, known, base=base or Path.cwd())


def load(
    name: str | Name, *, device: str | torch.device = "auto", precision: str | None = None
) -> Perceptor:
    """Return the perceptor called ``name``, ready on ``device``.

    ``precision`` is that of the arithmetic, where the name itself asks for none; a perceptor
    without ``use_precision`` has none to choose. Raises as `parse_name` does, `DeviceError`, and
    `MissingWeights` where the weights are neither cached nor downloadable.
    """
    parsed = parse_name(name) if isinstance(name, str) else name
    perceptor = _loaded(parsed, device)
    if precision is not None and parsed.precision is None and hasattr(perceptor, "use_precision"):
        perceptor.use_precision(precision)
    return perceptor


def _loaded(parsed: Name, device: str | torch.device) -> Perceptor:
    from storyboard.perceptors.device import pick_device

    where = pick_device(device)
    if parsed.kind != "registered" or parsed.source == "sketch":
        from storyboard.perceptors.torch_startup import import_lightly

        import_lightly("open_clip")
    if parsed.kind == "registered":
        return registry.get(parsed.source)(device=where, precision=parsed.precision)
    from storyboard.perceptors.clip import load_open_clip

    return load_open_clip(parsed, device=where)


def list_names(*, pretrained: bool = False) -> list[str]:
    """Return the registered names; with ``pretrained`` also every ``ARCHITECTURE/TAG`` of
    open_clip.

    The latter imports open_clip, and torch with it.
    """
    if not pretrained:
        return registry.names()
    from storyboard.perceptors.clip import list_pretrained

    return registry.names() + list_pretrained()


def unknown_words(name: str | Name, text: str) -> list[str]:
    """Return the words of ``text`` that perceptor ``name`` was never trained on. Needs no torch."""
    parsed = parse_name(name) if isinstance(name, str) else name
    return _names.unknown_words(text, _names.vocabulary(parsed))


def word_finder(name: str | Name) -> Callable[[str], list[str]]:
    """Return the function that does as `unknown_words` for ``name``: for many texts."""
    words = _names.vocabulary(parse_name(name) if isinstance(name, str) else name)
    return lambda text: _names.unknown_words(text, words)


def known_phrases(name: str | Name) -> dict[str, list[list[str]]]:
    """Return by group the phrases that perceptor ``name`` was trained on, those of one meaning
    together; nothing for a perceptor without such a list. Needs no torch.
    """
    return _names.phrases(parse_name(name) if isinstance(name, str) else name)


def near_word(name: str | Name, word: str, others: Iterable[str] = ()) -> str | None:
    """Return the word of perceptor ``name``, or of ``others``, that ``word`` is most likely a
    misspelling of.
    """
    parsed = parse_name(name) if isinstance(name, str) else name
    return _names.near_word(word, sorted({*(_names.vocabulary(parsed) or ()), *others}))


def embedding_width(name: str | Name) -> int | None:
    """Return how many numbers an embedding of perceptor ``name`` has; None where that is not
    known before it is loaded. Needs no torch.
    """
    return _names.width(parse_name(name) if isinstance(name, str) else name)


def tokens_over(name: str | Name, text: str) -> int:
    """Return the least number of tokens by which ``text`` exceeds perceptor ``name``; 0 if perhaps
    none.
    """
    from storyboard.perceptors.length import tokens_over as over

    return over(parse_name(name) if isinstance(name, str) else name, text)


def require(names: Iterable[str], *, download: bool = True) -> None:
    """Raise `MissingWeights` if weights of ``names`` are neither cached nor downloadable; without
    ``download`` where they are not here.

    Needs no torch, so that it takes no longer than the network takes to answer.
    """
    from storyboard.perceptors.weights import require as weights_of

    names = list(dict.fromkeys(names))
    for name in names:
        for need in missing(name):
            message = f"perceptor {name!r}{need.message}"
            raise MissingWeights(f"{message}\n  {need.todo}" if need.todo else message)
    weights_of(map(parse_name, names), download=download)


def missing(name: str | Name) -> list[Need]:
    """Return what a registered perceptor needs and is not there; nothing for other names.

    Needs no torch.
    """
    parsed = parse_name(name) if isinstance(name, str) else name
    return registry.record(parsed.source).missing({}) if parsed.kind == "registered" else []


def is_fetched(name: str | Name) -> bool:
    """Return whether the weights of ``name`` are still to be fetched. Needs no torch."""
    parsed = parse_name(name) if isinstance(name, str) else name
    if parsed.kind not in ("hub", "pretrained"):
        return False
    from storyboard.perceptors.weights import is_here

    return not is_here(parsed)


def file_error(name: str | Name) -> str | None:
    """Return what is wrong with the file of weights that ``name`` names, as far as is seen without
    torch; None where nothing is, and for names of no file.
    """
    parsed = parse_name(name) if isinstance(name, str) else name
    if parsed.path is None:
        return None
    from storyboard.perceptors import weight_files

    return weight_files.file_error(parsed)


def digest(name: str | Name) -> str:
    """Return a text that changes when the model behind ``name`` does. Needs no torch."""
    return _names.digest(parse_name(name) if isinstance(name, str) else name)
