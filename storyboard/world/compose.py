"""Composes a scene that was asked for, and draws any view of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import torch
from torch import Tensor

from storyboard.world.ask import Asked
from storyboard.world.canvas import Canvas
from storyboard.world.closeups import CLOSEUPS
from storyboard.world.describe import expand
from storyboard.world.patterns import draw_pattern
from storyboard.world.picture_batch import SHORT, draw_closeup, draw_landscape, lit_land
from storyboard.world.placing import (
    GROUND,
    SPACE,
    TABLE,
    UNDERWATER,
    Stage,
    homes,
    lay_sprites,
    room,
)
from storyboard.world.shapes import Facts, draw_many, draw_pair, draw_shape
from storyboard.world.skies import SKIES
from storyboard.world.sky import Sky
from storyboard.world.styles import STYLES
from storyboard.world.things import THINGS
from storyboard.world.view import Camera, View
from storyboard.world.weather import fall

DAYS = ("day", "sunny", "day", "sunset", "sunrise")
"""Skies over a land of which no sky is asked for."""

AMONG = ("stars", "moon:full", "moon:crescent", "clouds", "sun", "color-sky:blue")
"""Facts that a sky may bring although nobody asked for them."""

WHOLE = (45, 80)
"""Pixels, short and long side, of the view that settles a scene's means."""

HORIZONS = {"none": (0.75, 1.0), "city": (0.3, 0.5), "forest": (0.1, 0.4)}
"""Where the horizon lies in lands that would hide the sky, or leave it alone."""

COLORED = {
    "thing color": ("thing",),
    "land color": ("land",),
    "sky color": ("sky",),
    "color": ("subject", "shape", "pattern"),
}
"""What `Canvas.wanted` calls the colours of the kinds of phrases."""

LAND_OF = {"city lights": "city", "trees": "forest", "snow": "snow", "grass": "meadow",
           "lava": "volcano"}  # fmt: skip
"""Lands by facts that are no land's name."""

WEATHER = {"rain": "rain", "snowfall": "snow", "fog": "fog"}
"""What falls or hangs before a land under any sky, by the facts that ask for it (`Sky.overlay`)."""

WAYS = ("land:road", "land:river")
"""Lands that lead through another: the other is what lies around them."""

Draw = Callable[[Canvas], tuple[Tensor, list[Facts]]]


@dataclass
class WorldScene:
    """A scene that was asked for: with ``seed`` and the size of the frame it is always the same.

    ``means`` are what the whole of it settles (`View.settled`), found when it is first drawn;
    from then on it is ``settled``.
    """

    asked: Asked
    seed: int
    means: list[Tensor] = field(default_factory=list)
    settled: bool = False

    @torch.no_grad()
    def draw(self, size: tuple[int, int], camera: Camera, *, time_s: float = 0.0) -> Tensor:
        """Return the scene after some seconds, (1, 3, H, W) in [0, 1]."""
        wanted = _wanted(self.asked)
        if not self.settled:
            self._draw(View(_whole(size), self.seed, Camera(), means=self.means, wanted=wanted))
            self.settled = True
        view = View(size, self.seed, camera, means=self.means, wanted=wanted, time_s=time_s)
        picture = self._draw(view)
        for style in self.asked.of("style"):
            canvas = Canvas(1, size, self.seed)
            picture = STYLES[style.name][0](canvas, picture.clamp(0, 1))
        return picture.clamp(0, 1)

    def _draw(self, view: View) -> Tensor:
        return _KINDS.get(self.asked.kind or "", _anything)(view, self.asked)


def _whole(size: tuple[int, int]) -> tuple[int, int]:
    """Return a small size of the same shape."""
    share = WHOLE[0] / min(size)
    return max(2, round(size[0] * share)), max(2, round(size[1] * share))


def _wanted(asked: Asked) -> dict[str, str]:
    """Return what is settled of a scene before the dice are thrown, as `Canvas.wanted`."""
    wanted = {fact: "" for one in asked.of("extra", "sky", "time") for fact in one.facts}
    for key, kinds in COLORED.items():
        colors = [color for one in asked.of(*kinds) for color in one.colors]
        if colors:
            wanted[key] = colors[0]
        if key == "color" and len(colors) > 1:
            wanted["other color"] = colors[1]
    shapes = asked.of("shape")
    for key, one in zip(("shape", "other shape"), shapes, strict=False):
        wanted[key] = one.name
    if asked.ground:
        wanted["ground"] = asked.ground
    if asked.small:
        wanted["small"] = ""
    for one in asked.of("place"):
        wanted["place"] = one.name
    wanted.update({one.name: "" for one in asked.of("land") if one.name == "desert"})
    return wanted


def _landscape(view: View, asked: Asked) -> Tensor:
    """Return a sky, the land and the thing that are asked for; the dice choose what is not
    named.
    """
    sky, picture, _ = _outdoors(view, asked, ("none",))
    return fall(view, picture, sky)


def _outdoors(view: View, asked: Asked, where: Sequence[str]) -> tuple[Sky, Tensor, str]:
    """Return the sky, the picture and the name of the land: without one asked for, one of
    ``where``, or where the thing is found.
    """
    thing = next((one.name for one in asked.of("thing")), None)
    near = thing or asked.of("sprite")
    view.frame(short=0.9 if near else SHORT["landscape"], middle=0.06)
    land = _land(view, asked, THINGS[thing][1] if thing else where)
    sky_name = choose_sky(view, asked)
    horizon = view.rand(*HORIZONS.get(land, (0.0, 0.35)))
    sky, picture, _ = lit_land(view, sky_name, land, horizon)
    falling = [WEATHER[f] for one in asked.of("sky", "time") for f in one.facts if f in WEATHER]
    sky.overlay = list(dict.fromkeys([*sky.overlay, *falling]))
    if thing:
        picture, _ = THINGS[thing][0](view, sky, picture)
    return sky, picture, land


