"""Prompts that are pictures and vectors: from the story to the plan, its digests, and `check`."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from storyboard.cli.plan import plan_data, plan_text
from storyboard.errors import BadValue, Problem
from storyboard.interchange.exporters import export
from storyboard.perceptors import embedding_width
from storyboard.perceptors.vectors import read_vectors, vector_name
from storyboard.plan import ImagePrompt, Plan, TextPrompt, VectorPrompt, distinct_labels
from storyboard.timeline import check_story, load_story, make_plan

HEAD = "perceptors: PERCEPTOR\noutput: {size: 64x36, fps: 12}\n"
WIDTH = embedding_width("sketch")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a picture, and the same vector in every kind of file."""
    pixels = np.zeros((8, 12, 3), np.uint8)
    pixels[:, :6] = (230, 25, 25)
    Image.fromarray(pixels).save(tmp_path / "cat.png")
    vector = np.linspace(-1, 1, WIDTH)
    (tmp_path / "one.json").write_text(json.dumps(vector.tolist()))
    (tmp_path / "named.json").write_text(json.dumps({"sketch": vector.tolist()}))
    np.save(tmp_path / "one.npy", vector[None])
    save_file({"vector": vector.astype(np.float32)}, tmp_path / "one.safetensors")
    return tmp_path


def write(folder: Path, text: str, perceptor: str = "sketch") -> Path:
    file = folder / "story.yaml"
    file.write_text(HEAD.replace("PERCEPTOR", perceptor) + text)
    return file


def plan_of(folder: Path, text: str) -> Plan:
    return make_plan(load_story(write(folder, text)))


def shots(*prompts: str) -> str:
    lines = [f"  - {{name: s{n}, duration: 1s, prompt: {p}}}\n" for n, p in enumerate(prompts)]
    return "fade: 0.5s\nfade_shape: slerp\nshots:\n" + "".join(lines)


FILES = ["image: cat.png", "vector: one.json", "vector: named.json", "vector: one.npy"]
FILES += ["vector: one.safetensors"]


@pytest.mark.parametrize("written", FILES)
def test_a_file_is_a_prompt_like_any_other(folder: Path, written: str) -> None:
    plan = plan_of(folder, shots("a forest", f"[{{{written}, weight: 0.5}}, fog:-1]"))
    key, _, name = written.partition(": ")
    coming = plan.shots[1].tracks[1].source
    assert isinstance(coming, ImagePrompt if key == "image" else VectorPrompt)
    assert (coming.label, coming.file) == (name, folder / name)
    turning = plan.frames[15].prompts[0]
    assert (turning.source, turning.toward) == (TextPrompt("a forest"), coming)
    assert turning.weight == pytest.approx(0.75)
    assert plan.frames[-1].prompts[0].weight == 0.5
    again = make_plan(load_story(_canonical(folder, plan)))
    assert [shot.digest for shot in again.shots] == [shot.digest for shot in plan.shots]


def _canonical(folder: Path, plan: Plan) -> Path:
    file = folder / "again.yaml"
    file.write_text(plan.story)
    return file


@pytest.mark.parametrize(
    "keyed",
    ["0:00: {image: cat.png}", "0:00: [{image: cat.png}]", "0:00: {prompt: {image: cat.png}}"],
)
def test_a_picture_may_be_keyed_to_a_time(folder: Path, keyed: str) -> None:
    plan = plan_of(folder, f"duration: 1s\nprompts: {{{keyed}}}")
    assert [source.label for source in plan.shots[0].sources] == ["cat.png"]


def test_plans_tell_texts_from_pictures(folder: Path) -> None:
    plan = plan_of(folder, shots("cat.png", "{image: cat.png}", "{vector: one.npy}"))
    image, vector = plan.shots[1].tracks[-1].source, plan.shots[2].tracks[-1].source
    data = plan_data(plan, {})
    assert data["shots"][0]["prompts"] == [{"text": "cat.png"}]
    assert data["shots"][1]["prompts"][1] == {
        "image": str(folder / "cat.png"),
        "digest": image.digest,
    }
    assert data["shots"][2]["prompts"][1] == {
        "vector": str(folder / "one.npy"),
        "digest": vector.digest,
    }
    assert json.dumps(data)
    assert "cat.png -> cat.png  (1 .. 0)" in plan_text(plan, {})


def digests(folder: Path, text: str) -> list[str]:
    return [shot.digest for shot in plan_of(folder, text).shots]


def _moved(folder: Path) -> str:
    (folder / "else").mkdir()
    shutil.move(folder / "cat.png", folder / "else" / "dog.png")
    return shots("red", "{image: else/dog.png}", "blue")


def _changed(folder: Path) -> str:
    Image.new("RGB", (8, 8), "white").save(folder / "cat.png")
    return shots("red", "{image: cat.png}", "blue")


