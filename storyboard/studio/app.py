"""The studio's requests: the page, its data, its edits, and what happens while it is open."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from storyboard.audio import SIGNALS
from storyboard.curves.easings import easings
from storyboard.curves.expressions import CONSTANTS, TIME_NAMES
from storyboard.curves.expressions.library import GROUPS
from storyboard.errors import StoryboardError, UsageError
from storyboard.story.schema import story_schema
from storyboard.story.yaml_loader import MAX_BYTES
from storyboard.studio.access import Guard
from storyboard.studio.document import Conflict, ReadOnly
from storyboard.studio.studio import Studio

PAGE = Path(__file__).parent / "page"
"""The built page."""

LOOK_EVERY_S = 0.3
_ALIVE_EVERY_S = 15.0
_FOREVER = {"cache-control": "private, max-age=31536000, immutable"}

Answer = Callable[[Request], Awaitable[Response]]


@dataclass
class News:
    """What happens, for every page that is open."""

    _pages: set[asyncio.Queue[dict[str, Any] | None]] = field(default_factory=set)

    def publish(self, **message: Any) -> None:
        """Hand ``message`` to every page."""
        for page in self._pages:
            page.put_nowait(message)

    def close(self) -> None:
        """End what every page follows, so that the server need not wait for them."""
        for page in self._pages:
            page.put_nowait(None)

    async def follow(self) -> AsyncIterator[str]:
        """Yield what happens from now on, as server-sent events."""
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._pages.add(queue)
        try:
            yield "retry: 1000\n\n"
            while True:
                try:
                    message = await asyncio.wait_for(queue.get(), _ALIVE_EVERY_S)
                    if message is None:
                        return
                    yield f"data: {json.dumps(message)}\n\n"
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self._pages.discard(queue)


@dataclass(frozen=True)
class Desk:
    """The answers to the page's requests."""

    studio: Studio
    news: News = field(default_factory=News)

    async def state(self, _request: Request) -> Response:
        """Answer all that the page shows."""
        return JSONResponse(await run_in_threadpool(self.studio.state))

    async def check(self, request: Request) -> Response:
        """Check a text that is not saved yet."""
        text = _text(await _body(request), "text")
        return JSONResponse(await run_in_threadpool(self.studio.check, text))

    async def save(self, request: Request) -> Response:
        """Write the text."""
        body = await _body(request)
        text, base = _text(body, "text"), _text(body, "base")
        return await self._changed(lambda: self.studio.save(text, base=base))

    async def edit(self, request: Request) -> Response:
        """Make a small edit."""
        body = await _body(request)
        base, edit = _text(body, "base"), body.get("edit")
        if not isinstance(edit, dict):
            raise UsageError("an edit is a mapping")
        return await self._changed(lambda: self.studio.edit(edit, base=base))

    async def undo(self, request: Request) -> Response:
        """Take back the last change."""
        base = _text(await _body(request), "base")
        return await self._changed(lambda: self.studio.document.undo(base=base))

    async def redo(self, request: Request) -> Response:
        """Make the change again that was taken back."""
        base = _text(await _body(request), "base")
        return await self._changed(lambda: self.studio.document.redo(base=base))

    async def _changed(self, change: Callable[[], Any]) -> Response:
        done = await run_in_threadpool(change)
        state = await run_in_threadpool(self.studio.state)
        self.news.publish(kind="story", version=state["version"])
        return JSONResponse({**state, "change": done.to_json()})

    async def render(self, request: Request) -> Response:
        """Start or pause the render."""
        await run_in_threadpool(self.studio.render, await _body(request))
        status = await run_in_threadpool(self.studio.render_status)
        self.news.publish(kind="render", render=status, frames=[])
        return JSONResponse(status)

    async def log(self, _request: Request) -> Response:
        """Answer what the render has said."""
        return JSONResponse({"log": await run_in_threadpool(self.studio.renders.log)})

    async def sound(self, _request: Request) -> Response:
        """Answer sections, onsets and bars."""
        return JSONResponse(await run_in_threadpool(self.studio.sound))

    async def peaks(self, _request: Request) -> Response:
        """Answer the waveform: a signed byte for the lowest, one for the highest, and so on."""
        found = await run_in_threadpool(self.studio.peaks)
        return Response(found.tobytes(), media_type="application/octet-stream")

    async def song(self, _request: Request) -> Response:
        """Answer the soundtrack, or the part of it that is asked for."""
        return FileResponse(await run_in_threadpool(self.studio.song))

    async def curves(self, request: Request) -> Response:
        """Answer the curves of some frames."""
        first, stop = _number(request, "first"), _number(request, "stop")
        return JSONResponse(await run_in_threadpool(self.studio.curves, first, stop))

    async def views(self, request: Request) -> Response:
        """Answer the camera's matrices of some frames."""
        first, stop = _number(request, "first"), _number(request, "stop")
        return JSONResponse(await run_in_threadpool(self.studio.views, first, stop))

    async def frame(self, request: Request) -> Response:
        """Answer a finished frame."""
        number, width = int(request.path_params["number"]), _number(request, "width")
        digest = request.query_params.get("of", "")
        data, kind = await run_in_threadpool(self.studio.frame, number, digest, width)
        return Response(data, media_type=kind, headers=_FOREVER)

    async def film(self, _request: Request) -> Response:
        """Answer the film, to be kept."""
        path = await run_in_threadpool(self.studio.film_file)
        if path is None:
            raise UsageError("there is no film yet")
        return FileResponse(path, filename=path.name)

    async def schema(self, _request: Request) -> Response:
        """Answer the JSON Schema of a story, and the words of its expressions."""
        text = await run_in_threadpool(_editor_help)
        return Response(text, media_type="application/json")

    async def events(self, _request: Request) -> Response:
        """Answer what happens, for as long as the page is open."""
        return StreamingResponse(self.news.follow(), media_type="text/event-stream")

    async def watch(self) -> None:
        """Look at the file and the render again and again, and publish what is new."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            with suppress(StoryboardError):
                if await run_in_threadpool(self.studio.document.look):
                    self.news.publish(kind="story", version=self.studio.document.version)
            await self._look_at_render()

    async def _look_at_render(self) -> None:
        renders = self.studio.renders
        before = renders.state
        events = await run_in_threadpool(renders.poll)
        if events or renders.state != before:
            new = [e.frame for e in events if e.kind == "frame" and e.frame is not None]
            said = [e.to_json() for e in events if e.kind not in ("frame", "checkpoint")]
            status = await run_in_threadpool(self.studio.render_status)
            self.news.publish(kind="render", render=status, frames=new, events=said)


@lru_cache(maxsize=1)
def _editor_help() -> str:
    """Return the JSON Schema of a story and what its expressions and keys may name, as JSON."""
    expressions = {**TIME_NAMES, **SIGNALS, **{name: f"{v:.6g}" for name, v in CONSTANTS.items()}}
    for functions in GROUPS.values():
        expressions |= {function.signature: function.doc for function in functions}
    words = {"expressions": expressions, "easings": easings.names()}
    return json.dumps({"schema": story_schema(), "words": words})


async def _body(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request. Raises `UsageError` for anything else."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise UsageError("a request is JSON")
    raw = b""
    async for part in request.stream():
        raw += part
        if len(raw) > 2 * MAX_BYTES:
            raise UsageError("the request is too large")
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise UsageError("a request is a JSON object")
    return body


def _text(body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str):
        raise UsageError(f"{key!r} must be a text")
    return value


def _number(request: Request, key: str) -> int:
    value = request.query_params.get(key, "0")
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise UsageError(f"{key!r} must be a whole number")
    return int(value)


def _failed(_request: Request, error: Exception) -> Response:
    """Answer an error in words: 409 where the file has changed, 403 where it is only shown."""
    code = 409 if isinstance(error, Conflict) else 403 if isinstance(error, ReadOnly) else 400
    return JSONResponse({"error": str(error)}, code)


def studio_app(studio: Studio, token: str, news: News | None = None) -> Guard:
    """Return the studio as an ASGI application, opened by ``/?token=TOKEN``. A server that ends
    closes the ``news``.
    """
    desk = Desk(studio, news or News())

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        watching = asyncio.create_task(desk.watch())
        yield
        watching.cancel()
        await run_in_threadpool(studio.renders.close)

    reads: dict[str, Answer] = {
        "state": desk.state,
        "log": desk.log,
        "sound": desk.sound,
        "peaks": desk.peaks,
        "song": desk.song,
        "curves": desk.curves,
        "views": desk.views,
        "frames/{number:int}": desk.frame,
        "film": desk.film,
        "schema": desk.schema,
        "events": desk.events,
    }
    writes: dict[str, Answer] = {
        "check": desk.check,
        "save": desk.save,
        "edit": desk.edit,
        "undo": desk.undo,
        "redo": desk.redo,
        "render": desk.render,
    }
    routes = [Route(f"/api/{name}", answer, methods=["GET"]) for name, answer in reads.items()]
    routes += [Route(f"/api/{name}", answer, methods=["POST"]) for name, answer in writes.items()]
    page = Mount("/", StaticFiles(directory=PAGE, html=True))
    app = Starlette(
        routes=[*routes, page],
        lifespan=lifespan,
        exception_handlers={StoryboardError: _failed},
    )
    return Guard(app, token)
