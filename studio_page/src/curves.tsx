/** The curves of the camera and the weights of the prompts over time, with keys that are dragged. */
import { computed, signal } from "@preact/signals";
import { color, useCanvas } from "./canvas";
import { jump } from "./player";
import { sent, snapped } from "./snap";
import { curves, edit, film, now, readOnly, tell, view } from "./store";
import { clamp, clock } from "./times";
import { drag, perPx, width, xOf } from "./timeline";
import type { CurveKey, WrittenCurve } from "./types";

const STILL: Record<string, number> = { zoom: 1, zoom_x: 1, zoom_y: 1 };
const WEIGHTS = "prompts";
const chosen = signal<string[] | null>(null);

/** Names of the curves that can be shown, those that move first. */
const names = computed(() => {
  const found = Object.entries(curves.value?.curves ?? {});
  const moves = (values: number[]) => values.some((value) => value !== values[0]);
  return [...found.filter(([, v]) => moves(v)), ...found.filter(([, v]) => !moves(v))].map(([n]) => n);
});

const shown = computed(() => {
  const known = [WEIGHTS, ...names.value];
  if (chosen.value) return chosen.value.filter((name) => known.includes(name));
  const moving = names.value.filter((name) => {
    const values = curves.value!.curves[name];
    return values.some((value) => value !== values[0]);
  });
  return moving.slice(0, 2);
});

const titled = (name: string) => name.replaceAll("_", " ").replace(/^(filters|losses)\./, "");

export function CurveChoice() {
  if (!curves.value) return null;
  const toggle = (name: string) => {
    const now = shown.value;
    chosen.value = now.includes(name) ? now.filter((one) => one !== name) : [...now, name];
  };
  return (
    <div class="chips" role="group" aria-label="Curves that are shown">
      {[WEIGHTS, ...names.value].slice(0, 14).map((name) => (
        <button aria-pressed={shown.value.includes(name)} onClick={() => toggle(name)}>
          {titled(name)}
        </button>
      ))}
    </div>
  );
}

export function CurveLanes() {
  if (!curves.value) return null;
  return (
    <>
      {shown.value.map((name) =>
        name === WEIGHTS ? <Weights key={name} /> : <Lane key={name} name={name} />,
      )}
    </>
  );
}

interface Scale {
  low: number;
  high: number;
}

function scaleOf(name: string, values: number[], keys: CurveKey[]): Scale {
  const all = [...values, ...keys.flatMap((key) => key.value ?? []), STILL[name] ?? 0];
  let [low, high] = [Infinity, -Infinity];
  for (const value of all) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const least = Math.max(Math.abs(high) * 0.02, name.startsWith("zoom") ? 0.05 : 0.01);
  const pad = Math.max((high - low) * 0.14, least);
  return { low: low - pad, high: high + pad };
}

const LANE_HIGH = 84;
const yOf = (value: number, { low, high }: Scale) => ((high - value) / (high - low)) * LANE_HIGH;

function writtenOf(name: string): { shot: number; curve: WrittenCurve }[] {
  return (curves.value?.written ?? []).flatMap(({ shot, curves: found }) =>
    found.filter((curve) => curve.name === name).map((curve) => ({ shot, curve })),
  );
}

const moved = signal<{ id: string; at: number; value: number } | null>(null);

