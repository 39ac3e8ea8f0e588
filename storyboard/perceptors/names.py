"""Names of perceptors: read and checked without importing torch.

::

    sketch                          a built-in one, or one that a plug-in registers
    ViT-B-32/openai                 an open_clip architecture and one of its pretrained tags
    ViT-B-32/weights/mine.pt        an open_clip architecture and a checkpoint file
    hf-hub:org/model                a model on the Hugging Face hub
    ./my-model                      a folder with open_clip_config.json and weights

``@fp32``, ``@bf16`` or ``@fp16`` after any of them asks for that precision of the arithmetic.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from storyboard.errors import MissingWeights, UnknownName, UsageError, did_you_mean
from storyboard.files import expanded, file_digest, is_file, is_folder, sha256
from storyboard.perceptors.catalogue import SKETCH
from storyboard.perceptors.pretrained import package, tags
from storyboard.registry import Registry

PRECISIONS = ("fp32", "bf16", "fp16")
CHECKPOINTS = (".pt", ".pth", ".bin", ".safetensors", ".npz")
CONFIG = "open_clip_config.json"
HUB = "hf-hub:"


@dataclass(frozen=True)
class Name:
    """A perceptor's name, taken apart.

    ``source`` is the registered name, the open_clip architecture, the hub's ``org/model``, or
    empty for a folder; ``tag`` the pretrained tag; ``path`` the checkpoint file or the folder.
    """

    kind: Literal["registered", "pretrained", "checkpoint", "hub", "folder"]
    source: str = ""
    tag: str = ""
    path: Path | None = None
    precision: str | None = None

    def __str__(self) -> str:
        """Return the name again, with absolute paths."""
        bare = {
            "registered": self.source,
            "pretrained": f"{self.source}/{self.tag}",
            "checkpoint": f"{self.source}/{self.path}",
            "hub": HUB + self.source,
            "folder": str(self.path),
        }[self.kind]
        return f"{bare}@{self.precision}" if self.precision else bare


@lru_cache(maxsize=1)
def architectures() -> tuple[str, ...]:
    """Return every architecture that the installed open_clip knows, sorted, without
    importing it.
    """
    folder = package()
    files = (folder / "model_configs").glob("*.json") if folder else ()
    return tuple(sorted(f.stem for f in files))


def parse(text: str, known: Registry[object], *, base: Path) -> Name:
    """Take ``text`` apart; paths are read from the folder ``base``.

    Raises `UsageError` for a name of no known form, `UnknownName` for an unknown built-in,
    architecture or pretrained tag, `MissingWeights` for a path where nothing is.
    """
    bare, precision = _split_precision(text.strip())
    if not bare:
        raise UsageError("a perceptor needs a name, such as 'sketch' or 'ViT-B-32/openai'")
    name = _hub(bare) or _registered(bare, known) or _folder(bare, base) or _open_clip(bare, base)
    if name is None:
        raise UnknownName("perceptor", bare, [*known.names(), *_examples(bare)])
    return replace(name, precision=precision)


def folder_of(name: Name) -> Path | None:
    """Return the folder that holds the model's files, where it has one on this machine."""
    if name.kind == "folder":
        return name.path
    return SKETCH if (name.kind, name.source) == ("registered", "sketch") else None


def vocabulary(name: Name) -> frozenset[str] | None:
    """Return the words that the model was trained on, or None where it has no such list."""
    folder = folder_of(name)
    file = folder / "vocabulary.txt" if folder else None
    if file is None or not file.is_file():
        return None
    state = file.stat()
    return _words(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=8)
def _words(file: Path, _changed: int, _size: int) -> frozenset[str]:
    return frozenset(file.read_text(encoding="utf-8").casefold().split())


def phrases(name: Name) -> dict[str, list[list[str]]]:
    """Return by group what the model was trained to see, phrases of one meaning together; nothing
    where it has no such list.
    """
    folder = folder_of(name)
    file = folder / "phrases.json" if folder else None
    if file is None or not file.is_file():
        return {}
    known: dict[str, list[list[str]]] = json.loads(file.read_text(encoding="utf-8"))
    return known


def near_word(word: str, words: Iterable[str]) -> str | None:
    """Return the known word that ``word`` is most likely a misspelling of, if any: people seldom
    get the first letter wrong.
    """
    close = difflib.get_close_matches(word, words, n=3, cutoff=0.8)
    return max(close, key=lambda known: known[0] == word[0], default=None)


