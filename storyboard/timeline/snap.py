"""Moves the borders between shots to the nearest beat, bar or onset.

A shot's ``snap`` moves the moment at which it begins, as far as ``within`` allows. The first shot
begins with the film and the last one ends as it is written. No shot is moved past another: where
two would begin at the same event, the one that is farther from it stays where it was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from storyboard.curves.beat_grid import BeatGrid, exact
from storyboard.curves.clock import Clock
from storyboard.errors import BadValue
from storyboard.story.music import SnapSpec
from storyboard.timeline.audio_features import SoundtrackFeatures
from storyboard.timeline.cascade import Setting
from storyboard.timeline.report import Report
from storyboard.timeline.slots import PlacedShot, as_s
from storyboard.times import parse_time

_EACH = BeatGrid((Fraction(0), Fraction(1)))
ONSET_WITHIN = Fraction(1, 10)
"""Seconds that a shot may move to an onset, unless the story says it."""


def snapped(
    slots: Sequence[PlacedShot],
    wanted: Sequence[Setting | None],
    *,
    clock: Clock,
    features: SoundtrackFeatures | None,
    report: Report,
) -> list[PlacedShot]:
    """Return the shots with their borders moved; ``wanted`` is the ``snap`` of each shot."""
    written = [slot.start for slot in slots[1:]]
    targets: list[Fraction | None] = []
    for slot, setting in zip(slots, wanted, strict=True):
        target: Fraction | None = None
        if setting is not None:
            with report.at(
                setting.path
            ):  # the first shot stays, but what its snap lacks is reported
                target = _target(slot.start, setting.value, clock, features)
                own = slot is not slots[0] and setting.path[: len(slot.path)] == slot.path
                if target is None and own:
                    message = f"no {setting.value.to} is near enough to {as_s(slot.start)}"
                    report.warn(setting.path, message, hint="say how far it may be: {to, within}")
        targets.append(target)
    if not slots:
        return []
    moved = _in_order(written, targets[1:], (slots[0].start, slots[-1].end), 1 / clock.fps)
    starts, ends = [slots[0].start, *moved], [*moved, slots[-1].end]
    asked = [None, *(None if setting is None else Fraction(0) for setting in wanted[1:])]
    return [
        replace(slot, start=start, end=end, moved=None if none is None else start - slot.start)
        for slot, start, end, none in zip(slots, starts, ends, asked, strict=True)
    ]


def _target(
    border: Fraction, snap: SnapSpec, clock: Clock, features: SoundtrackFeatures | None
) -> Fraction | None:
    """Return the nearest event to ``border``, None where there is none within reach."""
    if snap.to == "onset":
        if features is None:
            raise BadValue("snap: onset needs a soundtrack", hint="say audio: {file: ...}")
        onsets = exact(features.onsets().times)
        nearest = min(onsets, key=lambda onset: abs(onset - border), default=None)
        reach = ONSET_WITHIN
    else:
        grid = clock.beats
        if grid is None:
            hint = "say audio: {bpm: 120}, or bpm: auto"
            raise BadValue(f"snap: {snap.to} needs a tempo", hint=hint)
        nearest = _nearest(border, grid, clock.bars if snap.to == "bar" else _EACH)
        reach = _half_a_beat(border, grid)
    if snap.within is not None:
        reach = clock.duration_of(parse_time(snap.within), start=border)
    return nearest if nearest is not None and abs(nearest - border) <= reach else None


def _nearest(moment: Fraction, grid: BeatGrid, bars: BeatGrid) -> Fraction:
    """Return the nearest start of one of the ``bars``, by time; of two the later one."""
    number = bars.beat(grid.beat(moment)) // 1
    around = [grid.moment(bars.moment(number + more)) for more in (1, 0)]
    return min(around, key=lambda beat: abs(beat - moment))


def _half_a_beat(moment: Fraction, grid: BeatGrid) -> Fraction:
    left = grid.beat(moment) // 1
    return (grid.moment(left + 1) - grid.moment(left)) / 2


def _in_order(
    written: Sequence[Fraction],
    targets: Sequence[Fraction | None],
    ends: tuple[Fraction, Fraction],
    frame: Fraction,
) -> list[Fraction]:
    """Return each border at its target, or as written where a shot would be left without a frame.

    Of two borders that come too near to one another, the one that moved farther goes back; as
    written all are in order, so this ends.
    """
    before = [ends[0], *written, ends[1]]
    after = [ends[0], *(t if t is not None else w for t, w in zip(targets, written, strict=True))]
    after.append(ends[1])
    while True:
        for n in range(1, len(after)):
            gap = after[n] - after[n - 1]
            if gap < min(frame, before[n] - before[n - 1]):
                back = max((n, n - 1), key=lambda k: abs(after[k] - before[k]))
                after[back] = before[back]
                break
        else:
            return after[1:-1]
