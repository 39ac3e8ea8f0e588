"""What a worker's machine computes with: the same bytes need the same answers here."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass

from storyboard.perceptors.device import pick_device, precisions
from storyboard.render.output.embed import versions


@dataclass(frozen=True)
class Machine:
    """What pictures depend on beside the plan.

    Attributes:
        device: name of the device: "NVIDIA H200", "cpu with AVX2".
        precisions: the number formats that it has.
        versions: of Python, torch and the other packages that compute.
    """

    device: str
    precisions: tuple[str, ...]
    versions: Mapping[str, str]

    def differences(self, other: Machine) -> list[str]:
        """Return what differs from ``other``: texts like "torch 2.6.0, not 2.5.1"."""
        found = []
        if self.device != other.device:
            found.append(f"{self.device}, not {other.device}")
        elif self.precisions != other.precisions:
            found.append(f"{'/'.join(self.precisions)}, not {'/'.join(other.precisions)}")
        for name in sorted(self.versions.keys() | other.versions.keys()):
            mine, theirs = (m.versions.get(name, "none") for m in (self, other))
            if mine != theirs:
                found.append(f"{name} {mine}, not {theirs}")
        return found


def this_machine(device: str) -> Machine:
    """Return what this process computes with on ``device``. Raises `DeviceError`."""
    import torch

    found = pick_device(device)
    if found.type == "cuda":
        name = torch.cuda.get_device_name(found)
    elif found.type == "mps":
        name = f"mps of {platform.machine()}"
    else:
        name = f"cpu with {torch.backends.cpu.get_cpu_capability()}"
    return Machine(name, precisions(found), versions())
