"""Lyrics that Whisper hears: a tiny network of the real class, what is kept, and what is wrong."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from storyboard import audio
from storyboard.audio import Word, read_lyrics, transcribe
from storyboard.cli.main import run
from storyboard.errors import BadValue
from storyboard.story import read_story_text
from storyboard.timeline import load_story_text, make_plan
from storyboard.timeline.check import problems_of

F = Fraction


def tiny_whisper(folder: Path) -> None:
    """A Whisper of the real class and layout with random weights; each letter is a token."""
    import torch
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import (
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperTokenizer,
    )

    names = ["endoftext", "startoftranscript", "en", "translate", "transcribe", "startoflm"]
    names += ["startofprev", "nospeech", "notimestamps"]
    names += [f"{n * 0.02:.2f}" for n in range(1501)]
    tokens = [*sorted(ByteLevel.alphabet()), *(f"<|{name}|>" for name in names)]
    ids = {token: number for number, token in enumerate(tokens)}
    tokenizer = WhisperTokenizer(vocab=dict(ids), merges=[])
    tokenizer.add_special_tokens({"additional_special_tokens": [f"<|{n}|>" for n in names[1:9]]})
    end, start = ids["<|endoftext|>"], ids["<|startoftranscript|>"]
    common = {
        "bos_token_id": end,
        "eos_token_id": end,
        "pad_token_id": end,
        "decoder_start_token_id": start,
    }
    torch.manual_seed(0)
    sizes = dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim", "d_model"), 16)
    sizes |= dict.fromkeys(("encoder_layers", "decoder_layers"), 1)
    sizes |= dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 2)
    config = WhisperConfig(
        vocab_size=len(tokens), num_mel_bins=8, max_target_positions=64, **sizes, **common
    )
    config.suppress_tokens = config.begin_suppress_tokens = None
    model = WhisperForConditionalGeneration(config)
    model.generation_config = GenerationConfig(
        no_timestamps_token_id=ids["<|notimestamps|>"],
        prev_sot_token_id=ids["<|startofprev|>"],
        alignment_heads=[[0, 0], [0, 1]],
        lang_to_id={"<|en|>": ids["<|en|>"]},
        task_to_id={"transcribe": ids["<|transcribe|>"], "translate": ids["<|translate|>"]},
        is_multilingual=True,
        max_length=24,
        **common,
    )
    for part in (model, tokenizer, WhisperFeatureExtractor(feature_size=8)):
        part.save_pretrained(folder)


@pytest.fixture
def song(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STORYBOARD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(audio, "downloaded_whisper", lambda: None)
    noise = np.random.default_rng(0).standard_normal(16_000 * 4) * 0.1
    soundfile.write(tmp_path / "song.wav", noise, 16_000)
    return tmp_path / "song.wav"


def test_a_network_of_the_real_class_is_read_and_times_its_words(song: Path) -> None:
    tiny_whisper(song.parent / "whisper")
    words = list(transcribe._words(song, song.parent / "whisper"))
    assert [word.start for word in words] == sorted(word.start for word in words)
    assert all(0 <= word.start <= 30 and word.text for word in words)
    assert words  # of random letters, but some of them are letters


WORDS = [
    Word(F(1), "Here"),
    Word(F(3, 2), "comes"),
    Word(F(2), "the"),
    Word(F(5, 2), "sun."),
    Word(F(3), "And"),
    Word(F(6), "I"),
]


@pytest.fixture
def sung(song: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The songs that were listened to; every one has the same words."""
    heard: list[Path] = []

    def words(file: Path, weights: Path) -> list[Word]:
        heard.append(file)
        return WORDS

    monkeypatch.setattr(transcribe, "_words", words)
    (song.parent / "whisper").mkdir()
    (song.parent / "whisper" / "config.json").write_text("{}")
    return heard


def test_what_is_heard_is_kept_as_lines_with_words(song: Path, sung: list[Path]) -> None:
    file = transcribe.heard_lyrics(song, song.parent / "whisper")
    assert transcribe.heard_lyrics(song, song.parent / "whisper") == file
    assert sung == [song]
    lines = read_lyrics(file)
    assert [line.text for line in lines] == ["Here comes the sun.", "And", "I"]
    assert [word for line in lines for word in line.words] == WORDS


