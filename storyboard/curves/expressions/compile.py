"""Compiles the text of an expression, and checks what a story defines."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from storyboard.curves.expressions.errors import ReportedElsewhere
from storyboard.curves.expressions.library import FUNCTIONS
from storyboard.curves.expressions.nodes import Expression, Number, names_in
from storyboard.curves.expressions.parser import parse, parse_body
from storyboard.curves.expressions.scope import CONSTANTS, Definition, Vocabulary, definition
from storyboard.curves.expressions.tokens import Context
from storyboard.errors import BadValue

_TIME = Vocabulary()


def compile_expression(text: str, names: Vocabulary | Collection[str] = _TIME) -> Expression:
    """Compile ``text``, which may read ``names`` beside the constants, or use a vocabulary.

    Raises `ExpressionError` with column and hint. A text without names is evaluated once here, so
    that ``9**9**9`` is an error at once.
    """
    words = names if isinstance(names, Vocabulary) else Vocabulary(tuple(names))
    tree = parse(text, Context(words))
    expression = Expression(text, tree, names_in(tree))
    if not expression.names_used:
        expression.evaluate({}, 1)
    return expression


def definition_errors(define: Mapping[str, Any], words: Vocabulary) -> Iterator[BadValue]:
    """Yield every error in a story's ``define``; its ``path`` holds the key."""
    for key, body in define.items():
        try:
            _check(str(key), body, words)
        except ReportedElsewhere:
            continue
        except BadValue as error:
            error.path = (str(key), *error.path)
            yield error


def _check(key: str, body: Any, words: Vocabulary) -> None:
    """Raise `BadValue` for what is wrong in one definition."""
    one = definition(key, body)
    if one is None:
        hint = "write kick: decay(beat, 6), or ride(x): x*rms"
        raise BadValue(f"{key[:40]!r} cannot be defined", hint=hint)
    first = words.defined[one.name]
    if first.key != key:
        raise BadValue(f"{one.name!r} is defined twice: {first.key} and {key}")
    for name in (one.name, *(one.parameters or ())):
        _check_free(name, one, words)
    if len(set(one.parameters or ())) < len(one.parameters or ()):
        raise BadValue(f"{one.signature} names a parameter twice")
    anything = {name: Number(1, 1.0) for name in one.parameters or ()}
    parse_body(one, Context(words, stack=(one.name,)), anything)


def _check_free(name: str, one: Definition, words: Vocabulary) -> None:
    """Raise `BadValue` where ``name`` has a meaning already."""
    meanings = {
        "a word of the language": re.fullmatch("if|else|and|or|not", name),
        "a function": name in FUNCTIONS,
        "a number with a name": name in CONSTANTS,
        "a name that every expression reads": name in words.names,
        "a mark, or another event": name in words.events,
        "defined too": name != one.name and name in words.defined,
    }
    for meaning, holds in meanings.items():
        if holds:
            what = "" if name == one.name else f" as a parameter of {one.name}"
            raise BadValue(f"{name!r} is {meaning}, so it cannot be defined{what}")
