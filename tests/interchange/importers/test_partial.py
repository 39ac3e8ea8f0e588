"""Files that say less, or say it otherwise, than their tool's own: an import reads what can be
read, and names the rest.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import soundfile
import yaml
from numpy import zeros
from PIL import Image

from storyboard.errors import StoryError
from storyboard.interchange.importers import TOOLS, Imported, import_file, import_settings
from storyboard.interchange.importers.tools import read_data
from storyboard.plan import Plan
from storyboard.timeline import load_story_text, make_plan

DEFORUM: dict[str, Any] = {
    **{"W": 256, "H": 144, "seed": 5, "animation_mode": "2D", "max_frames": 60, "fps": 12},
    **{"zoom": "0:(1.02)", "prompts": {"0": "a forest", "40": "fog"}},
}


def read(text: str, name: str = "settings.txt") -> Imported:
    data = read_data(text, name)
    return import_settings(data, TOOLS.detect(data) or "none", name=name)


def planned(imported: Imported, folder: Path = Path()) -> Plan:
    return make_plan(load_story_text(imported.text, folder=folder))


def deforum(**changes: Any) -> Imported:
    return import_settings({**DEFORUM, **changes}, "deforum")


def texts(plan: Plan) -> list[tuple[int, str]]:
    """First frame and leading prompt of every shot."""
    return [(shot.first, shot.tracks[0].source.label) for shot in plan.shots]


def left(imported: Imported) -> str:
    return "\n".join(imported.notes.get("left", []))


def carried(imported: Imported) -> str:
    return "\n".join(imported.notes.get("carried", []))


@pytest.mark.parametrize(
    ("schedules", "mode", "idle"),
    [
        ({"translation_z": "0: (10)", "zoom": "0: (1), 10: (1.05)"}, "3D", "zoom"),
        ({"rotation_3d_y": "0: (1)"}, "3D", ""),
        ({"zoom": "0: (1), 10: (1.05)", "translation_z": "0: (0)"}, "2D", ""),
        ({"angle": "0: (sin(t))"}, "2D", ""),
        ({"zoom": "0: (1)"}, "2D", ""),
        ({}, "2D", ""),
    ],
)
@pytest.mark.parametrize("tool", ["disco", "deforum"])
def test_a_mode_that_is_not_saved_is_inferred_from_what_moves(
    tool: str, schedules: dict[str, str], mode: str, idle: str
) -> None:
    prompts = {"0": ["a lighthouse"], "20": ["a storm"]} if tool == "disco" else DEFORUM["prompts"]
    key = "text_prompts" if tool == "disco" else "prompts"
    settings = {key: prompts, "max_frames": 60, "interp_spline": "Linear", **schedules}
    imported = import_settings(settings, tool)
    plan = planned(imported)
    assert plan.frame_count == 60
    assert len(plan.shots) == 2
    assert f"read as {mode}" in carried(imported)
    moved = bool({"zoom_per_s", "rotate_per_s", "pan_x_per_s"} & set(imported.text.split(": ")))
    assert not idle or f"{idle}: in the animation_mode {mode}" in left(imported)
    assert moved or "motion" in imported.text or schedules in ({}, {"zoom": "0: (1)"})


def test_a_still_of_disco_names_the_schedules_that_do_not_count() -> None:
    settings = {"text_prompts": {"0": ["a"]}, "interp_spline": "Linear", "max_frames": 9}
    imported = import_settings({**settings, "animation_mode": None, "angle": "0: (3)"}, "disco")
    assert planned(imported).frame_count == 1
    assert "angle: in the animation_mode None" in left(imported)


MANIFEST = {
    "options": {"output_fps": 20, "bpm": 120},
    "managedFields": ["translation_z"],
    "rendered_frames": [
        {"frame": n, "translation_z": n / 2, "translation_z_delta": 0.5 * (n > 0)}
        for n in range(20)
    ],
}
SPEAKING = {
    **MANIFEST,
    "rendered_frames": [
        {**row, "deforum_prompt": "a mushroom"} for row in MANIFEST["rendered_frames"]
    ],  # type: ignore[attr-defined]
}


@pytest.mark.parametrize("form", [json.dumps, dict], ids=["as text", "as data"])
@pytest.mark.parametrize(
    ("manifest", "shown"),
    [(SPEAKING, [(0, "a mushroom")]), (MANIFEST, [(0, "a rabbit"), (10, "a cat")])],
    ids=["with prompts", "without"],
)
def test_a_manifest_takes_the_place_of_camera_and_prompts(
    manifest: dict[str, Any], shown: list[Any], form: Any
) -> None:
    own = {"0": "a rabbit", "10": "a cat"}
    changes = {"animation_mode": "3D", "prompts": own, "angle": "0:(9)"}
    imported = deforum(**changes, parseq_manifest=form(manifest))
    plan = planned(imported)
    assert texts(plan) == shown
    assert (plan.frame_count, plan.fps, plan.width, plan.height) == (20, 20, 256, 144)
    assert plan.shots[-1].exit.zoom > 1
    assert plan.shots[-1].exit.rotate == 0
    assert "it replaces the camera" in carried(imported)


def test_a_manifest_that_is_elsewhere_is_named_as_what_counts_there() -> None:
    imported = deforum(parseq_manifest="https://example.org/manifest.json")
    assert "it replaces camera and prompts there" in left(imported)


@pytest.mark.parametrize(
    ("settings", "size"),
    [
        ({"aspect": "widescreen", "use_pixeldraw": True, "scale": 2.5}, (500, 280)),
        ({"aspect": "widescreen", "use_clipdraw": False, "quality": "draft"}, (200, 112)),
        ({"aspect": "square", "use_pixeldraw": True, "quality": "draft"}, (150, 150)),
        ({"aspect": "widescreen", "drawer": "pixel", "scale": 2.5}, (480, 270)),
    ],
)
def test_clipit_has_other_sizes_than_pixray(
    settings: dict[str, Any], size: tuple[int, int]
) -> None:
    plan = planned(import_settings({"prompts": "fog", **settings}, "pixray"))
    assert (plan.width, plan.height) == size


BANDS = """\
scenes: 'spring:2 | morning:fLo | sunset:(1-fLo) | noon:1:fLo'
steps_per_scene: 60
steps_per_frame: 5
pre_animation_steps: 0
animation_mode: 2D
translate_x: '10*fLo'
input_audio: song.wav
input_audio_offset: 0.5
input_audio_filters:
- {variable_name: fLo, f_center: 60, f_width: 30, order: 5}
- {variable_name: fHi, f_center: 60, f_width: 900}
"""


@pytest.mark.parametrize("there", [True, False])
def test_bands_of_the_song_are_weights_where_it_is_there(there: bool, tmp_path: Path) -> None:
    if there:
        soundfile.write(tmp_path / "song.wav", zeros(3 * 8000), 8000)
    file = tmp_path / "bands.yaml"
    file.write_text(BANDS)
    imported = import_file(file)
    story = load_story_text(imported.text, folder=tmp_path)
    audio, prompts = story.spec.audio, (story.spec.shots or ())[0].prompt or ()
    assert make_plan(story).frame_count == 12
    assert [p.weight for p in prompts] == [
        2,
        *(["fLo", "1 - fLo"] if there else [None, None]),
        None,
    ]
    assert (audio is not None and list(audio.bands or {}) == ["fLo"]) is there
    assert (audio is not None and audio.start == "0.5s") is there
    for name in ("translate_x", "the stop of 'noon'", "fHi"):
        assert name in left(imported)
    assert ("song.wav is not beside" in left(imported)) is not there


@pytest.mark.parametrize(
    ("prompts", "shown", "told"),
    [
        ({"0": "a", "20": "", "40": "b"}, [(0, "a"), (40, "b")], "at frame 20: it is empty"),
        ({"0": " ", "20": "b"}, [(0, "b")], "the one behind it holds there"),
        ({"0": "a", "20": None}, [(0, "a")], "at frame 20"),
        ({"0": "a", "20": " , "}, [(0, "a")], "at frame 20"),
    ],
)
@pytest.mark.parametrize("tool", ["deforum", "disco"])
def test_an_empty_prompt_lets_the_one_before_it_hold(
    tool: str, prompts: dict[str, Any], shown: list[Any], told: str
) -> None:
    key = "prompts" if tool == "deforum" else "text_prompts"
    imported = import_settings({**DEFORUM, "prompts": None, key: prompts}, tool)
    assert texts(planned(imported)) == shown
    assert told in left(imported)


def test_a_list_of_prompts_is_spread_over_the_film() -> None:
    """F82: the first one lasted one frame."""
    imported = deforum(prompts=["a", "b", "c"], max_frames=60)
    assert texts(planned(imported)) == [(0, "a"), (20, "b"), (40, "c")]
    assert "a list without frames" in "\n".join(imported.notes["carried"])


def test_only_where_every_prompt_is_empty_it_is_an_error() -> None:
    with pytest.raises(StoryError, match="prompts: every prompt is empty"):
        deforum(prompts={"0": "", "30": " "})


@pytest.mark.parametrize(
    "text",
    [
        '{"0": "a red forest", "30": "fog over the sea"}',
        '"0": "a red forest",\n"30": "fog over the sea",\n',
        "0: 'a red forest',\n30: 'fog over the sea'",
        '{"30": "fog over the sea", "0": "a red forest",}',
        '{"prompts": "0: a red forest | 30: fog over the sea", "seed_behavior": "iter",'
        ' "max_frames": 60}',
        json.dumps({**DEFORUM, "prompts": {"0": "a red forest", "30": "fog over the sea"}}),
        json.dumps(
            {**DEFORUM, "animation_prompts": '{"0": "a red forest",\n "30": "fog over the sea"}'}
        ),
    ],
)
def test_a_schedule_of_prompts_is_read_in_any_dress(text: str, tmp_path: Path) -> None:
    file = tmp_path / "prompts.txt"
    file.write_text(text)
    imported = import_file(file)
    plan = planned(imported)
    assert texts(plan) == [(0, "a red forest"), (30, "fog over the sea")]
    assert plan.frame_count == 60
    assert ("no fps is set" in carried(imported)) is ("fps" not in text)


@pytest.mark.parametrize(
    "text",
    [
        "use_pixeldraw: true\nquality: better\naspect: square\niterations: 200\n",
        "quality: better\niterations: 200\n",
        "custom_loss: saturation\n",
        "use_clipdraw: true\n",
    ],
)
def test_a_preset_without_prompts_is_known_by_any_of_its_keys(text: str) -> None:
    with pytest.raises(StoryError, match="read as pixray; prompts: there are none"):
        read(text)


def test_what_pixray_has_and_is_here_is_taken_over() -> None:
    imported = read(
        'prompts: "rain | film noir"\ndrawer: pixel\ncustom_loss: "saturation:2,symmetry,resmem"\n'
        "num_cuts: 30\nbatches: 2\nfilters: lookup,wallpaper\nwallpaper_type: shift\n"
        "palette: black->white\noptimiser: AdamP\n"
        "init_image: cover.png\nsave_intermediates: true\nquality: draft\n"
    )
    shot = planned(imported).shots[0]
    weights = {name: shot.values[f"losses.{name}"][0] for name in ("saturation", "symmetry")}
    assert weights == {"saturation": pytest.approx(0.2), "symmetry": 1}
    assert (shot.values["cuts"][0], shot.cut_batch) == (30, 15)
    colors = shot.filter_options["lookup"]["colors"]
    assert [tuple(colors[n]) for n in (0, -1)] == [(0, 0, 0), (1, 1, 1)]
    for name in ("resmem", "wallpaper", "optimiser", "init_image", "save_intermediates"):
        assert name in left(imported)


GUIDES = """
prompts: rain
image_prompts: a.png
image_prompt_weight: 0.5
labels: fox
spot_prompts: fire:2
spot_prompts_off: fog
spot_file: {mask}
vector_prompts: textoff | other
noise_prompt_seeds: [3, 4]
noise_prompt_weights: [0.25]
custom_loss: "smoothness:0.5, edge:2, palette, gaussian:0.2, style:0.6"
smoothness_type: log
edge_color: (255,0,0)
edge_margins: 5 4 0 0
edge_input_image: a.png
gaussian_std: (54, 54)
palette: red;blue
filters: tiler
do_mono: true
learning_rate: 0.1
learning_rate_drops: [75, 90%, 200]
init_image: a.png
init_weight_pix: 4
target_images: a.png:0.3
style_file: a.png
"""


@pytest.mark.parametrize("mask", ["a.png", ""])
def test_pixrays_pictures_spots_losses_and_rates_are_taken_over(tmp_path: Path, mask: str) -> None:
    Image.new("RGB", (8, 8), "red").save(tmp_path / "a.png")
    (tmp_path / "x.yaml").write_text(GUIDES.format(mask=mask))
    imported = import_file(tmp_path / "x.yaml", tool="pixray")
    shot = make_plan(load_story_text(imported.text, folder=tmp_path)).shots[0]
    assert [track.source.label for track in shot.tracks] == [
        *("rain", "a.png", "a.png", "fox", "textoff", "noise 3", "fire", "fog"),
    ]
    assert [track.weights[0] for track in shot.tracks] == [1, 0.5, 0.3, 1, 0.1, 0.25, 2, 1]
    given = yaml.safe_load(imported.text)["shots"][0]
    here, there = mask or "center", {"mask": mask or "center", "outside": True}
    assert [p["where"] for p in given["prompt"][-2:]] == ([there, here] if mask else [here, there])
    assert given["init"] == "a.png"
    chosen = {name: shot.values[f"losses.{name}"][0] for name in shot.loss_options}
    assert chosen == pytest.approx(
        {
            **{"smoothness": 0.5, "edge": 0.8, "palette": 4, "gaussian": 0.2, "tileable": 1},
            **{"style": 0.6, "target": 2},
        }
    )
    options = shot.loss_options
    assert options["smoothness"]["type"] == "log"
    assert [options["edge"][side] for side in ("left", "right", "top")] == [5, 4, 0]
    assert options["edge"]["color"] == (1, 0, 0)
    assert options["edge"]["image"] is not None
    assert options["gaussian"]["width"] == pytest.approx(100 * 54 / 216, rel=1e-3)
    assert set(shot.filter_options) == {"grayscale", "lookup"}
    assert [shot.values["lr"][n] for n in (0, 134, 135, 162)] == [0.5, 0.5, 0.05, 0.005]
    assert "vector_prompts other" in left(imported)


def story_of(folder: Path, text: str, *names: str) -> tuple[dict[str, Any], Any, Any]:
    """The story of Pixray's settings beside pictures of these names: its data, plan, and import."""
    for number, name in enumerate(("a.png", *names)):
        Image.new("RGB", (8, 8), (200, 20 * number, 0)).save(folder / name)
    (folder / "x.yaml").write_text(text)
    imported = import_file(folder / "x.yaml", tool="pixray")
    plan = make_plan(load_story_text(imported.text, folder=folder))
    return yaml.safe_load(imported.text), plan, imported


