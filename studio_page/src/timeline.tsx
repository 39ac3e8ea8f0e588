/** The film over time: overview, ruler, marks, shots, waveform, lyrics, curves. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { color, useCanvas } from "./canvas";
import { CurveLanes, CurveChoice } from "./curves";
import { Icon } from "./icons";
import { jump } from "./player";
import { ShotsLane } from "./shots";
import { sent, snapped, snapping, snapsTo } from "./snap";
import { bounded, edit, film, now, peaks, readOnly, showAll, sound, tell, view, zoom } from "./store";
import { clamp, clock } from "./times";

export const width = signal(800);

/** The place of a moment on the timeline, in pixels. */
export const xOf = (seconds: number) => ((seconds - view.value.from) / view.value.span) * width.value;
export const perPx = () => view.value.span / width.value;

export function Timeline() {
  const lanes = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = lanes.current;
    if (!box) return;
    const watch = new ResizeObserver(() => (width.value = Math.max(box.clientWidth, 50)));
    watch.observe(box);
    box.addEventListener("wheel", turned, { passive: false });
    return () => {
      watch.disconnect();
      box.removeEventListener("wheel", turned);
    };
  }, [film.value === null]);
  const one = film.value;
  if (!one) return null;
  return (
    <section class="timeline" aria-label="Timeline">
      <Toolbar />
      <div class="grid">
        <Names />
        <div class="lanes" ref={lanes}>
          <Overview />
          <Ruler />
          <Marks />
          <ShotsLane />
          <Wave />
          {one.lyrics.length > 0 && <Lyrics />}
          <CurveLanes />
          <div class="playhead" style={{ transform: `translateX(${xOf(now.value)}px)` }} aria-hidden="true" />
        </div>
      </div>
    </section>
  );
}

function turned(event: WheelEvent) {
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  const about = view.value.from + ((event.clientX - box.left) / box.width) * view.value.span;
  if (event.ctrlKey || event.metaKey || event.altKey) {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * 0.004), about);
    return;
  }
  const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
  if (!sideways && !event.shiftKey) return;
  event.preventDefault();
  const by = (sideways ? event.deltaX : event.deltaY) * perPx();
  view.value = bounded(view.value.from + by, view.value.span);
}

function Toolbar() {
  return (
    <div class="toolbar">
      <div class="group" role="group" aria-label="Zoom">
        <button class="quiet" aria-label="Wider view" title="Wider view (−)" onClick={() => zoom(1 / 1.6)}>
          <Icon name="minus" />
        </button>
        <button class="quiet" aria-label="The whole film" title="The whole film (0)" onClick={showAll}>
          <Icon name="fit" />
        </button>
        <button class="quiet" aria-label="Closer view" title="Closer view (+)" onClick={() => zoom(1.6)}>
          <Icon name="plus" />
        </button>
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={snapping.value}
          onChange={(event) => (snapping.value = event.currentTarget.checked)}
        />
        Snap to {snapsTo()}
      </label>
      <button disabled={readOnly.value} title="Set a mark at the playhead, also while it plays (M)" onClick={markHere}>
        <Icon name="flag" /> Mark
      </button>
      <CurveChoice />
    </div>
  );
}

function Names() {
  const one = film.value!;
  return (
    <div class="names" aria-hidden="true">
      <span class="overview" />
      <span class="ruler" />
      <span class="marks">Marks</span>
      <span class="shots">Shots</span>
      <span class="wave">{one.audio ? "Song" : one.beats.length ? "Beats" : "Time"}</span>
      {one.lyrics.length > 0 && <span class="lyrics">Lyrics</span>}
    </div>
  );
}

/** Sets a mark with a new name at the playhead. */
export function markHere() {
  const one = film.value;
  if (!one) return;
  let number = 1;
  while (`mark${number}` in one.marks) number++;
  void edit({ kind: "mark", name: `mark${number}`, at: now.value });
}

/** The whole film, small, with what is seen of it below; drag it to go elsewhere. */
function Overview() {
  const one = film.value!;
  const { from, span } = view.value;
  const canvas = useCanvas(
    (on, wide, high) => drawWave(on, wide, high, 0, one.duration, color("wave-soft")),
    [one, peaks.value, sound.value, width.value],
  );
  const go = (event: PointerEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * one.duration;
    view.value = bounded(at - span / 2, span);
  };
  const keys = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -0.25, ArrowRight: 0.25, PageUp: -1, PageDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    view.value = bounded(from + step * span, span);
  };
  const left = (from / one.duration) * 100;
  return (
    <div
      class="overview"
      role="scrollbar"
      tabIndex={0}
      aria-label="What is seen of the film"
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={Math.round(Math.max(one.duration - span, 0))}
      aria-valuenow={Math.round(from)}
      aria-valuetext={`${clock(from)} to ${clock(from + span)}`}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        go(event);
      }}
      onPointerMove={(event) => event.buttons && go(event)}
      onKeyDown={keys}
    >
      <canvas ref={canvas} />
      <i class="window" style={{ left: `${left}%`, width: `${(span / one.duration) * 100}%` }} />
      <i class="here" style={{ left: `${(now.value / one.duration) * 100}%` }} />
    </div>
  );
}

