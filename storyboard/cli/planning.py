"""From the arguments of a command to the plan, the frames and the shots that they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyboard.errors import BadValue, UsageError, did_you_mean

if TYPE_CHECKING:
    from storyboard.curves.clock import Clock
    from storyboard.plan import Plan
    from storyboard.story import Story


@dataclass(frozen=True)
class PlannedStory:
    """A story that was read, and its plan."""

    story: Story
    plan: Plan
    file: Path

    def work(self, out: Path | None, *, fresh: bool = False) -> Path | None:
        """Return the folder that has the frames of the film ``out``; None for the film's own.

        With ``fresh`` always its own: nothing of another film is thrown away.
        """
        from storyboard.render.store.work_folders import find_work_folder

        return None if fresh else find_work_folder(self.plan, self.file, out)

    def note(self, out: Path | None, work: Path | None) -> None:
        """Note where the frames of the film ``out`` are, for films of the story elsewhere."""
        from storyboard.render.store.folder import output_paths
        from storyboard.render.store.work_folders import note_work_folder

        note_work_folder(self.file, output_paths(self.plan, out, work=work).folder)

    def frame(self, written: str, flag: str) -> int:
        """Return the frame nearest to the time that was written behind ``flag``.

        A time is written as in the story; ``end`` is the film's end and percent are of the film.
        Raises `UsageError`.
        """
        from storyboard.curves.clock import frame_of
        from storyboard.times import parse_time

        plan = self.plan
        try:
            moment = self._clock().film_time(parse_time(written), whole=plan.duration)
        except BadValue as error:
            hint = f"\n  hint: {error.hint}" if error.hint else ""
            raise UsageError(f"{flag} {written}: {error.message}{hint}") from None
        if moment > plan.duration:
            raise UsageError(f"{flag} {written}: the film ends at {float(plan.duration):g} s")
        return min(frame_of(moment, plan.fps), plan.frame_count)

    def _clock(self) -> Clock:
        from storyboard.timeline.report import Report
        from storyboard.timeline.schedule import schedule

        return replace(schedule(self.story, Report(self.story)).clock, end=self.plan.duration)

    def shots(self, written: str, flag: str = "--shots") -> list[str]:
        """Return the names of the shots in ``intro,3-5``: names, numbers from 1, and ranges of
        numbers.

        Raises `UsageError`, which names the ``flag`` that was given.
        """
        names = [shot.name for shot in self.plan.shots]
        chosen: list[str] = []
        for part in filter(None, (part.strip() for part in written.split(","))):
            chosen += [part] if part in names else _numbered(part, names, flag)
        if not chosen:
            raise UsageError(f"{flag} is empty")
        return chosen


def _numbered(part: str, names: Sequence[str], flag: str) -> list[str]:
    first, dash, last = part.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        hint = did_you_mean(part, names) or f"shots: {', '.join(names)}"
        raise UsageError(f"{flag}: there is no shot {part!r}; {hint}")
    start, stop = int(first), int(last or first)
    if not 1 <= start <= stop <= len(names):
        raise UsageError(f"{flag} {part}: the film has shots 1 to {len(names)}")
    return list(names[start - 1 : stop])


@dataclass(frozen=True)
class Request:
    """The story of the command line: its file, and what is changed in it.

    ``budget`` is the time that the film may take, as it was written: part of the film's name.
    ``effort`` is what was chosen for it, or where memory ran out.
    """

    story: Path
    settings: Sequence[str] = ()
    quality: str | None = None
    seed: str | None = None
    output: str | None = None
    budget: str | None = None
    effort: Mapping[str, float] | None = None

    def flags(self) -> list[str]:
        """Return the flags that change the story in the same way for another process."""
        named = {"--quality": self.quality, "--seed": self.seed, "--output": self.output}
        pairs = [(flag, value) for flag, value in named.items() if value is not None]
        pairs += [("--set", setting) for setting in self.settings]
        return [part for pair in pairs for part in pair]

    def read(self, *, still: bool = False) -> PlannedStory:
        """Read the story and plan it; for a ``still`` it needs no length. Raises `StoryError` with
        every error, `UsageError`.
        """
        from storyboard.timeline import load_story, make_plan

        effort = {} if self.effort is None else {"effort": dict(self.effort)}
        story = load_story(
            self.story,
            overrides=read_settings(self.settings) | effort,
            quality=self.quality,
            seed=self.seed,
            output=self.output,
            still=still,
        )
        if self.budget is not None:
            parts = (story.variant, f"budget-{self.budget}")
            story = replace(story, variant=".".join(filter(None, parts)))
        return PlannedStory(story, make_plan(story), self.story)

    def films(self) -> list[Request]:
        """Return a request for each of the story's outputs, or for the one that was asked for;
        errors as `read`.
        """
        outputs = self.read().story.outputs if self.output is None else ()
        return [replace(self, output=name) for name in outputs] or [self]


def read_settings(settings: Sequence[str]) -> dict[str, Any]:
    """Return ``["seed=3"]`` as ``{"seed": "3"}``; of a path set twice the last word counts."""
    pairs: dict[str, Any] = {}
    for setting in settings:
        path, equals, value = setting.partition("=")
        if not equals or not path.strip():
            raise UsageError(f"--set {setting}: write it as PATH=VALUE, such as output.fps=24")
        pairs[path.strip()] = value
    return pairs
