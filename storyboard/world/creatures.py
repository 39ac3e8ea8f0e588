"""Faces and animals: a smiley, a face, an eye, a cat, an owl, a butterfly."""

import math

import torch
from torch import Tensor

from storyboard.world.canvas import COLORS, Canvas, smooth, turn
from storyboard.world.plants import garden
from storyboard.world.shapes import box, pick_names
from storyboard.world.subjects import INK, LIGHT, Drawn, coloured_facts, facts_of, middle


def smiley(canvas: Canvas) -> Drawn:
    happy = canvas.coin(0.65, "smile") and "sad" not in canvas.wanted
    names = pick_names(
        canvas, ["yellow", "yellow", "yellow", "yellow", "green", "blue", "red"], of="color"
    )
    ground = canvas.named(pick_names(canvas, list(COLORS), names))
    px, py, s = middle(canvas, 0.6, 0.82)
    radius = torch.hypot(px, py)
    face = canvas.named(names) * (1.06 - 0.2 * radius).unsqueeze(1)
    picture = canvas.lay(canvas.plain(ground), face.clamp(0, 1), canvas.cover((radius - 1) * s))
    for side in (-0.34, 0.34):
        spot = torch.hypot((px - side) / 0.8, py + 0.28) - 0.14
        picture = canvas.lay(picture, INK, canvas.cover(spot * s))
    my = py + 0.02 if happy else -(py - 0.85)
    arc = (torch.hypot(px, my) - 0.6).abs() - 0.06
    mouth = torch.maximum(arc, 0.22 - my)
    picture = canvas.lay(picture, INK, canvas.cover(mouth * s))
    word = "smile" if happy else "sad"
    return picture, [[*f, word] for f in coloured_facts("smiley", "smiley", names)]


def face(canvas: Canvas) -> Drawn:
    tones = [(0.95, 0.78, 0.66), (0.78, 0.56, 0.42), (0.48, 0.31, 0.22)]
    skin = canvas.color(tones[canvas.choice(3)], 0.03)
    hair = canvas.named(pick_names(canvas, ["brown", "black", "golden", "red", "grey", "brown"]))
    ground = canvas.named(pick_names(canvas, list(COLORS)), 0.08)
    px, py, s = middle(canvas, 0.72, 0.9)
    picture = canvas.plain(ground)
    long = canvas.coin(0.5)
    mane = torch.hypot(px / 0.82, (py + 0.18) / 0.92) - 1
    if long:
        mane = torch.minimum(mane, box(px, py - 0.4, 0.68, 0.7) * 1.2)
    picture = canvas.lay(picture, hair, canvas.cover(mane * s * 0.8))
    neck = box(px, py - 1.0, 0.25, 0.35)
    picture = canvas.lay(picture, skin * 0.85, canvas.cover(neck * s))
    head = torch.hypot(px / 0.62, py / 0.85) - 1
    shade = (1.05 - 0.25 * smooth(-0.2, 0.7, px)).unsqueeze(1)
    picture = canvas.lay(picture, (skin * shade).clamp(0, 1), canvas.cover(head * s * 0.7))
    fringe = torch.maximum(head, py + 0.5 + 0.1 * torch.cos(px * 4))
    picture = canvas.lay(picture, hair, canvas.cover(fringe * s * 0.7))
    iris = canvas.named(pick_names(canvas, ["blue", "green", "brown", "grey"]))
    for side in (-0.25, 0.25):
        ex, ey = px - side, py + 0.12
        white = torch.hypot(ex / 0.15, ey / 0.09) - 1
        picture = canvas.lay(picture, LIGHT, canvas.cover(white * 0.1 * s))
        picture = canvas.lay(picture, iris * 0.7, canvas.cover((torch.hypot(ex, ey) - 0.07) * s))
        brow = torch.maximum((ey + 0.17 + 0.3 * ex * ex).abs() - 0.025, ex.abs() - 0.16)
        picture = canvas.lay(picture, hair * 0.6, canvas.cover(brow * s))
    nose = torch.maximum(px.abs() - 0.03 - 0.06 * (py + 0.1).clamp(0, 1), (py - 0.08).abs() - 0.16)
    picture = canvas.lay(picture, skin * 0.75, canvas.cover(nose * s) * 0.7)
    lips = torch.hypot(px / 0.22, (py - 0.43 + 0.05 * (px * 6).abs()) / 0.07) - 1
    picture = canvas.lay(
        picture, canvas.color((0.78, 0.25, 0.25), 0.05), canvas.cover(lips * 0.1 * s)
    )
    return picture, facts_of(canvas, "subject:face")


