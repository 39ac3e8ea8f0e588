"""Plot of a sound: waveform, spectrogram, signals and beat grid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from storyboard.audio.analysis import BANDS, SAMPLE_RATE, SIGNALS, Analysis
from storyboard.audio.bands import Samples

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GROUND, PANEL, INK, FAINT = "#12151c", "#191d27", "#e6e9f0", "#8a93a6"
WAVE, BEAT, BAR, ONSET, SECTION = "#5fb3d9", "#6d7690", "#f2b84b", "#ef6f6c", "#ffffff"
COLORS = ("#7d8cff", "#5aa9f0", "#3fc1b0", "#8ccf5a", "#e6c84f", "#f08c4a")
OTHERS = ("#c792ea", "#82aaff", "#f07178", "#ffcb6b", "#c3e88d")

ROWS = ("rms", *BANDS, "percussive", "harmonic", "flux", "centroid")
"""Signals from top to bottom; the story's own bands follow below."""

_COLUMNS = 1500
_LOWEST_HZ, _RANGE_DB = 30.0, 80.0
_LINES_AT_MOST = 260
"""Largest number of beats or bars that is drawn; more are omitted."""


def draw(analysis: Analysis, samples: Samples, file: Path, *, title: str = "") -> None:
    """Plot ``analysis`` of ``samples`` (n,) at `SAMPLE_RATE` to ``file``, in the format of its
    suffix.

    Raises `OSError` if it cannot be written, `ValueError` for an unsupported suffix.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = [*ROWS, *(name for name in analysis.signals if name not in SIGNALS)]
    figure = Figure(figsize=(16, 5.5 + 0.46 * len(names)), dpi=110, facecolor=GROUND)
    FigureCanvasAgg(figure)
    heights = [2.0, 3.2, 0.46 * len(names) + 0.6]
    axes: Sequence[Axes] = figure.subplots(
        3,
        1,
        sharex=True,
        gridspec_kw={"height_ratios": heights, "hspace": 0.07, "left": 0.085, "right": 0.985}
        | {"top": 0.925, "bottom": 0.06},
    )
    _waveform(axes[0], analysis, samples)
    _spectrogram(axes[1], samples)
    _signals(axes[2], analysis, names)
    for panel in axes:
        _dress(panel, analysis)
    _time_axis(axes[2], analysis.duration)
    _heading(axes[0], analysis, title)
    figure.savefig(file, facecolor=GROUND)


def _waveform(axes: Axes, analysis: Analysis, samples: Samples) -> None:
    """Draw the minimum and maximum of every column, and the onsets above them."""
    edges = np.linspace(0, len(samples), min(_COLUMNS, len(samples)) + 1).astype(int)[:-1]
    top, bottom = np.maximum.reduceat(samples, edges), np.minimum.reduceat(samples, edges)
    seconds = edges / SAMPLE_RATE
    most = float(np.abs(samples).max()) or 1.0
    axes.fill_between(seconds, bottom / most, top / most, color=WAVE, linewidth=0.4, alpha=0.9)
    axes.vlines(
        analysis.onsets,
        1.08,
        1.08 + 0.32 * analysis.onset_strengths,
        color=ONSET,
        linewidth=1.0,
        zorder=4,
    )
    axes.set_ylim(-1.05, 1.45)
    axes.set_yticks([0.0, 1.24], ["waveform", "onsets"])


def _spectrogram(axes: Axes, samples: Samples) -> None:
    """Draw decibels below the maximum on a logarithmic frequency axis."""
    from scipy import signal

    window = 2048
    step = max(256, len(samples) // _COLUMNS)
    padded = np.pad(samples, (window // 2, window))
    count = max(1, len(samples) // step)
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::step][:count]
    bell = signal.windows.hann(window).astype(np.float32)
    power = np.concatenate(
        [np.abs(np.fft.rfft(frames[k : k + 256] * bell)) ** 2 for k in range(0, count, 256)]
    )
    hertz = np.geomspace(_LOWEST_HZ, SAMPLE_RATE / 2, 220)
    places = hertz * window / SAMPLE_RATE
    rows = np.array([np.interp(places, np.arange(power.shape[1]), row) for row in power]).T
    level = 10 * np.log10(np.maximum(rows / (float(rows.max()) or 1.0), 10 ** (-_RANGE_DB / 10)))
    edges = np.linspace(0, len(samples) / SAMPLE_RATE, count + 1)
    bounds = np.geomspace(_LOWEST_HZ, SAMPLE_RATE / 2, 221)
    axes.pcolormesh(edges, bounds, level, cmap="magma", vmin=-_RANGE_DB, vmax=0, rasterized=True)
    axes.set_yscale("log")
    ticks = [60, 250, 500, 2000, 6000]
    axes.set_yticks(ticks, [f"{hz} Hz" if hz < 1000 else f"{hz // 1000} kHz" for hz in ticks])
    axes.minorticks_off()


def _signals(axes: Axes, analysis: Analysis, names: Sequence[str]) -> None:
    """Draw every signal in its own row, as the maximum of every column."""
    count = len(analysis.signals["rms"])
    edges = np.linspace(0, count, min(_COLUMNS, count) + 1).astype(int)[:-1]
    seconds = edges / analysis.rate
    for lane, name in enumerate(names):
        base = len(names) - 1 - lane
        color = (*COLORS, *OTHERS)[(lane - 1) % 11] if lane else INK
        height = np.maximum.reduceat(analysis.signals[name], edges) * 0.86
        axes.fill_between(seconds, base, base + height, color=color, alpha=0.35, linewidth=0)
        axes.plot(seconds, base + height, color=color, linewidth=0.9)
    axes.set_ylim(-0.12, len(names))
    axes.set_yticks([len(names) - 0.6 - lane for lane in range(len(names))], names)


def _dress(axes: Axes, analysis: Analysis) -> None:
    """Draw the background, and the beats, bars and sections through all panels."""
    axes.set_facecolor(PANEL)
    axes.tick_params(colors=FAINT, labelcolor=INK, length=0, labelsize=10)
    for side in axes.spines.values():
        side.set_visible(False)
    for seconds, color in ((analysis.beats, BEAT), (analysis.bars, BAR)):
        if len(seconds) <= _LINES_AT_MOST:
            _lines(axes, seconds, color=color, linewidth=0.7, alpha=0.55)
    _lines(axes, analysis.sections[1:], color=SECTION, linewidth=1.6, alpha=0.95)
    axes.set_xlim(0, analysis.duration)


def _lines(axes: Axes, seconds: Any, **look: Any) -> None:
    axes.vlines(seconds, 0, 1, transform=axes.get_xaxis_transform(), zorder=3, **look)


def _time_axis(axes: Axes, duration: float) -> None:
    """Label about twelve round times in minutes and seconds."""
    steps = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800)
    step = next((step for step in steps if duration / step <= 14), 3600)
    ticks = np.arange(0, duration + 1e-9, step)
    axes.set_xticks(ticks, [_clock(tick, step) for tick in ticks])


def _clock(seconds: float, step: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:02.0f}" if step >= 1 else f"{seconds:.2f} s"


def _heading(axes: Axes, analysis: Analysis, title: str) -> None:
    """Write the name and tempo on the left, the legend on the right, section numbers below."""
    tempo = f"{analysis.tempo:.2f} beats a minute" if analysis.tempo else "no beat"
    kind = "" if not analysis.tempo else ", steady" if analysis.steady else ", drifting"
    figure = axes.get_figure()
    if figure is not None:
        figure.suptitle(
            f"{title}   {tempo}{kind}", x=0.085, y=0.978, ha="left", color=INK, fontsize=15
        )
        keys = [("beat", BEAT), ("bar", BAR), ("section", SECTION), ("onset", ONSET)]
        for place, (name, color) in enumerate(keys):
            x = 0.74 + 0.064 * place
            figure.text(x, 0.966, "|", color=color, fontsize=13, fontweight="bold", va="center")
            figure.text(x + 0.008, 0.966, name, color=FAINT, fontsize=11, va="center")
    for number, start in enumerate(analysis.sections, 1):
        axes.text(
            float(start) + 0.004 * analysis.duration,
            1.03,
            str(number),
            transform=axes.get_xaxis_transform(),
            color=INK,
            fontsize=11,
            clip_on=False,
        )
