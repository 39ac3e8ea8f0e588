"""The parts of a Parseq formula."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Number:
    """A number, and its unit: ``f``, ``s`` or ``b``, or none."""

    value: float
    unit: str
    column: int


@dataclass(frozen=True, eq=False)
class Text:
    """A text in quotes."""

    value: str
    column: int


@dataclass(frozen=True, eq=False)
class Name:
    """Something that the moment gives a value."""

    name: str
    column: int


@dataclass(frozen=True, eq=False)
class Minus:
    """A sign before one operand, which binds tighter than any operator."""

    operand: Node
    column: int


@dataclass(frozen=True, eq=False)
class Binary:
    """Two operands and the sign between them."""

    sign: str
    left: Node
    right: Node
    column: int


@dataclass(frozen=True, eq=False)
class Choice:
    """``if condition then else other``; without ``else`` it is 0."""

    condition: Node
    then: Node
    other: Node | None
    column: int


@dataclass(frozen=True, eq=False)
class Call:
    """A function and its arguments, all of which have names, or none has one."""

    name: str
    arguments: tuple[tuple[str, Node], ...]
    column: int


Node = Number | Text | Name | Minus | Binary | Choice | Call


def children(node: Node) -> tuple[Node, ...]:
    """The parts right below ``node``."""
    match node:
        case Minus(operand):
            return (operand,)
        case Binary(_, left, right):
            return left, right
        case Choice(condition, then, other):
            return (condition, then) if other is None else (condition, then, other)
        case Call(_, arguments):
            return tuple(argument for _, argument in arguments)
    return ()


def parts(node: Node) -> Iterator[Node]:
    """``node`` and all below it."""
    todo = [node]
    while todo:
        here = todo.pop()
        yield here
        todo += children(here)


def names_in(node: Node) -> set[str]:
    """Every name that ``node`` reads; functions are not among them."""
    return {part.name for part in parts(node) if isinstance(part, Name)}


def calls_in(node: Node) -> set[str]:
    """Every function that ``node`` calls."""
    return {part.name for part in parts(node) if isinstance(part, Call)}
