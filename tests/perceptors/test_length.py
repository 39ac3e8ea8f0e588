"""Texts that are too long, estimated without a tokenizer: never more than the tokenizer counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from open_clip import SimpleTokenizer

from storyboard.perceptors import parse_name, tokens_over
from storyboard.perceptors.length import CONTEXT


@pytest.mark.parametrize(
    ("name", "text", "over"),
    [
        ("sketch", "a red sea", 0),
        ("sketch", "a " * 22, 0),
        ("sketch", "a " * 23, 1),
        ("ViT-B-32/openai", "a " * 75, 0),
        ("ViT-B-32/openai", "the sea, " * 40, 45),
        ("ViT-B-32/openai", "it's " * 40, 5),
        ("ViT-B-16-SigLIP/webli", "sea, " * 62 + "sea", 1),
        ("hf-hub:org/model", "a " * 999, 0),
        ("tiny", "a " * 999, 0),
    ],
)
def test_the_tokens_that_are_certainly_too_many(name: str, text: str, over: int) -> None:
    assert tokens_over(parse_name(name), text) == over


TOKENIZER = SimpleTokenizer()


@given(
    st.text(
        st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="&"), max_size=200
    )
)
def test_never_more_than_clips_tokenizer_counts(text: str) -> None:
    estimate = tokens_over("ViT-B-32/openai", text + " sea" * CONTEXT)
    assert estimate <= len(TOKENIZER.encode(text + " sea" * CONTEXT)) + 2 - CONTEXT
