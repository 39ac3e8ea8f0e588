"""What can be rendered but was hardly meant: warnings about a shot."""

from __future__ import annotations

from storyboard.perceptors import tokens_over, unknown_words
from storyboard.timeline.cascade import Sayings
from storyboard.timeline.plan import ShotPlan
from storyboard.timeline.poses import net_motion
from storyboard.timeline.report import Report
from storyboard.timeline.slots import Slot

MAX_NET_ZOOM = 50

BYTES_PER_PIXEL = 270
"""What painting a frame takes beside the models, as measured with the fft drawer at 2048x2048:
picture, spectrum, the optimiser's averages and what a backward pass keeps."""

MUCH_MEMORY_GB = 8


def lint_size(width: int, height: int, report: Report) -> None:
    """Warn of pictures whose painting takes more memory than most machines have."""
    needed_gb = width * height * BYTES_PER_PIXEL / 1e9
    if needed_gb > MUCH_MEMORY_GB:
        message = f"painting frames of {width}x{height} takes about {needed_gb:.0f} GB of memory"
        hint = "paint them smaller, and enlarge the film when it is done"
        report.warn(("output", "size"), message, hint=hint)


def lint_shot(shot: ShotPlan, slot: Slot, said: Sayings, report: Report) -> None:
    """Warn of words that no perceptor knows, of prompts that are too long for one, and of a camera
    that runs away.
    """
    if report.errors:
        return
    _lint_words(shot, said, report)
    _lint_length(shot, said, report)
    zoom, _ = net_motion(shot)
    if not 1 / MAX_NET_ZOOM <= zoom <= MAX_NET_ZOOM:
        message = f"shot {shot.name!r} zooms by a factor of {zoom:.3g} in all"
        report.warn(slot.path, message, hint="zoom_per_s multiplies second by second")


def _lint_words(shot: ShotPlan, said: Sayings, report: Report) -> None:
    """Name the words that none of the shot's perceptors was trained on; of lyrics, which nobody
    chose for them, it is told once that there are such words.
    """
    for index, spec in enumerate(said["prompt"].value):
        unknown = [unknown_words(name, spec.text) for name in shot.perceptors]
        lost = [word for word in unknown[0] if all(word in words for words in unknown)]
        if lost:
            words = ", ".join(map(repr, lost))
            path = (*said["prompt"].path, index)
            if path[0] == "lyrics":
                words, path = "every word of these lyrics", path[:1]
            message = f"perceptor {shot.perceptors[0]!r} does not know {words}"
            report.warn(path, message, hint="quality: draft and better know any word")


def _lint_length(shot: ShotPlan, said: Sayings, report: Report) -> None:
    """Name the prompts of which some perceptor certainly reads only the start."""
    for index, spec in enumerate(said["prompt"].value):
        for name in shot.perceptors:
            if over := tokens_over(name, spec.text):
                message = f"perceptor {name!r} reads this without its end, at least {over} tokens"
                path = (*said["prompt"].path, index)
                report.warn(path, message, hint="say it shorter, or in several prompts")
