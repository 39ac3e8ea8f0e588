"""The JSON Schema that editors use agrees with the reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from storyboard.drawers import drawers
from storyboard.options import KINDS, Option
from storyboard.story import schema_json
from storyboard.story.schema import option_forms
from storyboard.story.yaml_loader import parse_yaml

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "stories").glob("*.yaml"))

SCHEMA: dict[str, Any] = json.loads(schema_json())
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)


def errors(text: str) -> list[str]:
    return [error.json_path for error in VALIDATOR.iter_errors(parse_yaml(text)[0])]


def test_the_schema_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_fit_it(path: Path) -> None:
    assert errors(path.read_text()) == []


GOOD = [
    "duration: 3s\nprompts: {0:00: a, 0:12.5: [a, {text: b, weight: sin(t)}], drop: {fade: 1s}}",
    "prompt: [a, {text: b, weight: {0s: 0, 2s: [1, smooth]}, stop: -0.5}]",
    "x-mine: {a: 1}\nnotes: whatever\nshots: [{duration: 4b, x-take: 2}]",
    "audio: song.mp3\noutput: {size: [320, 180], fps: 24000/1001, format: gif, crf: 20}",
    "drawer: {name: pixel, cells: [64, 36]}\nperceptors: [tiny, {name: a/b, weight: 2}]",
    "motion: {pivot: [0.5, t], zoom_per_s: 1.05, ease: smooth}",
    "audio: {file: s.mp3, bpm: auto, stems: {drums: d.wav}, bands: {x: {low: 20, high: 60}}}",
    "marks: {a: 4b, b: {every: 2 bars, from: a, to: end}, c: {file: c.csv, offset: -0.2s}}",
    "lyrics: {file: s.lrc, offset: -1.5, prompt: '{line}', gap_prompt: [fog]}\nseed: hello",
    "lyrics: s.lrc\nsnap: beat\nshots: [{snap: {to: bar, within: 1b}}]\naudio: {bpm: 120}",
    "losses: {smoothness: 1, exposure: {weight: 1, contrast: 0.1}}\nborder_color: '#aabbcc'",
    "border_color: teal\ndrawer: {name: fft, decay: 1.5 + bass, lr: {0s: 0.1, 1s: 0.2}}",
    "drawer: {name: pixel, cells: {0s: [16, 9], 1s: [32, 18]}, cell: null}",
    "prompt: [{text: a, where: left}, {noise: 1, where: [0, 0, t, 1]}, {image: [a.png, b.png]}]",
    "avoid: {more: a, than: b, where: [0.5, 0.5, 0.2]}\ninit: {image: a.png, every: 10f}",
    "prompt: {vector: textoff, where: {words: the moon, outside: true, soft: 0.1}}\ninit: false",
    "filters: {lookup: {colors: [{0s: red, 2s: blue}, '#fff', [u, 0.2, 0]]}, vignette: {0s: 1}}",
]


@pytest.mark.parametrize("text", GOOD)
def test_what_can_be_said_fits_it(text: str) -> None:
    assert errors(text) == []


BAD = [
    ("qualty: draft", "$"),
    ("quality: drft", "$.quality"),
    ("version: 2", "$.version"),
    ("shots: [{promt: a}]", "$.shots[0]"),
    ("shots: [{duration: 2z}]", "$.shots[0].duration"),
    ("shots: [{duration: -2}]", "$.shots[0].duration"),
    ("output: {format: avi}", "$.output"),
    ("output: {fps: fast}", "$.output"),
    ("drawer: pixle", "$.drawer"),
    ("drawer: {name: pixel, cels: 3}", "$.drawer"),
    ("drawer: {name: fft, decay: 9}", "$.drawer"),
    ("drawer: {name: fft, init: {0s: 1}}", "$.drawer"),
    ("border_color: tael", "$.border_color"),
    ("filters: {lookup: {colors: [tael]}}", "$.filters.lookup"),
    ("losses: {exposure: {contrast: true}}", "$.losses.exposure"),
    ("motion: {zom: 1}", "$.motion"),
    ("steps: true", "$.steps"),
    ("prompt: 5", "$.prompt"),
    ("cut: 1", "$.cut"),
    ("audio: {bpm: fast}", "$.audio"),
    ("audio: {bands: {x: {lo: 20}}}", "$.audio"),
    ("marks: {a: {evry: 2b}}", "$.marks.a"),
    ("lyrics: {prompt: a}", "$.lyrics"),
    ("snap: baet", "$.snap"),
    ("seed: -1", "$.seed"),
]


@pytest.mark.parametrize(("text", "where"), BAD)
def test_what_cannot_be_said_does_not(text: str, where: str) -> None:
    assert errors(text) == [where]


def test_every_key_is_described_and_times_have_their_own_message() -> None:
    parts = [SCHEMA, *(SCHEMA["$defs"][n] for n in ("ShotSpec", "MotionSpec", "AudioSpec"))]
    for part in parts:
        for name, schema in part["properties"].items():
            assert name == "notes" or schema["description"].endswith(".")
    assert "a mark" in SCHEMA["$defs"]["Time"]["anyOf"][1]["patternErrorMessage"]
    assert SCHEMA["$defs"]["DrawerSpec"]["properties"]["name"]["enum"] == drawers.names()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_option_has_its_forms(kind: Any) -> None:
    option = Option(None, kind, "x", words=("a", "b"))
    *forms, none = option_forms(option)
    assert forms and none == {"type": "null"}
    for form in forms:
        jsonschema.Draft7Validator.check_schema(form)