OVERLAID = [
    ("overlay_every: 25i", {"every": "18f"}),
    ("overlay_every: 5%\noverlay_alpha: 51", {"weight": 0.2, "every": "9f"}),
    ("overlay_every: 50\noverlay_until: 40%", {"every": "36f", "until": "72f"}),
    ("overlay_every: 0", None),
]


@pytest.mark.parametrize(("written", "wanted"), OVERLAID, ids=[o[0] for o in OVERLAID])
def test_pixrays_overlay_is_laid_over_every_so_many_frames(
    tmp_path: Path, written: str, wanted: dict[str, Any] | None
) -> None:
    """250 iterations are 15 s of 12 frames."""
    data, _, _ = story_of(tmp_path, f"prompts: rain\noverlay_image: a.png\n{written}\n")
    found = data["shots"][0].get("init")
    assert found == (None if wanted is None else {"image": "a.png", **wanted})


def test_an_overlay_ends_within_its_scene_and_clipits_is_the_picture_to_begin_with(
    tmp_path: Path,
) -> None:
    text = "story_prompts: rain ^ fog\niterations: 200\noverlay_image: a.png\n"
    data, _, _ = story_of(tmp_path, text + "overlay_every: 20i\noverlay_until: 40%\n")
    assert data["shots"][0]["init"] == {"image": "a.png", "every": "18f", "until": "72f"}
    assert "init" not in data["shots"][1]
    text = "prompts: rain\ninit_image: a.png\noverlay_every: 25i\n"
    data, _, _ = story_of(tmp_path, text)
    assert data["shots"][0]["init"] == {"image": "a.png", "every": "18f"}
    text = "prompts: rain\ninit_image: b.png\noverlay_image: a.png\noverlay_offset: 5\n"
    data, _, imported = story_of(tmp_path, text, "b.png")
    assert data["shots"][0]["init"]["image"] == "a.png"
    assert "init_image: the overlay takes its place" in left(imported)
    assert "overlay_offset" in left(imported)


