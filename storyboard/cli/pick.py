"""``storyboard pick``: the take of a shot that was chosen, written into the story."""

from __future__ import annotations

from pathlib import Path

import click

from storyboard.cli.console import out
from storyboard.cli.planning import Request
from storyboard.cli.shared_options import FILE, verbose
from storyboard.errors import UsageError, did_you_mean
from storyboard.files import write_whole


@click.command()
@click.argument("story", type=FILE)
@click.argument("choices", nargs=-1, required=True, metavar="SHOT=TAKE...")
@verbose
def pick(story: Path, choices: tuple[str, ...]) -> None:
    """Write the seed of the chosen take into the story.

    As `render --takes` numbered them: `storyboard pick story.yaml drop=3`. Comments and order of
    the story stay.
    """
    from storyboard.story.write_seed import shot_path, with_seed

    reading = Request(story).read()
    shots = {shot.name: shot for shot in reading.plan.shots}
    text = story.read_bytes().decode("utf-8")
    for choice in choices:
        name, _, number = choice.rpartition("=")
        if name not in shots:
            hint = did_you_mean(name, shots) or f"shots: {', '.join(shots)}"
            raise UsageError(f"{choice}: there is no shot {name!r}; {hint}")
        if not number.isdecimal() or not 1 <= int(number) <= 1000:
            raise UsageError(f"{choice}: a take is a number from 1 up, such as {name}=3")
        shot, take = shots[name], int(number)
        seed = take_seed(shot.seed, take)
        text = with_seed(text, shot_path(reading.story.spec, shot.index), seed)
        out(f"{name}: take {take}, seed {seed}")
    write_whole(story, text.encode())


def take_seed(own: int, take: int) -> int:
    """Return the seed of a take: the first has the story's own, each other the next number.

    >>> take_seed(7, 1), take_seed(7, 3)
    (7, 9)
    """
    return own + take - 1
