"""What expressions hear: on the frame, in film seconds, and nothing before it is asked for."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from storyboard import audio
from storyboard.audio import Analysis, Band
from storyboard.curves.beat_grid import BeatGrid
from storyboard.curves.clock import Clock, frame_of
from storyboard.curves.sound import BeatRange, sound_of
from storyboard.errors import BadValue
from storyboard.plan import AudioPlan
from storyboard.timeline.audio_features import SoundtrackFeatures

F = Fraction
RATES = [F(12), F(24), F(25), F(24000, 1001), F(30), F(60)]
FILM = F(24)
RATE = 100.0


def analysis(**changed: Any) -> Analysis:
    """Eight seconds: a beat every half second from 0.25 s on, rms rising from 0 to 1."""
    n = np.arange(800)
    given: dict[str, Any] = {
        "duration": 8.0,
        "tempo": 120.0,
        "steady": True,
        "beats": 0.25 + np.arange(16) / 2,
        "bars": 1.25 + np.arange(4) * 2,
        "onsets": np.array([0.25, 0.29, 1.25, 2.0, 5.5]),
        "onset_strengths": np.array([1.0, 0.5, 0.25, 0.75, 1.0]),
        "sections": np.array([0.0, 1.5, 4.0]),
        "rate": RATE,
        "signals": {
            "rms": n / 800,
            "bass": (n % 50 == 25) * 1.0,
            "centroid": n / 800,
            "kick": np.ones(800),
            "onset": np.zeros(800),
        },
    }
    return Analysis(**{**given, **changed})


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were analysed, in order; every one sounds like `analysis`."""
    calls: list[Path] = []

    def fake(file: Path, **_: Any) -> Analysis:
        calls.append(file)
        return analysis()

    monkeypatch.setattr(audio, "analyse", fake)
    return calls


def features(
    fps: Fraction = FILM, *, start: str = "0", offset: str = "0", stop: str = "8"
) -> SoundtrackFeatures:
    """An ear for the seconds ``start`` to ``stop`` of the file, from ``offset`` of the film on."""
    first, last, begin = F(start), F(stop), F(offset)
    plan = AudioPlan(Path("song.wav"), first, begin, begin + last - first)
    return SoundtrackFeatures(plan, fps, {"drums": Path("drums.wav")}, {"kick": Band(40, 80)})


def frames(fps: Fraction, seconds: int = 8) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([float(n / fps) for n in range(int(seconds * fps))])


def test_names_are_known_without_listening(heard: list[Path]) -> None:
    own = features()
    assert {"bass", "rms", "kick", "drums.bass", "drums.kick"} <= set(own.signals)
    assert set(own.events) == {"onset", "section", "drums.onset"}
    assert heard == []
    kick = own.signal("kick")
    assert heard == []
    kick(np.zeros(1))
    own.events["onset"]()
    assert heard == [Path("song.wav")]
    own.events["drums.onset"]()
    assert heard == [Path("song.wav"), Path("drums.wav")]


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.usefixtures("heard")
def test_an_onset_is_heard_at_its_frame_and_at_no_other(fps: Fraction) -> None:
    times = {F(1, 4): 1.0, F(29, 100): 0.5, F(5, 4): 0.25, F(2): 0.75, F(11, 2): 1.0}
    values = features(fps).signal("onset")(frames(fps))
    expected = np.zeros(len(values))
    for time, strength in times.items():
        frame = frame_of(time, fps)
        expected[frame] = max(expected[frame], strength)
    assert values.tolist() == expected.tolist()


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.usefixtures("heard")
def test_no_hit_falls_between_two_frames(fps: Fraction) -> None:
    """The bass is loud for a hundredth of a second; each of its sixteen hits is seen whole."""
    values = features(fps).signal("bass")(frames(fps))
    for hit in range(16):
        assert values[frame_of(F(hit, 2) + F(1, 4), fps)] == pytest.approx(1.0)


@pytest.mark.usefixtures("heard")
def test_between_frames_a_signal_is_that_of_the_instant() -> None:
    at = np.array([1.0, 1.01, 2.503])
    assert features().signal("rms")(at) == pytest.approx([1 / 8 + 1 / 384, 1.01 / 8, 2.503 / 8])
    assert features().signal("centroid")(at) == pytest.approx(at / 8)


PLACED: list[tuple[dict[str, str], list[float], list[float], list[float]]] = [
    ({}, [0.25, 0.29, 1.25, 2, 5.5], [0, 1.5, 4], [0, 1, 2]),
    ({"offset": "2"}, [2.25, 2.29, 3.25, 4, 7.5], [2, 3.5, 6], [1.5, 2, 3]),
    ({"start": "1"}, [0.25, 1, 4.5], [0, 0.5, 3], [0, 1, 2]),
    ({"start": "1", "offset": "1/2", "stop": "3"}, [0.75, 1.5], [0.5, 1], [0, 0.5, 1, 2.5]),
]


@pytest.mark.parametrize(("where", "onsets", "sections", "asked"), PLACED)
@pytest.mark.usefixtures("heard")
def test_file_seconds_become_film_seconds_and_nothing_is_heard_outside(
    where: dict[str, str], onsets: list[float], sections: list[float], asked: list[float]
) -> None:
    placed = features(**where)
    assert placed.onsets().times.tolist() == onsets
    assert placed.sections().times.tolist() == sections
    inside = [placed.audio.film_start <= second < placed.audio.film_end for second in asked]
    values = placed.signal("kick")(np.array(asked))
    assert values.tolist() == [1.0 * yes for yes in inside]


@pytest.mark.parametrize(
    ("where", "wanted", "zero", "moment"),
    [
        ({}, None, 2, F(5, 4)),
        ({}, F(3, 10), 0, F(1, 4)),
        ({"offset": "2"}, None, 2, F(13, 4)),
        ({"start": "1"}, None, 2, F(1, 4)),
        ({"start": "3/2"}, None, 6, F(7, 4)),
        ({"start": "7", "offset": "1/8"}, None, 14, F(3, 8)),
    ],
)
@pytest.mark.usefixtures("heard")
def test_beat_0_is_the_first_of_a_bar_within_the_film(
    where: dict[str, str], wanted: Fraction | None, zero: int, moment: Fraction
) -> None:
    grid = features(**where).grid(wanted)
    assert (grid.zero, grid.first_beat) == (zero, moment)
    assert grid.moment(1) - grid.moment(0) == F(1, 2)


def test_a_sound_without_beats_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = analysis(beats=np.zeros(0), bars=np.zeros(0), tempo=0.0)
    monkeypatch.setattr(audio, "analyse", lambda *_, **__: silent)
    with pytest.raises(BadValue, match=r"no beats detected in song\.wav"):
        features().grid(None)


def test_beats_bars_and_marks_are_events_without_any_soundtrack() -> None:
    grid = BeatGrid((F(1, 2), F(1), F(7, 4)), zero=0)
    marks, sets = {"drop": F(3), "hits1": F(1)}, {"hits": (F(1), F(2))}
    clock = Clock(F(24), F(120), 2, F(1, 2), marks, grid=grid, sets=sets)
    events = sound_of(clock, BeatRange(F(1, 2), F(5))).events
    assert events["beat"].times.tolist() == [0.5, 1, 1.75, 2.5, 3.25, 4, 4.75]
    assert events["bar"].times.tolist() == [0.5, 1.75, 3.25, 4.75]
    assert events["drop"].times.tolist() == [3]
    assert events["hits"].times.tolist() == [1, 2]
    assert (events["hits"].weights == 1).all()
    assert "onset" not in events