PULLED = [
    ("init_weight_pix: 4", {"weight": 2}),
    ("init_weight: 0.5", {"weight": 0.5, "measure": "perceptual"}),
    ("init_weight_dist: 2", {"weight": 2, "measure": "perceptual"}),
    ("true_target_image: b.png\ntrue_target_weight: 3", {"weight": 3, "measure": "perceptual"}),
    ("target_images: b.png\ntarget_weight_pix: 3", {"weight": 3}),
]


@pytest.mark.parametrize(("written", "wanted"), PULLED, ids=[p[0] for p in PULLED])
def test_pixrays_pulls_are_a_target(tmp_path: Path, written: str, wanted: dict[str, Any]) -> None:
    text = f"prompts: rain\ndrawer: pixel\ninit_image: a.png\ninit_image_alpha: 128\n{written}\n"
    data, _, _ = story_of(tmp_path, text, "b.png")
    assert data["shots"][0]["init"] == {"image": "a.png", "weight": 0.502}
    file = "b.png" if "b.png" in written else "a.png"
    assert data["losses"]["target"] == {"image": file, **wanted}


def test_a_pull_in_latents_stays_one_where_the_drawer_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from storyboard.interchange.importers import pixray_guides

    monkeypatch.setattr(pixray_guides, "_has_latents", lambda draft: True)
    (tmp_path / "x.yaml").write_text("prompts: rain\ninit_image: a.png\ninit_weight_cos: 2\n")
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    data = yaml.safe_load(import_file(tmp_path / "x.yaml", tool="pixray").text)
    options = {"measure": "latent", "distance": "cosine"}
    assert data["losses"]["target"] == {"image": "a.png", "weight": 2, **options}
    text = "prompts: rain\ninit_image: a.png\ninit_weight: 1\ninit_weight_pix: 2\n"
    data, _, imported = story_of(tmp_path, text)
    assert data["losses"]["target"] == {"image": "a.png", "weight": 1}
    assert "init_weight: a story has one loss `target`" in left(imported)


