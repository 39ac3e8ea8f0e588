"""Bars begin where the music's do, sections on bars; and the same heard by beat-this."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from storyboard.audio import analyse, beat_model
from storyboard.errors import BadValue, MissingTool
from storyboard.story import read_story_text
from storyboard.timeline import load_story_text
from storyboard.timeline.check import problems_of
from storyboard.timeline.report import Report
from storyboard.timeline.schedule import schedule

Make = Callable[..., np.ndarray]
Save = Callable[..., Path]
STORIES = Path(__file__).parents[2] / "examples" / "stories"
RATE = 44100
BEAT = 0.5

TRUE_BARS = [
    ("four_to_the_floor", 4, [2.0 * bar for bar in range(4)]),
    ("ignition", 4, [2.0 * bar for bar in range(4)]),
    ("lullaby", 4, [8 / 3 * bar for bar in range(4)]),  # at twice its tempo: half bars, too
    ("waltz", 3, [180 / 138 * bar for bar in range(6)]),
]


@pytest.mark.parametrize(("name", "beats_per_bar", "true"), TRUE_BARS)
def test_the_bars_of_the_examples_are_found_and_sections_lie_on_them(
    name: str, beats_per_bar: int, true: list[float]
) -> None:
    found = analyse(STORIES / f"{name}.ogg", beats_per_bar=beats_per_bar)
    assert np.abs(found.bars[None, :] - np.array(true)[:, None]).min(axis=1).max() < 0.003
    assert set(found.sections[1:].tolist()) <= set(found.bars.tolist())


@pytest.fixture
def band(clicks: Make, tone: Make) -> Callable[[int, int], np.ndarray]:
    """``band(pickup, bars)``: a click on every beat, of which the first ``pickup`` come before the
    first bar; with each bar chord and bass change. In the second half a lead plays as well.
    """

    def make(pickup: int, bars: int) -> np.ndarray:
        beats = pickup + 4 * bars
        sound = clicks([BEAT * n for n in range(beats)], beats * BEAT) * 0.4
        roots = (110.0, 87.3, 130.8, 98.0)
        for bar in range(bars):
            at = round((pickup + 4 * bar) * BEAT * RATE)
            root = roots[bar % 4]
            chord = sum(tone(root * k, 4 * BEAT, loud=0.1) for k in (1, 2, 2.52, 3))
            lead = tone(root * 8, 4 * BEAT, loud=0.15 if bar >= bars // 2 else 0)
            sound[at : at + len(chord)] += chord + lead
        return sound

    return make


@pytest.mark.parametrize("pickup", [0, 1, 2, 3])
def test_a_song_that_begins_within_a_bar_has_its_drop_on_the_bar(
    pickup: int, band: Callable[[int, int], np.ndarray], save: Save
) -> None:
    found = analyse(save(band(pickup, 16)))
    first = pickup * BEAT
    assert (found.bars - first) % 2 == pytest.approx(0, abs=0.005)
    assert np.abs(found.sections - (first + 16)).min() < 0.005
    assert (found.sections[1:] - first) % 2 == pytest.approx(0, abs=0.005)


def tiny_weights(file: Path) -> None:
    """A network of the real class with random weights, in the layout of the published files."""
    torch = pytest.importorskip("torch")
    model_file = pytest.importorskip("beat_this.model.beat_tracker")
    torch.manual_seed(1)
    sizes = {"transformer_dim": 32, "ff_mult": 1, "n_layers": 1, "stem_dim": 32}
    model = model_file.BeatThis(**sizes)
    state = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    hyper = {**sizes, "spect_dim": 128, "lr": 0.001}
    torch.save({"state_dict": state, "hyper_parameters": hyper}, file)


def test_beat_this_reads_weights_by_path_and_hears_the_same_again(
    tmp_path: Path, clicks: Make
) -> None:
    pytest.importorskip("beat_this.inference")
    tiny_weights(tmp_path / "tiny.ckpt")
    sound = clicks([BEAT * n for n in range(16)], 8)[::2].astype(np.float32)
    once, again = (beat_model.track(sound, tmp_path / "tiny.ckpt") for _ in range(2))
    for name in ("beats", "downbeats"):
        assert once[name].tolist() == again[name].tolist()
        assert (np.diff(once[name]) > 0).all()
    assert set(once["downbeats"]) <= set(once["beats"])


def test_what_holds_no_weights_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("beat_this.inference")
    torch = pytest.importorskip("torch")
    (tmp_path / "text.ckpt").write_text("no weights")
    torch.save({"state_dict": {}}, tmp_path / "other.ckpt")
    for name in ("text.ckpt", "other.ckpt"):
        with pytest.raises(BadValue, match=f"{name} holds no weights of beat-this"):
            beat_model.track(np.zeros(24_000, np.float32), tmp_path / name)


def test_without_the_package_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "beat_this.inference", None)
    with pytest.raises(MissingTool, match=r"storyboard-film\[beats\]"):
        beat_model.track(np.zeros(9, np.float32), Path("any.ckpt"))


@pytest.fixture
def heard(tmp_path: Path, clicks: Make, save: Save, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a song that a network hears in bars of three, then of four, a little off."""
    monkeypatch.setenv("STORYBOARD_CACHE", str(tmp_path / "cache"))
    save(clicks([0.1 + BEAT * n for n in range(32)], 16))
    (tmp_path / "net.ckpt").write_bytes(b"weights")
    beats = 0.1 + BEAT * np.arange(32)

    def track(samples: np.ndarray, weights: Path) -> dict[str, np.ndarray]:
        return {"beats": np.round(beats, 2) + 0.02, "downbeats": beats[[1, 4, 7, 11, 15]] + 0.02}

    monkeypatch.setattr(beat_model, "track", track)
    return tmp_path


def test_a_tracker_says_which_beats_begin_bars(heard: Path) -> None:
    found = analyse(heard / "sound.wav", tracker=heard / "net.ckpt")
    assert found.steady
    assert found.beats == pytest.approx(0.1 + BEAT * np.arange(32), abs=1e-3)
    assert found.bars == pytest.approx(0.1 + BEAT * np.array([1, 4, 7, 11, 15]), abs=1e-3)


def test_the_bars_of_a_tracker_are_those_of_the_story(heard: Path) -> None:
    text = "audio: {file: sound.wav, bpm: auto, tracker: net.ckpt}\nprompt: a"
    story = load_story_text(text, folder=heard)
    report = Report(story)
    clock = schedule(story, report).clock
    assert not report.errors
    bars = [float(moment) for moment in clock.bars_between(Fraction(0), Fraction(8))]
    assert bars == pytest.approx([0.6, 2.1, 3.6, 5.6, 7.6], abs=2e-3)


def test_missing_weights_are_reported_in_their_place(heard: Path) -> None:
    text = "audio: {file: sound.wav, tracker: nut.ckpt}\nprompt: a"
    (problem,) = problems_of(read_story_text(text, folder=heard))
    assert (problem.path, problem.hint) == ("audio.tracker", "did you mean 'net.ckpt'?")
