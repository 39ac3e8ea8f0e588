"""Warnings about a film and its shots: valid, but probably unintended.

`lint_camera` and `lint_flashes` say what is odd about cameras and light; here it is shown, with the
rest that needs neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from itertools import chain

from storyboard.drawers import drawers
from storyboard.perceptors import near_word, parse_name, tokens_over, word_finder
from storyboard.plan import LabelsPrompt, ShotPlan
from storyboard.story.prompts import PROMPT
from storyboard.story.source import KeyPath
from storyboard.timeline.cascade import SettingsByName
from storyboard.timeline.lint.camera import Finding, camera_findings
from storyboard.timeline.lint.flashes import flash_findings
from storyboard.timeline.report import Report
from storyboard.timeline.slots import PlacedShot
from storyboard.timeline.tracks import suffixed

BYTES_PER_PIXEL = 270
"""What painting a frame takes beside the models, as measured with the fft drawer at 2048x2048:
picture, spectrum, the optimiser's averages and what a backward pass keeps."""

MUCH_MEMORY_GB = 8

_WORDS_HINT = (
    "'storyboard list words' prints what it knows; quality: draft and better know any word"
)

_OPTIMISING = "use drawer: fft, pixel or another that paints what losses ask for"

MOVES_ONLY = 0.5
"""Steps below which a frame is only moved, with any drawer."""

MOST_WORDS = 8
"""Unknown words of lyrics that are named."""

MOST_LISTED = 3
"""Most shots with the same odd thing reported; of more only the worst, and how many others."""


def lint_size(width: int, height: int, report: Report) -> None:
    """Warn of pictures whose painting takes more memory than most machines have."""
    needed_gb = width * height * BYTES_PER_PIXEL / 1e9
    if needed_gb > MUCH_MEMORY_GB:
        message = f"painting frames of {width}x{height} takes about {needed_gb:.0f} GB of memory"
        hint = "paint them smaller, and enlarge the film: output: {paint: {size: ...}}"
        report.warn(("output", "size"), message, hint=hint)


def lint_shot(shot: ShotPlan, settings: SettingsByName, report: Report) -> None:
    """Warn of words that no perceptor knows, of prompts that are too long for one, and of settings
    that the drawer cannot use.
    """
    if not report.is_sound:
        return
    _lint_ruled(shot, settings, report)
    _lint_chooser(shot, settings, report)
    _lint_words(shot, settings, report)
    _lint_length(shot, settings, report)


def lint_film(
    shots: Sequence[ShotPlan],
    slots: Sequence[PlacedShot],
    *,
    fps: Fraction,
    aspect: float,
    report: Report,
) -> None:
    """Warn of a camera that runs away and of what flashes, one line for a shot and kind."""
    if not report.is_sound:
        return
    _lint_lyrics(shots, slots, report)
    camera = camera_findings(shots, fps, aspect)
    by_kind: dict[str, list[tuple[ShotPlan, Finding]]] = {}
    for shot, found in chain(camera, flash_findings(shots, fps)):
        by_kind.setdefault(found.kind, []).append((shot, found))
    for alike in by_kind.values():
        rest = ""
        if len(alike) > MOST_LISTED:
            rest = f"; {len(alike) - 1} more shots are like it"
            alike = [max(alike, key=lambda pair: pair[1].size)]
        for shot, found in alike:
            report.warn(slots[shot.index].path, found.message + rest, hint=found.hint)


def _lint_ruled(shot: ShotPlan, settings: SettingsByName, report: Report) -> None:
    """Name what a drawer that draws by rules cannot do: begin with a picture, or come to one."""
    if not drawers.record(shot.drawer).chooses:
        return
    for key, message in _RULED.items():
        if key in settings:
            message = f"drawer {shot.drawer!r} draws by rules: {message}"
            report.warn(settings[key].path, message, hint="set drawer: fft, or leave drawer out")


_RULED = {
    "init": "it cannot begin with a picture",
    "losses.target": "a target only chooses among its candidates",
}


def _lint_chooser(shot: ShotPlan, settings: SettingsByName, report: Report) -> None:
    """Report, once, what does nothing or little where the drawer only chooses among pictures."""
    if not drawers.record(shot.drawer).chooses:
        return
    drawer, still = f"drawer {shot.drawer!r}", bool((shot.values["steps"] >= MOVES_ONLY).all())
    idle = [name for name in ("steps", "steps_first", "lr") if name in settings]
    idle = [name for name in idle if still or not name.startswith("steps")]
    if idle:
        message = f"{', '.join(idle)}: no effect with {drawer}, which does not optimise pixels"
        report.warn_once("idle", settings[idle[0]].path, message, hint=_OPTIMISING)
    weighed = [key for key in settings if key == "hold" or key.startswith("losses.")]
    weighed = [key for key in weighed if key not in _RULED]
    if weighed:
        names = ", ".join(key.removeprefix("losses.") for key in weighed)
        message = f"losses ({names}) only choose among the pictures of {drawer}"
        report.warn_once("losses", settings[weighed[0]].path, message, hint=_OPTIMISING)


