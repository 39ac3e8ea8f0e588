"""The table of skies and how often each is drawn."""

from collections.abc import Callable

from torch import Tensor

from storyboard.world.canvas import Canvas
from storyboard.world.days import coloured, day, rainbow, sunny, sunrise, sunset
from storyboard.world.nights import aurora, fireworks, full_moon, milky_way, new_moon, stars
from storyboard.world.sky import Sky
from storyboard.world.weather import cloudy, fog, rain, snowfall, storm

SKIES: dict[str, tuple[Callable[[Canvas, Tensor], Sky], float]] = {
    "day": (day, 2.6),
    "sunny": (sunny, 1.2),
    "cloudy": (cloudy, 0.8),
    "sunset": (sunset, 2.2),
    "sunrise": (sunrise, 1.0),
    "stars": (stars, 1.5),
    "full moon": (full_moon, 1.2),
    "crescent": (new_moon, 0.8),
    "aurora": (aurora, 0.7),
    "milky way": (milky_way, 0.5),
    "fireworks": (fireworks, 0.6),
    "storm": (storm, 0.9),
    "rainbow": (rainbow, 0.7),
    "rain": (rain, 0.6),
    "snowfall": (snowfall, 0.6),
    "fog": (fog, 0.6),
    "coloured": (coloured, 1),
}