def test_globs_and_braces_name_several_pictures(tmp_path: Path) -> None:
    text = 'prompts: rain\nimage_prompts: "p{1..2}.png | q*.png"\n'
    text += 'image_labels: "{a,p1}.png"\nimage_label_weight: 0.5\nlabels: "shoe:2 | boot"\n'
    data, _, imported = story_of(tmp_path, text, "p1.png", "p2.png", "q2.png", "q1.png")
    assert data["shots"][0]["prompt"] == [
        *("rain", {"image": "p1.png"}, {"image": "p2.png"}),
        *({"image": "q1.png"}, {"image": "q2.png"}),
        {"image": ["a.png", "p1.png"], "weight": 0.5},
        *({"labels": "shoe", "weight": 2}, {"labels": "boot"}),
    ]
    text = "prompts: rain\nimage_prompts: z*.png\nimage_labels: gone.png\n"
    _, _, imported = story_of(tmp_path, text)
    assert "image_prompts z*.png: no file" in left(imported)
    assert "image_labels: gone.png is not beside" in left(imported)


def test_a_vector_file_is_a_prompt_where_it_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text("[1.0, 2.0]")
    (tmp_path / "torn.json").write_text("[")
    text = "prompts: rain\nvector_prompts: 'good.json:2 | torn.json | gone.json'\n"
    (tmp_path / "x.yaml").write_text(text)
    imported = import_file(tmp_path / "x.yaml", tool="pixray")
    prompt = yaml.safe_load(imported.text)["shots"][0]["prompt"]
    assert prompt == ["rain", {"vector": "good.json", "weight": 0.2}]
    assert "torn.json" in left(imported)
    assert "gone.json is not beside" in left(imported)


