"""The film in words and exact times: subtitles and lyrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from storyboard.curves.clock import frame_of
from storyboard.interchange.exporters import Exported
from storyboard.plan import Plan, ShotPlan, Source

if TYPE_CHECKING:
    from storyboard.audio import Line

LED_SHARE = 0.5
"""A prompt leads while it has more than this share of its own greatest weight in the film."""


@dataclass(frozen=True)
class Cue:
    """The sources seen from ``start`` to ``end``, seconds of the film: ``sources``, the
    greatest first, and ``first``, the number of its first frame.
    """

    start: Fraction
    end: Fraction
    sources: tuple[Source, ...]
    first: int

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the texts, and the names of the files, in the order of ``sources``."""
        return tuple(source.label for source in self.sources)


def cues(plan: Plan) -> list[Cue]:
    """Return the film as stretches in which the same prompts lead, without gaps.

    A stretch begins exactly where its shot does, or at the frame at which its prompts take over.
    """
    turns: list[tuple[Fraction, tuple[Source, ...], int]] = []
    for shot in plan.shots:
        for start, sources, first in _turns(shot, plan):
            if not turns or sources not in ((), turns[-1][1]):
                turns.append((start, sources, first))
    ends = [*(time for time, _, _ in turns[1:]), plan.duration]
    return [
        Cue(start, end, sources, first)
        for (start, sources, first), end in zip(turns, ends, strict=True)
        if end > start
    ]


def _turns(shot: ShotPlan, plan: Plan) -> Iterator[tuple[Fraction, tuple[Source, ...], int]]:
    """Find when other prompts begin to lead, which they are, and at which frame."""
    greatest = greatest_weights(plan)
    before: tuple[Source, ...] | None = None
    for local in range(shot.frame_count):
        sources = leading(shot, local, greatest)
        if sources != before:
            first = shot.first + local
            yield (shot.start if local == 0 else first / plan.fps), sources, first
        before = sources


def greatest_weights(plan: Plan) -> dict[Source, float]:
    """Return the greatest weight of each source, in the order of the film."""
    found: dict[Source, float] = {}
    for shot in plan.shots:
        for local in range(shot.frame_count):
            for source, weight in _weights(shot, local).items():
                found[source] = max(found.get(source, 0.0), weight)
    return found


def leading(shot: ShotPlan, local: int, greatest: Mapping[Source, float]) -> tuple[Source, ...]:
    """Return the sources that lead at a frame of the shot, the greatest first; of equals, as
    written.
    """
    now = _weights(shot, local)
    led = [source for source, weight in now.items() if weight > LED_SHARE * greatest[source]]
    return tuple(sorted(led, key=lambda source: -greatest[source]))


def _weights(shot: ShotPlan, local: int) -> dict[Source, float]:
    """Return the weight of every source that is wanted at a frame; one on its way to another has
    both.
    """
    weights: dict[Source, float] = {}
    for track in shot.tracks:
        prompt = track.at(local)
        if prompt is None or prompt.weight <= 0:
            continue
        parts = {prompt.source: 1 - prompt.mix if prompt.toward else 1.0}
        parts |= {prompt.toward: prompt.mix} if prompt.toward else {}
        for source, share in parts.items():
            weights[source] = weights.get(source, 0.0) + share * prompt.weight
    return weights


def to_srt(plan: Plan, lyrics: Sequence[Line] | None = None) -> Exported:
    """Return SubRip subtitles, to the nearest millisecond: the prompts, or the ``lyrics``, lines in
    seconds of the film.
    """
    if lyrics is None:
        shown = [(cue.start, cue.end, _lines(cue)) for cue in _spoken(plan)]
    else:
        shown = [(line.start, line.end or plan.duration, line.text) for line in lyrics]
    blocks = (
        f"{number}\n{srt_time(start)} --> {srt_time(end)}\n{text}\n"
        for number, (start, end, text) in enumerate(shown, 1)
    )
    return Exported("\n".join(blocks))


def to_lrc(plan: Plan, lyrics: Sequence[Line] | None = None) -> Exported:
    """Return lyrics as players read them, to the nearest hundredth of a second: a line for each cue
    of the prompts, or the ``lyrics``, lines in seconds of the film, with times for words that have
    one. Where nothing is sung for a while stands an empty line.
    """
    minutes, seconds = divmod(frame_of(plan.duration, Fraction(1)), 60)
    head = [f"[ti:{plan.title}]", f"[length:{minutes:02}:{seconds:02}]"]
    if lyrics is None:
        lines = [f"[{lrc_time(cue.start)}]{' / '.join(_flat(cue))}" for cue in _spoken(plan)]
    else:
        lines = list(_sung(lyrics))
    return Exported("\n".join([*head, *lines]) + "\n")


def _sung(lyrics: Sequence[Line]) -> Iterator[str]:
    for line, following in pairwise([*lyrics, None]):
        if line is None:
            return
        words = (f"<{lrc_time(word.start)}>{word.text}" for word in line.words)
        yield f"[{lrc_time(line.start)}]{' '.join(words) or line.text}"
        if line.end is not None and (following is None or line.end < following.start):
            yield f"[{lrc_time(line.end)}]"


def srt_time(time: Fraction) -> str:
    """Return the time as SubRip writes it, to the nearest millisecond.

    >>> srt_time(Fraction(62345, 1000))
    '00:01:02,345'
    """
    seconds, ms = divmod(frame_of(time, Fraction(1000)), 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},{ms:03}"


def lrc_time(time: Fraction) -> str:
    """Return the time as players of lyrics read it, to the nearest hundredth of a second.

    >>> lrc_time(Fraction(62345, 1000))
    '01:02.35'
    """
    seconds, hundredths = divmod(frame_of(time, Fraction(100)), 100)
    return f"{seconds // 60:02}:{seconds % 60:02}.{hundredths:02}"


def _spoken(plan: Plan) -> list[Cue]:
    return [cue for cue in cues(plan) if cue.sources]


def _flat(cue: Cue) -> list[str]:
    """Return texts on one line each: a prompt may have been written over several."""
    return [" ".join(text.split()) for text in cue.labels]


def _lines(cue: Cue) -> str:
    return "\n".join(_flat(cue))