def test_long_lines_are_broken() -> None:
    words = [Word(F(n, 2), "somewhere") for n in range(10)]
    lines = transcribe.lrc_of(words).splitlines()
    assert [line.count("somewhere") for line in lines] == [4, 4, 2]


@pytest.mark.parametrize(
    ("text", "expected"), [(" sun ", "sun"), ("<|x|>", "|x|"), ("\ufffd", ""), ("a\x1b\nb", "a b")]
)
def test_words_are_cleaned(text: str, expected: str) -> None:
    assert transcribe._clean(text) == expected


AUTO = "lyrics: {file: auto, model: ./whisper}"


def test_a_story_has_a_shot_for_each_line_that_is_heard(song: Path, sung: list[Path]) -> None:
    text = f"audio: song.wav\nperceptors: tiny\n{AUTO}"
    plan = make_plan(load_story_text(text, folder=song.parent))
    assert [float(shot.start) for shot in plan.shots] == [0, 3]
    assert plan.shots[0].tracks[0].source.label == "Here comes the sun."
    assert len(sung) == 1


def test_the_lyrics_beside_the_song_come_first(song: Path, sung: list[Path]) -> None:
    (song.parent / "song.lrc").write_text("[00:01.00]corrected\n")
    text = "audio: song.wav\nperceptors: tiny\nlyrics: auto"
    plan = make_plan(load_story_text(text, folder=song.parent))
    assert plan.shots[0].tracks[0].source.label == "corrected"
    assert sung == []


WRONG = [
    ("audio: song.wav\nlyrics: auto", "there are no weights of Whisper on this machine"),
    ("duration: 2s\nlyrics: auto", "lyrics: auto needs a soundtrack"),
    ("audio: song.wav\nlyrics: {file: auto, model: ./none}", "there is no folder"),
    ("audio: song.wav\nlyrics: {file: song.lrc, model: ./whisper}", "'model' goes with file: auto"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
@pytest.mark.usefixtures("sung")
def test_what_is_wrong_is_reported_once(text: str, message: str, song: Path) -> None:
    (problem,) = problems_of(read_story_text(text, folder=song.parent))
    assert problem.path == "lyrics"
    assert message in problem.message


def test_a_folder_of_another_kind_is_refused(song: Path) -> None:
    (song.parent / "other").mkdir()
    with pytest.raises(BadValue, match="holds no Whisper"):
        transcribe.heard_lyrics(song, song.parent / "other")


def test_a_song_without_words_is_an_error(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcribe, "_words", lambda *_: [])
    (song.parent / "whisper").mkdir()
    with pytest.raises(BadValue, match=r"no words were heard in song\.wav"):
        transcribe.heard_lyrics(song, song.parent / "whisper")


@pytest.mark.usefixtures("sung")
def test_the_command_writes_lyrics_to_correct(
    song: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(song.parent)
    whisper = ("--whisper", "whisper")
    assert run(("audio", "song.wav", "--lyrics", "song.lrc", *whisper)) == 0
    assert len(read_lyrics(song.with_suffix(".lrc"))) == 3
    assert run(("audio", "song.wav", "--lyrics", "song.lrc", *whisper)) == 2
    assert run(("audio", "song.wav", "--lyrics", "song.txt", *whisper)) == 2
    assert run(("audio", "song.wav", *whisper)) == 2
    assert run(("audio", "song.wav", "--lyrics", "new.lrc")) == 3
    assert "no weights of Whisper on this machine" in capsys.readouterr().err


@pytest.mark.usefixtures("sung")
def test_what_is_heard_is_burnt_in(song: Path) -> None:
    lyrics = "lyrics: {file: auto, model: ./whisper, burn: {at: bottom}}"
    text = f"audio: song.wav\nperceptors: tiny\nprompts: [a]\n{lyrics}"
    captions = make_plan(load_story_text(text, folder=song.parent)).finish.captions
    assert [caption.text for caption in captions][:2] == ["Here comes the sun.", "And"]
