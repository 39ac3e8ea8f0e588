"""The table of lands: what is below the horizon, lit by its sky, and how often each is drawn.

Every land takes the canvas and the sky and returns the picture and, per picture, the words for
what it drew. A land with a colour of its own ("a purple forest") takes it from `ground.tinted`.
"""

from collections.abc import Callable

from storyboard.world.canvas import Canvas
from storyboard.world.forests import autumn_forest, forest, snowy_forest
from storyboard.world.ground import Land, named
from storyboard.world.heights import desert, hills, mountains, snowy_mountains, volcano
from storyboard.world.meadows import flower_field, meadow, snowfield
from storyboard.world.shores import beach, lake, river, sea, waves
from storyboard.world.sky import Sky
from storyboard.world.towns import city, road


def sky_only(canvas: Canvas, sky: Sky) -> Land:
    return sky.picture, named(canvas, "land:none")


LANDS: dict[str, tuple[Callable[[Canvas, Sky], Land], float]] = {
    "none": (sky_only, 3.2),
    "sea": (sea, 2.2),
    "waves": (waves, 1.2),
    "beach": (beach, 1.2),
    "desert": (desert, 1.3),
    "mountains": (mountains, 1.2),
    "snowy mountains": (snowy_mountains, 1.4),
    "lake": (lake, 0.8),
    "forest": (forest, 1.8),
    "autumn forest": (autumn_forest, 0.8),
    "snowy forest": (snowy_forest, 0.9),
    "hills": (hills, 1.2),
    "meadow": (meadow, 0.9),
    "flower field": (flower_field, 0.8),
    "snow": (snowfield, 0.7),
    "city": (city, 1.8),
    "volcano": (volcano, 0.8),
    "river": (river, 0.7),
    "road": (road, 0.7),
}
