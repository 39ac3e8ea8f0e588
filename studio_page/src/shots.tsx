/** The shots as blocks: their prompts, their pictures, and the borders between them. */
import { signal } from "@preact/signals";
import { frameAddress } from "./api";
import { jump } from "./player";
import { beatBeside, sent, snapped, type Target } from "./snap";
import { edit, film, finished, picked, readOnly, story, tell, view } from "./store";
import { clamp, clock } from "./times";
import { drag, perPx, width, xOf } from "./timeline";
import type { Film, Shot } from "./types";

const moving = signal<{ index: number; target: Target; ripple: boolean } | null>(null);

export function ShotsLane() {
  const one = film.value!;
  const { from, span } = view.value;
  const seen = one.shots
    .map((shot, index) => ({ shot, index, ...ends(one, index) }))
    .filter(({ start, end }) => end > from && start < from + span);
  const most = seen.slice(0, 400);
  return (
    <div class="shots" role="group" aria-label="Shots">
      {most.map(({ shot, index, start, end }) => (
        <Block key={index} shot={shot} index={index} start={start} end={end} />
      ))}
      {most.map(({ shot, index, end }) =>
        index + 1 < one.shots.length && xOf(end) <= width.value ? (
          <Border key={index} shot={shot} index={index} at={end} />
        ) : null,
      )}
    </div>
  );
}

/** When a shot starts and ends as it is drawn: where its border is dragged to. */
function ends(one: Film, index: number) {
  const { start, end } = one.shots[index];
  const drawn = moving.value;
  if (!drawn) return { start, end };
  const shift = drawn.target.at - one.shots[drawn.index].end;
  if (index === drawn.index) return { start, end: end + shift };
  if (index === drawn.index + 1) return { start: start + shift, end: drawn.ripple ? end + shift : end };
  return index > drawn.index && drawn.ripple ? { start: start + shift, end: end + shift } : { start, end };
}

interface BlockProps {
  shot: Shot;
  index: number;
  start: number;
  end: number;
}

function Block({ shot, index, start, end }: BlockProps) {
  const left = Math.max(xOf(start), -2);
  const right = Math.min(xOf(end), width.value + 2);
  const wide = Math.max(right - left, 2);
  const done = finished.value.get(index);
  const share = shot.frames ? (done?.size ?? 0) / shot.frames : 0;
  const select = () => {
    picked.value = index;
    jump(Math.max(shot.start, 0));
  };
  const prompt = () => document.querySelector<HTMLTextAreaElement>(".prompt textarea")?.focus();
  return (
    <button
      class={`shot ${shot.cut && index ? "cut" : ""}`}
      aria-pressed={picked.value === index}
      aria-label={`Shot ${shot.name}, ${clock(shot.start)} to ${clock(shot.end)}: ${shot.label}`}
      title={`${shot.name}: ${shot.label}`}
      style={{ left: `${left + 1}px`, width: `${wide - 2}px` }}
      onClick={select}
      onDblClick={prompt}
    >
      <Pictures shot={shot} index={index} left={left} wide={wide} />
      {wide > 34 && (
        <span class="words">
          <b>{shot.name}</b>
          <span>{shot.label}</span>
        </span>
      )}
      <i class="done" style={{ width: `${share * 100}%` }} />
    </button>
  );
}

const PICTURE_HIGH = 46;

/** Finished frames along a block, as many as fit. */
function Pictures({ shot, index, left, wide }: { shot: Shot; index: number; left: number; wide: number }) {
  const one = film.value!;
  const done = finished.value.get(index);
  const digest = story.value?.frames[index]?.digest;
  if (!done?.size || !digest || wide < 20) return <span class="pictures" />;
  const high = PICTURE_HIGH;
  const each = Math.max((high * one.painted[0]) / one.painted[1], 24);
  const count = Math.min(Math.ceil(wide / each), 40);
  const pictures = Array.from({ length: count }, (_, n) => {
    const seconds = view.value.from + (left + (n + 0.5) * each) * perPx();
    const local = clamp(Math.floor(seconds * one.fps) - shot.first, 0, shot.frames - 1);
    return nearestDone(done, local);
  });
  return (
    <span class="pictures" aria-hidden="true">
      {pictures.map((local, n) =>
        local === null ? (
          <i key={n} style={{ width: `${each}px` }} />
        ) : (
          <img
            key={n}
            src={frameAddress(shot.first + local, digest, 160)}
            style={{ width: `${each}px` }}
            alt=""
            draggable={false}
          />
        ),
      )}
    </span>
  );
}

/** The finished frame that is the nearest, among every twelfth of a second or so; null if far. */
function nearestDone(done: Set<number>, local: number): number | null {
  for (let away = 0; away < 24; away++) {
    if (done.has(local - away)) return local - away;
    if (done.has(local + away)) return local + away;
  }
  return null;
}

function Border({ shot, index, at }: { shot: Shot; index: number; at: number }) {
  const one = film.value!;
  const next = one.shots[index + 1];
  const fixed = shot.border.fixed;
  const drawn = moving.value?.index === index ? moving.value : null;
  const move = (target: Target, ripple: boolean) =>
    edit({ kind: "border", shot: index, ripple, ...sent(target) });
  const start = (event: PointerEvent) => {
    if (fixed || readOnly.value) {
      if (fixed) tell(`This border cannot be moved: ${fixed}.`);
      return;
    }
    const box = (event.currentTarget as HTMLElement).parentElement!.getBoundingClientRect();
    drag(
      event,
      (moved) => {
        const ripple = moved.shiftKey;
        const latest = ripple ? one.duration : next.end;
        const time = view.value.from + ((moved.clientX - box.left) / box.width) * view.value.span;
        const held = clamp(time, shot.start + 1 / one.fps, latest - 1 / one.fps);
        const target = snapped(held, perPx(), moved.altKey);
        moving.value = { index, target, ripple };
        return () => void move(target, ripple);
      },
      () => (moving.value = null),
    );
  };
  const keys = (event: KeyboardEvent) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key] as 1 | -1 | undefined;
    if (!way || fixed) return;
    event.preventDefault();
    event.stopPropagation();
    void move(event.shiftKey ? beatBeside(shot.end, way) : { at: shot.end + way / one.fps, on: "" }, false);
  };
  return (
    <div
      class={`border ${fixed ? "fixed" : ""} ${drawn ? "moving" : ""}`}
      role="slider"
      tabIndex={0}
      aria-label={`Border between ${shot.name} and ${next.name}`}
      aria-orientation="horizontal"
      aria-valuemin={+shot.start.toFixed(3)}
      aria-valuemax={+next.end.toFixed(3)}
      aria-valuenow={+at.toFixed(3)}
      aria-valuetext={clock(at, 3)}
      aria-disabled={Boolean(fixed)}
      title={fixed || "Drag to move; Shift moves all that follows, Alt does not snap"}
      style={{ left: `${xOf(at)}px` }}
      onPointerDown={start}
      onKeyDown={keys}
    >
      {drawn && (
        <output>
          {clock(drawn.target.at, 3)}
          {drawn.target.on && <b>{drawn.target.on}</b>}
        </output>
      )}
    </div>
  );
}
