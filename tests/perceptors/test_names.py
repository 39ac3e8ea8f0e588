"""Names of perceptors, read without torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from storyboard.errors import MissingWeights, StoryboardError, UnknownName, UsageError
from storyboard.perceptors import (
    digest,
    known_phrases,
    list_names,
    near_word,
    parse_name,
    registry,
    unknown_words,
)
from storyboard.perceptors.names import Name, architectures, vocabulary


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A folder with a model, a checkpoint, and a folder that is no model."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "open_clip_config.json").write_text("{}")
    (tmp_path / "mine" / "vocabulary.txt").write_text("a\nsunset\nover\nthe\nsea\n")
    (tmp_path / "weights.pt").write_bytes(b"1")
    (tmp_path / "empty").mkdir()
    return tmp_path.resolve()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sketch", Name("registered", "sketch")),
        (" tiny ", Name("registered", "tiny")),
        ("sketch@fp32", Name("registered", "sketch", precision="fp32")),
        ("ViT-B-32/openai", Name("pretrained", "ViT-B-32", "openai")),
        ("ViT-B-32/openai@bf16", Name("pretrained", "ViT-B-32", "openai", precision="bf16")),
        ("RN50-quickgelu/openai", Name("pretrained", "RN50-quickgelu", "openai")),
        ("hf-hub:org/my.model-1", Name("hub", "org/my.model-1")),
        ("hf-hub:org/model@fp16", Name("hub", "org/model", precision="fp16")),
    ],
)
def test_a_name_is_taken_apart(text: str, expected: Name) -> None:
    assert parse_name(text) == expected
    assert str(expected) == text.strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mine", lambda b: Name("folder", path=b / "mine")),
        ("./mine", lambda b: Name("folder", path=b / "mine")),
        ("./mine@bf16", lambda b: Name("folder", path=b / "mine", precision="bf16")),
        ("ViT-B-32/weights.pt", lambda b: Name("checkpoint", "ViT-B-32", path=b / "weights.pt")),
    ],
)
def test_paths_are_read_from_the_base_and_written_whole(
    base: Path, text: str, expected: object
) -> None:
    name = parse_name(text, base=base)
    assert name == expected(base)  # type: ignore[operator]
    assert parse_name(str(name)) == name, "the absolute name means the same anywhere"


@pytest.mark.parametrize(
    ("text", "error", "hint"),
    [
        ("", UsageError, "needs a name"),
        ("sketh", UnknownName, "'sketch'"),
        ("ViT-B-32", UsageError, "ViT-B-32/openai"),
        ("ViT-B/32", UnknownName, "ViT-B-32/openai"),
        ("ViT-B-23/openai", UnknownName, "'ViT-B-32'"),
        ("hf-hub:model", UsageError, "ORGANISATION/MODEL"),
        ("ViT-B-32/opnai", UnknownName, "'openai'"),
        ("convnext_base", UsageError, "convnext_base/laion400m_s13b_b51k"),
        ("convnext_tiny/openai", UsageError, "has no weights for convnext_tiny"),
        ("sketch@bf15", UsageError, "'bf16'"),
        ("sketch@best", UsageError, "fp32, bf16, fp16"),
        ("./nowhere", MissingWeights, "no such folder"),
        ("./empty", MissingWeights, "no open_clip_config.json"),
        ("weights.pt", MissingWeights, "ARCHITECTURE/FILE"),
        ("ViT-B-32/gone.pt", MissingWeights, "file not found"),
    ],
)
def test_a_wrong_name_is_reported_with_a_way_out(
    base: Path, text: str, error: type[StoryboardError], hint: str
) -> None:
    with pytest.raises(error) as caught:
        parse_name(text, base=base)
    assert type(caught.value) is error
    assert hint in str(caught.value)


def test_words_outside_the_vocabulary_are_named_once_in_order(base: Path) -> None:
    name = parse_name("mine", base=base)
    assert unknown_words(name, "A dragon over the sea, the old Dragon!") == ["dragon", "old"]
    assert unknown_words("ViT-B-32/openai", "a dragon") == []


def test_the_digest_follows_the_files_of_a_model(base: Path) -> None:
    name = parse_name("mine", base=base)
    before = digest(name)
    (base / "mine" / "open_clip_config.json").write_text("{ }")
    assert digest(name) != before
    assert digest("ViT-B-32/openai") != digest("ViT-B-32/openai@bf16")


@pytest.mark.parametrize(
    ("word", "near"),
    [("castel", "castle"), ("sunsett", "sunset"), ("lighthose", "lighthouse"), ("dragon", None)],
)
def test_an_unknown_word_gets_its_nearest_known_one(word: str, near: str | None) -> None:
    assert near_word("sketch", word) == near
    assert near_word("ViT-B-32/openai", word) is None


def test_every_phrase_that_the_built_in_perceptor_knows_is_made_of_words_it_knows() -> None:
    known = known_phrases("sketch")
    assert {"sky", "land", "subject", "style", "color"} <= known.keys()
    for phrase in (phrase for entries in known.values() for ways in entries for phrase in ways):
        assert unknown_words("sketch", phrase) == []
    assert known_phrases("ViT-B-32/openai") == {}


def test_a_vocabulary_is_read_anew_when_the_file_changes(base: Path) -> None:
    name = parse_name("mine", base=base)
    assert "dragon" not in (vocabulary(name) or ())
    (base / "mine" / "vocabulary.txt").write_text("dragon")
    assert vocabulary(name) == {"dragon"}


def test_the_list_has_the_registered_and_when_asked_the_pretrained() -> None:
    assert list_names() == ["sketch", "tiny"]
    assert {"sketch", "ViT-B-32/openai"} <= set(list_names(pretrained=True))
    assert "ViT-B-32" in architectures()
    assert all(entry.summary for entry in registry.entries().values())


def test_names_are_read_without_torch() -> None:
    code = (
        "import sys; from storyboard import perceptors as p;"
        "p.parse_name('ViT-B-32/openai'); p.unknown_words('sketch', 'a dragon'); p.list_names();"
        "p.digest('sketch'); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