def unknown_words(text: str, words: frozenset[str] | None) -> list[str]:
    """Return the words of ``text`` that are not among ``words``, in order, each once."""
    if words is None:
        return []
    spoken = re.findall(r"[^\W\d_]+", text.casefold())
    return list(dict.fromkeys(word for word in spoken if word not in words))


def digest(name: Name) -> str:
    """Return a text that changes when the model behind ``name`` does: of its files where it has
    some.
    """
    folder = folder_of(name)
    files = sorted(f for f in folder.iterdir() if f.is_file()) if folder and folder.is_dir() else []
    if name.kind == "checkpoint" and name.path:
        files = [name.path]
    if not files:
        return str(name)
    parts = [f"{name.source}@{name.precision}".encode()]
    parts += [bytes.fromhex(file_digest(file)) for file in files]
    return sha256(b"".join(parts))


def width(name: Name) -> int | None:
    """Return how many numbers an embedding of the model has; None where no file here says it."""
    folder, package_folder = folder_of(name), package()
    file = folder / CONFIG if folder else None
    if name.kind in ("pretrained", "checkpoint") and package_folder:
        file = package_folder / "model_configs" / f"{name.source}.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8")) if file else {}
    except (OSError, ValueError):
        return None
    found = config.get("model_cfg", config).get("embed_dim")
    return found if isinstance(found, int) else None


def _split_precision(text: str) -> tuple[str, str | None]:
    bare, at, precision = text.rpartition("@")
    if not at or "/" in precision:
        return text, None
    if precision not in PRECISIONS:
        hint = did_you_mean(precision, PRECISIONS) or "it is one of " + ", ".join(PRECISIONS)
        raise UsageError(f"perceptor {text!r}: no precision {precision!r}; {hint}")
    return bare, precision


def _hub(text: str) -> Name | None:
    if not text.startswith(HUB):
        return None
    model = text.removeprefix(HUB)
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", model):
        raise UsageError(f"perceptor {text!r}: write it as hf-hub:ORGANISATION/MODEL")
    return Name("hub", model)


def _registered(text: str, known: Registry[object]) -> Name | None:
    return Name("registered", text) if text in known else None


def _folder(text: str, base: Path) -> Name | None:
    path = base / expanded(text)
    if is_folder(path):
        if not (path / CONFIG).is_file():
            raise MissingWeights(f"perceptor {text!r}: the folder has no {CONFIG}")
        return Name("folder", path=path.resolve())
    if text.startswith((".", "/", "~")) or is_file(path):
        raise MissingWeights(
            f"perceptor {text!r}: no such folder; give a folder with {CONFIG} and weights, "
            "or ARCHITECTURE/FILE for a checkpoint file"
        )
    return None


def _open_clip(text: str, base: Path) -> Name | None:
    architecture, slash, tag = text.partition("/")
    if architecture not in architectures():
        if not slash:
            return None
        known = _examples(text) or architectures()
        raise UnknownName("open_clip architecture", architecture, known)
    if not tag:
        raise UsageError(
            f"perceptor {text!r} needs its weights named too, such as {_example(architecture)} "
            f"or {architecture}/path/to/checkpoint.pt"
        )
    if not tag.endswith(CHECKPOINTS):
        return _pretrained(architecture, tag)
    path = base / expanded(tag)
    if not is_file(path):
        raise MissingWeights(f"perceptor {text!r}: file not found: {path}")
    return Name("checkpoint", architecture, path=path.resolve())


def _pretrained(architecture: str, tag: str) -> Name:
    known = tags(architecture)
    if known and tag not in known:
        raise UnknownName(f"pretrained tag of {architecture}", tag, known)
    if not known and tags("ViT-B-32"):
        raise UsageError(
            f"open_clip has no weights for {architecture}; name a file of yours: "
            f"{architecture}/path/to/checkpoint.pt"
        )
    return Name("pretrained", architecture, tag)


def _examples(text: str) -> list[str]:
    """Return names that a hint may offer: Pixray's ``ViT-B/32`` is open_clip's ``ViT-B-32``."""
    joined = text.replace("/", "-")
    return [_example(joined)] if joined in architectures() else []


def _example(architecture: str) -> str:
    return f"{architecture}/{next(iter(tags(architecture)), 'openai')}"
