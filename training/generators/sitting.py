"""All stages in one sitting: ``python -m training.generators.sitting FOLDER --minutes ...``.

For a machine that is lent for some minutes: the pool is drawn by all its cores while the stages
run one after the other, each for its minutes, from the weights of the package or from nothing
(``--fresh``). What comes back is FOLDER/result: at most seven files of less than 16 MiB each, the
weights in them renewed after every stage. `export.unpack` makes a pipeline folder of them.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.generators import distill, first_stage, sheet, unet
from training.generators.export import PIPELINE, pack

Stage = Callable[[Sequence[str]], None]
DRAWERS = max(1, (os.cpu_count() or 2) - 2)
CHUNKS = 480


@dataclass(frozen=True)
class Minutes:
    """Duration of each stage; 0 leaves it out."""

    stage: float = 3.0
    decoder: float = 0.0
    unet: float = 5.0
    guided: float = 1.5


def start_drawers(pool: Path, count: int, chunks: int) -> list[subprocess.Popen[bytes]]:
    """Start processes that draw the pool; each claims the chunks that it draws."""
    command = [sys.executable, "-m", "training.generators.pool", str(pool)]
    return [
        subprocess.Popen([*command, "--chunks", str(chunks)], stdout=subprocess.DEVNULL)
        for _ in range(count)
    ]


def wait_for_chunks(pool: Path, drawers: Sequence[subprocess.Popen[bytes]]) -> None:
    """Return once there is something to learn from, or raise when nobody draws."""
    while not list(pool.glob("*.json")):
        if all(one.poll() is not None for one in drawers):
            raise RuntimeError(f"no chunk was drawn in {pool}")
        try:
            drawers[0].wait(0.5)
        except subprocess.TimeoutExpired:
            continue


def learn(folder: Path, minutes: Minutes, *, fresh: bool, batch: int) -> None:
    """Run the stages in turn and pack what there is after each."""
    pool = ["--pool", str(folder / "pool")]
    latents, crops = ["--batch", str(batch)], ["--batch", str(max(1, batch // 4))]
    stage, nets = PIPELINE / "vae", PIPELINE

    def run(stage_of: Stage, name: str, length: float, *more: str) -> Path:
        stage_of([str(folder / name), *pool, "--minutes", str(length), *more])
        return folder / name

    if minutes.stage and fresh:
        stage = run(first_stage.main, "stage", minutes.stage, *crops)
    if minutes.unet:
        start = [] if fresh else ["--start", str(PIPELINE)]
        nets = run(
            unet.main, "unet", minutes.unet, "--first-stage", str(stage), "--lr", "6e-4", *start
        )
        pack(nets, stage, folder / "result")
    if minutes.decoder:
        stage = run(
            first_stage.main, "decoder", minutes.decoder, "--decoder", "--start", str(stage)
        )
        pack(nets, stage, folder / "result")
    if minutes.guided:
        nets = run(distill.main, "guided", minutes.guided, *latents, "--start", str(nets))
        pack(nets, stage, folder / "result")
    names = [str(nets), str(folder / "result" / "sheet.png"), "--first-stage", str(stage)]
    sheet.main([*names, "--steps", "6", "--threads", str(os.cpu_count() or 2)])


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw and learn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fresh", action="store_true", help="begin from nothing")
    parser.add_argument("--batch", type=int, default=256, help="latents a step; crops: a quarter")
    parser.add_argument("--drawers", type=int, default=DRAWERS)
    parser.add_argument("--chunks", type=int, default=CHUNKS)
    for name, value in vars(Minutes()).items():
        parser.add_argument(f"--{name}", type=float, default=value, help="minutes")
    options = parser.parse_args(arguments)
    pool = options.folder / "pool"
    pool.mkdir(parents=True, exist_ok=True)
    for claim in pool.glob("*.claim"):  # left by drawers that were stopped
        claim.unlink()
    minutes = Minutes(**{name: getattr(options, name) for name in vars(Minutes())})
    drawers = start_drawers(pool, options.drawers, options.chunks)
    try:
        wait_for_chunks(pool, drawers)
        learn(options.folder, minutes, fresh=options.fresh, batch=options.batch)
    finally:
        for drawer in drawers:
            drawer.terminate()


if __name__ == "__main__":
    main()
