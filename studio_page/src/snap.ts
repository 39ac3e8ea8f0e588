/** Where something that is dragged comes to rest: on the story's beats, bars or onsets, and marks. */
import { signal } from "@preact/signals";
import { film, sound } from "./store";
import { clock, lastBefore } from "./times";

export interface Target {
  at: number;
  beat?: number;
  mark?: string;
  /** What it is on, in words; empty where it is on nothing. */
  on: string;
}

export const snapping = signal(true);
const NEAR_PX = 9;

/** Says what borders snap to, in words. */
export function snapsTo(): string {
  const one = film.value;
  if (one?.snap === "bar") return "bars";
  if (one?.snap === "onset") return "onsets";
  return one?.beats.length ? "beats" : "marks";
}

export function snapped(at: number, secondsPerPx: number, free = false): Target {
  const one = film.value;
  const plain = { at, on: "" };
  if (!one || free || !snapping.value) return plain;
  const reach = NEAR_PX * secondsPerPx;
  const found = [nearMark(at), one.snap === "onset" ? nearOnset(at) : nearBeat(at)]
    .filter((target): target is Target => target !== null && Math.abs(target.at - at) <= reach)
    .sort((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at));
  return found[0] ?? plain;
}

function nearMark(at: number): Target | null {
  const marks = Object.entries(film.value?.marks ?? {});
  if (!marks.length) return null;
  const [mark, moment] = marks.reduce((a, b) => (Math.abs(b[1] - at) < Math.abs(a[1] - at) ? b : a));
  return { at: moment, mark, on: mark };
}

function nearOnset(at: number): Target | null {
  const onsets = sound.value?.onsets ?? [];
  const moment = nearest(onsets, at, (time) => time);
  return moment === null ? null : { at: moment, on: `onset ${clock(moment)}` };
}

function nearBeat(at: number): Target | null {
  const one = film.value!;
  const bars = one.snap === "bar";
  const beats = bars ? one.beats.filter(([n]) => n % one.beats_per_bar === 0) : one.beats;
  const beat = nearest(beats, at, ([, time]) => time);
  if (beat === null) return null;
  const [number, moment] = beat;
  const bar = number % one.beats_per_bar === 0;
  const on = bar ? `bar ${Math.floor(number / one.beats_per_bar) + 1}` : `beat ${number}`;
  return { at: moment, beat: number, on };
}

function nearest<T>(sorted: T[], at: number, of: (item: T) => number): T | null {
  if (!sorted.length) return null;
  const place = lastBefore(sorted, at, of);
  const around = [sorted[Math.max(place, 0)], sorted[Math.min(place + 1, sorted.length - 1)]];
  return Math.abs(of(around[0]) - at) <= Math.abs(of(around[1]) - at) ? around[0] : around[1];
}

/** The beat after or before a moment; a tenth of a second away where there are none. */
export function beatBeside(at: number, way: 1 | -1): Target {
  const beats = film.value?.beats ?? [];
  const place = lastBefore(beats, at + (way > 0 ? 1e-3 : -1e-3), ([, time]) => time);
  const beat = beats[way > 0 ? place + 1 : place];
  if (!beat) return { at: at + way * 0.1, on: "" };
  return { at: beat[1], beat: beat[0], on: `beat ${beat[0]}` };
}

/** What of a target the server is sent. */
export const sent = ({ at, beat, mark }: Target) => ({ at, beat, mark });