def _worded(_: Path) -> str:
    return shots("red", "cat.png", "blue")


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (_moved, [True, True, True]),
        (_changed, [True, False, False]),
        (_worded, [True, False, False]),
    ],
)
def test_a_picture_counts_by_its_contents(
    folder: Path, change: Callable[[Path], str], same: list[bool]
) -> None:
    before = digests(folder, shots("red", "{image: cat.png}", "blue"))
    after = digests(folder, change(folder))
    assert [one == other for one, other in zip(before, after, strict=True)] == same


def test_equal_pictures_under_two_names_are_one_prompt(folder: Path) -> None:
    shutil.copy(folder / "cat.png", folder / "copy.png")
    plan = plan_of(folder, shots("[{image: cat.png}, {image: copy.png, weight: 2}]"))
    fresh, flowing = (
        plan.shots[0].tracks,
        plan_of(folder, shots("{image: cat.png}", "{image: copy.png}")).shots[1].tracks,
    )
    assert len({track.source for track in fresh}) == 1
    assert [track.weights.tolist() for track in flowing] == [[1.0] * 12]


def test_labels_are_told_apart() -> None:
    one, two = ImagePrompt(Path("a/x.png"), "1" * 64), ImagePrompt(Path("b/x.png"), "2" * 64)
    alone = ImagePrompt(Path("y.png"), "3" * 64)
    labels = distinct_labels([one, TextPrompt("x.png"), two, alone, one])
    assert list(labels.values()) == ["x.png (11111111)", "x.png", "x.png (22222222)", "y.png"]


def test_exports_name_files(folder: Path) -> None:
    (folder / "b").mkdir()
    Image.new("RGB", (8, 8), "blue").save(folder / "b" / "cat.png")
    text = shots("a forest", "[{image: cat.png}, fog:-1]", "{image: b/cat.png}")
    plan = plan_of(folder, text.replace("slerp", "linear"))
    blocks = export(plan, "srt").text.split("\n\n")
    assert [block.strip().splitlines()[-1] for block in blocks] == [
        "a forest",
        "cat.png",
        "cat.png",
    ]
    header = next(csv.reader(io.StringIO(export(plan, "csv").text)))
    digested = [
        f"prompt: cat.png ({s.digest[:8]})" for s in plan.shots[2].sources if s.label == "cat.png"
    ]
    assert len(digested) == 2
    assert set(digested) < set(header)
    left = export(plan, "deforum")
    assert json.loads(left.text)["prompts"] == {"0": "a forest --neg fog"}
    assert "prompt cat.png: its prompts are words" in left.left


MISTAKES: list[tuple[str, str, str, str]] = [
    ("{image: cta.png}", "prompt.image", "does not exist", "did you mean 'cat.png'"),
    ("[red, {image: cta.png}]", "prompt[1].image", "does not exist", "cat.png"),
    ("{image: .}", "prompt.image", "is a folder", ""),
    ("{image: story.yaml}", "prompt.image", "is not a picture", "PNG, JPEG, WEBP, BMP, GIF"),
    ("{image: torn.png}", "prompt.image", "is not a picture that can be read: ", ""),
    ("{image: torn.jpg}", "prompt.image", "is not a picture that can be read: ", ""),
    ("{image: wide.png}", "prompt.image", "has 8193x1 pixels", "at most 8192"),
    ("{image: bomb.png}", "prompt.image", "is too large", "at most 8192"),
    ("{image: 3}", "prompt.image", "expected a text", ""),
    ("{image: cat.png, text: a cat}", "prompt.text", "'text' cannot stand beside 'image'", "two"),
    (
        "{vector: one.npy, image: cat.png}",
        "prompt.image",
        "'image' cannot stand beside 'vector'",
        "two entries",
    ),
    ("{weight: 2}", "prompt", "is missing here", "write one of"),
    ("{img: cat.png}", "prompt.img", "unknown key 'img'", "did you mean 'image'?"),
    ("{vector: one.txt}", "prompt.vector", "does not exist", "did you mean 'one"),
    ("{vector: story.yaml}", "prompt.vector", "is not read as a vector", ".npy, .safetensors"),
    ("{vector: torn.npy}", "prompt.vector", "is not an array of NumPy", ""),
    ("{vector: torn.json}", "prompt.vector", "is not JSON", ""),
    ("{vector: torn.safetensors}", "prompt.vector", "is not read as safetensors", ""),
    ("{vector: square.npy}", "prompt.vector", "has the shape 3x3", "list of numbers"),
    ("{vector: words.json}", "prompt.vector", "something else than numbers", "list of numbers"),
    ("{vector: ragged.json}", "prompt.vector", "lists of different lengths", ""),
    ("{vector: empty.json}", "prompt.vector", "holds no vector", ""),
    ("{vector: nan.json}", "prompt.vector", "not finite", ""),
    ("{vector: zero.json}", "prompt.vector", "all zeros", ""),
    (
        "{vector: short.json}",
        "prompt.vector",
        f"has 3 numbers, but perceptor 'sketch' has {WIDTH}",
        "",
    ),
    ("{vector: other.json}", "prompt.vector", "no vector for perceptor 'sketch'", "it holds RN50"),
]


