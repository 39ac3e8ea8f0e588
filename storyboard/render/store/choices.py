"""Choices of the machine for a film, recorded before its first frame and kept afterwards.

The same story gives the same bytes only where the arithmetic is the same: the kind of device, the
number format of the perceptors' products, how many views are seen at once, how many threads share
the work. All are chosen once, go into ``run.json``, and whoever paints a frame of the film later
obeys them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from storyboard.errors import DeviceError, UsageError, did_you_mean
from storyboard.perceptors.names import PRECISIONS
from storyboard.perceptors.number_format import fastest
from storyboard.plan import Plan, ShotPlan
from storyboard.render.store.shots import folder_name

if TYPE_CHECKING:
    import torch

KINDS = ("cpu", "cuda", "mps")

_AGAIN = "correct it, or begin again with --fresh (fresh=True), which chooses anew"


@dataclass(frozen=True)
class MachineChoices:
    """The machine's choices for a film, plain data.

    Attributes:
        device: the kind of device, ``cpu``, ``cuda`` or ``mps``; which of several does not matter.
        precision: the number format of the perceptors' products, ``fp32``, ``bf16`` or ``fp16``;
            for perceptors whose name asks for none.
        cut_batch: by the name of the shot's folder, how many views are seen at once.
        threads: how many threads compute on a CPU, since sums are rounded by how they are shared
            out; None on other devices, and in records older than this entry: as many as there are.
    """

    device: str
    precision: str
    cut_batch: Mapping[str, int]
    threads: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the choices as ``run.json`` holds them."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: object, *, where: str) -> MachineChoices:
        """Return the choices that `to_json` gave.

        Raises `UsageError` that names ``where`` they stand, the key, and what is expected.
        """
        if not isinstance(data, dict):
            raise UsageError(f"{where}: {data!r} are no choices; {_AGAIN}")
        known = [field.name for field in fields(cls)]
        for key in [*data, *known]:
            if key not in known:
                hint = did_you_mean(key, known) or f"known: {', '.join(known)}"
                raise UsageError(f"{where}: unknown key {key!r}; {hint}; {_AGAIN}")
            if key not in data and key != "threads":
                raise UsageError(f"{where}: {key!r} is missing; {_AGAIN}")
        _check_word("device", data["device"], KINDS, where=where)
        _check_word("precision", data["precision"], PRECISIONS, where=where)
        _check_batches(data["cut_batch"], where=where)
        _check_threads(data.get("threads"), where=where)
        return cls(**data)

    def applied(self, plan: Plan) -> Plan:
        """Return ``plan`` with the chosen batches; a shot that was not known keeps its own."""
        batches = self.cut_batch
        shots = (replace(s, cut_batch=batches.get(folder_name(s), s.cut_batch)) for s in plan.shots)
        return replace(plan, shots=tuple(shots))

    def differences(self, other: MachineChoices, shots: tuple[ShotPlan, ...]) -> list[str]:
        """Return what ``other`` chooses otherwise for ``shots``: texts like "cuda, not cpu"."""
        pairs = [(other.device, self.device), (other.precision, self.precision)]
        found = [f"{new}, not {old}" for new, old in pairs if new != old]
        if self.threads != other.threads and None not in (self.threads, other.threads):
            found.append(f"{_threads(other.threads)}, not {self.threads}")
        for shot in shots:
            key = folder_name(shot)
            old, new = (choices.cut_batch.get(key) for choices in (self, other))
            if old != new and None not in (old, new):
                found.append(f"cut_batch {new}, not {old}, for shot {shot.name!r}")
        return found


def choose(plan: Plan, device: str, *, threads: int | None = None) -> MachineChoices:
    """Return what this machine chooses for ``plan`` when ``device`` is asked for; on a CPU with so
    many ``threads``, by default as many as torch uses.

    Raises `DeviceError` where there is no such device.
    """
    import torch

    from storyboard.perceptors.device import default_precision, pick_device

    where = pick_device(device)
    precision = fastest() if where.type == "cpu" else default_precision(where)
    batches = {folder_name(shot): shot.cut_batch for shot in plan.shots if shot.frame_count}
    if where.type != "cpu":
        threads = None
    elif threads is None:
        threads = torch.get_num_threads()
    return MachineChoices(where.type, precision, batches, threads)


def demanded(choices: MachineChoices, precision: str | None, *, begun: bool) -> MachineChoices:
    """Return ``choices`` with the number format that the user asked for, None for no wish.

    Raises `UsageError` for an unknown one, and where the film was ``begun`` in another.
    """
    if precision is None or precision == choices.precision:
        return choices
    if precision not in PRECISIONS:
        hint = did_you_mean(precision, PRECISIONS) or f"it is one of {', '.join(PRECISIONS)}"
        raise UsageError(f"there is no number format {precision!r}; {hint}")
    if begun:
        raise UsageError(
            f"the film was begun in {choices.precision}; frames in {precision} would not fit to "
            "it; leave out --precision, or begin again with --fresh (fresh=True)"
        )
    return replace(choices, precision=precision)


def continued(written: MachineChoices, present: MachineChoices) -> MachineChoices:
    """Return ``written``, and for shots that are new since then what ``present`` chooses."""
    return replace(written, cut_batch={**present.cut_batch, **written.cut_batch})


def device_for(choices: MachineChoices, wanted: str) -> torch.device:
    """Return the device that obeys ``choices`` on this machine, where ``wanted`` was asked for.

    Raises `DeviceError` where there is none, or where it has not the number format.
    """
    from storyboard.perceptors.device import pick_device, precisions

    kind = choices.device
    begun = f"the film was begun on {kind} in {choices.precision}"
    again = "go on where it was begun, or begin again with --fresh (fresh=True)"
    if wanted.partition(":")[0] not in ("auto", kind):
        raise DeviceError(f"{begun}; on {wanted} its frames would not fit together; {again}")
    try:
        device = pick_device(kind if wanted == "auto" else wanted)
    except DeviceError as error:
        raise DeviceError(f"{begun}; {error}; {again}") from error
    if choices.precision not in precisions(device):
        known = ", ".join(precisions(device))
        raise DeviceError(f"{begun}; {device} here computes in {known} only; {again}")
    return device


@contextmanager
def computing_as(choices: MachineChoices) -> Iterator[None]:
    """Set the number of threads of ``choices`` for torch within the block, where they name one."""
    import torch

    before = torch.get_num_threads()
    if choices.threads in (None, before):
        yield
        return
    torch.set_num_threads(choices.threads or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _threads(number: int | None) -> str:
    return f"{number} thread{'' if number == 1 else 's'}"


def _check_threads(number: object, *, where: str) -> None:
    if number is not None and (type(number) is not int or number < 1):
        expected = "expected a whole number from 1 up"
        raise UsageError(f"{where}: threads is {number!r}; {expected}; {_AGAIN}")


def _check_word(key: str, value: object, known: tuple[str, ...], *, where: str) -> None:
    if value not in known:
        hint = did_you_mean(str(value), known) or f"it is one of {', '.join(known)}"
        raise UsageError(f"{where}: unknown {key} {value!r}; {hint}; {_AGAIN}")


def _check_batches(batches: object, *, where: str) -> None:
    if not isinstance(batches, dict):
        raise UsageError(f"{where}: cut_batch is {batches!r}, not a number a shot; {_AGAIN}")
    for shot, batch in batches.items():
        if isinstance(batch, bool) or not isinstance(batch, int) or batch < 1:
            expected = "expected a whole number from 1 up"
            raise UsageError(f"{where}: cut_batch of {shot!r} is {batch!r}; {expected}; {_AGAIN}")
