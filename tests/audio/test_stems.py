"""Stems made here: what is in the right one, what is kept, and Demucs on a tiny model."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from storyboard.audio import STEMS, stems_of
from storyboard.audio import stems as module
from storyboard.audio.separation import separate
from storyboard.errors import BadValue, MissingTool
from storyboard.timeline import load_story_text, make_plan

RATE = 24_000
Sources = dict[str, np.ndarray]


def _struck(length_s: int, rng: np.random.Generator) -> np.ndarray:
    """A kick on every half second, a noise between."""
    t = np.arange(length_s * RATE) / RATE
    beat, off = t % 0.5, (t - 0.25) % 0.5
    fall = 45 * beat + 3.5 * (1 - np.exp(-30 * beat))
    kick = np.sin(2 * np.pi * fall) * np.exp(-9 * beat)
    return kick + rng.standard_normal(len(t)) * np.exp(-40 * off) * 0.5


def _tones(length_s: int, notes: list[float], each_s: float, *, vibrato: float = 0) -> np.ndarray:
    """Notes in turn, with seven overtones."""
    t = np.arange(length_s * RATE) / RATE
    hertz = np.array(notes)[(t / each_s).astype(int) % len(notes)]
    hertz = hertz * (1 + vibrato * np.sin(2 * np.pi * 5 * t))
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    soft = np.clip(np.minimum(t % each_s, each_s - t % each_s) / 0.03, 0, 1)
    return sum(np.sin(k * phase) / k**1.5 for k in range(1, 8)) * soft


@pytest.fixture(scope="module")
def sources() -> Sources:
    """Eight seconds of four parts (n, 2), equally loud: the chords are wide, all else central."""
    rng = np.random.default_rng(0)
    chords = [_tones(8, [hertz, hertz * 0.89], 2.0) for hertz in (220, 277.2, 329.6, 415.3)]
    wide = np.stack([chords[0] + chords[2], chords[1] + chords[3]], axis=1)
    mono = {
        "drums": _struck(8, rng),
        "bass": _tones(8, [55, 65.4, 49], 1.0),
        "vocals": _tones(8, [330, 392, 440, 294], 0.8, vibrato=0.012),
    }
    parts = {**{name: np.stack([x, x], axis=1) for name, x in mono.items()}, "other": wide}
    loud = {name: 0.1 * part / np.sqrt(np.mean(part**2)) for name, part in parts.items()}
    return {name: part.astype(np.float32) for name, part in loud.items()}


LEAST = {"drums": 0.75, "bass": 0.7, "vocals": 0.55, "other": 0.65}


def test_each_part_is_in_its_stem(sources: Sources) -> None:
    stems = separate(sum(sources.values()))
    for name, source in sources.items():
        part = source.mean(axis=1)
        shares = {stem: float(found @ part / (part @ part)) for stem, found in stems.items()}
        assert shares[name] >= LEAST[name], (name, shares)


def test_the_stems_add_up_to_the_song(sources: Sources) -> None:
    song = np.concatenate([sum(sources.values())] * 9)  # longer than two pieces
    stems = separate(song)
    assert tuple(sorted(stems)) == tuple(sorted(STEMS))
    assert np.abs(sum(stems.values()) - song.mean(axis=1)).max() < 1e-5
    step = np.abs(np.diff(stems["other"][30 * RATE - 9 : 31 * RATE + 9])).max()
    assert step < 1.2 * np.abs(np.diff(stems["other"][: 8 * RATE])).max()  # no click at a border


@pytest.mark.parametrize("length", [0, 1, 100, 5000])
def test_short_sounds_have_stems(length: int) -> None:
    noise = np.random.default_rng(0).standard_normal((length, 2)).astype(np.float32)
    assert {len(stem) for stem in separate(noise).values()} == {length}


@pytest.fixture
def song(tmp_path: Path, sources: Sources, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STORYBOARD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "downloaded_weights", lambda: None)
    soundfile.write(tmp_path / "song.wav", sum(sources.values()), RATE)
    return tmp_path / "song.wav"


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    calls: list[int] = []

    def count(sides: np.ndarray) -> Sources:
        calls.append(len(sides))
        return separate(sides)

    monkeypatch.setattr(module, "separate", count)
    return calls


def test_stems_are_made_when_asked_for_and_kept(
    song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = counted(monkeypatch)
    stems = stems_of(song, "auto")
    assert list(stems) == [*STEMS]
    assert not calls
    assert soundfile.info(stems["drums"]).frames == 8 * RATE
    assert stems_of(song, "auto")["bass"].parent == stems["drums"].parent
    assert len(calls) == 1
    stems["bass"].unlink()
    assert stems_of(song, "auto")["bass"].is_file()
    assert len(calls) == 2
    with pytest.raises(KeyError):
        stems["guitar"]


def test_where_nothing_can_be_kept_they_are_made_anew(
    song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("STORYBOARD_CACHE", str(tmp_path / "file"))
    stems = stems_of(song, "auto")
    assert soundfile.info(stems["vocals"]).frames == 8 * RATE
    assert tmp_path not in stems["vocals"].parents


def test_a_story_hears_its_stems(song: Path) -> None:
    text = """\
