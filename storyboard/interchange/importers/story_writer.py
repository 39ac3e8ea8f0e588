"""An imported story on its way to its file: plain data, the camera of each shot, and what to say.

::

    draft = Draft(Source("deforum", "settings.txt", Path(".")), fps, frames)
    draft.notes.left("steps", "the story's quality says how many")
    text = finish(draft)          the camera is proved against the plan first

`report_unused` notes which settings of a source have no counterpart here, by topic and by name.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from storyboard.errors import BadValue
from storyboard.interchange.importers.camera_rates import (
    ASTRAY_PX,
    POSE_COLUMNS,
    TOLERANCE_PX,
    ShotMotion,
    worst,
)
from storyboard.interchange.importers.sampled import Shot, seconds
from storyboard.story.dump import dump_yaml

HEADINGS = {
    "corrected": "Mended, where the source does what nobody means",
    "carried": "Carried over in other words",
    "baked": "Written as keys, as no formula of ours says it",
    "left": "Not carried over",
}
_WIDTH = 98

MAX_FRAMES = 200_000
"""The longest film that is read: an hour at 48 frames a second, and more."""


@dataclass
class Notes:
    """Notes of an import, under the headings of `HEADINGS`, each thing once."""

    by_heading: dict[str, list[str]] = field(
        default_factory=lambda: {name: [] for name in HEADINGS}
    )

    def add(self, heading: str, text: str) -> None:
        """Say ``text`` under a heading."""
        if text not in self.by_heading[heading]:
            self.by_heading[heading].append(text)

    def left(self, names: Iterable[str], why: str) -> None:
        """Note that settings of these names are not carried over."""
        listed = ", ".join(names)
        if listed:
            self.add("left", f"{listed}: {why}")

    def lines(self) -> list[str]:
        """Return every heading that has something, and its texts as a list."""
        found = []
        for heading, texts in self.by_heading.items():
            if texts:
                found.append(f"{HEADINGS[heading]}:")
                for text in texts:
                    found += textwrap.wrap(
                        text, _WIDTH - 4, initial_indent="- ", subsequent_indent="  "
                    )
        return found


@dataclass(frozen=True)
class Source:
    """The source of an import: the tool, its file's name, and where files it names may lie: in
    ``folder``, and anywhere else only with ``allow_outside``.
    """

    tool: str
    name: str
    folder: Path
    allow_outside: bool = False

    def holds(self, file: Path) -> bool:
        """Return True if ``file``, links followed, lies in the folder, or may lie anywhere."""
        return self.allow_outside or file.resolve().is_relative_to(self.folder.resolve())


@dataclass
class Draft:
    """The story so far. ``shots`` are mappings of the story; ``motions`` one for each of them."""

    source: Source
    fps: Fraction
    size: tuple[int, int]
    head: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    shots: list[dict[str, Any]] = field(default_factory=list)
    spans: list[Shot] = field(default_factory=list)
    motions: list[ShotMotion] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)

    def add_shot(self, first: int, count: int, prompt: Any, *, name: str) -> None:
        """Add a shot of so many of the source's frames. Raises `BadValue` beyond `MAX_FRAMES`."""
        checked_frames(first + count)
        length = _length(Fraction(count) / self.fps)
        self.shots.append({"name": self._free(name), "duration": length, "prompt": prompt})

    def _free(self, name: str) -> str:
        taken = {shot["name"] for shot in self.shots}
        number, free = 2, name
        while free in taken:
            number, free = number + 1, f"{name} {number}"
        return free

    def data(self) -> dict[str, Any]:
        """Return the story as plain data; a camera that all shots share stands at its top."""
        moving = [motion.motion for motion in self.motions]
        shared = moving[0] if moving and all(m == moving[0] for m in moving) else None
        shots = [dict(shot) for shot in self.shots]
        for shot, motion in zip(shots, moving, strict=False):
            if shared is None and motion:
                shot["motion"] = motion
        rate = int(self.fps) if self.fps.denominator == 1 else str(self.fps)
        size = "x".join(str(number) for number in self.size)
        top: dict[str, Any] = {"version": 1, **self.head, "output": {"size": size, "fps": rate}}
        top |= self.settings
        return {**top, **({"motion": shared} if shared else {}), "shots": shots}


def _length(time: Fraction) -> str:
    """Return a length in seconds, exact: ``2.5s``, or ``10/3s``."""
    exact = (time * 10_000).denominator == 1
    return seconds(time) if exact else f"{time.numerator}/{time.denominator}s"


def checked_frames(frames: int) -> int:
    """Return ``frames``. Raises `BadValue` where no film has so many."""
    if frames > MAX_FRAMES:
        raise BadValue(f"{frames:.4g} frames; {MAX_FRAMES} are the most that a film has")
    return frames


def shot_name(text: str) -> str:
    """Return up to three words of a prompt, to call its shot by."""
    words = re.findall(r"[A-Za-zÀ-ž0-9]+", text)
    telling = [word for word in words if len(word) > 3] or words
    return " ".join(telling[:3]).lower() or "shot"


def prompt_value(pieces: list[dict[str, Any]]) -> Any:
    """Return prompts as a story writes them: a text where that says it all, else a list."""
    if not pieces:
        raise BadValue("there are no prompts that show anything")
    plain = [
        piece["text"]
        if piece.keys() == {"text"} and not re.search(r"[:|]", piece["text"])
        else piece
        for piece in pieces
    ]
    return plain[0] if len(plain) == 1 and isinstance(plain[0], str) else plain