PALETTES = [
    ("red->white;[black]", "xkcd:red->white; [black]", 17),
    ("rust\\8", "rust\\8", 8),
    ("light pink", "light pink\\16", 16),
    ("(255+0+0)->mat:blue\\4", "(255+0+0)->mat:blue\\4", 4),
    ("@a.png", "@a.png", 1),
    ("[red, #00ff00]", "[xkcd:red, #00ff00]", 2),
]


@pytest.mark.parametrize(("given", "written", "count"), PALETTES, ids=[p[0] for p in PALETTES])
def test_pixrays_palettes_are_read_as_they_are(
    tmp_path: Path, given: str, written: str, count: int
) -> None:
    text = f"prompts: rain\ndrawer: pixel\nfilters: lookup\npalette: '{given}'\n"
    data, plan, _ = story_of(tmp_path, text)
    assert data["filters"]["lookup"]["colors"] == written
    assert len(plan.shots[0].filter_options["lookup"]["colors"]) == count


def test_rates_that_drop_drop_in_the_scene_they_fall_into(tmp_path: Path) -> None:
    text = "story_prompts: rain ^ fog ^ snow\niterations: 300\nlearning_rate: 0.1\n"
    data, plan, _ = story_of(tmp_path, text + "learning_rate_drops: [50, 80]\n")
    assert [shot["lr"] for shot in data["shots"]] == [
        *(0.5, {"0s": [0.5, "hold"], "50%": 0.05}),
        {"0s": [0.05, "hold"], "40%": 0.005},
    ]
    assert plan.shots[2].values["lr"][-1] == pytest.approx(0.005)