function Lane({ name }: { name: string }) {
  const one = film.value!;
  const data = curves.value!;
  const values = data.curves[name];
  const written = writtenOf(name);
  const scale = scaleOf(name, values, written.flatMap(({ curve }) => curve.keys));
  const { from, span } = view.value;
  const frame = Math.round((now.value * one.fps - data.first) / data.step);
  const value = values[clamp(frame, 0, values.length - 1)];
  const canvas = useCanvas(
    (on, wide) => {
      on.strokeStyle = color("edge-strong");
      on.setLineDash([2, 4]);
      on.beginPath();
      const rest = Math.round(yOf(STILL[name] ?? 0, scale)) + 0.5;
      on.moveTo(0, rest);
      on.lineTo(wide, rest);
      on.stroke();
      on.setLineDash([]);
      drawLine(on, wide, values, scale);
    },
    [data, name, from, span, width.value, scale.low, scale.high],
  );
  const addAt = (event: MouseEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const at = from + ((event.clientX - box.left) / box.width) * span;
    addKey(name, at, scale.high - ((event.clientY - box.top) / LANE_HIGH) * (scale.high - scale.low));
  };
  const text = written.find(({ shot }) => inShot(shot, now.value))?.curve;
  return (
    <div class="curve" role="group" aria-label={`Curve ${titled(name)}`} onDblClick={addAt}>
      <canvas ref={canvas} onPointerDown={(event) => jump(from + (event.offsetX / width.value) * span)} />
      <p class="curve-name">
        <b>{titled(name)}</b> {value === undefined ? "" : +value.toFixed(3)}
        {text?.form === "text" && <code title="An expression: change it in the text">{text.text}</code>}
        {text?.form !== "text" && !name.includes(".") && (
          <button
            class="small"
            disabled={readOnly.value}
            title="A key at the playhead; a double click adds one anywhere"
            onClick={() => addKey(name, now.value, value)}
          >
            add key
          </button>
        )}
      </p>
      {written.flatMap(({ shot, curve }) =>
        curve.keys
          .filter((key) => key.value !== null && inShot(shot, key.at, true))
          .map((key) => (
            <Key key={`${shot} ${key.time}`} shot={shot} curve={curve} one={key} scale={scale} />
          )),
      )}
    </div>
  );
}

function inShot(index: number, at: number, withEnd = false): boolean {
  const shot = film.value?.shots[index];
  if (!shot) return false;
  return at >= shot.start - 1e-6 && (withEnd ? at <= shot.end + 1e-6 : at < shot.end);
}

function addKey(name: string, at: number, value: number) {
  const one = film.value!;
  const index = one.shots.findIndex((_, n) => inShot(n, at));
  const curve = writtenOf(name).find(({ shot }) => shot === index)?.curve;
  if (name.includes(".")) return tell("Only the camera's curves have keys here; change it in the text.");
  if (curve?.form === "text") return tell("This curve is an expression; change it in the text.");
  void edit({ kind: "key", shot: index, curve: name, value, ...sent(snapped(at, perPx())) });
}

interface KeyProps {
  shot: number;
  curve: WrittenCurve;
  one: CurveKey;
  scale: Scale;
}

function Key({ shot, curve, one, scale }: KeyProps) {
  const id = `${shot} ${curve.name} ${one.time}`;
  const drawn = moved.value?.id === id ? moved.value : null;
  const [at, value] = [drawn?.at ?? one.at, drawn?.value ?? one.value!];
  const range = scale.high - scale.low;
  const owner = film.value!.shots[shot];
  const change = (to: { at: number; beat?: number; mark?: string }, height: number) =>
    edit({ kind: "key", shot, curve: curve.name, time: one.time, value: height, ...to });
  const start = (event: PointerEvent) => {
    if (readOnly.value) return;
    event.stopPropagation();
    const box = (event.currentTarget as HTMLElement).parentElement!.getBoundingClientRect();
    drag(
      event,
      (next) => {
        const time = view.value.from + ((next.clientX - box.left) / box.width) * view.value.span;
        const held = clamp(time, owner.start, owner.end);
        const still = Math.abs(xOf(held) - xOf(one.at)) < 4;
        const target = still ? { at: one.at, on: "" } : snapped(held, perPx(), next.altKey);
        const height = scale.high - ((next.clientY - box.top) / LANE_HIGH) * range;
        const free = clamp(height, scale.low, scale.high);
        const fine = Number(free.toPrecision(3));
        moved.value = { id, at: target.at, value: fine };
        return () => void change(sent(target), fine);
      },
      () => (moved.value = null),
    );
  };
  const keys = (event: KeyboardEvent) => {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[
      event.key
    ] ?? [0, 0];
    if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      event.stopPropagation();
      void edit({ kind: "remove_key", shot, curve: curve.name, time: one.time });
    } else if (dx || dy) {
      event.preventDefault();
      event.stopPropagation();
      const height = Number((one.value! + dy * range * 0.01).toPrecision(4));
      const time = clamp(one.at + dx / film.value!.fps, owner.start, owner.end);
      void change({ at: time }, height);
    }
  };
  const shared = curve.own ? "" : ", shared with other shots";
  return (
    <button
      class={`key ${curve.own ? "" : "shared"} ${drawn ? "moving" : ""}`}
      style={{ left: `${xOf(at)}px`, top: `${yOf(value, scale)}px` }}
      aria-label={`${titled(curve.name)} is ${value} at ${clock(at)}${shared}. Arrows move it, Delete removes it`}
      title={`${one.time}: ${value}${one.ease ? `, ${one.ease}` : ""}${shared}`}
      onPointerDown={start}
      onDblClick={(event) => event.stopPropagation()}
      onKeyDown={keys}
    >
      {drawn && (
        <output>
          {value} <b>{clock(at)}</b>
        </output>
      )}
    </button>
  );
}

