"""Stems made from a sound file: by Demucs where its weights are, else by `separate`.

::

    stems = stems_of(file, AUTO)          {name: file}; made when the first is asked for

Stems are kept by the digest of the sound file below the cache folder (`storyboard.audio.cache`).
"""

from __future__ import annotations

import json
import os
import struct
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from storyboard.audio import cache
from storyboard.audio.analysis import SAMPLE_RATE
from storyboard.audio.bands import Samples
from storyboard.audio.separation import STEMS, separate
from storyboard.errors import BadValue, MissingTool
from storyboard.files import file_digest, path_digest, put_in_place, sha256

AUTO = "auto"
VERSION = 1
"""Version of `separate`; increment it to invalidate stems that are kept."""

KINDS = ("demucs.htdemucs.HTDemucs", "demucs.hdemucs.HDemucs", "demucs.demucs.Demucs")
"""Classes that a file of weights may name; any other name could run code."""

_BAGS = ("htdemucs", "htdemucs_ft", "htdemucs_6s")
_LONGEST_HEADER = 10_000_000


class Stems(Mapping[str, Path]):
    """The files of the stems of ``file`` by name; all are made when the first is asked for.

    ``weights`` is a folder with Demucs's weights (``NAME.yaml`` and ``.safetensors``), None for
    `separate`. Raises `BadValue` for weights that cannot be read; when a stem is asked for,
    `MissingTool` without Demucs, and the errors of `analyse` for the file.
    """

    def __init__(self, file: Path, weights: Path | None) -> None:
        self.file, self.weights = file, weights
        self._models = [] if weights is None else _model_files(weights)
        self._names = tuple(_sources(self._models[0])) if self._models else STEMS
        self._made: dict[str, Path] = {}

    def __getitem__(self, name: str) -> Path:
        if name not in self._names:
            raise KeyError(name)
        if not self._made:
            self._made = self._kept()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @property
    def method(self) -> str:
        """Return what parts them, for messages."""
        return f"Demucs, {self.weights}" if self.weights else "median filters, built in"

    def _kept(self) -> dict[str, Path]:
        """Return the files in the cache folder, made where one is missing; where nothing can be
        written, files that go when the object does.
        """
        parts = [file_digest(self.file), *map(path_digest, self._models), f"{VERSION}"]
        folder = cache.folder() / "stems" / sha256(" ".join(parts).encode())
        files = {stem: folder / f"{stem}.flac" for stem in self._names}
        if all(path.is_file() for path in files.values()):
            return files
        rate, stems = self._separated()
        try:
            return write_stems(stems, rate, folder)
        except OSError:
            self._temporary = tempfile.TemporaryDirectory()
            return write_stems(stems, rate, Path(self._temporary.name))

    def _separated(self) -> tuple[int, Mapping[str, Samples]]:
        """Return the sample rate and the samples (n,) of each stem."""
        if self.weights is not None:
            return _with_demucs(self.file, self.weights, self._models)
        from storyboard.audio.analyse import decode_sides

        return SAMPLE_RATE, separate(decode_sides(self.file))


def stems_of(file: Path, written: str | Path) -> Stems:
    """Return the stems of ``file``: ``auto``, or a folder with Demucs's weights.

    With ``auto`` Demucs is used if it is installed and its weights are in the cache of the Hugging
    Face hub; nothing is ever downloaded. Raises as `Stems`.
    """
    return Stems(file, downloaded_weights() if written == AUTO else Path(written))


def downloaded_weights() -> Path | None:
    """Return the folder of Demucs's weights in the hub's cache; None without them or Demucs."""
    from importlib.util import find_spec

    if find_spec("demucs") is None:
        return None
    from huggingface_hub import try_to_load_from_cache

    for name in _BAGS:
        repository = "HTDemucs" + name.removeprefix("htdemucs").replace("_", "-")
        found = try_to_load_from_cache(f"adefossez/{repository}", f"{name}.yaml")
        if isinstance(found, str):
            with suppress(BadValue):
                _model_files(Path(found).parent)
                return Path(found).parent
    return None