def test_clipits_losses_grow(tmp_path: Path) -> None:
    text = "prompts: rain\nuse_pixeldraw: true\niterations: 200\nenforce_smoothness: 100\n"
    text += "enforce_smoothness_type: log\nenforce_saturation: 50\ntarget_palette: red->blue\n"
    data, _, _ = story_of(tmp_path, text)
    losses = data["losses"]
    assert losses["smoothness"] == {"weight": {"0s": 0, "100%": 2}, "type": "log"}
    assert losses["saturation"] == {"0s": 0, "100%": 0.4}
    assert losses["palette"]["weight"] == pytest.approx(4 * 200 / 5000)


def test_what_pixray_has_and_is_not_here_is_said_with_its_reason(tmp_path: Path) -> None:
    text = "prompts: rain\ntransparent: true\noptimiser: AdamP\ncut_pow: 1.5\nauto_stop: true\n"
    _, _, imported = story_of(tmp_path, text + "custom_loss: aesthetic,resmem:2\n")
    for told in (
        "transparent: pictures are painted without holes",
        "optimiser AdamP: there is one optimiser",
        "cut_pow: it does nothing in Pixray",
        "{aesthetic: {model: head.safetensors}}",
        "{memorability: {model: head.safetensors}}",
    ):
        assert told in left(imported)
    assert "auto_stop: a frame of more than 25 steps ends by itself" in carried(imported)


