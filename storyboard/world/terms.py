"""Phrases for shapes, places, patterns and styles, and the facts that follow from a fact.

In a style, ``{x}`` is the place of the caption; in a pattern, ``{a}`` and ``{b}`` are its colours.
"""

SHAPES: dict[str, list[str]] = {
    "circle": ["circle", "disc", "ball", "dot"],
    "square": ["square"],
    "triangle": ["triangle"],
    "star": ["star"],
    "heart": ["heart"],
    "ring": ["ring", "hoop"],
    "cross": ["cross", "plus sign"],
    "diamond": ["diamond", "rhombus"],
    "crescent": ["crescent"],
    "hexagon": ["hexagon"],
    "rectangle": ["rectangle"],
    "oval": ["oval", "ellipse"],
    "arrow": ["arrow"],
    "snowflake": ["snowflake"],
}  # fmt: skip

PLACES: dict[str, list[str]] = {
    "middle": ["in the middle", "in the center"],
    "left": ["on the left", "at the left"],
    "right": ["on the right", "at the right"],
    "top": ["at the top"],
    "bottom": ["at the bottom"],
    "top left": ["in the top left corner", "in the upper left"],
    "top right": ["in the top right corner", "in the upper right"],
    "bottom left": ["in the bottom left corner", "in the lower left"],
    "bottom right": ["in the bottom right corner", "in the lower right"],
}  # fmt: skip

PATTERNS: dict[str, list[str]] = {
    "vertical stripes": ["{a} and {b} vertical stripes", "{a} and {b} stripes", "vertical lines"],
    "horizontal stripes": ["{a} and {b} horizontal stripes", "{a} and {b} stripes",
        "horizontal lines"],
    "diagonal stripes": ["{a} and {b} diagonal stripes", "{a} and {b} stripes"],
    "checks": ["a {a} and {b} checkerboard", "{a} and {b} checks", "a chessboard",
        "a {a} and {b} checkered pattern"],
    "dots": ["{b} dots on {a}", "{b} polka dots on a {a} background", "polka dots"],
    "gradient": ["a gradient from {a} to {b}", "{a} above and {b} below", "a color gradient"],
    "plain": ["{a}", "plain {a}", "the color {a}", "a {a} background", "nothing but {a}",
        "a {a} wall"],
    "spiral": ["a {a} and {b} spiral", "a spiral", "a hypnotic spiral", "a swirl"],
    "waves pattern": ["{a} and {b} wavy lines", "wavy {a} and {b} stripes"],
    "rings": ["{a} and {b} rings", "a {a} and {b} target", "concentric circles"],
    "grid": ["a {b} grid on {a}", "a grid of {b} lines", "a {b} net"],
    "marble": ["{a} and {b} marble", "{a} and {b} swirls", "marble"],
    "rays": ["{a} and {b} rays", "a {a} and {b} sunburst", "rays"],
}  # fmt: skip

STYLES: dict[str, list[str]] = {
    "watercolor": ["{x}, watercolor", "a watercolor painting of {x}", "{x} in watercolor",
        "{x}, watercolor painting", "a watercolor of {x}", "watercolor {x}"],
    "oil painting": ["{x}, oil painting", "an oil painting of {x}", "{x} in oil",
        "{x}, impressionist", "an impressionist painting of {x}",
        "{x}, painted with thick brush strokes"],
    "pixel art": ["{x}, pixel art", "pixel art of {x}", "{x} in pixels", "a pixelated {x}",
        "{x}, 8 bit", "{x}, retro video game"],
    "line drawing": ["{x}, line drawing", "a line drawing of {x}", "a pencil sketch of {x}",
        "{x}, pencil", "an ink drawing of {x}", "a sketch of {x}", "{x}, line art"],
    "neon": ["{x}, neon", "neon {x}", "{x} in neon", "{x} in neon lights", "a neon sign of {x}",
        "{x}, glowing neon", "{x}, cyberpunk"],
    "black and white": ["{x}, black and white", "{x} in black and white", "{x}, monochrome",
        "a black and white photo of {x}", "{x}, grayscale"],
    "pastel": ["{x}, pastel", "{x} in pastel colors", "a pastel drawing of {x}",
        "{x}, soft pastel"],
    "mosaic": ["{x}, mosaic", "a mosaic of {x}", "{x} as a mosaic", "{x}, stained glass",
        "{x} in tiles"],
    "blurry": ["{x}, blurry", "a blurry picture of {x}", "{x} out of focus", "blurred {x}"],
    "vintage": ["{x}, sepia", "an old photo of {x}", "{x}, vintage", "a vintage photo of {x}"],
    "comic": ["{x}, comic", "{x}, cartoon", "a cartoon of {x}", "a comic book drawing of {x}",
        "{x}, pop art", "a poster of {x}"],
}  # fmt: skip

FRAMES: list[str] = [
    "a picture of {x}", "a photo of {x}", "an image of {x}", "a painting of {x}", "a view of {x}",
    "a scene with {x}", "a beautiful {y}", "{x}, beautiful", "this is {x}",
    "a landscape with {x}", "{x} in the distance", "a photograph of {x}", "{x}, highly detailed",
    "{x}, art", "i see {x}", "{x} and nothing else", "an illustration of {x}", "there is {x}",
]  # fmt: skip

COLOR_SYNONYMS: dict[str, list[str]] = {
    "red": ["red", "red", "crimson", "scarlet"],
    "purple": ["purple", "purple", "violet"],
    "blue": ["blue"],
    "turquoise": ["turquoise", "cyan", "teal"],
    "grey": ["grey", "gray"],
    "golden": ["golden", "gold"],
    "pink": ["pink"],
    "green": ["green"],
    "white": ["white"],
}  # fmt: skip

IMPLIED: dict[str, list[str]] = {
    "land:snowy forest": ["land:forest"],
    "land:autumn forest": ["land:forest"],
    "land:snowy mountains": ["land:mountains"],
    "land:lake": ["land:mountains"],
    "land:waves": ["land:sea"],
    "land:beach": ["land:sea"],
    "land:flower field": ["land:meadow"],
    "city lights": ["land:city"],
    "sky:sunny": ["sky:day", "sun"],
    "rainbow": ["sky:day"],
    "subject:campfire": ["subject:fire", "night"],
    "land:snow": ["snow"],
    "subject:lava": ["lava"],
    "snowfall": ["snow"],
    "subject:fish": ["fish"],
    "subject:smoke": ["smoke"],
    "milky way": ["stars"],
    "subject:underwater": [],
    "subject:sunflower": ["flowers"],
}  # fmt: skip

MORE_WORDS: list[str] = [
    "a", "an", "the", "of", "in", "on", "at", "by", "to", "from", "with", "and", "or", "but",
    "is", "are", "it", "its", "this", "that", "these", "very", "so", "not", "no", "as", "for",
    "into", "over", "under", "above", "below", "beside", "between", "behind", "near", "far",
    "through", "across", "around", "up", "down", "out", "off", "one", "two", "three", "four",
    "five", "many", "some", "few", "all", "every", "big", "small", "large", "little", "tiny",
    "huge", "tall", "long", "short", "wide", "deep", "high", "low", "round", "soft", "hard",
    "hot", "cold", "warm", "cool", "bright", "dark", "light", "pale", "deep", "vivid", "old",
    "new", "young", "empty", "full", "clear", "calm", "wild", "slow", "fast", "quiet", "loud",
    "left", "right", "top", "bottom", "middle", "center", "corner", "edge", "side", "front",
    "back", "background", "foreground", "horizon", "next",
]  # fmt: skip
