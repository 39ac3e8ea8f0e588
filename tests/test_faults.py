"""Every input in ``tests/data/faults`` ends as is right: checked as a story, or imported.

The files are the smallest ones in which each fault was found; media are made here.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from PIL import Image

from storyboard.audio import analyse
from storyboard.cli.main import run

FAULTS = Path(__file__).parent / "data" / "faults"

CHECKED: list[tuple[str, int, list[str]]] = [
    ("F14_no_blank_lines.yaml", 0, ["fine: 2 shots, 60 frames"]),
    ("F15_ratio.yaml", 0, ["is read as weight 9", "'−0.5' is no weight", "another program"]),
    ("F16_hash.yaml", 0, ["what follows the # is a comment"]),
    ("F19_beyond.yaml", 0, ["1 line is sung after the end", "75 s"]),
    ("F25_one_key.yaml", 2, ["'dorp'", "'foo'", "'amunt'", "'wieght'", "4 errors"]),
    ("F26_lookup.yaml", 2, ["no option 'palette'", "colors", "1 error"]),
    ("F28_hidden.yaml", 2, ["'vqgan'", "'iterations'", "2 errors"]),
    ("F29_beyond_the_end.yaml", 2, ["at or after the end", "1 error"]),
    ("F29_one_shot.yaml", 0, ["fine: 1 shot"]),
    ("F31_far_end.yaml", 2, ["the file ends at 8.000 s", "1 error"]),
    ("F34_text.yaml", 2, ["cannot be read as a film", "1 error"]),
    ("F30_merge.yaml", 2, ["32 errors"]),
    ("F35_eps.yaml", 2, ["F35_eps.png is not a picture that can be read"]),
    ("F37_clip.yaml", 2, ["cannot be read as a film"]),
    ("F37_song.yaml", 2, ["as audio", "playlists"]),
    ("F68_photo.yaml", 0, ["fine: 1 shot"]),
    ("F20_caption.yaml", 0, ["fine:"]),
    ("F36_escapes.yaml", 0, ["fine: 1 shot"]),
    ("F36_escapes_in_a_key.yaml", 2, ["2 errors"]),
    ("F56_seed.yaml", 2, ["seed", "too large", "1 error"]),
    ("F58_backslash.yaml", 2, ["single quotes"]),
    ("F59_url.yaml", 2, ["addresses are not fetched"]),
    ("F61_comma.yaml", 2, ["a text that holds a comma needs quotes"]),
    ("F63_foreign_words.yaml", 2, ["steps: 20", "size: 512x288", "cuts: 32", "7 errors"]),
    ("F66_colour.yaml", 0, ["fine: 1 shot"]),
    ("F67_one_prompt.yaml", 0, ["fine: 1 shot, 24 frames, 1.00 s"]),
]

IMPORTED: list[tuple[str, int, list[str]]] = [
    ("F03_disco_saved.txt", 0, ["no animation_mode", "zoom_per_s", "weight: 5", "25/3s"]),
    ("F04_manifest_inside.txt", 0, ["it replaces the camera and the prompts", "a mushroom"]),
    ("F05_clipit.yaml", 0, ["size: 500x280"]),
    ("F06_pytti_bands.yaml", 0, ["fLo", "prompt:"]),
    ("F07_empty_mid.txt", 0, ["at frame 20: it is empty", "a forest", "10/3s"]),
    ("F08_bare_prompts.json", 0, ["no fps is", "a red forest", "fog over the sea"]),
    ("F08_no_braces.txt", 0, ["no fps is", "a red forest", "fog over the sea"]),
    ("F09_preset.yaml", 2, ["read as pixray", "prompts: there are none"]),
    ("F10_pixray.yaml", 0, ["saturation: 0.2", "symmetry:", "cuts: 30", "colors:", "cover.png"]),
    ("F11_lora.txt", 0, ["<lora:add_detail:0.7>", "[cat:dog:0.5]", "a red forest"]),
    ("F12_parseq_lora.json", 0, ["<lora:style>", "prompt: forest, fog"]),
    ("F13_prompts_as_text.txt", 0, ["prompt: a red forest", "prompt: fog", "2.5s"]),
    ("F22_double_prompt.txt", 0, ["the first '30': the key stands twice"]),
    ("F57_double_key.txt", 0, ["a key stands twice"]),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the inputs, with the song that one of them names."""
    copy = tmp_path / "faults"
    shutil.copytree(FAULTS, copy)
    soundfile.write(copy / "first_light.ogg", np.zeros(8 * 22050), 22050)
    merges = (f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 31))
    (copy / "F30_merge.yaml").write_text("a0: &a0 {k: 1}\n" + "".join(merges))
    (copy / "F35_eps.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n")
    (copy / "F37_song.m3u8").write_text(f"#EXTM3U\n#EXTINF:8,\n{copy / 'first_light.ogg'}\n")
    (copy / "F37_clip.mp4").write_text(f"ffconcat version 1.0\nfile {copy / 'first_light.ogg'}\n")
    Image.new("RGB", (64, 36), "teal").save(copy / "F68_photo.png")
    monkeypatch.chdir(copy)
    return copy


