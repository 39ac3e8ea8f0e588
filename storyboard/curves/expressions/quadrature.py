"""A part of an expression over the whole film, sampled once: what functionals work on.

The film is cut into cells of `CELL_S`, and where beats and events fall that the part reads. In each
lie the five nodes of Gauss and Legendre. So a sample never lies on a jump, sums over cells are
exact up to degree nine, and nothing depends on the fps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from storyboard.curves.expressions.functions import Keyed
from storyboard.curves.expressions.nodes import Environment, Node, Variable, names_in, walk
from storyboard.curves.expressions.scope import BEAT_NAMES, SHOT_NAMES
from storyboard.curves.instants import ShotScope
from storyboard.plan import Floats

CELL_S = 1 / 64
_MOST_CELLS = 2**18
# Abramowitz and Stegun, table 25.4: numpy.polynomial is slow to import.
_INNER, _OUTER = (math.sqrt(5 + sign * 2 * math.sqrt(10 / 7)) / 3 for sign in (-1, 1))
_LIGHT, _HEAVY = ((322 + sign * 13 * math.sqrt(70)) / 900 for sign in (-1, 1))
NODES: Floats = (np.array([-_OUTER, -_INNER, 0.0, _INNER, _OUTER]) + 1.0) / 2
"""Where the nodes lie in a cell from 0 to 1."""
WEIGHTS: Floats = np.array([_LIGHT, _HEAVY, 128 / 225, _HEAVY, _LIGHT]) / 2
"""Their weights; they add up to 1."""


@dataclass(frozen=True, eq=False)
class Samples:
    """``edges`` are film seconds of shape (n + 1,), ``values`` one at each node, (n, 5)."""

    edges: Floats
    values: Floats

    @cached_property
    def seconds(self) -> Floats:
        """Return the film seconds of the nodes in order, of shape (5n,)."""
        return nodes_of(self.edges)

    @property
    def flat(self) -> Floats:
        """Return the values in order, of shape (5n,)."""
        return self.values.ravel()

    def integral(self, seconds: Floats) -> Floats:
        """Return the integral from the first edge to ``seconds``, which are held between the edges.

        It never falls where no sample is below zero: within a cell it is the integral of the
        polynomial through the five nodes where that has their sign, else of five steps.
        """
        last = len(self.edges) - 2
        cell = np.clip(np.searchsorted(self.edges, seconds, side="right") - 1, 0, last)
        widths = np.diff(self.edges)
        u = np.clip((seconds - self.edges[cell]) / widths[cell], 0.0, 1.0)
        done = np.zeros(len(u))
        for power in range(4, -1, -1):
            done = (done + self._polynomials[cell, power] / (power + 1)) * u
        rough = ~self._kept[cell]
        starts = np.cumsum(WEIGHTS) - WEIGHTS
        steps = np.clip(u[rough, None] - starts, 0.0, WEIGHTS) * self.values[cell[rough]]
        done[rough] = steps.sum(axis=1)
        result: Floats = self._sums[cell] + widths[cell] * done
        return result

    @cached_property
    def _sums(self) -> Floats:
        """Return the integral up to each cell."""
        cells = np.diff(self.edges) * (self.values @ WEIGHTS)
        return np.concatenate([[0.0], np.cumsum(cells)])

    @cached_property
    def _polynomials(self) -> Floats:
        """Return coefficients of the polynomial through the nodes of each cell, lowest power
        first.
        """
        return self.values @ np.linalg.inv(np.vander(NODES, increasing=True)).T

    @cached_property
    def _kept(self) -> Any:
        """Return a mask of the cells where the polynomial keeps the samples' sign, by its Bernstein
        coefficients.
        """
        of_powers = [[math.comb(i, k) / math.comb(4, k) for k in range(5)] for i in range(5)]
        bernstein = self._polynomials @ np.array(of_powers).T
        slack = 1e-12 * np.abs(self.values).max(axis=1, keepdims=True)
        up = (self.values >= 0).all(axis=1) <= (bernstein >= -slack).all(axis=1)
        down = (self.values <= 0).all(axis=1) <= (bernstein <= slack).all(axis=1)
        return up & down


def value_beside(samples: Samples, node: Node, at: Environment) -> Floats:
    """Return ``node`` at the instants ``at``, taken from its ``samples`` where they are just these.

    So a functional within a functional asks its argument once, not once for each around it.
    """
    film = at.instants.film
    if len(film) == samples.values.size and np.abs(film - samples.seconds).max() < 1e-6:
        return samples.flat.copy()
    return node.value(at)


def nodes_of(edges: Floats) -> Floats:
    """Return the nodes of every cell in order."""
    nodes: Floats = (edges[:-1, None] + np.diff(edges)[:, None] * NODES).ravel()
    return nodes


def samples_of(node: Node, at: Environment) -> Samples:
    """Return ``node`` over the film, from where t counts to the end."""
    scope = at.instants.scope

    def make() -> Samples:
        edges = _edges(node, scope)
        values = node.value(at.elsewhere(nodes_of(edges)))
        return Samples(edges, values.reshape(-1, 5))

    return scope.cache.recall(("samples", *key_of(node, scope)), make)


def key_of(node: Node, scope: ShotScope) -> tuple[Any, ...]:
    """Return a key that is equal for curves and shots in which ``node`` has the same values."""
    is_local = bool(names_in(node) & SHOT_NAMES)
    return node, scope.zero, scope.horizon, scope.identity if is_local else None


def event_breaks(node: Node, scope: ShotScope) -> Iterator[float]:
    """Film seconds at which events fall that ``node`` reads, each at its frame."""
    fps = float(scope.clock.fps)
    read = {one.name for one in walk(node) if isinstance(one, Variable)}
    for name in read & scope.names.events:
        frames = scope.clock.event_frames(scope.events(name).times)
        inside = (frames > float(scope.zero) * fps) & (frames < float(scope.horizon) * fps)
        yield from (frames[inside] / fps).tolist()


def _breaks(node: Node, scope: ShotScope) -> Iterator[float]:
    """Film seconds at which ``node`` may jump: beats, events and keys that it reads."""
    first, last = scope.zero, scope.horizon
    if names_in(node) & BEAT_NAMES and scope.clock.beats is not None:
        yield from map(float, scope.clock.beats_between(first, last))
        if scope.clock.meter is not None:
            yield from map(float, scope.clock.bars_between(first, last))
    yield from event_breaks(node, scope)
    for keyed in (one for one in walk(node) if isinstance(one, Keyed)):
        yield from (moment for moment in keyed.moments(scope) if first < moment < last)


def _edges(node: Node, scope: ShotScope) -> Floats:
    first, last = float(scope.zero), float(scope.horizon)
    cell = CELL_S
    while (last - first) / cell > _MOST_CELLS:
        cell *= 2
    regular = first + cell * np.arange(np.ceil(max((last - first) / cell, 1.0)) + 1)
    edges: Floats = np.unique(np.concatenate([regular, np.array(list(_breaks(node, scope)))]))
    apart: Floats = edges[np.concatenate([[True], np.diff(edges) > 1e-9])]
    return apart