audio: {file: song.wav, stems: auto}
output: {fps: 24}
perceptors: tiny
shots: [{prompt: a, hold: drums.onset, lr: vocals.rms}]
"""
    values = make_plan(load_story_text(text, folder=song.parent)).shots[0].values
    struck = np.flatnonzero(values["hold"] > 0.15)
    kicks = set(range(12, 190, 12))  # but for the very first
    assert len(kicks & set(struck.tolist())) >= len(kicks) - 1
    assert values["lr"].max() == 1


WRONG: list[tuple[str, Callable[[Path], None], str]] = [
    ("./none", lambda folder: None, "there are no weights of Demucs in"),
    ("./empty", lambda folder: (folder / "empty").mkdir(), "there are no weights of Demucs"),
    ("./bag", lambda folder: bag(folder / "bag", "models: 3"), "does not list models"),
    ("./bag", lambda folder: bag(folder / "bag", "models: [x"), "cannot be read as YAML"),
    ("./bag", lambda folder: bag(folder / "bag", "models: [x]"), "x.safetensors, which is not"),
    ("./bag", lambda folder: bag(folder / "bag", "models: [x]", x=b"?"), "holds no weights"),
    (
        "./bag",
        lambda folder: bag(folder / "bag", "models: [x]", x=header("os.system")),
        "names 'os.system', which is no model of Demucs",
    ),
]


def bag(folder: Path, text: str, **files: bytes) -> None:
    folder.mkdir()
    (folder / "htdemucs.yaml").write_text(text)
    for name, raw in files.items():
        (folder / f"{name}.safetensors").write_bytes(raw)


def header(kind: str) -> bytes:
    kwargs = json.dumps({"sources": ["drums"]})
    text = json.dumps({"__metadata__": {"klass": kind, "args": "[]", "kwargs": kwargs}}).encode()
    return struct.pack("<Q", len(text)) + text


@pytest.mark.parametrize(("written", "make", "message"), WRONG)
def test_weights_that_cannot_be_are_refused(
    written: str, make: Callable[[Path], None], message: str, tmp_path: Path
) -> None:
    make(tmp_path)
    with pytest.raises(BadValue) as raised:
        stems_of(tmp_path / "song.wav", tmp_path / written)
    assert message in str(raised.value)


def tiny_demucs(folder: Path) -> None:
    """A hybrid transformer Demucs of the real class, with random weights, as the hub has them."""
    torch = pytest.importorskip("torch")
    demucs = pytest.importorskip("demucs.htdemucs")
    safetensors = pytest.importorskip("safetensors.torch")
    torch.manual_seed(0)
    kwargs = {
        "sources": ["drums", "bass", "other", "vocals", "guitar"],
        "channels": 16,
        "depth": 4,
        "t_layers": 1,
        "t_heads": 2,
        "bottom_channels": 8,
        "segment": 2,
    }
    model = demucs.HTDemucs(**kwargs)
    metadata = {
        "klass": "demucs.htdemucs.HTDemucs",
        "args": "[]",
        "kwargs": json.dumps(kwargs),
    }
    folder.mkdir()
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    safetensors.save_file(tensors, folder / "955717e8.safetensors", metadata=metadata)
    (folder / "htdemucs.yaml").write_text(yaml.safe_dump({"models": ["955717e8"]}))


def test_demucs_parts_a_song_with_weights_by_path(
    tmp_path: Path, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("demucs.api")
    monkeypatch.setenv("STORYBOARD_CACHE", str(tmp_path / "cache"))
    tiny_demucs(tmp_path / "weights")
    soundfile.write(tmp_path / "song.wav", sum(sources.values())[: 3 * RATE], RATE)
    stems = stems_of(tmp_path / "song.wav", tmp_path / "weights")
    assert list(stems) == ["drums", "bass", "other", "vocals", "guitar"]
    first = stems["guitar"].read_bytes()
    sound, rate = soundfile.read(stems["guitar"])
    assert (rate, len(sound)) == (44_100, 3 * 44_100)
    assert np.abs(sound).max() > 0
    monkeypatch.setenv("STORYBOARD_CACHE", str(tmp_path / "again"))
    assert stems_of(tmp_path / "song.wav", tmp_path / "weights")["guitar"].read_bytes() == first


def test_demucs_of_the_hub_is_found_when_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("demucs")
    hub = pytest.importorskip("huggingface_hub")
    found = {"adefossez/HTDemucs": tmp_path / "weights" / "htdemucs.yaml"}
    asked = []

    def cached(repository: str, name: str) -> str | None:
        asked.append((repository, name))
        file = found.get(repository)
        return str(file) if file and file.is_file() else None

    monkeypatch.setattr(hub, "try_to_load_from_cache", cached)
    assert module.downloaded_weights() is None
    assert ("adefossez/HTDemucs-ft", "htdemucs_ft.yaml") in asked
    tiny_demucs(tmp_path / "weights")
    assert module.downloaded_weights() == tmp_path / "weights"


def test_without_demucs_the_error_says_what_to_do(
    song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_demucs(song.parent / "weights")
    monkeypatch.setitem(__import__("sys").modules, "demucs.api", None)
    stems = stems_of(song, song.parent / "weights")
    with pytest.raises(MissingTool, match="stems: auto"):
        stems["drums"]
