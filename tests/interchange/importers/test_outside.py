"""Files that settings name outside their folder are taken only where that is allowed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from storyboard.interchange.importers import import_file

SECRET = "secret.png"

Names = Callable[[Path], str]
PLACES: list[tuple[str, Names, bool]] = [
    ("beside", lambda _: "own.png", True),
    ("below", lambda _: "deeper/own.png", True),
    ("up and down again", lambda folder: f"../{folder.name}/own.png", True),
    ("absolute, within", lambda folder: str(folder / "own.png"), True),
    ("elsewhere, the same name beside", lambda _: "/gone/own.png", True),
    ("above", lambda _: f"../{SECRET}", False),
    ("absolute", lambda folder: str(folder.parent / SECRET), False),
    ("through a link to a file", lambda _: "link.png", False),
    ("through a link to a folder", lambda _: f"out/{SECRET}", False),
    ("with backslashes", lambda _: f"..\\\\{SECRET}", False),
]

PIXRAY = "prompts: a forest\niterations: 20\n"
PYTTI = "steps_per_scene: 60\nsteps_per_frame: 5\n"
SETTINGS: dict[str, tuple[str, str]] = {
    "init_image": ("pixray", PIXRAY + "init_image: '{}'\n"),
    "image_prompts": ("pixray", PIXRAY + "image_prompts: '{}'\n"),
    "target_images": ("pixray", PIXRAY + "target_images: '{}'\n"),
    "palette": ("pixray", PIXRAY + "filters: lookup\npalette: '@{}'\n"),
    "use_init": (
        "deforum",
        "animation_prompts: {{0: a}}\nmax_frames: 9\nuse_init: true\ninit_image: '{}'\n",
    ),
    "direct_image_prompts": ("pytti", "scenes: a forest\ndirect_image_prompts: '{}'\n" + PYTTI),
    "scenes": ("pytti", "scenes: '[{}]'\n" + PYTTI),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "settings"
    (folder / "deeper").mkdir(parents=True)
    for place in ("own.png", "deeper/own.png", f"../{SECRET}"):
        Image.new("RGB", (16, 9), "teal").save(folder / place)
    (folder / "link.png").symlink_to(tmp_path / SECRET)
    (folder / "out").symlink_to(tmp_path)
    return folder


def imported(folder: Path, key: str, name: str, *, allow: bool) -> tuple[str, str]:
    """Return the story without its comments, and the notes."""
    tool, text = SETTINGS[key]
    (folder / "settings.txt").write_text(text.format(name))
    made = import_file(folder / "settings.txt", tool, allow_outside=allow)
    story = "\n".join(line for line in made.text.split("\n") if not line.startswith("#"))
    return story, "\n".join(note for notes in made.headed.values() for note in notes)


@pytest.mark.parametrize("allow", [False, True])
@pytest.mark.parametrize(("where", "name", "inside"), PLACES, ids=[row[0] for row in PLACES])
def test_where_a_file_may_lie(
    folder: Path, where: str, name: Names, inside: bool, allow: bool
) -> None:
    written = name(folder).replace("\\\\", "\\")
    story, notes = imported(folder, "init_image", written, allow=allow)
    assert ("init:" in story) is (inside or allow), where
    assert ("--allow-outside" in notes) is not (inside or allow)


@pytest.mark.parametrize("key", SETTINGS)
def test_every_setting_that_names_a_file_is_held_to_it(folder: Path, key: str) -> None:
    story, notes = imported(folder, key, f"../{SECRET}", allow=False)
    assert SECRET not in story
    assert "--allow-outside" in notes
    assert SECRET in imported(folder, key, f"../{SECRET}", allow=True)[0]