/** Draws a curve; it is interrupted where the picture begins anew. */
function drawLine(on: CanvasRenderingContext2D, wide: number, values: number[], scale: Scale) {
  const one = film.value!;
  const data = curves.value!;
  const { from, span } = view.value;
  const breaks = new Set(one.shots.map((shot) => Math.ceil((shot.first - data.first) / data.step)));
  const start = Math.max(0, Math.floor((from * one.fps - data.first) / data.step) - 1);
  const stop = Math.min(values.length, Math.ceil(((from + span) * one.fps - data.first) / data.step) + 2);
  on.strokeStyle = color("curve");
  on.lineWidth = 1.75;
  on.lineJoin = "round";
  on.beginPath();
  for (let n = start; n < stop; n++) {
    const x = (((data.first + n * data.step) / one.fps - from) / span) * wide;
    const y = yOf(values[n], scale);
    if (n > start && breaks.has(n)) on.lineTo(x, yOf(values[n - 1], scale));
    if (n === start || breaks.has(n)) on.moveTo(x, y);
    else on.lineTo(x, y);
  }
  on.stroke();
}

const TRACKS = ["track-1", "track-2", "track-3", "track-4", "track-5"];

function Weights() {
  const one = film.value!;
  const data = curves.value!;
  const { from, span } = view.value;
  const labels = [...new Set(data.weights.map((track) => track.label))];
  const most = data.weights.reduce((top, track) => Math.max(top, ...track.values), 1);
  const least = data.weights.reduce((low, track) => Math.min(low, ...track.values), 0);
  const scale = { low: least - (least < 0 ? 0.1 : 0), high: most * 1.25 };
  const canvas = useCanvas(
    (on, wide) => {
      for (const track of data.weights) {
        const paint = color(TRACKS[labels.indexOf(track.label) % TRACKS.length]);
        const x = (n: number) => (((track.at + n * data.step) / one.fps - from) / span) * wide;
        const floor = yOf(0, scale);
        on.beginPath();
        on.moveTo(x(0), floor);
        track.values.forEach((value, n) => on.lineTo(x(n), yOf(value, scale)));
        on.lineTo(x(track.values.length - 1), floor);
        on.globalAlpha = 0.22;
        on.fillStyle = paint;
        on.fill();
        on.globalAlpha = 1;
        on.strokeStyle = paint;
        on.lineWidth = 1.5;
        on.beginPath();
        track.values.forEach((value, n) => (n ? on.lineTo : on.moveTo).call(on, x(n), yOf(value, scale)));
        on.stroke();
      }
    },
    [data, from, span, width.value],
  );
  const heard = data.weights.filter((track) => {
    const place = Math.floor((now.value * one.fps - track.at) / data.step);
    return place >= 0 && place < track.values.length && track.values[place] !== 0;
  });
  return (
    <div class="curve" role="group" aria-label="Weights of the prompts">
      <canvas ref={canvas} onPointerDown={(event) => jump(from + (event.offsetX / width.value) * span)} />
      <p class="curve-name">
        <b>prompts</b>
        {heard.slice(0, 4).map((track) => (
          <span class="track" key={track.label}>
            <i class={TRACKS[labels.indexOf(track.label) % TRACKS.length]} />
            {track.label}
          </span>
        ))}
      </p>
    </div>
  );
}
