"""Seconds a step and peak memory, this project beside the reference loop: ``make bench``.

Both loops paint in one process on copies of the same model, step by step in turn, so that whatever
else the machine does hits both; the ratio of the medians is what counts. Peak memory is the
high-water mark of a fresh process that runs one loop only.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from benchmarks.film import measure_film
from benchmarks.stages import STAGES, Loop, Stopwatch, step
from storyboard.drawers import drawers
from storyboard.perceptors import load
from storyboard.perceptors.catalogue import SKETCH
from storyboard.perceptors.torch_startup import import_lightly

TEXT = "a lighthouse on a cliff above the sea"
LOOPS = ("reference", "storyboard")
AIMS = {"all": 0.8, "all but perceptor": 0.25, "peak memory": 0.5}


@dataclass(frozen=True)
class Case:
    """Setting of a measurement: ``cuts`` views of a square picture, ``cut_batch`` at a time.

    ``model`` is `sketch`, a folder with a model, or an architecture, whose random weights are in
    the file ``weights``.
    """

    model: str
    cuts: int
    cut_batch: int
    size: int = 256
    steps: int = 7
    weights: str = ""


def source_of(model: str) -> str:
    """Return open_clip's name of the model: a folder (`sketch` too) or an architecture."""
    folder = SKETCH if model == "sketch" else Path(model)
    return f"local-dir:{folder}" if folder.is_dir() else model


def build_model(model: str) -> Any:
    """Return the plain open_clip model, frozen: a folder's with its weights, others with random
    ones.
    """
    open_clip = import_lightly("open_clip")
    torch.manual_seed(0)
    return open_clip.create_model(source_of(model)).eval().requires_grad_(False)


def save_weights(case: Case) -> None:
    """Write the weights of `build_model` to the file ``case.weights``."""
    from safetensors.torch import save_file

    save_file(build_model(case.model).state_dict(), case.weights)


def build_loop(kind: str, case: Case) -> Loop:
    """Return one of `LOOPS` with drawer, model and text of its own.

    Only that loop is imported, so that each is charged with the libraries that it needs itself. The
    reference holds the whole model, as Pixray does, and makes its random weights in place; the
    storyboard loads the same numbers as a render does: from the file ``case.weights``.
    """
    drawer = drawers.get("fft")((case.size, case.size), {}, generator=torch.Generator())
    if kind == "reference":
        from benchmarks.reference_loop import ReferenceLoop

        model = build_model(case.model)
        source = source_of(case.model)
        merges = sorted(Path(source.removeprefix("local-dir:")).glob("*.txt.gz"))
        own = {"bpe_path": str(merges[0])} if merges else {}
        words = import_lightly("open_clip").get_tokenizer(source, **own)([TEXT])
        with torch.no_grad():
            (target,) = F.normalize(model.encode_text(words), dim=-1)
        return ReferenceLoop(drawer, model.visual, target, case.cuts)
    from benchmarks.storyboard_loop import StoryboardLoop

    perceptor = load(f"{case.model}/{case.weights}" if case.weights else case.model, device="cpu")
    (target,) = perceptor.embed_texts([TEXT])
    return StoryboardLoop(drawer, perceptor, target, case.cuts, case.cut_batch)


def measure_time(case: Case) -> dict[str, dict[str, float]]:
    """Median seconds by loop and stage, the loops taking turns; the first steps warm up."""
    loops = {kind: build_loop(kind, case) for kind in LOOPS}
    watches = {kind: Stopwatch() for kind in LOOPS}
    for n in range(case.steps + 2):
        for kind in LOOPS:
            step(loops[kind], watches[kind] if n >= 2 else Stopwatch())
    return {kind: watch.medians() for kind, watch in watches.items()}


def measure_memory(case: Case, kind: str) -> dict[str, float]:
    """MiB: the process's high-water mark, and what it held after the first text.

    The image tower of the storyboard is loaded by its first step.
    """
    loop = build_loop(kind, case)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for _ in range(3):
        step(loop, Stopwatch())
    return {"model": before, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def in_child(case: Case, what: str) -> Any:
    """Return the output of one measure in a fresh process."""
    order = json.dumps({"case": asdict(case), "what": what})
    threads = str(torch.get_num_threads())
    command = [sys.executable, "-m", "benchmarks.run", "--threads", threads, "--child", order]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout)


def child(order: str) -> None:
    """Answer one order of `in_child` on standard output."""
    asked = json.loads(order)
    case, what = Case(**asked["case"]), asked["what"]
    answers = {
        "time": measure_time,
        "weights": save_weights,
        "film": lambda case: measure_film(case.steps),
    }
    answer = answers[what](case) if what in answers else measure_memory(case, what)
    print(json.dumps(answer))


def report(case: Case) -> None:
    """Measure a case and print its table and its ratios beside the aims."""
    with tempfile.TemporaryDirectory() as folder:
        if source_of(case.model) == case.model:
            case = replace(case, weights=str(Path(folder, "weights.safetensors")))
            in_child(case, "weights")
        times = in_child(case, "time")
        memory = {kind: in_child(case, kind) for kind in LOOPS}
    print(
        f"\n{case.model}, {case.cuts} cuts of {case.size}x{case.size}, {case.cut_batch} at a time"
    )
    print(f"{'milliseconds':>20} {'reference':>10} {'storyboard':>10} {'ratio':>6}")
    for stage in (*STAGES, "all but perceptor", "all"):
        _line(stage, times["reference"][stage] * 1000, times["storyboard"][stage] * 1000)
    _line("peak memory", memory["reference"]["peak"], memory["storyboard"]["peak"], unit=" MiB")
    grown = {kind: m["peak"] - m["model"] for kind, m in memory.items()}
    _line("above the model", grown["reference"], grown["storyboard"], unit=" MiB")


def report_film(frames: int) -> None:
    """Measure a whole film and print what it took."""
    film = in_child(Case("sketch", 0, 0, steps=frames), "film")
    count = film["frames"]
    print(f"\na film of {count} frames, 320x180, quality sketch")
    for name in ("wall", "paint", "encode"):
        print(f"{name:>20} {film[name]:10.1f} s {film[name] / count:8.2f} s a frame")
    print(f"{'peak memory':>20} {film['peak']:10.1f} MiB", flush=True)


def _line(name: str, reference: float, ours: float, unit: str = "") -> None:
    ratio = ours / reference if reference else float("nan")
    aim = f"  (aim {AIMS[name]})" if name in AIMS else ""
    print(f"{name:>20} {reference:10.1f} {ours:10.1f} {ratio:6.2f}{unit}{aim}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="3 steps of 8 cuts, a film of 12 frames"
    )
    parser.add_argument("--models", nargs="+", default=["sketch", "ViT-B-32"])
    parser.add_argument("--cuts", nargs="+", type=int, default=[8, 32])
    parser.add_argument("--steps", type=int, default=7, help="steps of each loop that are timed")
    parser.add_argument("--film", type=int, default=48, help="frames of the film; 0 for none")
    parser.add_argument("--cut-batch", type=int, help="by default 4, and 32 for sketch")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    if options.child:
        child(options.child)
        return
    if options.quick:
        options.steps, options.cuts, options.film = 3, [8], 12
    print(f"torch {torch.__version__}, {options.threads} thread(s)")
    for model in options.models:
        for count in options.cuts:
            batch = options.cut_batch or (32 if model == "sketch" else 4)
            report(Case(model, count, min(batch, count), steps=options.steps))
    if options.film:
        report_film(options.film)


if __name__ == "__main__":
    main()