def _land(view: View, asked: Asked, where: Sequence[str]) -> str:
    """Return the land that shows most of what is asked for, or one of ``where``."""
    wanted = {fact for one in asked.of("land") for fact in one.facts[:1]}
    if "land:meadow" in wanted and any(one.name == "flowers" for one in asked.of("extra")):
        return "flower field"
    if not wanted:
        return where[view.choice(len(where))]
    for way in WAYS:
        if way in wanted:
            return way.removeprefix("land:")
    named = [LAND_OF.get(fact, fact.removeprefix("land:")) for fact in sorted(wanted)]
    return max(named, key=lambda name: len(wanted & expand([f"land:{name}"])))


def _sprites(view: View, asked: Asked) -> Tensor:
    """Return the things that are asked for, in the land or before the subject that is named, else
    where the first of them is found.
    """
    found = asked.of("sprite")
    where = homes(found[0].name)
    subjects = [one.name for one in asked.of("subject")]
    outdoors = asked.of("land", "thing", "sky", "time")
    stage = subjects[0] if subjects else "land" if outdoors else where[view.choice(len(where))]
    if any(one.name == "space" for one in asked.of("extra")):
        stage = SPACE
    if stage == TABLE:
        picture, table = room(view)
        return lay_sprites(view, picture, table, found)
    if stage in (UNDERWATER, SPACE) or subjects:
        return _before(view, stage, asked)
    lands = [land for land in where if land not in (TABLE, UNDERWATER, SPACE)]
    if stage != "land":
        lands = [stage]
    sky, picture, land = _outdoors(view, asked, lands or GROUND)
    return fall(view, lay_sprites(view, picture, Stage.of(land, sky), found), sky)


def _before(view: View, stage: str, asked: Asked) -> Tensor:
    """Return the things before a subject that fills the picture, or before the stars."""
    view.frame(short=SHORT["closeup"])
    behind = CLOSEUPS["nebula" if stage == SPACE else stage][0](view)[0]
    lit = torch.ones(1, 3, 1, 1)
    place = UNDERWATER if stage == UNDERWATER else SPACE
    return lay_sprites(
        view, behind, Stage(place, lit, torch.full((1, 1, 1), 0.4)), asked.of("sprite")
    )


def choose_sky(view: View, asked: Asked) -> str:
    """Return the sky that shows most of what is asked for and least beside it."""
    found = asked.of("sky", "time")
    if any(one.colors and one.name == "day" for one in found):
        return "coloured"
    wanted = list(dict.fromkeys(one.facts[0] for one in found))
    wanted.sort(key=WEATHER.__contains__)
    lamps = any("city lights" in one.facts for one in asked.of("land"))
    if lamps and all(fact in WEATHER for fact in wanted):
        wanted = ["sky:night", *wanted]
    if not wanted:
        return DAYS[view.choice(len(DAYS))]
    scores = {name: _fit(name, wanted) for name in SKIES}
    best = [name for name, score in scores.items() if score == max(scores.values())]
    return best[view.choice(len(best))]


def _fit(sky: str, wanted: Sequence[str]) -> float:
    """Return how well a sky shows what is wanted, the first of it above all."""
    always, ever = sky_facts(sky)
    shown = sum(0.5**place for place, fact in enumerate(wanted) if fact in ever)
    return shown - 0.1 * len(always - {*wanted, *AMONG})


@cache
def sky_facts(name: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the facts that a sky always has, and all that it ever has."""
    every = []
    for seed in range(6):
        canvas = Canvas(1, (4, 6), seed)
        every.append(expand(SKIES[name][0](canvas, torch.full((1, 1, 1), 0.3)).facts[0]))
    return frozenset(set.intersection(*every)), frozenset(set.union(*every))


def _closeup(view: View, asked: Asked) -> Tensor:
    """Return the subject that is asked for."""
    view.frame(short=SHORT["closeup"])
    subject = asked.of("subject")[0]
    return CLOSEUPS[subject.facts[view.choice(len(subject.facts))]][0](view)[0]


def _shapes(view: View, asked: Asked) -> Tensor:
    """Return one shape, two, or many of a kind."""
    view.frame(short=1.0)
    shapes = asked.of("shape")
    if shapes[0].plural:
        return draw_many(view)[0]
    return (draw_shape if len(shapes) == 1 else draw_pair)(view)[0]


def _pattern(view: View, asked: Asked) -> Tensor:
    """Return a pattern in its colours."""
    view.frame(short=1.0)
    facts = asked.of("pattern")[0].facts
    view.wanted = {**view.wanted, "pattern": facts[view.choice(len(facts))]}
    return draw_pattern(view)[0]


def _anything(view: View, asked: Asked) -> Tensor:
    """Compose a random scene, for prompts without known words."""
    draw: Draw = draw_landscape if view.coin(0.6) else draw_closeup
    group = "landscape" if draw is draw_landscape else "closeup"
    view.frame(short=SHORT[group], middle=0.06 if group == "landscape" else 0.0)
    return draw(view)[0]


_KINDS: Mapping[str, Callable[[View, Asked], Tensor]] = {
    "subject": _closeup,
    "thing": _landscape,
    "land": _landscape,
    "sky": _landscape,
    "shape": _shapes,
    "pattern": _pattern,
    "sprite": _sprites,
}