def write_stems(stems: Mapping[str, Samples], rate: int, folder: Path) -> dict[str, Path]:
    """Write samples (n,) by name to ``folder`` as FLAC files; return those. Raises OSError."""
    import soundfile

    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / f"{name}.flac" for name in stems}
    for name, path in files.items():
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        clipped = np.clip(stems[name], -1.0, 1.0)
        with part.open("wb") as opened:
            soundfile.write(opened, clipped, rate, format="FLAC", subtype="PCM_24")
        put_in_place(part, path, sync=False)
    return files


def _model_files(folder: Path) -> list[Path]:
    """Return the models of a bag in ``folder``. Raises `BadValue`."""
    bag = next(iter(sorted(folder.glob("*.yaml"))), None) if folder.is_dir() else None
    if bag is None:
        hint = "a folder with htdemucs.yaml and the .safetensors files that it names"
        raise BadValue(f"there are no weights of Demucs in {folder}", hint=hint)
    files = [folder / f"{Path(str(name)).name}.safetensors" for name in _bag(bag)["models"]]
    missing = next((file for file in files if not file.is_file()), None)
    if missing is not None or not files:
        raise BadValue(f"{bag} names {missing or 'no models'}, which is not there")
    return files


def _bag(file: Path) -> dict[str, Any]:
    import yaml

    try:
        bag = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise BadValue(f"{file} cannot be read as YAML") from error
    if not isinstance(bag, dict) or not isinstance(bag.get("models"), list):
        raise BadValue(f"{file} does not list models, as a bag of Demucs does")
    return bag


def _sources(file: Path) -> list[str]:
    """Return the stems of a model, from the header of its safetensors file.

    Raises `BadValue` for a header that is none, or that names another class than `KINDS`: Demucs
    calls what stands there.
    """
    try:
        with file.open("rb") as opened:
            (length,) = struct.unpack("<Q", opened.read(8))
            header = json.loads(opened.read(min(length, _LONGEST_HEADER)))["__metadata__"]
        kind, sources = header["klass"], json.loads(header["kwargs"])["sources"]
    except (OSError, struct.error, ValueError, LookupError, TypeError) as error:
        raise BadValue(f"{file} holds no weights of Demucs") from error
    if kind not in KINDS or "structure" in header:
        raise BadValue(f"{file} names {kind!r}, which is no model of Demucs that is read here")
    if not isinstance(sources, list) or not all(str(name).isidentifier() for name in sources):
        raise BadValue(f"{file} names stems that expressions cannot read: {sources!r}")
    return sources


def _with_demucs(file: Path, folder: Path, models: list[Path]) -> tuple[int, Mapping[str, Samples]]:
    """Return the stems as Demucs finds them; without random shifts, so that they are the same."""
    try:
        from demucs.api import Separator
        from demucs.apply import BagOfModels
        from demucs.hf import load_safetensors_model
    except ImportError:
        hint = "pip install demucs, or say stems: auto for the built-in separation"
        raise MissingTool(f"Demucs is not installed\n  hint: {hint}") from None

    for model in models:
        _sources(model)
    bag = _bag(next(iter(sorted(folder.glob("*.yaml")))))

    class Local(Separator):  # type: ignore[misc]
        """Demucs with the weights of files."""

        def _load_model(self) -> None:
            loaded = [load_safetensors_model(model) for model in models]
            self._model = BagOfModels(loaded, bag.get("weights"), bag.get("segment"))
            self._model.eval()
            self._audio_channels = self._model.audio_channels
            self._samplerate = self._model.samplerate

    separator = Local(shifts=0)
    with tempfile.TemporaryDirectory() as folder_of_wav:
        wav = Path(folder_of_wav, "sound.wav")
        _decode_to(file, wav, separator.samplerate)
        _, stems = separator.separate_audio_file(wav)
    return separator.samplerate, {name: stem.numpy().mean(axis=0) for name, stem in stems.items()}


def _decode_to(file: Path, wav: Path, rate: int) -> None:
    import soundfile

    from storyboard.audio.analyse import decode_sides

    soundfile.write(wav, decode_sides(file, rate=rate), rate, subtype="FLOAT")
