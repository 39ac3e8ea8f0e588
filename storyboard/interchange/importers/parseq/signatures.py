"""What Parseq's functions take: arguments by place, or all by name, with defaults."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from storyboard.errors import BadValue, did_you_mean
from storyboard.interchange.importers.parseq.arithmetic import Value
from storyboard.interchange.importers.parseq.moment import Moment
from storyboard.interchange.importers.parseq.tree import Call, Node

Default = Callable[[Moment], Value]
Memory = dict[str, float]
Body = Callable[[Moment, list[Value], Memory], Value]

_COMPUTED: dict[str, Default] = {
    "active_value": lambda at: at.active_value,
    "next_value": lambda at: at.next_value,
    "span": lambda at: at.span,
    "active": lambda at: float(at.active),
    "frame": lambda at: float(at.frame),
    "default": lambda at: at.default,
}


@dataclass(frozen=True)
class Parameter:
    """``names`` are all that it goes by; without a ``default`` it has to be given."""

    names: tuple[str, ...]
    text: bool
    default: Default | None


@dataclass(frozen=True)
class Function:
    """A function of the language."""

    parameters: tuple[Parameter, ...]
    apply: Body

    @property
    def known(self) -> list[str]:
        """All names of all parameters."""
        return [name for parameter in self.parameters for name in parameter.names]


def signature(text: str) -> tuple[Parameter, ...]:
    """``"period/p, limit/li=0, curve/c=''"``: names, and after a sign a number, a text in single
    quotes, or ``@`` and what it is at the moment. ``regex/r:text`` is a text that has to be given.
    """
    return tuple(_parameter(part.strip()) for part in text.split(",") if part.strip())


def _parameter(part: str) -> Parameter:
    names, has_default, default = part.partition("=")
    names, is_text, _ = names.partition(":")
    if not has_default:
        return Parameter(tuple(names.split("/")), bool(is_text), None)
    if default.startswith("@"):
        return Parameter(tuple(names.split("/")), False, _COMPUTED[default[1:]])
    text = default.startswith("'")
    fixed: Value = default.strip("'") if text else float(default)
    return Parameter(tuple(names.split("/")), text, lambda _: fixed)


def matched(function: Function, call: Call) -> list[Node | None]:
    """What is given for each parameter, or None. Raises `BadValue`."""
    named = bool(call.arguments and call.arguments[0][0])
    given = _by_name(function, call) if named else [node for _, node in call.arguments]
    count = len(function.parameters)
    if len(given) > count:
        many = "1 argument" if count == 1 else f"{count} arguments"
        raise BadValue(f"{call.name}() takes {many}, not {len(given)}", column=call.column)
    given += [None] * (count - len(given))
    for parameter, node in zip(function.parameters, given, strict=True):
        if node is None and parameter.default is None:
            raise BadValue(f"{call.name}() needs {_called(parameter)}", column=call.column)
    return given


def _by_name(function: Function, call: Call) -> list[Node | None]:
    unknown = [name for name, _ in call.arguments if name not in function.known]
    if unknown:
        hint = did_you_mean(unknown[0], function.known) or _takes(function)
        message = f"{call.name}() has no argument {unknown[0]!r}"
        raise BadValue(message, hint=hint, column=call.column)
    found: list[Node | None] = []
    taken: set[int] = set()
    for parameter in function.parameters:
        nodes = [
            (k, node) for k, (name, node) in enumerate(call.arguments) if name in parameter.names
        ]
        if len(nodes) > 1 and not taken & {k for k, _ in nodes}:
            raise BadValue(f"{call.name}() has {_called(parameter)} twice", column=call.column)
        taken |= {k for k, _ in nodes}
        found.append(nodes[0][1] if nodes else None)
    return found


def _called(parameter: Parameter) -> str:
    return " or ".join(repr(name) for name in parameter.names)


def _takes(function: Function) -> str:
    return "it takes " + ", ".join("/".join(p.names) for p in function.parameters)


def checked(parameter: Parameter, value: Value, call: Call) -> Value:
    """``value`` itself. Raises `BadValue` where it is a text for a number, or the reverse."""
    if isinstance(value, str) == parameter.text:
        return value
    wanted = "a text in quotes" if parameter.text else "a number"
    message = f"{call.name}(): {_called(parameter)} is {wanted}, not {value!r}"
    raise BadValue(message, column=call.column)


def numbers(given: Sequence[Value]) -> list[float]:
    """Arguments that are known to be numbers."""
    return [value for value in given if not isinstance(value, str)]
