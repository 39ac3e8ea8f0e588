"""Places sprites: which land or stage suits a thing, how large it is there, and where it stands."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from torch import Tensor

from storyboard.world.ask import Found
from storyboard.world.canvas import smooth
from storyboard.world.nouns import Noun, nouns
from storyboard.world.sky import Sky
from storyboard.world.sprites import Sprite, Stand, lay_sprite, sprite
from storyboard.world.view import View

T = TypeVar("T")

TABLE, UNDERWATER, SPACE = "table", "underwater", "space"
"""Stages that are no land: a plain room, the deep, and between the stars."""

HOMES: dict[str, tuple[str, ...]] = {
    "penguin": ("snow",), "polar bear": ("snow",), "seal": ("snow", "beach"), "sled": ("snow",),
    "skier": ("snow",), "snowboarder": ("snow",), "moose": ("snowy forest", "forest"),
    "camel": ("desert",), "scorpion": ("desert",), "lion": ("desert", "meadow"),
    "wolf": ("snowy forest", "forest"), "fox": ("forest", "autumn forest"), "bear": ("forest",),
    "owl": ("forest",), "deer": ("forest", "meadow"), "squirrel": ("autumn forest", "forest"),
    "raccoon": ("forest",), "boar": ("forest",), "hedgehog": ("autumn forest", "meadow"),
    "whale": ("sea",), "dolphin": ("sea",), "swan": ("lake",), "duck": ("lake",),
    "crab": ("beach",), "beach umbrella": ("beach",), "surfer": ("waves",), "swimmer": ("sea",),
    "rower": ("lake",), "mermaid": ("sea",), "shark": (UNDERWATER,), "turtle": ("beach",),
    "seashell": ("beach",), "car": ("road",), "racing car": ("road",), "truck": ("road",),
    "motorcycle": ("road",), "bus": ("city", "road"), "taxi": ("city",), "police car": ("city",),
    "airplane": ("none",), "helicopter": ("city", "none"), "astronaut": (SPACE,),
    "flying saucer": ("none", "city"), "rocket": (SPACE,), "satellite": (SPACE,),
    "alien": (SPACE,), "planet": (SPACE,), "comet": (SPACE,), "earth": (SPACE,),
    "eagle": ("mountains",), "ghost": ("forest",), "zombie": ("meadow",), "gravestone": ("hills",),
    "dragon": ("mountains",), "skull": (TABLE,), "robot": ("city",), "cowboy": ("desert",),
    "cyclist": ("road",), "tornado": ("meadow",), "umbrella": (TABLE,), "tent": ("mountains",),
    "dancer": ("hills",), "tractor": ("meadow",), "wheat": ("meadow",), "steam train": ("hills",),
}  # fmt: skip
"""Where a thing is found, by noun, before `GROUPS`."""

GROUND = ("meadow", "hills", "flower field")
GROUPS: dict[str, tuple[str, ...]] = {
    "animal-marine": (UNDERWATER,), "animal": GROUND, "plant": GROUND,
    "place": ("hills", "meadow", "mountains"), "transport-water": ("sea", "lake"),
    "transport-air": ("none",), "transport-ground": ("road", "city"), "sky": ("none",),
    "person": GROUND,
}  # fmt: skip
"""Where things of a group are found, by how its name begins; others stand in a plain room."""

FLYING = {
    "dove", "eagle", "bat", "butterfly", "bee", "mosquito", "phoenix", "fairy", "airplane",
    "helicopter", "flying saucer", "rocket", "parachute", "satellite", "kite", "balloon",
    "shooting star", "comet", "planet", "lightning bolt", "angel", "cable car", "genie", "ghost",
    "snowflake", "water drop", "earth", "superhero", "fly",
}  # fmt: skip
"""Things that hang in the air."""

AFLOAT = {"whale", "dolphin", "swan", "duck", "surfer", "swimmer", "rower", "mermaid"}
"""Things beside ships that are on water, their lower edge in it."""

WATER = ("sea", "waves", "lake")

HEIGHTS = {
    "animal-bug": 0.4, "animal-bird": 0.66, "animal": 0.7, "plant": 0.7, "place": 1.05,
    "transport-air": 0.5, "transport": 0.72, "person": 0.85, "sky": 0.6, "face": 0.75,
}  # fmt: skip
"""Height over a land, in units of the plane (a frame of 16:9 is 1.8 high), by group."""

BIG = {"elephant", "giraffe", "mammoth", "dinosaur", "tyrannosaurus", "whale", "ferris wheel",
       "moose", "dragon"}  # fmt: skip
SMALL = {"mouse", "rat", "hamster", "hedgehog", "chick", "snail", "squirrel", "rabbit", "turtle",
         "crab", "lizard", "frog"}  # fmt: skip

ROOMS = (
    ((0.93, 0.80, 0.66), (0.75, 0.55, 0.40)), ((0.66, 0.80, 0.88), (0.42, 0.55, 0.66)),
    ((0.90, 0.74, 0.78), (0.64, 0.44, 0.52)), ((0.76, 0.86, 0.72), (0.48, 0.60, 0.44)),
    ((0.80, 0.76, 0.90), (0.50, 0.45, 0.64)), ((0.34, 0.38, 0.50), (0.20, 0.22, 0.31)),
)  # fmt: skip
"""Colours of wall and table of the plain rooms."""

GLOWING = {
    "candle", "light bulb", "paper lantern", "oil lamp", "jack-o-lantern", "disco ball", "siren",
    "lightning bolt", "sparkles", "traffic light", "ghost", "comet", "shooting star", "phoenix",
    "television", "flying saucer", "planet", "firecracker", "crystal ball", "burning heart",
}  # fmt: skip
"""Things that are as bright at night as by day."""

DARKEST = 0.5
"""What of their colour things keep where no light falls: less, and small ones vanish."""


@dataclass(frozen=True)
class Stage:
    """Describe where sprites are placed: the light on them, the horizon and the kind of ground."""

    land: str
    light: Tensor
    horizon: Tensor

    @classmethod
    def of(cls, land: str, sky: Sky) -> Stage:
        """Return the stage that a land under a sky is."""
        return cls(land, DARKEST + (1 - DARKEST) * sky.light, sky.horizon)


def homes(noun: str) -> tuple[str, ...]:
    """Return the lands, or the stage, that a thing is found in.

    >>> homes("penguin"), homes("guitar")
    (('snow',), ('table',))
    """
    return HOMES.get(noun) or _by_group(nouns()[noun].group, GROUPS, (TABLE,))


def _by_group(group: str, table: Mapping[str, T], default: T) -> T:
    fitting = [start for start in table if group.startswith(start)]
    return table[max(fitting, key=len)] if fitting else default


def room(view: View) -> tuple[Tensor, Stage]:
    """Return a plain room: a wall with light on it, over a table."""
    view.frame(short=0.95)
    colors = ROOMS[view.choice(len(ROOMS))]
    wall, table = (view.color(rgb, 0.03) for rgb in colors)
    edge = view.rand(0.38, 0.48)
    glow = view.glow(torch.zeros(1, 1, 1), torch.full((1, 1, 1), -0.15), 1.1)
    picture = view.plain(wall) * (0.72 + 0.36 * glow).unsqueeze(1)
    nearer = smooth(float(edge), float(view.bottom), view.y + 0 * view.x)
    board = table * (1.08 - 0.3 * nearer).unsqueeze(1)
    picture = view.lay(picture, board, view.cover(edge - view.y + 0 * view.x))
    return picture.clamp(0, 1), Stage(TABLE, torch.ones(1, 3, 1, 1), edge)


def lay_sprites(view: View, picture: Tensor, stage: Stage, found: Sequence[Found]) -> Tensor:
    """Return ``picture`` with everything that was found standing on the stage, far things first."""
    every = [one for one in found for _ in range(one.count)]
    placed = [_placed(view, one, stage, (slot, len(every))) for slot, one in enumerate(every)]
    for one in sorted(placed, key=lambda one: float(one.stand.y)):
        picture = one.lay(view, picture, stage)
    return picture


@dataclass(frozen=True)
class _Placed:
    noun: Noun
    drawing: Sprite
    stand: Stand
    aloft: bool
    hop: Tensor  # how far above its place it is just now

    def lay(self, view: View, picture: Tensor, stage: Stage) -> Tensor:
        if self._casts(stage):
            picture = picture * (1 - 0.38 * self._shadow(view)).unsqueeze(1)
        before = picture
        up = replace(self.stand, y=self.stand.y - self.hop)
        over = ((view.y - up.y) / up.height).clamp(-1, 0)
        tone = (0.9 - 0.16 * over).unsqueeze(1)  # brighter towards the sky
        picture = lay_sprite(view, picture, self.drawing, up, self._light(stage) * tone)
        if _afloat(self.noun, stage.land) and not self.aloft:
            line = self.stand.y - 0.1 * self.stand.height
            wave = 0.012 * torch.sin(9 * view.x + 2 * view.time_s)
            picture = view.lay(picture, before, view.cover(line + wave - view.y))
        return picture

    def _light(self, stage: Stage) -> Tensor:
        return torch.ones_like(stage.light) if self.noun.noun in GLOWING else stage.light

    def _casts(self, stage: Stage) -> bool:
        grounded = stage.land not in (UNDERWATER, SPACE, "none") and not self.noun.view
        return grounded and not self.aloft and not _afloat(self.noun, stage.land)

    def _shadow(self, view: View) -> Tensor:
        at, high = self.stand, self.stand.height
        across = (view.x - at.x) / (high * self.drawing.half_width * 1.05)
        down = (view.y - at.y + 0.01 * high) / (0.075 * high)
        return smooth(1.0, 0.3, torch.hypot(across + 0 * down, down + 0 * across))


def _afloat(noun: Noun, land: str) -> bool:
    on_water = noun.group == "transport-water" or noun.noun in AFLOAT
    return on_water and land in WATER


def _placed(view: View, found: Found, stage: Stage, slot: tuple[int, int]) -> _Placed:
    """Return where one thing stands: those of a scene side by side, a little at random."""
    noun = nouns()[found.name]
    drawing = sprite(noun.noun).colored(found.colors[0] if found.colors else None)
    number, count = slot
    height = _height(noun, stage) * view.rand(0.92, 1.08) / count**0.25
    share = (number + 0.5) / count * 2 - 1
    loose = 0.0 if stage.land == TABLE and count == 1 else 0.3 / count
    x = 0.75 * view.visible_x * share + view.rand(-loose, loose)
    share_of_width = 1.5 if count == 1 else 0.95  # of half the frame's width, for half of a thing's
    height = height.clamp(max=share_of_width * view.visible_x / count / drawing.half_width)
    indoors = stage.land in (TABLE, UNDERWATER, SPACE)
    aloft = not indoors and (stage.land == "none" or noun.noun in FLYING or found.aloft)
    y, bob = _in_the_air(view, stage, height) if aloft else _level(view, noun, stage, height)
    mirrored = view.coin(0.5)
    sails = noun.group in ("transport-air", "transport-water")
    x = x + (0.02 * view.time_s if sails else 0.0)
    phase = view.rand(0, math.pi)
    hop = height * (_hop(noun) * torch.sin(2.4 * view.time_s + phase).abs() if not aloft else 0.0)
    return _Placed(noun, drawing, Stand(x, y + bob, height, mirrored), aloft, hop)


def _hop(noun: Noun) -> float:
    """Return how high something living hops as time goes on, as a share of its height."""
    return 0.0 if noun.view else _by_group(noun.group, {"animal": 0.05, "person": 0.035}, 0.0)


def _height(noun: Noun, stage: Stage) -> float:
    if stage.land in (TABLE, UNDERWATER, SPACE):
        return {TABLE: 1.2, UNDERWATER: 0.8, SPACE: 0.85}[stage.land]
    if noun.view:
        return 0.95
    high = _by_group(noun.group, HEIGHTS, 0.6)
    return high * (1.35 if noun.noun in BIG else 0.6 if noun.noun in SMALL else 1.0)


def _level(view: View, noun: Noun, stage: Stage, height: Tensor) -> tuple[Tensor, float]:
    """Return the y of a thing's lower edge, and how much it bobs just now."""
    bob = math.sin(1.5 * view.time_s)
    ground = torch.as_tensor(view.bottom) - stage.horizon
    if stage.land in (UNDERWATER, SPACE):
        return height / 2 + view.rand(-0.15, 0.15), 0.03 * bob
    if stage.land == TABLE:
        return stage.horizon + 0.3 * ground, 0.0
    if noun.view:
        return torch.as_tensor(view.bottom) + 0.04 * height, 0.0
    if _afloat(noun, stage.land):
        return stage.horizon + ground * view.rand(0.25, 0.5), 0.015 * bob
    return stage.horizon + ground * view.rand(0.4, 0.72), 0.0


def _in_the_air(view: View, stage: Stage, height: Tensor) -> tuple[Tensor, float]:
    """Return the same of what flies or hovers."""
    bob = 0.02 * math.sin(1.5 * view.time_s)
    level = stage.horizon.clamp(max=0.4) - view.rand(0.12, 0.35)
    return torch.maximum(level, height + view.top + 0.06), bob