const STEPS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800];

function Ruler() {
  const one = film.value!;
  const { from, span } = view.value;
  const canvas = useCanvas(
    (on, wide, high) => {
      const step = STEPS.find((one) => (one / span) * wide > 64) ?? 3600;
      on.font = `11px ${color("sans")}`;
      on.fillStyle = color("ink-soft");
      on.strokeStyle = color("edge-strong");
      on.beginPath();
      for (let k = Math.ceil(from / step); k * step <= from + span; k++) {
        const x = Math.round(((k * step - from) / span) * wide) + 0.5;
        on.moveTo(x, high);
        on.lineTo(x, high - 7);
        const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
        const text = clock(k * step, step < 1 ? Math.max(digits, step === 0.25 ? 2 : 1) : 0);
        if (x + on.measureText(text).width + 4 < wide) on.fillText(text, x + 4, high - 8);
      }
      on.stroke();
      drawBeats(on, wide, high - 5, high, true);
    },
    [one, from, span, width.value, sound.value],
  );
  return (
    <div
      class="ruler"
      role="slider"
      tabIndex={0}
      aria-label="Playhead"
      aria-valuemin={0}
      aria-valuemax={one.duration}
      aria-valuenow={+now.value.toFixed(3)}
      aria-valuetext={clock(now.value)}
      {...scrub}
    >
      <canvas ref={canvas} />
    </div>
  );
}

function momentAt(event: PointerEvent): number {
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  return view.value.from + ((event.clientX - box.left) / box.width) * view.value.span;
}

/** What makes a lane one that the playhead follows the pointer on. */
const scrub = {
  onPointerDown: (event: PointerEvent) => {
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    jump(momentAt(event));
  },
  onPointerMove: (event: PointerEvent) => {
    if (event.buttons) jump(momentAt(event));
  },
};

/** The beats and bars that are seen, as lines from `top` to `bottom`. */
function drawBeats(
  on: CanvasRenderingContext2D,
  wide: number,
  top: number,
  bottom: number,
  strong = false,
) {
  const one = film.value!;
  const { from, span } = view.value;
  const seen = one.beats.filter(([, at]) => at >= from && at <= from + span);
  const dense = seen.length > wide / 7;
  for (const bar of [false, true]) {
    if (!bar && dense) continue;
    on.beginPath();
    on.strokeStyle = color(bar ? (strong ? "bar" : "bar-soft") : strong ? "beat" : "beat-soft");
    for (const [number, at] of seen) {
      const every = dense ? one.beats_per_bar * 4 : one.beats_per_bar;
      if ((number % every === 0) !== bar) continue;
      const x = Math.round(((at - from) / span) * wide) + 0.5;
      on.moveTo(x, top);
      on.lineTo(x, bottom);
    }
    on.stroke();
  }
}

function drawWave(
  on: CanvasRenderingContext2D,
  wide: number,
  high: number,
  from: number,
  span: number,
  paint: string,
) {
  const audio = film.value?.audio;
  const data = peaks.value;
  if (!audio || !data) return;
  const { rate } = audio;
  const middle = high / 2;
  const scale = (high / 2 - 1) / 127;
  on.fillStyle = paint;
  on.beginPath();
  for (let x = 0; x < wide; x++) {
    const seconds = from + (x / wide) * span;
    if (seconds < audio.start || seconds >= audio.end) continue;
    const start = Math.floor((seconds - audio.start + audio.source_start) * rate);
    const stop = Math.max(start + 1, Math.floor(start + (span / wide) * rate));
    let [low, top] = [127, -127];
    for (let n = start; n < stop && n * 2 + 1 < data.length; n++) {
      low = Math.min(low, data[n * 2]);
      top = Math.max(top, data[n * 2 + 1]);
    }
    if (low > top) continue;
    on.rect(x, middle - top * scale, 1, Math.max((top - low) * scale, 1));
  }
  on.fill();
}

