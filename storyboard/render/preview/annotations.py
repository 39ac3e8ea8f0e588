"""Annotations of the preview: captions, beats, new picture and the position in the film."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from storyboard.curves.clock import frames_of
from storyboard.media.ffmpeg import Picture
from storyboard.plan import Frame, Plan, Prompt
from storyboard.render.preview.camera_frames import Scale, Seen
from storyboard.render.preview.labels import wrapped, write
from storyboard.timeline.beat_markers import BeatMarkers

FLASH_S = 0.2
"""Seconds in which the flash of a beat fades; it is whole in the frame of the beat."""

_BEAT, _BAR, _NEW = (150, 214, 255), (255, 190, 70), (255, 120, 90)
_MARK_S = 1.2
_MOST_PROMPTS = 4


@dataclass
class Overlay:
    """Draws over frame after frame, in order."""

    plan: Plan
    scale: Scale
    markers: BeatMarkers
    _new: deque[float] = field(init=False)

    def __post_init__(self) -> None:
        fps = self.plan.fps
        self._beats, self._bars, self._sections = (
            frames_of(times, fps).tolist()
            for times in (self.markers.beats, self.markers.bars, self.markers.sections)
        )
        marks = sorted((moment, name) for name, moment in self.markers.marks.items())
        self._mark_frames = frames_of(np.array([moment for moment, _ in marks]), fps).tolist()
        self._mark_names = [name for _, name in marks]
        self._new = deque(maxlen=max(1, round(fps)))
        self._strip = self._film_strip()

    def draw(self, seen: Seen) -> Picture:
        """Draw everything on the picture of ``seen``."""
        picture, number = seen.picture.copy(), seen.frame.number
        picture[seen.uncovered] = _mix(picture[seen.uncovered], _NEW, 0.6)
        self._new.append(seen.new)
        self._flash(picture, number)
        text = max(10, self.scale.height // 18)
        write(picture, self._head(seen.frame), at=(0, 0), height=text)
        write(picture, self._music(number), at=(1, 0), height=text)
        name, strength = self._mark(number)
        write(picture, name, at=(0.5, 0.35), height=round(1.6 * text), strength=strength)
        room = self.scale.height - len(self._strip)
        write(picture[:room], self._prompts(seen.frame, text), at=(0, 1), height=text)
        self._place(picture[room:], number)
        return picture

    def _flash(self, picture: Picture, number: int) -> None:
        """Draw a frame of light, broad and warm on the first beat of a bar."""
        width = max(1, self.scale.height // 60)
        for frames, thickness, color in (
            (self._beats, 2 * width, _BEAT),
            (self._bars, 5 * width, _BAR),
        ):
            strength = 0.9 * self._fading(frames, number, FLASH_S)
            if strength <= 0:
                continue
            t = thickness
            for part in (picture[:t], picture[-t:], picture[t:-t, :t], picture[t:-t, -t:]):
                part[:] = _mix(part, color, strength)

    def _fading(self, frames: list[int], number: int, seconds: float) -> float:
        """Return 1 at the last of ``frames`` up to ``number``, falling to 0 within ``seconds``."""
        passed = bisect_right(frames, number)
        if not passed:
            return 0.0
        since = (number - frames[passed - 1]) / float(self.plan.fps)
        return max(0.0, 1 - since / seconds)

    def _head(self, frame: Frame) -> str:
        minutes, seconds = divmod(float(frame.time), 60)
        return f"{int(minutes)}:{seconds:05.2f}  frame {frame.number}  {frame.shot.name}"

    def _music(self, number: int) -> str:
        """Return bar and beat, section, and how much of the picture was uncovered within the
        second.
        """
        beats, bars = bisect_right(self._beats, number), bisect_right(self._bars, number)
        labels = []
        if bars:
            first = bisect_right(self._beats, self._bars[bars - 1] - 1)
            labels.append(f"bar {bars}.{beats - first}")
        elif beats:
            labels.append(f"beat {beats}")
        if len(self._sections) > 1:
            labels.append(f"section {bisect_right(self._sections, number)}")
        labels.append(f"new {sum(self._new):.0%}")
        return "  ".join(labels)

    def _mark(self, number: int) -> tuple[str, float]:
        """Return the mark that was passed last, and how strongly it is still shown."""
        passed = bisect_right(self._mark_frames, number)
        name = self._mark_names[passed - 1] if passed else ""
        return name, self._fading(self._mark_frames, number, _MARK_S)

    def _prompts(self, frame: Frame, height: int) -> str:
        """Return the prompts, the strongest first, each with its weight."""
        prompts = sorted(frame.prompts, key=lambda prompt: -abs(prompt.weight))[:_MOST_PROMPTS]
        width = self.scale.width - 2 * height
        return "\n".join(wrapped(prompt_line(prompt), height, width) for prompt in prompts)

    def _film_strip(self) -> Picture:
        """Return the whole film as a strip: shots in turn, with sections and marks."""
        strip = np.zeros((max(3, self.scale.height // 50), self.scale.width, 3), np.uint8)
        for shot in self.plan.shots:
            first, stop = self._column(shot.first), self._column(shot.stop)
            strip[:, first:stop] = (84, 92, 112) if shot.index % 2 else (58, 64, 80)
        for frames, color in ((self._sections, (255, 255, 255)), (self._mark_frames, _BAR)):
            columns = [self._column(n) for n in frames if 0 < n < self.plan.frame_count]
            strip[:, columns] = color
        return strip

    def _place(self, strip: Picture, number: int) -> None:
        """Draw the strip, the part that has passed in bright."""
        here = self._column(number)
        strip[:] = self._strip
        strip[:, :here] = _mix(strip[:, :here], (150, 170, 215), 0.5)
        strip[:, here : here + 2] = 255

    def _column(self, number: int) -> int:
        return number * self.scale.width // self.plan.frame_count


def prompt_line(prompt: Prompt) -> str:
    """Format a prompt as a caption: label, the label it turns into, weight."""
    toward = f" -> {prompt.toward.label} {prompt.mix:.0%}" if prompt.toward else ""
    return f"{prompt.source.label}{toward}  {prompt.weight:.2f}"


def _mix(part: Picture, color: tuple[int, int, int], share: float) -> Picture:
    mixed: Picture = (part * (1 - share) + np.multiply(color, share)).astype(np.uint8)
    return mixed