@pytest.fixture
def broken(folder: Path) -> Path:
    """The folder with files of which none can be used."""
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    for suffix in ("png", "jpg"):
        whole = io.BytesIO()
        Image.fromarray(noise).save(whole, {"jpg": "JPEG"}.get(suffix, "PNG"))
        (folder / f"torn.{suffix}").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    Image.new("L", (8193, 1)).save(folder / "wide.png")
    header = bytearray((folder / "wide.png").read_bytes())
    header[16:24] = (60_000).to_bytes(4) * 2
    (folder / "bomb.png").write_bytes(_with_crc(header))
    for suffix in ("npy", "safetensors", "json"):
        whole = (folder / f"one.{suffix}").read_bytes()
        (folder / f"torn.{suffix}").write_bytes(whole[: len(whole) // 2])
    np.save(folder / "square.npy", np.ones((3, 3)))
    texts = {"words": '["a"]', "ragged": "[[1], [1, 2]]", "empty": "{}", "nan": "[NaN]"}
    texts |= {"zero": "[0, 0]", "short": "[1, 2, 3]", "other": '{"RN50/openai": [1]}'}
    for name, text in texts.items():
        (folder / f"{name}.json").write_text(text)
    return folder


def _with_crc(png: bytearray) -> bytes:
    """The file with the check sum of its first chunk made right."""
    import zlib

    png[29:33] = zlib.crc32(png[12:29]).to_bytes(4)
    return bytes(png)


def problems(folder: Path, text: str, perceptor: str = "sketch") -> list[Problem]:
    return list(check_story(write(folder, text, perceptor)))


@pytest.mark.parametrize(("written", "key", "told", "hint"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_what_cannot_be_a_prompt_is_told_where_it_stands(
    broken: Path, written: str, key: str, told: str, hint: str
) -> None:
    (found,) = problems(broken, f"duration: 1s\nshots: [{{prompt: {written}}}]")
    assert (found.file, found.line) == (str(broken / "story.yaml"), 4)
    assert found.column is not None
    assert found.path.replace("shots[0].", "") == key
    assert told in found.message
    assert hint in (found.hint or "")


def test_a_file_that_is_too_large_is_not_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storyboard.perceptors.vectors.MAX_BYTES", 100)
    with pytest.raises(BadValue, match=r"at most 0 MiB are read"):
        read_vectors(folder / "one.npy")


def test_pictures_of_lyrics_are_told_too(folder: Path) -> None:
    (folder / "song.lrc").write_text("[00:00.00]la\n[00:01.00]\n[00:05.00]lo\n")
    text = "duration: 6s\nlyrics:\n  file: song.lrc\n  prompt: [a sea, {image: cta.png}]\n"
    (found,) = problems(folder, text)
    assert (found.line, found.path) == (6, "lyrics.prompt[1].image")


def test_a_fade_needs_a_vector_for_the_next_perceptor_too(folder: Path) -> None:
    text = shots("{vector: named.json}", "red").replace("s1,", "s1, perceptors: tiny,")
    (found,) = problems(folder, text)
    assert "no vector for perceptor 'tiny'" in found.message
    assert found.path == "shots[1].prompt"


@pytest.mark.parametrize(
    ("perceptor", "names", "expected"),
    [
        ("sketch", ["sketch", "vector"], "sketch"),
        ("sketch@fp16", ["sketch", "vector"], "sketch"),
        ("sketch@fp16", ["sketch", "sketch@fp16"], "sketch@fp16"),
        ("ViT-B-32/openai", ["ViT-B-32/openai"], "ViT-B-32/openai"),
        ("/a/b/mine", ["mine"], "mine"),
        ("tiny", ["sketch", "vector"], "vector"),
        ("tiny", ["sketch"], None),
    ],
)
def test_which_vector_is_for_whom(perceptor: str, names: list[str], expected: str | None) -> None:
    assert vector_name(perceptor, names) == expected


def test_words_that_are_not_known_are_asked_of_texts_only(folder: Path) -> None:
    shutil.copy(folder / "cat.png", folder / "xyzzy.png")
    assert problems(folder, shots("[red, {image: xyzzy.png}]")) == []


@pytest.mark.parametrize(("name", "width"), [("ViT-B-32/openai", 512), ("tiny", None)])
def test_widths_are_known_without_a_model(name: str, width: Any) -> None:
    assert embedding_width(name) == width