function Wave() {
  const one = film.value!;
  const { from, span } = view.value;
  const canvas = useCanvas(
    (on, wide, high) => {
      drawBeats(on, wide, 0, high);
      drawWave(on, wide, high, from, span, color("wave"));
      on.fillStyle = color("onset");
      for (const at of sound.value?.onsets ?? []) {
        if (at >= from && at <= from + span) on.fillRect(((at - from) / span) * wide - 0.5, high - 5, 1.5, 5);
      }
    },
    [one, peaks.value, sound.value, from, span, width.value],
  );
  const silent = one.audio && !one.audio.inside;
  return (
    <div class="wave" {...scrub}>
      <canvas ref={canvas} role="img" aria-label={one.audio ? `Waveform of ${one.audio.name}` : "Beats"} />
      {silent && (
        <p class="over">
          The song lies outside of the story's folder, so the page does not play it: --project opens a
          larger folder.
        </p>
      )}
    </div>
  );
}

function Marks() {
  const one = film.value!;
  const { from, span } = view.value;
  const seen = Object.entries(one.marks).filter(([, at]) => at >= from && at <= from + span);
  const sections = sound.value?.sections ?? [];
  return (
    <div class="marks">
      {sections.map((at, number) => {
        const end = sections[number + 1] ?? one.duration;
        if (end < from || at > from + span) return null;
        const left = Math.max(xOf(at), 0);
        return (
          <span class="section" style={{ left: `${left}px`, width: `${xOf(end) - left}px` }}>
            {number + 1}
          </span>
        );
      })}
      {seen.slice(0, 200).map(([name, at]) => (
        <Mark key={name} name={name} at={at} free={one.free_marks.includes(name)} />
      ))}
    </div>
  );
}

const dragged = signal<{ name: string; at: number; on: string } | null>(null);

function Mark({ name, at, free }: { name: string; at: number; free: boolean }) {
  const moving = dragged.value?.name === name ? dragged.value : null;
  const place = moving?.at ?? at;
  const movable = free && !readOnly.value;
  const start = (event: PointerEvent) => {
    if (!movable) return;
    const box = (event.currentTarget as HTMLElement).parentElement!.getBoundingClientRect();
    drag(event, (moved) => {
      const time = view.value.from + ((moved.clientX - box.left) / box.width) * view.value.span;
      const target = snapped(clamp(time, 0, film.value!.duration), perPx(), moved.altKey);
      if (target.mark === name) return;
      dragged.value = { name, at: target.at, on: target.on };
      return () => void edit({ kind: "mark", name, ...sent({ ...target, mark: undefined }) });
    }, () => (dragged.value = null));
  };
  return (
    <button
      class="mark"
      style={{ left: `${xOf(place)}px` }}
      title={free ? `${name}, ${clock(place)}: drag to move it` : `${name}, ${clock(place)}`}
      onPointerDown={start}
      onClick={() => jump(at)}
    >
      {name}
    </button>
  );
}

/** Follows a drag: `moved` answers what is to be done if it ends there; a click drags nothing. */
export function drag(
  event: PointerEvent,
  moved: (event: PointerEvent) => (() => void) | undefined,
  ended: () => void,
) {
  const target = event.currentTarget as HTMLElement;
  const from = [event.clientX, event.clientY];
  let last: (() => void) | undefined;
  let begun = false;
  target.setPointerCapture(event.pointerId);
  const follow = (next: PointerEvent) => {
    begun ||= Math.hypot(next.clientX - from[0], next.clientY - from[1]) > 3;
    if (begun) last = moved(next);
  };
  const finish = (next: Event) => {
    target.removeEventListener("pointermove", follow);
    target.removeEventListener("pointerup", finish);
    target.removeEventListener("pointercancel", finish);
    removeEventListener("keydown", leave, true);
    if (begun && next.type === "pointerup") {
      target.addEventListener("click", (click) => click.stopImmediatePropagation(), {
        once: true,
        capture: true,
      });
      last?.();
    }
    ended();
  };
  const leave = (key: KeyboardEvent) => {
    if (key.key !== "Escape") return;
    key.stopPropagation();
    last = undefined;
    tell("Not moved.");
    finish(key);
  };
  target.addEventListener("pointermove", follow);
  target.addEventListener("pointerup", finish);
  target.addEventListener("pointercancel", finish);
  addEventListener("keydown", leave, true);
}

function Lyrics() {
  const one = film.value!;
  const { from, span } = view.value;
  return (
    <div class="lyrics">
      {one.lyrics.map((line, number) => {
        const end = line.end ?? one.lyrics[number + 1]?.start ?? one.duration;
        if (end < from || line.start > from + span) return null;
        const left = Math.max(xOf(line.start), 0);
        return (
          <span
            key={number}
            class={now.value >= line.start && now.value < end ? "sung" : ""}
            style={{ left: `${left}px`, width: `${Math.max(xOf(end) - left - 2, 3)}px` }}
            title={line.text}
          >
            {line.text}
          </span>
        );
      })}
    </div>
  );
}