@pytest.mark.parametrize(("name", "code", "words"), CHECKED, ids=[row[0] for row in CHECKED])
def test_a_story_is_checked(
    folder: Path, name: str, code: int, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", name]) == code
    told = "".join(capsys.readouterr())
    assert [word for word in words if word not in told] == [], told
    assert_harmless(told)


@pytest.mark.parametrize(("name", "code", "words"), IMPORTED, ids=[row[0] for row in IMPORTED])
def test_settings_are_imported(
    folder: Path, name: str, code: int, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", name, "-o", "made.yaml"]) == code
    told = "".join(capsys.readouterr())
    made = Path("made.yaml").read_text() if code == 0 else ""
    assert [word for word in words if word not in told + made] == [], told + made
    if code == 0:
        assert run(["check", "made.yaml"]) == 0
    assert_harmless(told)


def test_bands_of_a_song_come_along(folder: Path) -> None:
    """F06 with its song: the bands are measured, and the weights read them."""
    tone = np.sin(np.arange(22050 * 4) / 22050 * 2 * np.pi * 60)
    soundfile.write(folder / "song.mp3", tone, 22050, format="MP3")
    assert run(["import", "F06_pytti_bands.yaml", "-o", "made.yaml"]) == 0
    made = yaml.safe_load(Path("made.yaml").read_text())
    assert made["audio"]["bands"] == {"fLo": {"center": 60, "width": 30}}
    assert [one["weight"] for one in made["shots"][0]["prompt"]] == [2, "fLo", "1 - fLo"]
    assert run(["check", "made.yaml"]) == 0


def test_channels_of_opposite_phase_are_measured(folder: Path) -> None:
    """F18: the mix of both channels is silent, the beat is that of one of them."""
    t = np.arange(8 * 22050) / 22050
    click = 0.8 * np.sin(2 * np.pi * 1000 * t) * (t % 0.5 < 0.01)
    soundfile.write(folder / "one.wav", click, 22050)
    soundfile.write(folder / "two.wav", np.stack([click, -click], axis=1), 22050)
    one, two = (analyse(folder / name) for name in ("one.wav", "two.wav"))
    assert two.tempo == one.tempo == 120
    np.testing.assert_allclose(two.signals["rms"], one.signals["rms"], atol=0.02)


def assert_harmless(told: str) -> None:
    """Nothing that a terminal obeys, and no fault of the program."""
    assert not any(sign < " " and sign != "\n" for sign in told)
    assert not any(sign in told for sign in "\x7f\x9b\u202e")
    assert "fault of Storyboard" not in told


def test_every_input_has_its_right_end() -> None:
    rows = {name for name, _, _ in (*CHECKED, *IMPORTED)}
    left = {path.name for path in FAULTS.iterdir()} - rows
    elsewhere = {"F01", "F02"}  # media whose headers are wrong: see tests/audio/test_duration.py
    beside = {"F14_no_blank_lines.srt", "F19_beyond.lrc", "F34_notes.txt"}
    assert {name for name in left if name[:3] not in elsewhere} == beside
