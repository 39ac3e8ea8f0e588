"""Perceptors that are CLIP models: whatever open_clip can build, the built-in `sketch` included."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import open_clip
import torch
import torch.nn.functional as F
from huggingface_hub import constants as hub
from torch import Tensor

from storyboard.errors import (
    MissingWeights,
    StoryboardError,
    UnknownName,
    UsageError,
    shortened,
)
from storyboard.perceptors.activations import of_module
from storyboard.perceptors.catalogue import SKETCH
from storyboard.perceptors.device import pick_dtype
from storyboard.perceptors.fast_towers import FastTransformer, Tower, lean_tower
from storyboard.perceptors.names import Name, digest, unknown_words, vocabulary
from storyboard.perceptors.towers import Checkpoint
from storyboard.perceptors.weights import WAY_OUT, is_reachable

# Slopes within a float16 tower are kept this much larger, or the small ones would become zero.
_FLOAT16_GAIN = 1024.0

# Embeddings of texts by (digest of the model, text): a text is embedded once in a process.
_TEXTS: dict[tuple[str, str], Tensor] = {}


class ClipPerceptor:
    """A CLIP model as a `Perceptor`: frozen, evaluated, its image tower made lean.

    The tower's products are computed in ``dtype``, embeddings are float32; texts are embedded in
    float32. ``words`` are the only words that the model knows, or None. The image tower is loaded
    for the first picture and stays; what reads is loaded for new texts, and only as long as they
    take: of a film all texts are known before its first frame.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        tokenizer: Any,
        name: Name,
        *,
        device: torch.device,
        words: frozenset[str] | None = None,
    ) -> None:
        visual: Any = checkpoint.skeleton.visual
        self.name, self.device, self.words = str(name), device, words
        self.digest = digest(name)
        self.dtype = pick_dtype(device, name.precision)
        self.checkpoint, self.tokenizer = checkpoint, tokenizer
        self.size = _side(visual, self.name)
        self.mean: tuple[float, float, float] = tuple(visual.image_mean)
        self.std: tuple[float, float, float] = tuple(visual.image_std)

    @cached_property
    def tower(self) -> Tower:
        """Return the image tower: normalised views to embeddings, not yet of unit length. Raises
        `MissingWeights`.
        """
        with _quietly(self.name):
            return lean_tower(self.checkpoint.image_tower().to(self.device))

    def use_precision(self, precision: str) -> None:
        """Compute the tower's products in ``precision``; the name and its seeds stay."""
        self.dtype = pick_dtype(self.device, precision)

    def embed_pictures(self, pictures: Tensor) -> Tensor:
        """Embed pictures ``(N, 3, S, S)`` in [0, 1] as unit vectors ``(N, D)``."""
        mean, std = (
            torch.tensor(v, device=self.device).view(3, 1, 1) for v in (self.mean, self.std)
        )
        return self.embed_views((pictures - mean) / std)

    def embed_views(self, views: Tensor) -> Tensor:
        """Embed normalised views ``(N, 3, S, S)`` as unit vectors ``(N, D)``."""
        gain = _FLOAT16_GAIN if self.dtype == torch.float16 else 1.0
        with self._computing() as tower:
            embedded = tower(_amplify_slope(views, 1 / gain))
        return F.normalize(_amplify_slope(embedded.float(), gain), dim=-1)

    def activations(self, views: Tensor) -> dict[str, Tensor]:
        """Return what each layer answers to normalised views ``(N, 3, S, S)``: ``(N, C, h, w)``
        float32 by its name. Raises `UsageError` for an architecture whose layers are not known.
        """
        gain = _FLOAT16_GAIN if self.dtype == torch.float16 else 1.0
        with self._computing() as tower:
            read = getattr(tower, "activations", None) or partial(of_module, tower)
            found = read(_amplify_slope(views, 1 / gain))
        if not found:
            raise UsageError(f"the layers of perceptor {self.name!r} cannot be read")
        return {name: _amplify_slope(value.float(), gain) for name, value in found.items()}

    @contextmanager
    def _computing(self) -> Iterator[Any]:
        """Yield the image tower, which computes its products in ``dtype`` within the block."""
        tower = self.tower
        if isinstance(tower, FastTransformer):
            tower.compute_in(self.dtype)
            yield tower
            return
        low = self.dtype != torch.float32
        with torch.autocast(self.device.type, dtype=self.dtype, enabled=low):
            yield tower

    @torch.no_grad()
    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """Embed texts as unit vectors ``(n, D)``; tokens beyond the context are cut.

        Raises `MissingWeights` where the file of the weights is there no more.
        """
        new = list(dict.fromkeys(t for t in texts if (self.digest, t) not in _TEXTS))
        if new:
            self._read(new)
        return torch.stack([_TEXTS[self.digest, t] for t in texts]).to(self.device)

    def _read(self, texts: Sequence[str]) -> None:
        """Embed texts that are new. One by one: the products of a batch round otherwise, and a text
        should mean the same whatever stands beside it.
        """
        with _quietly(self.name):
            tower: Any = self.checkpoint.text_tower().to(self.device)
        for text in texts:
            embedded = tower.encode_text(self.tokenizer([text]).to(self.device)).float()
            _TEXTS[self.digest, text] = F.normalize(embedded, dim=-1)[0].cpu()

    def warnings(self, text: str) -> list[str]:
        """Return a sentence for each unknown word of ``text``, and one if it is too long."""
        found = []
        unknown = unknown_words(text, self.words)
        if unknown:
            found.append(
                f"{self.name!r} does not know {', '.join(map(repr, unknown))} in {text!r}; "
                "quality 'draft' or better would"
            )
        over = self.tokens(text) - int(self.tokenizer.context_length)
        if over > 0:
            found.append(f"{self.name!r} reads {text!r} without its last {over} tokens: too long")
        return found

    def tokens(self, text: str) -> int:
        """Return the number of tokens of ``text``, start and end tokens included."""
        encode = getattr(self.tokenizer, "encode", None)
        if encode is not None:
            return len(encode(text)) + 2
        inner = self.tokenizer.tokenizer  # open_clip's wrapper of a transformers tokenizer
        return len(inner(text)["input_ids"])


