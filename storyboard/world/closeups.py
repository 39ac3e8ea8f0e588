"""The table of subjects that fill the picture, each with how often it is drawn."""

from collections.abc import Callable

from storyboard.world.canvas import Canvas
from storyboard.world.creatures import butterfly, cat, eye, face, owl, smiley
from storyboard.world.fires import campfire, candle, fire, lava
from storyboard.world.forms import crystal, smoke, tunnel
from storyboard.world.outer_space import earth, galaxy, nebula, planet
from storyboard.world.plants import apple, flower, leaf, mushroom, rose, sunflower, tulip
from storyboard.world.subjects import Drawn
from storyboard.world.waters import fish, jellyfish, underwater, waterfall

CLOSEUPS: dict[str, tuple[Callable[[Canvas], Drawn], float]] = {
    "fire": (fire, 2.2),
    "campfire": (campfire, 0.9),
    "candle": (candle, 1.0),
    "lava": (lava, 0.9),
    "galaxy": (galaxy, 1.5),
    "nebula": (nebula, 1.1),
    "planet": (planet, 1.2),
    "earth": (earth, 0.7),
    "underwater": (underwater, 1.6),
    "fish": (fish, 0.9),
    "flower": (flower, 1.4),
    "sunflower": (sunflower, 0.8),
    "rose": (rose, 1.1),
    "tulip": (tulip, 0.6),
    "tunnel": (tunnel, 1.0),
    "eye": (eye, 1.2),
    "butterfly": (butterfly, 1.0),
    "smiley": (smiley, 1.0),
    "face": (face, 1.2),
    "cat": (cat, 1.1),
    "owl": (owl, 0.7),
    "jellyfish": (jellyfish, 0.8),
    "mushroom": (mushroom, 0.9),
    "leaf": (leaf, 0.7),
    "apple": (apple, 0.7),
    "waterfall": (waterfall, 0.9),
    "crystal": (crystal, 0.7),
    "smoke": (smoke, 0.7),
}