def test_deforums_pictures_masks_and_clips_are_taken_over(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        Image.new("RGB", (8, 8), "red").save(tmp_path / name)
    more = {
        **{
            "use_init": True,
            "init_image": "/content/a.png",
            "use_mask": True,
            "mask_file": "b.png",
        },
        **{"invert_mask": True, "hybrid_composite": "Normal", "video_init_path": "b.png"},
        "hybrid_comp_alpha_schedule": "0:(1), 10:(0.5)",
    }
    (tmp_path / "x.txt").write_text(json.dumps({**DEFORUM, **more}))
    imported = import_file(tmp_path / "x.txt", tool="deforum")
    data = yaml.safe_load(imported.text)
    shot = data["shots"][0]
    assert shot["init"] == "a.png"
    assert shot["prompt"][0]["where"] == {"mask": "b.png", "outside": True}
    assert (data["video"]["file"], data["video_mix"]["0s"]) == ("b.png", 1)
    make_plan(load_story_text(imported.text, folder=tmp_path))
    elsewhere = import_settings({**DEFORUM, **more}, "deforum")
    assert "mask_file: b.png is not beside the settings" in left(elsewhere)


def test_discos_schedules_of_cuts_are_their_mean() -> None:
    cuts = {"cut_overview": "[12]*400+[4]*600", "cut_innercut": "[4]*400+[12]*600"}
    settings = {"text_prompts": {"0": ["fog"]}, "max_frames": 5, **cuts, "cutn_batches": 4}
    shot = planned(import_settings(settings, "disco")).shots[0]
    assert (shot.values["cuts"][0], shot.cut_batch) == (64, 16)


@pytest.mark.parametrize(
    ("mask", "where"),
    [
        ("u", "top"),
        ("-l", {"mask": "left", "outside": True}),
        ("[m.png]", "m.png"),
        ("[-m.png]", {"mask": "m.png", "outside": True}),
        ("the boats", {"words": "the boats"}),
        ("n", None),
        ("[gone.png]", None),
    ],
)
def test_pyttis_masks_are_parts_of_the_frame(tmp_path: Path, mask: str, where: Any) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "m.png")
    scenes = f"scenes: 'fog:1_{mask}'\nsteps_per_scene: 100\nframes_per_second: 12\n"
    (tmp_path / "x.yaml").write_text(scenes + "steps_per_frame: 10\ninit_image: m.png\n")
    imported = import_file(tmp_path / "x.yaml", tool="pytti")
    shot = yaml.safe_load(imported.text)["shots"][0]
    assert shot["init"] == "m.png"
    if where is None:
        assert shot["prompt"] == "fog"
        assert "of 'fog'" in left(imported)
    else:
        assert shot["prompt"] == [{"text": "fog", "where": where}]