def _amplify_slope(tensor: Tensor, gain: float) -> Tensor:
    """Return ``tensor`` itself, whose gradient is multiplied by ``gain`` on its way back."""
    if gain == 1.0 or not tensor.requires_grad:
        return tensor
    passed = tensor.view_as(tensor)
    passed.register_hook(lambda slope: slope * gain)  # type: ignore[no-untyped-call]
    return passed


def load_sketch(*, device: torch.device, precision: str | None = None) -> ClipPerceptor:
    """Return the built-in model. Raises `MissingWeights` where its files are not in the package."""
    if not (SKETCH / "open_clip_model.safetensors").is_file():
        raise MissingWeights(
            f"the built-in 'sketch' weights are not in {SKETCH}; make them with the scripts in "
            "training/, or install the package again"
        )
    name = Name("registered", "sketch", precision=precision)
    checkpoint, tokenizer = _from_folder(SKETCH, "sketch")
    return ClipPerceptor(checkpoint, tokenizer, name, device=device, words=vocabulary(name))


def load_open_clip(name: Name, *, device: torch.device) -> ClipPerceptor:
    """Return the open_clip model called ``name``.

    Raises `MissingWeights` if the weights are neither cached nor downloadable, `UnknownName` for a
    pretrained tag that open_clip does not list.
    """
    if name.kind == "folder" and name.path:
        checkpoint, tokenizer = _from_folder(name.path, str(name))
        return ClipPerceptor(checkpoint, tokenizer, name, device=device, words=vocabulary(name))
    source = f"hf-hub:{name.source}" if name.kind == "hub" else name.source
    options = _options(name)
    with _quietly(str(name)), _short_waits():
        checkpoint = Checkpoint.of(source, **options)
        tokenizer = open_clip.get_tokenizer(source)
    return ClipPerceptor(checkpoint, tokenizer, name, device=device)


def list_pretrained() -> list[str]:
    """Return every ``ARCHITECTURE/TAG`` that open_clip can fetch, sorted."""
    return sorted(f"{architecture}/{tag}" for architecture, tag in open_clip.list_pretrained())


def _options(name: Name) -> dict[str, Any]:
    """Return the arguments of `open_clip.create_model` besides the architecture."""
    if name.kind == "hub":
        return {}
    if name.kind == "checkpoint":
        return {"pretrained": str(name.path)}
    tags = open_clip.list_pretrained_tags_by_model(name.source)
    if name.tag not in tags:
        raise UnknownName(f"pretrained tag of {name.source}", name.tag, tags)
    # open_clip only warns where the weights were trained with another GELU than the architecture
    # has; with the wrong one the model is another model.
    quick = bool(open_clip.get_pretrained_cfg(name.source, name.tag).get("quick_gelu", False))
    return {"pretrained": name.tag, "quick_gelu": quick}


def _from_folder(folder: Path, label: str) -> tuple[Checkpoint, Any]:
    """Return model and tokenizer of a folder with ``open_clip_config.json`` and weights.

    A ``*.txt.gz`` in the folder holds the merges of its own byte pair encoding.
    """
    source = f"local-dir:{folder}"
    with _quietly(label):
        checkpoint = Checkpoint.of(source)
        merges = next(iter(sorted(folder.glob("*.txt.gz"))), None)
        own = {"bpe_path": str(merges)} if merges else {}
        return checkpoint, open_clip.get_tokenizer(source, **own)


@contextmanager
def _quietly(label: str) -> Iterator[None]:
    """Silence open_clip within the block and keep torch's random state; any failure is raised as
    `MissingWeights`.
    """
    silent = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
            warnings.simplefilter("ignore")
            yield
    except (StoryboardError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # a file that anybody made leads to any error of any library
        raise MissingWeights(
            f"the weights of {label!r} could not be loaded: {_reason(error)}\n  {WAY_OUT}"
        ) from error
    finally:
        logging.disable(silent)


def _reason(error: Exception) -> str:
    """Return in a line why weights could not be loaded; torch's own words advise to run the code.

    A file may hold a program (a pickle, TorchScript): it is refused, not run.
    """
    words = str(error)
    if type(error).__name__ == "UnpicklingError" or "weights_only" in words:
        return (
            "the file holds more than weights, such as code that would run when it is loaded; "
            "a .safetensors file or a plain state dict is wanted"
        )
    first = next((line.strip() for line in words.splitlines() if line.strip()), "")
    return shortened(f"{type(error).__name__}: {first}" if first else type(error).__name__, 300)


@contextmanager
def _short_waits() -> Iterator[None]:
    """Stop the hub's client from retrying for a minute where there is no network."""
    before = hub.HF_HUB_OFFLINE
    hub.HF_HUB_OFFLINE = before or not is_reachable(hub.ENDPOINT)
    try:
        yield
    finally:
        hub.HF_HUB_OFFLINE = before


def _side(visual: Any, label: str) -> int:
    """Return the side of the square pictures that the image tower sees."""
    size = visual.image_size
    height, width = size if isinstance(size, tuple | list) else (size, size)
    if height != width:
        only = "only square inputs are supported"
        raise UsageError(f"{label!r} expects {width}x{height} input; {only}")
    return int(height)
