"""Choice of device and precision. Imports torch only when called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from storyboard.errors import DeviceError, did_you_mean

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "cuda:N", "mps")
"""Every name that a device can be asked for by."""


def check_name(name: str) -> None:
    """Raise `DeviceError` where no machine has a device called ``name``. Needs no torch."""
    if name not in DEVICES and not re.fullmatch(r"cuda:\d+", name):
        near = did_you_mean(name, DEVICES) or "known: " + ", ".join(DEVICES)
        raise DeviceError(f"unknown device {name!r}; {near}")


def available_devices() -> list[str]:
    """Return every device that torch can use here, best first; ``cpu`` always is among them."""
    import torch

    cuda = [f"cuda:{n}" for n in range(torch.cuda.device_count())]
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return [*cuda, *mps, "cpu"]


def pick_device(wanted: str | torch.device = "auto") -> torch.device:
    """Return the device for ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.

    ``auto`` takes the best one there is. Raises `DeviceError`, which names those that are there.
    """
    check_name(str(wanted))
    import torch

    here = available_devices()
    name = here[0] if wanted == "auto" else str(wanted)
    name = "cuda:0" if name == "cuda" else name
    if name not in here:
        raise DeviceError(f"device {str(wanted)!r} is not available, available: {', '.join(here)}")
    return torch.device(name)


def pick_dtype(device: torch.device, precision: str | None = None) -> torch.dtype:
    """Return the precision of the perceptors' matrix products.

    Where none is asked for: bfloat16 on CUDA that has it in hardware, float16 on other CUDA,
    float32 elsewhere. A film on a CPU names the faster one.
    """
    import torch

    name = precision or default_precision(device)
    return {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[name]


def precisions(device: torch.device) -> tuple[str, ...]:
    """Return the number formats that ``device`` computes in, as `names.PRECISIONS` has them.

    A CPU computes in bfloat16 whether it has instructions for it or not, with very different speed
    (`storyboard.perceptors.number_format`).
    """
    if device.type == "cpu":
        return ("fp32", "bf16")
    import torch

    if device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0):
        return ("fp32", "bf16", "fp16")
    return ("fp32", "fp16")


def default_precision(device: torch.device) -> str:
    """Return the number format of `pick_dtype` where none is asked for, such as ``"bf16"``."""
    if device.type != "cuda":
        return "fp32"
    return "bf16" if "bf16" in precisions(device) else "fp16"
