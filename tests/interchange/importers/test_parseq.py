"""Parseq's documents and manifests as stories: frame by frame what the source makes of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.errors import StoryError
from storyboard.interchange.importers import Imported, import_file, import_settings
from storyboard.interchange.importers.parseq.parseq_file import read_document, render
from storyboard.interchange.importers.parseq.prompt_ranges import filler, read_prompts, rendered
from storyboard.motion.matrices import relative
from storyboard.motion.path import legs
from storyboard.plan import Floats, Plan
from storyboard.timeline import load_story_text, make_plan

from ..behaviour.parseq_questions import rows_of

SIZE = 512
PROMPTS = [
    {"positive": "a cat", "from": 0, "to": 40, "overlap": {"outFrames": 10, "type": "linear"}},
    {"positive": "a fox", "from": 30, "to": 99, "overlap": {"inFrames": 10, "type": "linear"}},
]


def document(fields: dict[str, dict[int, Any]], **more: Any) -> dict[str, Any]:
    """Values and formulas (``zoom_i``) by frame, as the document that holds them."""
    frames = sorted({0, 99, *(frame for keys in fields.values() for frame in keys)})
    rows = [
        {"frame": frame, **{name: keys[frame] for name, keys in fields.items() if frame in keys}}
        for frame in frames
    ]
    options = {"output_fps": 20, "bpm": 120}
    return {"keyframes": rows, "options": options, "prompts": PROMPTS, **more}


def imported(data: dict[str, Any]) -> Imported:
    return import_settings(data, "parseq")


def planned(data: dict[str, Any]) -> Plan:
    return make_plan(load_story_text(imported(data).text))


def manifest(data: dict[str, Any]) -> dict[str, Any]:
    """The document as its rendered frames alone, made as the source makes them."""
    found = read_document(data)
    values = render(found)
    arrays = {name: np.array(given, dtype=float) for name, given in values.items()}
    prompts, fill = read_prompts(data["prompts"], 0, 99), filler(replace(found, values=arrays))
    rows = [
        {"frame": n, **row, "deforum_prompt": rendered(prompts, n, fill(n))}
        for n, row in enumerate(rows_of(values, len(found.frames)))
    ]
    return {"options": data["options"], "rendered_frames": rows}


def told(data: dict[str, Any], heading: str) -> str:
    return "\n".join(imported(data).notes.get(heading, []))


def furthest(plan: Plan, data: dict[str, Any]) -> float:
    """By how many pixels a point in view is elsewhere than the source has it, at the most."""
    values = {name: np.array(v, dtype=float) for name, v in render(read_document(data)).items()}
    zoom, angle, right, down = (
        np.diff(values.get(name, np.zeros(100)), prepend=0)
        for name in ("zoom", "angle", "translation_x", "translation_y")
    )
    y, x = np.mgrid[0:SIZE:5j, 0:SIZE:5j]  # type: ignore[misc]
    seen = (x + 1j * y).ravel()
    center, off, scale, shift, total = SIZE * (0.5 + 0.5j), 0.0, 1.0 + 0j, 0j, np.eye(3)
    for n in range(1, 100):
        mu = (1 + zoom[n]) * np.exp(-1j * np.radians(angle[n]))
        scale, shift = mu * scale, mu * (shift + right[n] + 1j * down[n] - center) + center
        for here, there in legs(plan, n - 1, n):
            total = relative(here, there, 1.0).numpy() @ total
        before = (seen - shift) / scale
        ours = total @ np.stack([before.real / 256 - 1, before.imag / 256 - 1, np.ones(25)])
        found = (ours[0] + 1 + 1j * (ours[1] + 1)) * 256 / ours[2]
        off = max(off, float(np.max(np.abs(found - seen))))
    return off


CAMERAS: dict[str, dict[str, dict[int, Any]]] = {
    "turns to keys": {"angle": {0: 0, 40: 90, 99: 45}},
    "turns along curves": {
        "angle": {0: 0, 50: 90, 99: 20},
        "angle_i": {0: 'bez(c="easeInOutBack")', 50: "S"},
    },
    "sways on the beat": {"angle_i": {0: "S + 10*sin(p=4b)"}, "angle": {0: 5}},
    "shifts": {
        "translation_x": {0: 0, 50: 100, 99: -40},
        "translation_x_i": {0: "bez()"},
        "translation_y": {0: 10, 99: 60},
    },
    "zooms evenly": {"zoom": {0: 1, 99: 2}},
    "breathes": {"zoom_i": {0: "1 + 0.02*sin(p=4b)"}},
    "all at once": {
        "zoom": {0: 1, 40: 1.5, 99: 1.2},
        "angle": {0: 0, 60: 40},
        "translation_x": {0: 0, 99: 80},
        "translation_x_i": {0: "slide()", 50: "C"},
        "translation_y_i": {0: "20*tri(p=3s)"},
    },
    "by chance": {"angle_i": {0: "10*rand(s=4, h=5)"}, "translation_x_i": {0: "9*perlin(s=2)"}},
    "kicks at every key": {
        "angle": {0: 0, 20: 4, 50: 1},
        "angle_i": {0: 'bez(from=8, to=0, in=1b, c="easeOut3")', 50: "S + slide(from=2, to=9)"},
    },
    "counts from its keys": {
        "angle": {0: 1, 30: 2},
        "angle_i": {0: "S*(3 + tri(p=20, ps=-active_keyframe, li=1.5)) + k/10"},
    },
    "mathematics": {
        "angle_i": {0: "3*_sin(f/10)*_log10(2+s) + round(k/7, 1) - f2b(S+30)*min(b,4)"}
    },
    "formula after keys": {
        "angle": {0: 0, 30: 9, 60: 20, 99: 0},
        "angle_i": {0: "L", 30: "bez()", 60: "if (b<8) 5 else f/10"},
    },
}


@pytest.mark.parametrize("name", CAMERAS)
def test_the_camera_goes_where_the_deltas_lead(name: str) -> None:
    data = document(CAMERAS[name])
    assert furthest(planned(data), data) < 0.5


@pytest.mark.parametrize("name", ["all at once", "sways on the beat"])
def test_a_manifest_leads_the_same_way(name: str) -> None:
    data = document(CAMERAS[name])
    assert furthest(planned(manifest(data)), data) < 0.5


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("turns along curves", "cubic-bezier(0.68, -0.6, 0.32, 1.6)"),
        ("sways on the beat", "rotate: 10*sine(4b)"),
        ("breathes", "zoom: exp(0.02*sine(4b))"),
        ("zooms evenly", "zoom_per_s: 1.010101**20"),
        ("formula after keys", "5 if b < 8 else"),
        ("kicks at every key", 'lerp(8, 0, ease("cubic-bezier(0.33, 1, 0.68, 1)", min(t/0.5, 1)))'),
    ],
)
def test_what_is_a_formula_stays_one(name: str, words: str) -> None:
    text = imported(document(CAMERAS[name], prompts={"positive": "a fox"})).text
    assert words in text
    assert "Written as keys" not in text


def test_the_zoom_that_the_source_makes_of_1_to_2_is_told() -> None:
    data = document({"zoom": {0: 1, 10: 2}})
    data["keyframes"] = data["keyframes"][:2]
    plan = planned({**data, "prompts": {"positive": "a fox"}})
    assert float(np.asarray(plan.shots[0].poses)[-1, 0]) == pytest.approx(1.1**10, rel=1e-4)
    assert "from 1 to 2 makes the picture 2.594 times as large" in told(data, "carried")


def weights(plan: Plan, text: str) -> Floats:
    """The weight of a prompt at every frame, 0 where it is not there."""
    return np.concatenate(
        [
            sum((np.asarray(t.weights) for t in shot.tracks if t.source.label == text), np.zeros(n))
            for shot in plan.shots
            for n in [len(np.asarray(shot.poses))]
        ]
    )[:100]


def formulas() -> Any:
    """Formulas of all sorts."""
    waves = st.sampled_from(["sin", "tri", "saw", "pulse"])
    ends = st.sampled_from(["", ", ps=3", ", a=0.5, c=2", ", li=2", ", ps=-active_keyframe"])
    periods = st.sampled_from(["2b", "1.5s", "17", "40f"])
    plain = st.sampled_from(
        [
            *("L", "S", "C", "P", "f", "k", "b", "s", "2", "0.5", "PI", "bez()", "bpm/60"),
            *("slide(to=3, in=1s)", "rand(s=3)", "smrand(s=1)", "prev_computed_value/2"),
            'info_match_count("d")',
        ]
    )
    wave = st.tuples(waves, periods, ends).map(lambda p: f"{p[0]}(p={p[1]}{p[2]})")

    def joined(parts: Any) -> Any:
        signs = st.sampled_from(["+", "-", "*", " and ", "<", "=="])
        pair = st.tuples(parts, signs, parts).map("".join)
        choice = st.tuples(pair, parts, parts).map(lambda p: f"(if ({p[0]}) {p[1]} else {p[2]})")
        rounded = parts.map(lambda p: f"round({p}, 1)")
        return st.one_of(pair.map("({})".format), choice, rounded)

    return st.recursive(st.one_of(plain, wave), joined, max_leaves=5)


@settings(max_examples=25)
@given(formulas(), formulas())
def test_any_formula_is_worth_the_same_in_the_story(first: str, then: str) -> None:
    fields = {
        "prompt_weight_1": {0: 1, 30: 3, 60: 2},
        "prompt_weight_1_i": {0: first, 45: then},
        "info": {0: "drop", 60: "drum"},
    }
    data = document(fields, prompts={"positive": "a cat, (snow:${prompt_weight_1})"})
    wanted = np.array(render(read_document(data))["prompt_weight_1"], dtype=float)
    off = np.abs(weights(planned(data), "snow") - wanted)
    allowed = 3e-3 * np.ptp(wanted) + 1e-4 * np.max(np.abs(wanted))
    assert np.all(off <= allowed)


def test_square_waves_are_high_for_half_their_period() -> None:
    fields = {"prompt_weight_1_i": {0: "sq(p=8, a=0.5, c=0.5)"}}
    data = document(fields, prompts={"positive": "a cat, (snow:${prompt_weight_1})"})
    assert "0.5 + 0.5*square(0.4s)" in imported(data).text
    assert list(weights(planned(data), "snow")[:17]) == [1, 1, 1, 1, 0, 0, 0, 0] * 2 + [1]


def test_words_that_a_formula_changes_are_shots() -> None:
    prompts = {
        "positive": 'a ${if f>=40 "cat" else "dog"} in ${"snow"}',
        "negative": '${if f<40 "ink" else "fog"}',
    }
    plan = planned(document({"angle": {0: 0}}, prompts=prompts))
    assert [(shot.first, [t.source.label for t in shot.tracks]) for shot in plan.shots] == [
        (0, ["a dog in snow", "ink"]),
        (40, ["a cat in snow", "fog"]),
    ]
    often = document({"angle": {0: 0, 199: 0}}, prompts={"positive": "a cat ${f}"})
    assert len(planned(often).shots) == 1
    assert "they change 199 times" in told(often, "left")


def ramp(*points: tuple[float, float]) -> Floats:
    return np.interp(np.arange(100), *zip(*points, strict=True))


def test_prompts_that_overlap_are_shots_that_fade() -> None:
    data = document({"angle": {0: 0}})
    for plan in (planned(data), planned(manifest(data))):
        assert weights(plan, "a cat") == pytest.approx(ramp((0, 1), (30, 1), (40, 0)), abs=1e-3)
        assert weights(plan, "a fox") == pytest.approx(ramp((30, 0), (40, 1)), abs=1e-3)
    text = imported(data).text
    assert text.count("fade: 0.5s") == 1
    assert "weight" not in text


def test_overlaps_of_other_kinds_are_shots_of_their_own() -> None:
    prompts = [
        {"positive": "a cat", "from": 0, "to": 59},
        {"positive": "a fox", "from": 40, "to": 99, "overlap": {"type": "custom",
                                                               "custom": "prompt_weight_1"}},
    ]  # fmt: skip
    data = document({"prompt_weight_1": {0: 0, 99: 0.99}}, prompts=prompts)
    plan = planned(data)
    assert [shot.first for shot in plan.shots] == [0, 40, 60]
    assert weights(plan, "a cat") == pytest.approx(ramp((59, 1), (60, 0)))
    fox = weights(plan, "a fox")
    assert fox[[39, 40, 59, 60]] == pytest.approx([0, 0.4, 0.59, 1], abs=1e-3)


def test_words_with_a_weight_that_moves_are_prompts_of_their_own() -> None:
    positive = 'a field, (snow:${prompt_weight_1}) ${"fog":abs(sin(p=2b))} ${posneg("rain",L1-1)}'
    prompts = {"positive": positive.replace("L1", "prompt_weight_2"), "negative": "text, (ink:1.5)"}
    data = document(
        {
            "prompt_weight_1": {0: 0, 50: 1, 99: 0},
            "prompt_weight_2_i": {0: "1 + saw(p=50)"},
        },
        prompts=prompts,
    )
    plan = planned(data)
    frames = np.arange(100)
    assert weights(plan, "a field") == pytest.approx(np.ones(100))
    assert weights(plan, "snow") == pytest.approx(ramp((0, 0), (50, 1), (99, 0)), abs=2e-3)
    assert weights(plan, "fog") == pytest.approx(np.abs(np.sin(frames * np.pi / 10)), abs=2e-3)
    assert weights(plan, "rain") == pytest.approx(frames % 50 / 50, abs=2e-3)
    assert weights(plan, "text, ink") == pytest.approx(np.full(100, -0.3))
    assert "prompt" in imported(data).text and "saw(2.5s, low=0)" in imported(data).text


def test_labels_beats_title_and_seed() -> None:
    data = document(
        {
            "info": {0: "start", 20: "drop!", 40: "drop!", 60: "beat", 80: "3rd"},
            "seed": {0: 7},
            "seed_i": {0: "S+f*0.25"},
        },
        meta={"docName": "foxes"},
    )
    plan = planned(data)
    assert (plan.seed, plan.fps, plan.duration) == (7, 20, 5)
    text = imported(data).text
    for line in ("title: foxes", "bpm: 120", "drop: 1s", "drop_2: 2s", "mark_beat: 3s",
                 "mark_3rd: 4s"):  # fmt: skip
        assert line in text
    assert "subseed" in told(data, "left")


def test_what_is_left_out_and_mended_is_told() -> None:
    fields = {
        "strength": {0: 0.6},
        "noise": {0: 0.1},
        "perspective_flip_theta": {0: 0, 99: 9},
        "near": {0: 200},
        "angle_i": {0: "sq(p=20) + rand()"},
    }
    data = document(fields, reverseRender=True)
    data["options"] = {**data["options"], "cadence": 3, "audioOffset": 1.5, "loops": 2}
    left = told(data, "left")
    for name in (
        "noise, strength",
        "perspective_flip_theta",
        "near: they have no effect",
        "audioOffset 1.5: say audio",
        "reverseRender",
        "loops",
    ):
        assert name in left
    assert "cadence 3: every frame is painted" in told(data, "corrected")
    assert "sq() is high for exactly half its period" in told(data, "corrected")
    assert "rand(): other numbers within the same bounds" in told(data, "carried")


def test_time_series_are_read_by_name() -> None:
    series = [
        {
            "alias": "bass",
            "ts": {"timestampType": 1, "data": [{"x": 0, "y": 0}, {"x": 4000, "y": 8}]},
        },
        {"alias": "hit", "ts": {"timestampType": 0, "data": [{"x": 9, "y": 1}, {"x": 50, "y": 3}]}},
    ]
    fields = {"prompt_weight_1_i": {0: "hit"}, "prompt_weight_2_i": {0: "bass(f, 1)"}}
    prompts = {"positive": "a cat (snow:${prompt_weight_1}) (rain:${prompt_weight_2})"}
    data = document(fields, timeSeries=series, prompts=prompts)
    plan = planned(data)
    assert weights(plan, "snow")[[0, 9, 50, 51, 99]] == pytest.approx([1, 1, 1, 3, 3], abs=1e-2)
    assert weights(plan, "rain")[[0, 40, 80, 99]] == pytest.approx([0, 4, 8, 8], abs=2e-2)
    assert "bass, hit: time series" in told(data, "carried")


def test_moves_in_space_leave_flat_zooms_out_and_turn_by_the_angle() -> None:
    fields = {
        "rotation_3d_z_i": {0: "20*sin(p=8b)"},
        "translation_z": {0: 0, 99: 50},
        "zoom": {0: 1, 99: 2},
    }
    data = document(fields, prompts={"positive": "a fox"})
    assert "rotate: 20*sine(8b)" in imported(data).text
    assert "zoom: they count in 2D alone" in told(data, "left")


def test_rendered_frames_beside_a_document_count_where_they_differ() -> None:
    data = document({"angle_i": {0: "f"}, "zoom_i": {0: "1 + rand()"}})
    rows = manifest(data)["rendered_frames"]
    for n, row in enumerate(rows):
        row["zoom"] = 1 + n % 2 / 100
        row["zoom_delta"] = 1 + (n % 2 or -1) / 100
    both = {**data, "rendered_frames": rows}
    assert "zoom: as its rendered frames have it" in told(both, "carried")
    assert "angle: as" not in told(both, "carried")
    plan = planned(both)
    assert float(np.asarray(plan.shots[0].poses)[1, 0]) == pytest.approx(1.01, abs=1e-3)


def test_rendered_frames_take_the_place_of_formulas_that_are_unknown() -> None:
    both = document({"angle_i": {0: "f"}}, prompts={"positive": "a fox"})
    both["rendered_frames"] = manifest(both)["rendered_frames"]
    both["keyframes"][0]["angle_i"] = "vibe(p=5)"
    assert "angle: as its rendered frames have it" in told(both, "carried")
    assert furthest(planned(both), document({"angle_i": {0: "f"}})) < 0.5


def test_frames_without_a_prompt_go_on_with_the_one_beside() -> None:
    prompts = [{"positive": "a cat", "from": 10, "to": 20}, {"positive": "a fox", "from": 50}]
    data = document({"angle": {0: 0}}, prompts=prompts)
    assert [shot.first for shot in planned(data).shots] == [0, 50]
    assert "frames 0 to 49 have no prompt" in told(data, "corrected")
    empty = document({"angle": {0: 0}}, prompts={"positive": "a cat", "enabled": False})
    assert planned(empty).shots[0].tracks[0].source.label == "a landscape"


def test_a_file_is_known_by_its_keys_and_another_rate_changes_its_length(tmp_path: Path) -> None:
    file = tmp_path / "doc.json"
    data = document({"angle": {0: 0, 99: 90}}, managedFields=["angle"])
    file.write_text(json.dumps(data))
    found = import_file(file)
    assert found.tool == "parseq"
    assert make_plan(load_story_text(import_file(file, fps="25").text)).duration == 4
    file.write_text(json.dumps(manifest(data)))
    assert import_file(file).tool == "parseq"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"keyframes": 3}, "keyframes: expected a list of keyframes"),
        ({"keyframes": [{"zoom": 1}]}, r"keyframes\[0\]: it is at no frame"),
        (document({"zoom": {0: "big"}}), "zoom: at frame 0, 'big' is not a number"),
        (
            document({"zoom_i": {0: "1 +"}}),
            r"zoom: at frame 0, '1 \+': a value is missing",
        ),
        (
            document({"zoom_i": {9: "sinn(p=4)"}}),
            r"zoom: at frame 9, 'sinn\(p=4\)': unknown function 'sinn' \(column 1\)",
        ),
        (document({"angle_i": {0: "_log(f-3)"}}), "angle: at frame 0 it is nan"),
        (document({"zoom": {0: 1, 1: -3}}), "zoom: at frame 1 it is -3"),
        (document({"fov": {0: 0}, "translation_z": {0: 0, 99: 1}}), "fov: at frame 0 it is 0"),
        (document({}, timeSeries=[{"alias": "bass"}]), "timeSeries: expected a list of series"),
        (document({}, options={"bpm": -1}), "bpm: -1 is not a number above 0"),
        (document({}, prompts={"positive": "a ${b *}"}), r"prompts: 'b \*': a value is missing"),
        (document({}, prompts={"positive": "a ${wight}"}), "prompts: at frame 0: unknown name"),
        (
            document({}, prompts=[{"positive": "a", "from": 9, "to": 3}]),
            r"prompts\[0\]: it ends at frame 3, before frame 9",
        ),
        ({"rendered_frames": [{"frame": 0}, {"frame": 2}]}, "frames are missing"),
        ({"rendered_frames": [{"frame": 0, "zoom": 1}, {"frame": 1, "zoom": "x"}]}, "zoom: at fra"),
        ({"options": {}}, "there are no keyframes and no rendered_frames"),
        ({"keyframes": [{"frame": 0}, {"frame": 10**9}]}, "are the most that a film has"),
    ],
)
def test_mistakes_name_field_and_frame(data: dict[str, Any], message: str) -> None:
    with pytest.raises(StoryError, match=message):
        imported(data)
