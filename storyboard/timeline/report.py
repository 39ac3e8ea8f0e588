"""Collects what planning finds wrong, so that one run reports every error once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from storyboard.curves.expressions.errors import ReportedElsewhere
from storyboard.errors import BadValue, Problem, UnknownName, did_you_mean
from storyboard.story.read import Story
from storyboard.story.source import KeyPath

T = TypeVar("T")


class Report:
    """The problems of one story: those found when it was read, and those that planning adds.

    What follows from a part that was left out for an earlier error is not repeated, and a value
    that many shots share is reported once.
    """

    def __init__(self, story: Story) -> None:
        self._story = story
        self._found: dict[tuple[KeyPath, str], Problem] = {}
        ways = (path[:end] for path in story.pruned for end in range(len(path) + 1))
        self._above = frozenset(ways)
        self._wrong = set[KeyPath]()
        self._known: dict[Hashable, Any] = {}
        self._once = set[str]()

    def once(self, key: Hashable, find: Callable[[], T]) -> T:
        """Return what ``find`` returned for ``key`` in this run; what it raises is not kept."""
        if key not in self._known:
            self._known[key] = find()
        return cast(T, self._known[key])

    @property
    def problems(self) -> list[Problem]:
        """Return everything found, in the order of the file, errors and warnings."""
        found = [*self._story.problems, *self._story.warnings, *self._found.values()]
        return sorted(found, key=lambda p: (p.line or 0, p.column or 0))

    @property
    def is_sound(self) -> bool:
        """Return True if no error has been found."""
        return not self._wrong and not self._story.problems

    @property
    def errors(self) -> list[Problem]:
        """Return what makes the story impossible to render."""
        return [problem for problem in self.problems if problem.severity == "error"]

    @property
    def warnings(self) -> list[Problem]:
        """Return what is valid but probably unintended."""
        return [problem for problem in self.problems if problem.severity == "warning"]

    def error(
        self,
        path: KeyPath,
        message: str,
        *,
        hint: str | None = None,
        about: Sequence[str] | None = None,
    ) -> None:
        """Note an error at the value of ``path``.

        It is not noted where it follows from a reported one: at ``path``, around it, or in it;
        of what is in it, only the keys ``about`` which it is count where they are given.
        """
        if about is None:
            follows = self.touched(path)
        else:
            follows = self._is_out(path) or any(self.touched((*path, key)) for key in about)
        if not follows:
            problem = self._story.source.problem(path, message, hint=hint)
            self._keep(path, message, problem)

    def warn(self, path: KeyPath, message: str, *, hint: str | None = None) -> None:
        """Note something that is hardly meant."""
        problem = self._story.source.problem(path, message, hint=hint, severity="warning")
        self._found.setdefault((path, message), problem)

    def warn_once(self, kind: str, path: KeyPath, message: str, *, hint: str | None = None) -> None:
        """Note the first warning of a ``kind`` in the film; the others are left out."""
        if kind not in self._once:
            self._once.add(kind)
            self.warn(path, message, hint=hint)

    def touched(self, path: KeyPath) -> bool:
        """Return True where ``path``, or something in it or around it, was taken out for an
        error.
        """
        return path in self._above or self._is_out(path)

    def _is_out(self, path: KeyPath) -> bool:
        """Return True where ``path``, or something around it, was taken out for an error."""
        return any(path[:end] in self._story.pruned for end in range(len(path) + 1))

    def failed(self, path: KeyPath) -> bool:
        """Return True where something in ``path`` is `touched`, or has been reported as an
        error.
        """
        return self.touched(path) or path in self._wrong

    def _keep(self, path: KeyPath, key: str, problem: Problem) -> None:
        """Note an error, once for each ``path`` and ``key``."""
        self._found.setdefault((path, key), problem)
        self._wrong |= {path[:end] for end in range(len(path) + 1)}

    def at(self, path: KeyPath) -> _At:
        """Report a value that cannot be read within the block as a problem at ``path``."""
        return _At(self, path)

    def bad_value(self, path: KeyPath, error: BadValue) -> None:
        """Note what low code found wrong with the value at ``path``, or with a part of it."""
        inner = (*path, *error.path)
        if self.touched(inner) or isinstance(error, ReportedElsewhere):
            return
        problem = self._story.source.problem(
            inner, error.message, hint=error.hint, at_key=bool(error.path) and error.column is None
        )
        if error.column is not None and problem.column is not None:
            problem = _moved(problem, error.column)
        self._keep(inner, "", problem)


class _At:
    """The context manager of `Report.at`, written out: a film enters it a hundred times a shot."""

    __slots__ = ("_path", "_report")

    def __init__(self, report: Report, path: KeyPath) -> None:
        self._report, self._path = report, path

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: object, _trace: object) -> bool:
        if isinstance(error, BadValue):
            self._report.bad_value(self._path, error)
            return True
        if isinstance(error, UnknownName):
            hint = did_you_mean(error.name, error.known) or "known: " + ", ".join(error.known)
            self._report.error(self._path, f"unknown {error.kind} {error.name!r}", hint=hint)
            return True
        return False


def _moved(problem: Problem, column: int) -> Problem:
    """Return ``problem`` moved to ``column`` of the value's text, behind its quote where it has
    one.
    """
    start = (problem.column or 1) - 1
    if problem.excerpt is None or start >= len(problem.excerpt):
        return problem
    quoted = problem.excerpt[start] in "'\""
    return replace(problem, column=start + quoted + column)