def eye(canvas: Canvas) -> Drawn:
    names = pick_names(
        canvas, ["blue", "green", "brown", "grey", "purple", "red", "golden"], of="color"
    )
    tones = [(0.93, 0.76, 0.65), (0.72, 0.5, 0.36), (0.45, 0.29, 0.2)]
    skin = canvas.color(tones[canvas.choice(3)], 0.04) * (
        0.93 + 0.12 * canvas.noise(3, 2)
    ).unsqueeze(1)
    picture = skin.clamp(0, 1)
    cx, cy, wide = canvas.rand(-0.08, 0.08), canvas.rand(-0.05, 0.12), canvas.rand(0.72, 0.9)
    px, py = (canvas.x - cx) / wide, (canvas.y - cy) / wide
    lid = torch.maximum((py.abs() - 0.56 * (1 - px * px).clamp(min=0)) * 0.8, px.abs() - 1)
    line = canvas.cover((lid.abs() - 0.03) * wide) * (px.abs() < 1.02) * (py < 0.1)
    picture = canvas.lay(picture, canvas.color((0.97, 0.96, 0.95), 0.01), canvas.cover(lid * wide))
    inside = canvas.cover(lid * wide)
    ball = 1 - 0.5 * px.abs() ** 2.5
    picture = canvas.lay(picture, picture * ball.unsqueeze(1), inside)
    picture = _iris(canvas, picture, (px, py), canvas.named(names), wide)
    shadow = smooth(0.3, 0.0, (py + 0.56 * (1 - px * px).clamp(min=0)))
    picture = canvas.lay(picture, picture * 0.35, shadow * inside)
    for dx, dy, size in ((0.13, 0.15, 0.075), (-0.11, -0.12, 0.03)):
        glint = torch.hypot(px + dx, py + dy) - size
        picture = canvas.lay(picture, torch.ones(1, 3, 1, 1), 0.95 * canvas.cover(glint * wide))
    black = torch.full((1, 3, 1, 1), 0.03)
    lashes = _lashes(px, py)
    picture = canvas.lay(picture, black, torch.maximum(line, canvas.cover(lashes * wide)))
    hair = 1 + 0.35 * torch.sin(px * 90 + py * 40)
    arc = (py + 0.80 - 0.16 * px * px + 0.05 * px).abs()
    brow = arc - 0.07 * hair * (1.05 - px.abs())
    picture = canvas.lay(picture, canvas.color((0.2, 0.13, 0.09), 0.03), canvas.cover(brow * wide))
    return picture.clamp(0, 1), coloured_facts("eye", "eye", names)


def _iris(
    canvas: Canvas, picture: Tensor, place: tuple[Tensor, Tensor], color: Tensor, wide: Tensor
) -> Tensor:
    """Return a picture with fibres around a pupil, darker at the rim, within the lids."""
    px, py = place
    radius, angle = torch.hypot(px, py), torch.atan2(py, px)
    fibres = canvas.lattices(60, 2, 0.2)
    thread = canvas.noise_at(fibres, radius, 0.35 * angle.abs() + 0.04 * torch.sin(9 * radius))
    share = (radius / 0.43).clamp(0, 1)
    tone = 0.55 + 0.85 * (thread - 0.25) + 0.3 * smooth(0.75, 0.45, share)
    tone = tone * (1 - 0.65 * smooth(0.8, 1.0, share)) * (0.8 + 0.5 * smooth(-0.3, 0.4, py))
    warm = canvas.ramp(color * 0.6 + torch.tensor([0.35, 0.25, 0.1]).view(1, 3, 1, 1), color,
                       smooth(0.45, 0.8, share))  # fmt: skip
    within = smooth(0.02, -0.02, torch.maximum(
        (py.abs() - 0.56 * (1 - px * px).clamp(min=0)) * 0.8, px.abs() - 1))  # fmt: skip
    disc = canvas.cover((radius - 0.43) * wide) * within
    picture = canvas.lay(picture, (warm * tone.unsqueeze(1)).clamp(0, 1), disc)
    pupil = 0.17 + 0.015 * math.sin(1.1 * canvas.time_s)
    black = torch.full((1, 3, 1, 1), 0.02)
    return canvas.lay(picture, black, canvas.cover((radius - pupil) * wide) * within)