@pytest.mark.parametrize(
    ("written", "read_as", "named"),
    [
        ("a forest <lora:add_detail:0.7>, <hypernet:x:0.3>", "a forest", "<lora:add_detail:0.7>"),
        ("<lyco:x:1>, fog", "fog", "<lyco:x:1>"),
        (r"fog \(film\)", "fog (film)", ""),
        ("a [cat:dog:0.5]", "a cat", "[cat:dog:0.5]"),
        ("a [cat:dog:0.2]", "a dog", "[cat:dog:0.2]"),
        ("a [cat::0.5]", "a cat", "[cat::0.5]"),
        ("a [dog:10]", "a dog", "[dog:10]"),
        ("a [cat|dog] here", "a cat, dog here", "[cat|dog]"),
        ("a sea BREAK fog", "a sea, fog", "BREAK"),
        ("a {red|blue} sea", "a red sea", "{red|blue}"),
        ("a __color__ sea", "a color sea", "__color__"),
        ("a ((red)) [sea]", "a red sea", ""),
    ],
)
@pytest.mark.parametrize("tool", ["deforum", "disco"])
def test_the_web_uis_prompt_language_is_read_or_named(
    tool: str, written: str, read_as: str, named: str
) -> None:
    key = "prompts" if tool == "deforum" else "text_prompts"
    if tool == "disco" and ("((" in written or "\\" in written):
        return  # its brackets are words
    imported = import_settings({**DEFORUM, "prompts": None, key: {"0": written}}, tool)
    assert texts(planned(imported)) == [(0, read_as)]
    assert named in left(imported)


def test_a_tag_that_counts_up_makes_no_shots() -> None:
    document = {
        "prompts": [{"positive": "forest <lora:style:${prompt_weight_1}>, fog", "allFrames": True}],
        "options": {"output_fps": 10},
        "managedFields": ["prompt_weight_1"],
        "keyframes": [{"frame": 0, "prompt_weight_1": 0}, {"frame": 60, "prompt_weight_1": 1}],
    }
    rows = [{"frame": n, "deforum_prompt": f"fog <lora:a:{n}> --neg x"} for n in range(9)]
    for settings in (document, {"rendered_frames": rows, "options": {"output_fps": 10}}):
        imported = import_settings(settings, "parseq")
        assert len(planned(imported).shots) == 1
        assert "<lora:" in left(imported)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(DEFORUM)[:-1] + ', "seed": 7}',
        json.dumps(DEFORUM).replace('"40": "fog"', '"40": "fog", "40": "fire"'),
    ],
)
def test_a_key_that_stands_twice_is_named(text: str) -> None:
    assert "the key stands twice; the last one counts" in left(read(text))


@pytest.mark.parametrize(
    ("tool", "name", "written", "told"),
    [
        ("deforum", "angle", "0: 0: (0.2*cos(t/30))", "a key stands twice"),
        ("deforum", "zoom", "0:(1) 30:(2)", "commas"),
        ("deforum", "angle", "0:(sine(t))", "unknown function 'sine'"),
        ("deforum", "translation_x", "0:(fLo)", "unknown name 'fLo'"),
        ("deforum", "angle", "0:(1/(t-3))", "at frame 3 it is inf"),
        ("deforum", "angle", "0:([1, 2])", "got a list"),
        ("deforum", "angle", "0:(q*2)", "unknown name 'q'"),
        ("disco", "interp_spline", "Bumpy", "known: Linear, Quadratic, Cubic"),
        ("disco", "angle", "0:(oops", "it stays 0"),
    ],
)
def test_a_schedule_that_cannot_be_read_is_left_out_and_named(
    tool: str, name: str, written: str, told: str
) -> None:
    key = "prompts" if tool == "deforum" else "text_prompts"
    settings = {**DEFORUM, "prompts": None, key: {"0": "a"}, name: written}
    imported = import_settings(settings, tool)
    assert planned(imported).frame_count == 60
    assert name in left(imported)
    assert told in left(imported)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"seed": ' + "1" * 5001 + "}", '{"a": ' * 9000])
def test_data_that_no_reader_takes_is_an_error_of_the_file(text: str) -> None:
    with pytest.raises(StoryError):
        read_data(text, "settings.txt")
