"""What every test may lean on: the --slow switch, devices, and a quiet, repeatable machine.

Torch is imported only by the fixtures that need it, so that tests of the story and the command
line stay as light as what they test.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import settings

# The film's bytes depend on how sums are split over threads: one everywhere, and a process a core.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the command does

settings.register_profile("storyboard", deadline=None, derandomize=True)
settings.load_profile("storyboard")

EXAMPLES = Path(__file__).parent.parent / "examples" / "stories"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the tests marked slow")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    skip = pytest.mark.skip(reason="slow: takes more than ten seconds; run with --slow")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if "gpu" in item.keywords:
        import torch

        if not torch.cuda.is_available():
            pytest.skip("needs a CUDA device, and this machine has none")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is remembered of a sound stays within this run of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORYBOARD_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def usual_number_format(own_cache: None) -> None:
    """Films of the tests are painted in float32, whichever number format is faster here: it is what
    the cache has as the answer of the trial.
    """
    from storyboard.perceptors.number_format import KEPT, this_cpu

    folder = Path(os.environ["STORYBOARD_CACHE"])
    (folder / KEPT).write_text(json.dumps({this_cpu(): {"precision": "fp32"}}))


@pytest.fixture
def example() -> Path:
    """The story of the README."""
    return EXAMPLES / "first_light.yaml"


@pytest.fixture
def make_clip(tmp_path: Path) -> Callable[..., Path]:
    """Writes pictures (n, H, W, 3) uint8 as a film: ``make_clip("a.mp4", pictures, fps="24")``."""
    from storyboard.media import ffmpeg

    coding = {".mkv": ["-c:v", "ffv1", "-pix_fmt", "bgr0"], ".avi": ["-c:v", "mjpeg"], ".gif": []}
    h264 = ["-c:v", "libx264", "-crf", "8", "-pix_fmt", "yuv420p", "-g", "8", "-bf", "2"]

    def make(name: str, pictures: npt.NDArray[np.uint8], fps: str = "12") -> Path:
        path = tmp_path / name
        height, width = pictures.shape[1:3]
        source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", fps]
        coded = [*coding.get(path.suffix, h264), "-fflags", "+bitexact", "-y", str(path)]
        ffmpeg.run([*source, "-i", "-", *coded], doing="make a clip", given=pictures.tobytes())
        return path

    return make
