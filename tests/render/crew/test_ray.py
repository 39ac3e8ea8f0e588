"""A film that is painted in a Ray cluster, a node of which dies, is the film painted here."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from storyboard.errors import Interrupted
from storyboard.plan import Plan, ShotPlan
from storyboard.render import Event, render

pytestmark = pytest.mark.slow

PORTS = (
    "metrics_agent_port",
    "metrics_export_port",
    "dashboard_agent_listen_port",
    "runtime_env_agent_port",
)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def ports() -> dict[str, int]:
    """Return ports to give to a node: it then waits for fewer of its processes to say theirs."""
    return {name: free_port() for name in PORTS}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Three nodes in this machine: a head without room for workers, and two of one CPU."""
    before = os.environ.get("RAY_USAGE_STATS_ENABLED")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    made = patiently(lambda: Cluster(initialize_head=True, head_node_args=node(0)))
    for _ in range(2):
        patiently(lambda: made.add_node(**node(1)))
    ray.init(address=made.address, log_to_driver=False, logging_level="ERROR")
    yield made
    ray.shutdown()
    made.shutdown()
    if before is None:
        del os.environ["RAY_USAGE_STATS_ENABLED"]


def node(cpus: int) -> dict[str, Any]:
    small = {"object_store_memory": 80 * 1024**2, "include_dashboard": False}
    return {"num_cpus": cpus, **small, **ports()}


def patiently(start: Callable[[], Any]) -> Any:
    """Return what ``start`` starts, at the third try at the latest: Ray gives a process of its own
    fifteen seconds, which is too little for the first one on a busy machine.
    """
    for _ in range(2):
        try:
            return start()
        except Exception as error:
            if "timed out during startup" not in str(error):
                raise
    return start()


@pytest.fixture
def plan(film: Callable[..., Plan], shot: Callable[..., ShotPlan]) -> Plan:
    """Three chains, two of them longer than what is sent ahead of being saved."""
    quick = {"values": {"steps": 1}}
    return film(
        shot("dawn", 0, 30, **quick),
        shot("fire", 30, 28, prompt="orange", fresh=True, chain=1, **quick),
        shot("sea", 58, 4, prompt="blue", fresh=True, chain=2, **quick),
    )


def result(folder: Path) -> tuple[dict[str, bytes], bytes]:
    frames = sorted(folder.glob("shots/*/*.png"))
    pictures = {f"{path.parent.name}/{path.name}": path.read_bytes() for path in frames}
    return pictures, (folder / "film.mp4").read_bytes()


def test_a_cluster_paints_the_same_film_though_it_is_stopped_and_a_node_dies(
    tmp_path: Path, plan: Plan, cluster: Any
) -> None:
    render(plan, out=tmp_path / "here" / "film.mp4")
    events, folder = list[Event](), tmp_path / "there"

    def frames() -> list[Event]:
        return [event for event in events if event.kind == "frame"]

    with pytest.raises(Interrupted, match="stopped"):
        render(
            plan,
            out=folder / "film.mp4",
            executor="ray",
            on_event=events.append,
            stop=lambda: len(frames()) > 2,
        )
    assert 3 <= len(list(folder.glob("shots/*/*.png"))) < 62
    begun = len(events)

    def kill_a_node(event: Event) -> None:
        events.append(event)
        painting = {one.shot for one in events[begun:] if one.kind == "frame"}
        if len(painting) == 2 and len(cluster.worker_nodes) == 2:
            cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)

    render(plan, out=folder / "film.mp4", executor="ray", on_event=kill_a_node)
    assert len(cluster.worker_nodes) == 1
    assert result(folder) == result(tmp_path / "here")
    warnings = [event.message or "" for event in events if event.kind == "warning"]
    assert len([warning for warning in warnings if "while it painted" in warning]) == 1, warnings
    made = [event.frame for event in frames() if not event.again]
    assert sorted(frame for frame in made if frame is not None) == list(range(62))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
