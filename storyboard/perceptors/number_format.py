"""The fastest number format of this machine's CPU, found by a trial and kept.

bfloat16 is several times as fast as float32 where the CPU has instructions for it (AMX, AVX-512
BF16), and a hundred times slower where it has not. Names of instructions do not decide: which
kernels torch has for them differs from version to version. So the same small products and
convolutions are computed in both.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

from storyboard.audio.cache import folder
from storyboard.errors import StoryboardError
from storyboard.files import sha256, write_whole

KEPT = "number_format.json"
"""The file, in the folder of the cache, that keeps the answers of machines."""

MARGIN = 1.25
"""So much faster bfloat16 must be: casts cost something too."""

HOPELESS = 4.0
"""What takes so many times as long at the first go is not tried again."""

TRIALS = 5

Timed = Callable[[str], float]
"""The seconds that the work takes in the number format of that name."""


def fastest(*, timed: Timed | None = None, machine: str | None = None) -> str:
    """Return ``"bf16"`` or ``"fp32"``: in which of them this CPU computes faster.

    The answer is kept in the folder of the cache, by ``machine``: processor and version of torch.
    ``timed`` takes the place of the trial, for tests.
    """
    path, key = folder() / KEPT, machine or this_cpu()
    known = _known(path)
    found = known.get(key)
    if isinstance(found, dict) and found.get("precision") in ("bf16", "fp32"):
        return str(found["precision"])
    seconds = trial(timed or Products())
    precision = "bf16" if seconds["bf16"] * MARGIN < seconds["fp32"] else "fp32"
    with suppress(OSError, StoryboardError):  # where it cannot be kept, it is tried again
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {**known, key: {"precision": precision, "seconds": seconds}}
        write_whole(path, json.dumps(content, indent=1, sort_keys=True).encode() + b"\n")
    return precision


def trial(timed: Timed) -> dict[str, float]:
    """Return the least seconds that each number format took."""
    timed("fp32")  # the first time, kernels are made
    seconds = {"fp32": min(timed("fp32") for _ in range(TRIALS)), "bf16": timed("bf16")}
    if seconds["bf16"] < HOPELESS * seconds["fp32"] or seconds["bf16"] < 0.02:
        again = min(timed("bf16") for _ in range(TRIALS))
        seconds["bf16"] = min(seconds["bf16"], again)
    return seconds


def this_cpu() -> str:
    """Return what the answer depends on: processor, its instructions, and torch's version."""
    processor = platform.processor()
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        parts = dict.fromkeys(x for x in lines if x.startswith(("model name", "flags", "Features")))
        processor = "\n".join(parts)
    digest = sha256(f"{processor} {platform.machine()}".encode())
    return f"torch {metadata.version('torch')}, cpu {digest[:16]}"


def _known(path: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError, RecursionError):
        content = json.loads(path.read_bytes())
        return content if isinstance(content, dict) else {}
    return {}


class Products:
    """Products and convolutions of the sizes that perceptors have, 0.04 GFLOP in all."""

    def __init__(self) -> None:
        import torch
        from torch.nn.functional import conv2d

        makes = torch.Generator().manual_seed(1)
        shapes = ((24, 768), (768, 768), (1, 32, 28, 28), (32, 32, 3, 3))
        given = [torch.randn(shape, generator=makes) for shape in shapes]
        formats = {"fp32": torch.float32, "bf16": torch.bfloat16}
        self._given = {name: [x.to(kind) for x in given] for name, kind in formats.items()}
        self._convolved = conv2d

    def __call__(self, precision: str) -> float:
        """Compute in the number format of that name; return the seconds it took."""
        tokens, weight, picture, kernel = self._given[precision]
        began = time.perf_counter()
        tokens @ weight
        self._convolved(picture, kernel, padding=1)
        return time.perf_counter() - began