def _lashes(px: Tensor, py: Tensor) -> Tensor:
    """Return the signed distance to the lashes of the upper lid, longer outwards."""
    lid = py + 0.56 * (1 - px * px).clamp(min=0)
    long = 0.13 + 0.08 * px.abs()
    across = torch.sin((px - 0.5 * lid * px) * 44)
    thin = (0.9 - across) * 0.02 - 0.012 * (1 + lid / long)
    return torch.where((lid < 0) & (lid > -long) & (px.abs() < 0.97), thin, torch.ones(()))


def cat(canvas: Canvas) -> Drawn:
    names = pick_names(canvas, ["black", "orange", "grey", "white", "brown", "orange"], of="color")
    ground = canvas.named(pick_names(canvas, list(COLORS), names), 0.06)
    fur = canvas.named(names)
    fur = fur * (0.9 + 0.25 * canvas.noise(12, 2)).unsqueeze(1)
    px, py, s = middle(canvas, 0.72, 0.9)
    ax = px.abs()
    head = torch.hypot(px / 0.8, (py - 0.12) / 0.66) - 1
    ex, ey = turn(ax - 0.5, py + 0.5, torch.full((1, 1, 1), 0.45))
    ear = torch.maximum(ex.abs() - (ey + 0.5) * 0.55, ey - 0.2)
    inner = torch.maximum(ex.abs() - (ey + 0.32) * 0.5, ey - 0.1)
    picture = canvas.lay(canvas.plain(ground), fur.clamp(0, 1),
                         canvas.cover(torch.minimum(head * 0.6, ear) * s))  # fmt: skip
    picture = canvas.lay(
        picture, canvas.color((0.95, 0.66, 0.66), 0.03), canvas.cover(inner * s) * 0.8
    )
    iris = canvas.named(pick_names(canvas, ["green", "yellow", "golden", "blue"]))
    qx, qy = ax - 0.33, py - 0.0
    picture = canvas.lay(picture, iris, canvas.cover((torch.hypot(qx / 1.1, qy) - 0.17) * s))
    picture = canvas.lay(picture, INK, canvas.cover((torch.hypot(qx / 0.45, qy) - 0.14) * s))
    nose = torch.maximum(ax - (0.42 - py) * 0.8, 0.29 - py)
    picture = canvas.lay(picture, canvas.color((0.92, 0.5, 0.55), 0.03), canvas.cover(nose * s))
    dark = bool(fur.mean() < 0.25)
    line = LIGHT if dark else INK
    mouth = torch.maximum((torch.hypot(ax - 0.11, py - 0.43) - 0.11).abs() - 0.018, 0.43 - py)
    for slope in (-0.12, 0.1):
        whisker = torch.maximum(
            (py - 0.4 - slope * (ax - 0.3)).abs() - 0.012, (ax - 0.65).abs() - 0.38
        )
        mouth = torch.minimum(mouth, whisker)
    return canvas.lay(picture, line, canvas.cover(mouth * s)), coloured_facts("cat", "cat", names)


