"""Story -> Plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from storyboard.curves.clock import frame_of
from storyboard.curves.expressions import definition_errors
from storyboard.curves.instants import SampleTimes, ShotScope
from storyboard.drawers import drawers
from storyboard.errors import Problem, StoryError, UsageError
from storyboard.files import file_digest
from storyboard.plan import FinishPlan, Floats, Plan, Quality, ShotPlan, StereoPlan
from storyboard.story.output import OutputSpec
from storyboard.story.quality import DEFAULT, quality_called
from storyboard.story.read import Story, collector_paused
from storyboard.timeline.burnt import burnt_captions
from storyboard.timeline.cascade import Setting, SettingsByName, collect_settings, group, merge
from storyboard.timeline.digests import FrameSeeds, digest_of, digested, seed_number
from storyboard.timeline.effects import check_encoder, drawer_of, effects_of
from storyboard.timeline.effort import with_effort
from storyboard.timeline.film_frames import FilmFrames
from storyboard.timeline.finish import finish_digest, finish_of, painted_size
from storyboard.timeline.growth import grown_quality, growth_of, with_steps
from storyboard.timeline.known_names import check_names, resolved_perceptor
from storyboard.timeline.lint import lint_film, lint_shot, lint_size
from storyboard.timeline.looping import loop_of
from storyboard.timeline.novelty import PromptChange, prompt_novelty
from storyboard.timeline.opening import opened
from storyboard.timeline.option_values import Chooser
from storyboard.timeline.poses import CameraPath
from storyboard.timeline.poses_check import ViewLimits
from storyboard.timeline.prompt_sources import Reader, check_vectors
from storyboard.timeline.report import Report
from storyboard.timeline.schedule import FilmSchedule, schedule
from storyboard.timeline.settings import (
    WARPS,
    option,
    sampled,
    values_per_frame,
    weights_of,
)
from storyboard.timeline.slots import PlacedShot
from storyboard.timeline.space import depth_of, is_deep, stereo_of
from storyboard.timeline.tracks import Tracks, prompt_tracks
from storyboard.timeline.video import check_keep, refuse_idle_control, refuse_idle_mix, video_of

#: How long the prompts of the shorthand cross over, unless the story says it, and in shots that
#: are shorter than two of these.
SHORTHAND_FADE, SHORT_FADE = "1s", "50%"


@dataclass(frozen=True)
class PlanDraft:
    """A plan without digests: enough to find every error."""

    when: FilmSchedule
    quality: Quality
    shots: tuple[ShotPlan, ...]
    stereo: StereoPlan | None = None
    finish: FinishPlan = field(default_factory=FinishPlan)
    loop: ShotPlan | None = None

    @property
    def duration(self) -> Fraction:
        """Return seconds that the film lasts."""
        return self.when.duration

    @property
    def frame_count(self) -> int:
        """Return frames of the film."""
        return self.shots[-1].stop


def make_plan(story: Story) -> Plan:
    """Resolve ``story`` to exact times, frames, values, seeds and digests.

    Raises one `StoryError` with every error; what is only odd is in ``plan.warnings``.
    """
    if not isinstance(story, Story):
        kind = type(story).__name__
        raise UsageError(f"make_plan takes a Story, not {kind}: make_plan(load_story(...))")
    report = Report(story)
    draft = draft_plan(story, report)
    if draft is None:
        raise StoryError(report.errors)
    return finished_plan(story, draft, report)


@collector_paused()
def draft_plan(story: Story, report: Report) -> PlanDraft | None:
    """Return the plan as far as ``check`` needs it; None with errors, which all go to
    ``report``.
    """
    when = schedule(story, report)
    quality = _quality(story)
    film_wide = (
        collect_settings(story.spec, ()),
        collect_settings(story.spec.defaults, ("defaults",)),
    )
    slots = [(slot, settings_of(slot, *film_wide)) for slot in when.slots]
    for settings in film_wide:
        check_names(settings, story.folder, report)
    for _, settings in slots:
        check_names(settings, story.folder, report)
    fps = when.clock.painted_fps
    film = _film_span(story, when)
    for error in definition_errors(film.define, film.names):
        report.bad_value(("define",), error)
    frames = FilmFrames(film, when.film_sound)
    shots = with_steps(tuple(_Builder(story, when, quality, film, report, frames).shots(slots)))
    refuse_idle_mix(story, shots, report)
    refuse_idle_control(story, shots, report)
    width, height = painted_size(story)
    lint_size(width, height, report)
    lint_film(shots, when.slots, fps=fps, aspect=width / height, report=report)
    stereo = stereo_of(story, shots, report)
    finish = finish_of(story, frames.film, frames.shots or shots, when.clock.every, report)
    finish = replace(finish, captions=(*finish.captions, *burnt_captions(story, when, report)))
    first = next((n for n, shot in enumerate(shots) if shot.frame_count), 0)
    loop = loop_of(story, shots, slots[first][1], when.clock, report)
    return PlanDraft(when, quality, shots, stereo, finish, loop) if report.is_sound else None


def _film_span(story: Story, when: FilmSchedule) -> ShotScope:
    """Return the whole film as one shot; its shots are this with other ends, and share its
    cache.
    """
    define = story.spec.define or {}
    start, end = Fraction(0), when.duration
    return ShotScope(when.clock, start, end, sound=when.sound, define=define, film_end=end)


def settings_of(
    slot: PlacedShot, top: SettingsByName, defaults: SettingsByName
) -> dict[str, Setting]:
    """Return all that counts for the shot at ``slot``, by who says it last: the shot, the
    ``defaults``, the ``top`` level.
    """
    short = slot.path[:1] in (("prompts",), ("lyrics",))
    fade = {"fade": _shorthand_fade(slot)} if short else {}
    return merge(fade, top, defaults, collect_settings(slot.spec, slot.path))


def _shorthand_fade(slot: PlacedShot) -> Setting:
    """Return the fade of prompts where shots are not written one by one. Only lines of lyrics may
    follow one another faster than that, without anybody having chosen it.
    """
    short = slot.path[0] == "lyrics" and slot.end - slot.start < 2
    return Setting(SHORT_FADE if short else SHORTHAND_FADE, slot.path[:1])


def _quality(story: Story) -> Quality:
    """Return the preset that the story names, with the encoder quality that it may say itself."""
    quality = quality_called(story.spec.quality or DEFAULT)
    crf = story.spec.output.crf if story.spec.output else None
    return quality if crf is None else replace(quality, crf=crf)


@dataclass
class _Builder:
    """Makes the shots one after the other; each may go on from the one before."""

    story: Story
    when: FilmSchedule
    quality: Quality
    film: ShotScope
    report: Report
    frames: FilmFrames
    chain: int = -1
    cut_pending: bool = True
    before: ShotPlan | None = None
    wanted: Tracks | None = None
    change: PromptChange | None = None

    def shots(self, slots: Sequence[tuple[PlacedShot, SettingsByName]]) -> Iterator[ShotPlan]:
        for index, (slot, settings) in enumerate(slots):
            shot = with_effort(self.shot(index, slot, settings), self.story.spec.effort)
            shot = replace(shot, takes=option(settings, "takes", 1))
            self.cut_pending = shot.fresh and not shot.frame_count
            self.before = shot
            yield shot

    def shot(self, index: int, slot: PlacedShot, settings: SettingsByName) -> ShotPlan:
        """Resolve one shot. ``cut_pending``: a cut of an earlier empty shot is still due."""
        clock, report, folder = self.when.clock, self.report, self.story.folder
        first, stop = (frame_of(edge, clock.painted_fps) for edge in (slot.start, slot.end))
        fresh = self.cut_pending or bool(option(settings, "cut", False))
        self.chain += fresh and not (self.cut_pending and index)
        seed = seed_number(option(settings, "seed", 0))
        scope = replace(self.film, start=slot.start, end=slot.end, seed=float(seed))
        at = scope.frames(first * clock.every, stop * clock.every)
        reader = Reader(at, folder, report, index)
        self.wanted = prompt_tracks(slot, settings, reader, before=self.wanted)
        path = self._camera_path(slot, settings, scope, at)
        known = None if fresh else self.change
        self.change = prompt_novelty(self.wanted.tracks, len(at), clock.painted_fps, known)
        video = video_of(settings, at, self.film, folder, report)
        new = self.change.values * (video.plan is None)  # a clip leads over to new prompts
        values = values_per_frame(
            settings, self.quality, at, fresh=fresh, novelty=new, report=report
        )
        values["novelty"] = self.change.values
        video.begin(values, fresh=fresh)
        names, weights = self.perceptors(settings, at)
        chooser = Chooser(at, self.story.folder, report, index)
        losses, filters = (effects_of(kind, settings, chooser) for kind in ("losses", "filters"))
        drawer, chosen = drawer_of(settings, chooser, grown_quality(settings, self.quality))
        shot = ShotPlan(
            index=index,
            name=slot.name,
            start=slot.start,
            end=slot.end,
            first=first,
            stop=stop,
            chain=self.chain,
            fresh=fresh,
            drawer=drawer,
            drawer_options=chosen.fixed,
            perceptors=names,
            tracks=self.wanted.tracks,
            poses=path.poses,
            entry=path.entry,
            exit=path.exit,
            **{key: option(settings, key, default) for key, default in WARPS.items()},
            cut_batch=option(settings, "cut_batch", self.quality.cut_batch),
            values={**values, **weights, **losses.values, **filters.values, **video.values},
            moved=slot.moved,
            seed=seed,
            frame_seeds=FrameSeeds(seed, slot.name, stop - first),
            digest="",
            loss_options=losses.options,
            filter_options=filters.options,
            loss_masks=losses.masks,
            clip_times={**losses.times, **filters.times},
            moving={**chosen.named("drawer"), **losses.moving, **filters.moving},
            video=video.plan,
            depth=depth_of(settings, clock, folder, report),
        )
        shot = growth_of(settings, opened(settings, shot, reader), at, clock, report)
        self._check(shot, settings)
        self.frames.add(shot, settings, chooser)
        return shot

    def _camera_path(
        self, slot: PlacedShot, settings: SettingsByName, scope: ShotScope, at: SampleTimes
    ) -> CameraPath:
        view = ViewLimits(self.aspect, slot.name, depth=is_deep(settings))
        motion, report = group(settings, "motion"), self.report
        return self.frames.camera_path(motion, scope, at, view=view, report=report)

    def _check(self, shot: ShotPlan, settings: SettingsByName) -> None:
        """Report errors and warnings that need the resolved shot."""
        if self.wanted is not None:
            check_vectors(shot, self.wanted.find_last, settings, self.report)
        check_keep(shot, settings, self.report)
        if shot.drawer in drawers:
            check_encoder(shot, settings, self.report)
        lint_shot(shot, settings, self.report)

    @cached_property
    def aspect(self) -> float:
        """Return width / height of the picture."""
        width, height = painted_size(self.story)
        return width / height

    def perceptors(
        self, settings: SettingsByName, at: SampleTimes
    ) -> tuple[tuple[str, ...], dict[str, Floats]]:
        """Return the names of what looks at the picture, and the weight of each at every frame."""
        if "perceptors" not in settings:
            key = ("perceptors of the quality", len(at))
            return self.report.once(key, partial(self._perceptors, {}, settings, at))
        return self._perceptors(weights_of(settings), settings, at)

    def _perceptors(
        self, own: Mapping[str, Setting], settings: SettingsByName, at: SampleTimes
    ) -> tuple[tuple[str, ...], dict[str, Floats]]:
        weights: dict[str, Setting | None] = dict(own) or dict.fromkeys(self.quality.perceptors)
        values: dict[str, Floats] = {}
        for name, weight in weights.items():
            with self.report.at(weight.path[:-1] if weight else ()):
                full = self.report.once(
                    ("resolved", name), partial(resolved_perceptor, name, self.story.folder)
                )
                values[full] = sampled(weight, 1.0, at, report=self.report)
        if values and not any(map(np.any, values.values())) and len(at):
            self.report.error(settings["perceptors"].path, "every perceptor weighs nothing")
        return tuple(values), {f"perceptors.{name}": curve for name, curve in values.items()}


def rough_plan(story: Story, draft: PlanDraft) -> Plan:
    """Return the plan of ``draft`` without digests, which read every file: enough to look at."""
    when, quality = draft.when, draft.quality
    output = story.spec.output or OutputSpec()
    width, height = painted_size(story)
    return Plan(
        name=story.name,
        title=story.spec.title or story.name,
        width=width,
        height=height,
        fps=when.clock.painted_fps,
        duration=when.duration,
        frame_count=draft.frame_count,
        quality=quality,
        seed=seed_number(story.spec.seed or 0),
        shots=draft.shots,
        audio=when.audio,
        marks=when.clock.marks,
        story="",
        digest="",
        format=output.format or "mp4",
        own_quality=story.own_quality or DEFAULT,
        variant=story.variant,
        bpm=when.clock.bpm,
        beats=when.sound.events["beat"].times if when.clock.beats else np.zeros(0),
        stereo=draft.stereo,
        finish=draft.finish,
        loop=draft.loop,
    )


def finished_plan(story: Story, draft: PlanDraft, report: Report) -> Plan:
    """Return the plan of a story in which nothing is wrong, from its ``draft``."""
    rough, when = rough_plan(story, draft), draft.when
    finish = replace(draft.finish, digest=finish_digest(draft.finish, draft.shots))
    audio = when.audio and (replace(when.audio, file=Path()), file_digest(when.audio.file))
    every = draft.shots if draft.loop is None else (*draft.shots, draft.loop)
    digests = digested(every, (rough.width, rough.height), draft.stereo)
    layout = [(shot.name, shot.first, shot.stop, shot.digest) for shot in digests]
    return replace(
        rough,
        shots=digests[: len(draft.shots)],
        story=story.to_yaml(),
        digest=digest_of(layout, rough.fps, audio, rough.format, draft.quality.crf),
        finish=finish,
        loop=draft.loop and digests[-1],
        warnings=tuple(map(_one_line, report.warnings)),
    )


def _one_line(problem: Problem) -> str:
    """Return a warning in one line, without the file."""
    place = f"line {problem.line}: " if problem.line else ""
    return place + problem.message + (f" ({problem.hint})" if problem.hint else "")