def _lint_words(shot: ShotPlan, settings: SettingsByName, report: Report) -> None:
    """Name the words that none of the shot's perceptors was trained on; those of lyrics are named
    together, see `_lint_lyrics`.
    """
    for path, text in (*_written(settings), *_added(shot, settings)):
        lost = _lost_words(shot, text, report)
        if lost and path[0] != "lyrics":
            words = ", ".join(_with_nearest(shot, word) for word in lost)
            message = f"perceptor {shot.perceptors[0]!r} does not know {words}"
            report.warn(path, message, hint=_WORDS_HINT)


def _written(settings: SettingsByName) -> Iterator[tuple[KeyPath, str]]:
    """Yield every text of the shot's prompts, and where it is written."""
    for key in ("prompt", "avoid"):
        for index, spec in enumerate(settings[key].value if key in settings else ()):
            path = (*settings[key].path, index)
            yield from ((path, text) for text in (spec.text, spec.more, spec.than) if text)


def _added(shot: ShotPlan, settings: SettingsByName) -> Iterator[tuple[KeyPath, str]]:
    """Yield what the suffix adds to the prompts, and all labels of one prompt as one text."""
    suffix = settings.get("suffix")
    if suffix is not None and suffix.value:
        yield suffix.path, suffix.value.replace(PROMPT, "")
    for source in shot.sources:
        if isinstance(source, LabelsPrompt) and "prompt" in settings:
            yield settings["prompt"].path, " ".join(source.labels)


def _lint_lyrics(shots: Sequence[ShotPlan], slots: Sequence[PlacedShot], report: Report) -> None:
    """Name the words of lyrics that no perceptor was trained on, in one warning."""
    lost: dict[str, None] = {}
    for shot in shots:
        slot = slots[shot.index]
        if slot.path[:1] == ("lyrics",):
            for spec in slot.spec.prompt or ():
                lost |= dict.fromkeys(_lost_words(shot, spec.text or "", report))
    if lost:
        more = len(lost) - MOST_WORDS
        words = ", ".join(map(repr, list(lost)[:MOST_WORDS])) + (f" and {more} more" * (more > 0))
        message = f"perceptor {shots[0].perceptors[0]!r} does not know {words}"
        report.warn(("lyrics",), message, hint=_WORDS_HINT)


def _lost_words(shot: ShotPlan, text: str, report: Report) -> list[str]:
    """Return the words of ``text`` that none of the shot's perceptors was trained on, and that its
    drawer does not read by itself.
    """
    key = ("lost words", shot.perceptors, shot.drawer, text)
    return report.once(key, partial(_find_lost_words, shot, text, report))


def _find_lost_words(shot: ShotPlan, text: str, report: Report) -> list[str]:
    finders = (report.once(("words", n), partial(word_finder, n)) for n in shot.perceptors)
    unknown = [find(text) for find in finders]
    painted = drawers.record(shot.drawer).words() if unknown[0] else ()
    lost = (word for word in unknown[0] if word not in painted)
    return [word for word in lost if all(word in words for words in unknown)]


def _with_nearest(shot: ShotPlan, word: str) -> str:
    near = near_word(shot.perceptors[0], word, drawers.record(shot.drawer).words())
    return f"{word!r} (did you mean {near!r}?)" if near else repr(word)


def _lint_length(shot: ShotPlan, settings: SettingsByName, report: Report) -> None:
    """Name the prompts of which some perceptor certainly reads only the start."""
    whole = dict(settings)
    if "prompt" in settings:
        prompts = tuple(suffixed(spec, settings) for spec in settings["prompt"].value)
        whole["prompt"] = settings["prompt"]._replace(value=prompts)
    for path, text in _written(whole):
        for name in shot.perceptors:
            known = report.once(("perceptor", name), partial(parse_name, name))
            if over := report.once(("tokens", name, text), partial(tokens_over, known, text)):
                message = (
                    f"prompt too long for {name!r}: its last {over} tokens or more are ignored"
                )
                report.warn(path, message, hint="say it shorter, or in several prompts")