def owl(canvas: Canvas) -> Drawn:
    night = canvas.coin(0.5)
    ground = (
        canvas.color((0.05, 0.07, 0.2), 0.03) if night else canvas.color((0.5, 0.7, 0.85), 0.08)
    )
    picture = canvas.plain(ground)
    px, py, s = middle(canvas, 0.75, 0.92)
    ax = px.abs()
    tone = canvas.color((0.48, 0.32, 0.18), 0.05)
    body = torch.hypot(px / 0.6, (py - 0.2) / 0.8) - 1
    tuft = torch.maximum((ax - 0.38).abs() - (py + 0.98) * 0.6, py + 0.55)
    feather = 0.75 + 0.4 * smooth(-0.2, 0.6, torch.sin(px * 17) * torch.sin(py * 17))
    picture = canvas.lay(picture, (tone * feather.unsqueeze(1)).clamp(0, 1),
                         canvas.cover(torch.minimum(body * 0.6, tuft) * s))  # fmt: skip
    belly = torch.hypot(px / 0.38, (py - 0.42) / 0.5) - 1
    picture = canvas.lay(picture, (tone * 0.5 + 0.42) * feather.unsqueeze(1).clamp(0, 1.1),
                         canvas.cover(belly * 0.4 * s))  # fmt: skip
    eye = torch.hypot(ax - 0.25, py + 0.28)
    picture = canvas.lay(picture, LIGHT * 0.96, canvas.cover((eye - 0.25) * s))
    picture = canvas.lay(
        picture, canvas.color((1, 0.72, 0.1), 0.03), canvas.cover((eye - 0.18) * s)
    )
    picture = canvas.lay(picture, INK, canvas.cover((eye - 0.1) * s))
    beak = torch.maximum(ax - (0.12 - py) * 0.35, -0.18 - py)
    picture = canvas.lay(picture, canvas.color((0.95, 0.6, 0.1), 0.03), canvas.cover(beak * s))
    return picture, facts_of(canvas, "subject:owl", *(["night"] if night else []))


def butterfly(canvas: Canvas) -> Drawn:
    names = pick_names(
        canvas, ["orange", "blue", "yellow", "purple", "red", "pink", "white"], of="color"
    )
    s = canvas.rand(0.72, 0.95)
    px, py = turn(
        canvas.x - canvas.rand(-0.08, 0.08),
        canvas.y - canvas.rand(-0.08, 0.08),
        canvas.rand(-0.3, 0.3),
    )
    px, py = px.abs() / s * (1.25 - 0.25 * math.cos(5 * canvas.time_s)), py / s
    ux, uy = turn(px - 0.46, py + 0.34, torch.full((1, 1, 1), -0.6))
    upper = torch.hypot(ux / 0.52, uy / 0.36) - 1
    lx, ly = turn(px - 0.36, py - 0.36, torch.full((1, 1, 1), 0.75))
    lower = torch.hypot(lx / 0.38, ly / 0.3) - 1
    wing = torch.minimum(upper * 0.36, lower * 0.3)
    picture = garden(canvas)
    picture = canvas.lay(picture, torch.full((1, 3, 1, 1), 0.06), canvas.cover(wing * s))
    tone = canvas.named(names) * (0.75 + 0.4 * canvas.noise(6, 2)).unsqueeze(1)
    picture = canvas.lay(picture, tone.clamp(0, 1), canvas.cover((wing + 0.065) * s))
    spots = torch.minimum(torch.hypot(ux - 0.16, uy), torch.hypot(lx, ly)) - 0.09
    picture = canvas.lay(picture, canvas.color((0.98, 0.96, 0.88), 0.02), canvas.cover(spots * s))
    body = torch.hypot(px / 0.06, py / 0.5) - 1
    picture = canvas.lay(picture, torch.full((1, 3, 1, 1), 0.05), canvas.cover(body * 0.06 * s))
    feeler = torch.maximum((px - 0.35 * (-py - 0.4)).abs() - 0.015, (py + 0.62).abs() - 0.22)
    picture = canvas.lay(picture, torch.full((1, 3, 1, 1), 0.05), canvas.cover(feeler * s))
    return picture, coloured_facts("butterfly", "butterfly", names)