def even_size(size: Iterable[Any], notes: Notes) -> tuple[int, int]:
    """Return a size that videos can have; what is changed is noted. Raises `BadValue`."""
    sides = list(size) if isinstance(size, Iterable) else [size]
    try:
        width, height = (int(side) for side in sides)
    except (TypeError, ValueError, OverflowError):
        shown = " x ".join(map(str, sides))
        raise BadValue(f"{shown} is no size in pixels") from None
    given = (width, height)
    legal = [min(max(side - side % 2, 16), 8192) for side in given]
    if tuple(legal) != given:
        notes.add(
            "carried", f"size {given[0]}x{given[1]}: {legal[0]}x{legal[1]}, which video needs"
        )
    return legal[0], legal[1]


def finish(draft: Draft) -> str:
    """Return the story's text. The camera is planned first; curves that lead astray become keys."""
    from storyboard.plan import POSE_FIELDS
    from storyboard.timeline import make_plan
    from storyboard.timeline.load import load_story_text

    columns = [POSE_FIELDS.index(name) for name in POSE_COLUMNS]
    silent = draft.data()
    if not isinstance(silent.get("audio"), dict):
        silent.pop("audio", None)
    if draft.motions:
        name, folder = f"the story of {draft.source.name}", draft.source.folder
        story = load_story_text(dump_yaml(silent), name=name, folder=folder)
        for shot, motion in zip(make_plan(story).shots, draft.motions, strict=True):
            _mend(motion, np.asarray(shot.poses)[:, columns])
        _tell_baked(draft)
    return _header(draft) + dump_yaml(draft.data())


def _mend(motion: ShotMotion, poses: Any) -> None:
    """Write as keys what the plan shows to be off, the worst first, until little is left."""
    off = worst(motion, poses)
    for column in sorted(off, key=lambda name: -off[name]):
        if sum(off.values()) > ASTRAY_PX and motion.baked[column] and not motion.is_baked(column):
            motion.bake(column)
            off[column] = TOLERANCE_PX


def _tell_baked(draft: Draft) -> None:
    names = {
        column: sum(motion.is_baked(column) for motion in draft.motions) for column in POSE_COLUMNS
    }
    listed = [f"{column} ({_many(count)})" for column, count in names.items() if count]
    if listed:
        where = f"within {TOLERANCE_PX:g} px of the source's own way"
        draft.notes.add("baked", f"{', '.join(listed)}: where the camera is, {where}")


def _many(count: int) -> str:
    return "1 shot" if count == 1 else f"{count} shots"


def _header(draft: Draft) -> str:
    lines = [f"Imported from {draft.source.tool}: {draft.source.name}", *_spaced(draft.notes)]
    return "".join(f"# {line}".rstrip() + "\n" for line in lines) + "\n"


def _spaced(notes: Notes) -> list[str]:
    lines = []
    for line in notes.lines():
        lines += ["", line] if line.endswith(":") and not line.startswith(("-", " ")) else [line]
    return lines


_OFF: tuple[Any, ...] = (
    None,
    "",
    "None",
    "none",
    "off",
    False,
    0,
    "0",
    -1,
    [],
    {},
    "0:(0)",
    "0: (0)",
)

TOPICS = {
    r"cn_|controlnet": "there is no ControlNet here",
    r"hybrid|video_init|use_mask_video|extract_|overwrite_extracted|video_path|frame_stride|flow|"
    r"reencode|video_same": "see `video:` in docs/story.md",
    r"overlay": "`init: {image: FILE, every: 10f}` lays a picture over frames",
    r"mask|inpaint|composable|word_mask|spot_": "`where:` beside a prompt is its mask "
    "(docs/guiding.md)",
    r"init_|use_init|.*_init|strength|skip_steps|image_prompt|target_image|direct_image|"
    r"guided|image_strength|blendFactor|tweening|use_looper": "pictures to start from: `init:`;"
    " to go to: `prompt: [{image: FILE}]` and the loss `target`; `hold` keeps a frame to the one"
    " before it",
    r"save_intermediates|save_every|display_": "every frame of a film is kept while it is made",
    r"steps|sampler|scale|cfg|clip_guidance|tv_|range_|sat_|cut|ddim|noise|perlin|contrast|amount|"
    r"kernel|sigma|threshold|eta|clipskip|subseed|learning_rate|lr|batches|iterations|"
    r"reset_lr|smoothing|gradient": "`quality`, `steps` and `cuts` set how much is painted",
    r"sd_|model|vae|checkpoint|ViT|RN\d|clip_models|diffusion|use_checkpoint|secondary|vqgan|"
    r"image_model|perceptors": "models: `perceptors` and `drawer` name those of a story",
    r"midas|depth|near|far|aspect|save_depth": "guessed depth: see `depth:` in docs/story.md",
    r"frame_interpolation|r_upscale|make_gif|render_|save_|store_|delete_|outdir|output|display|"
    r"clear_|show_|intermediate|ffmpeg|skip_video|fps_|timestring|batch|n_|folder|path|file|"
    r"backups|allow_|resume|rendermode|grid|motion_preview|max_preview|image_path|mp4": "what is "
    "written and where: `storyboard render` and `output:`",
}
_REST = "no counterpart here"


def report_unused(notes: Notes, settings: Mapping[str, Any], used: Collection[str]) -> None:
    """Note every setting that says something and is not among ``used``, topic by topic."""
    by_heading: dict[str, list[str]] = {}
    for name, given in settings.items():
        if name not in used and not _is_off(given):
            by_heading.setdefault(_topic(name), []).append(name)
    for why, names in by_heading.items():
        notes.left(sorted(names), why)


def _topic(name: str) -> str:
    return next((why for mark, why in TOPICS.items() if re.match(mark, name)), _REST)


def _is_off(given: Any) -> bool:
    return any(type(given) is type(off) and given == off for off in _OFF)
