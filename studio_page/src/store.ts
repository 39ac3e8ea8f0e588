/** The state of the page, and all that changes it. What is true is in the file; see `load`. */
import { computed, effect, signal } from "@preact/signals";
import { api, Refused } from "./api";
import { clamp, lastBefore } from "./times";
import type { Change, Curves, Film, News, Problem, Sound, State } from "./types";

export interface Notice {
  tone: "plain" | "good" | "bad";
  text: string;
  change?: Change;
  undo?: boolean;
}

export const story = signal<State | null>(null);
/** The film as it was when the story was last without errors. */
export const film = signal<Film | null>(null);
/** Text that was typed and is not in the file yet; null where there is none. */
export const draft = signal<string | null>(null);
export const draftProblems = signal<Problem[] | null>(null);
export const problems = computed(() => draftProblems.value ?? story.value?.problems ?? []);
export const errors = computed(() => problems.value.filter((p) => p.severity === "error"));
/** The version on the disk that came while something else was typed here. */
export const conflict = signal<State | null>(null);
export const notice = signal<Notice | null>(null);
export const connected = signal(true);
export const saving = signal(false);

export const now = signal(0);
export const playing = signal(false);
export const picked = signal(0);
export const view = signal({ from: 0, span: 10 });
export const sound = signal<Sound | null>(null);
export const peaks = signal<Int8Array | null>(null);
export const curves = signal<Curves | null>(null);
export const panel = signal<"text" | "changes" | "log">("text");
export const finished = signal<Map<number, Set<number>>>(new Map());
export const history = signal<Change[]>([]);
export const goTo = signal<{ line: number } | null>(null);

export const readOnly = computed(() => story.value?.read_only ?? false);
export const render = computed(() => story.value?.render ?? null);
export const shotNow = computed(() => shotAt(now.value));
export const frameNow = computed(() => {
  const one = film.value;
  return one ? clamp(Math.floor(now.value * one.fps + 1e-6), 0, one.frames - 1) : 0;
});

export function shotAt(seconds: number): number {
  const shots = film.value?.shots ?? [];
  return Math.max(0, lastBefore(shots, seconds + 1e-6, (shot) => shot.start));
}

export function tell(text: string, tone: Notice["tone"] = "plain", more: Partial<Notice> = {}) {
  notice.value = { tone, text, ...more };
}

let heardOf = "";
let asking = 0;

/** Takes in what the server says of the story. */
export function take(state: State) {
  const before = story.value;
  story.value = state;
  if (state.film) takeFilm(state.film, before?.film ?? null);
  const done = new Map<number, Set<number>>();
  state.frames.forEach((shot, index) => {
    const frames = new Set<number>();
    for (const [a, b] of shot.done) for (let n = a; n < b; n++) frames.add(n);
    done.set(index, frames);
  });
  finished.value = done;
  if (draft.value === null || draft.value === state.text) {
    draft.value = null;
    draftProblems.value = null;
  }
}

function takeFilm(next: Film, before: Film | null) {
  const first = film.value === null;
  film.value = next;
  if (first) showAll();
  else view.value = bounded(view.value.from, view.value.span);
  now.value = clamp(now.value, 0, next.duration);
  picked.value = clamp(picked.value, 0, next.shots.length - 1);
  const heard = (one: Film | null) => JSON.stringify([one?.audio, one?.duration, one?.bpm]);
  if (first || heard(before) !== heard(next)) void listen();
}

/** Fetches the waveform, and what listening finds, which may take longer than the song lasts. */
async function listen() {
  try {
    peaks.value = film.value?.audio ? await api.peaks() : null;
    sound.value = await api.sound();
  } catch (error) {
    tell(`The soundtrack cannot be drawn: ${(error as Error).message}`, "bad");
  }
}

export async function load() {
  const state = await api.state();
  heardOf = state.version;
  take(state);
}

/** Hears that something has happened. */
export async function hear(news: News) {
  const state = story.value;
  if (news.kind === "render" && news.render && state) {
    story.value = { ...state, render: news.render };
    addFrames(news.frames ?? []);
    return;
  }
  heardOf = news.version ?? "";
  if (!asking) await lookAgain();
}

let looking = false;

/** Fetches the story until it is the version that was heard of last; one request at a time. */
async function lookAgain() {
  if (looking) return;
  looking = true;
  try {
    while (!asking && story.value && heardOf !== story.value.version) {
      const wanted = heardOf;
      const state = await api.state();
      if (asking) return;
      if (heardOf === wanted) heardOf = state.version;
      if (draft.value !== null && draft.value !== state.text) {
        conflict.value = state;
        return;
      }
      if (state.version !== story.value.version) takeTheirs(state);
    }
  } catch {
    // the connection is lost; when it is back, all is loaded anew
  } finally {
    looking = false;
  }
}

function takeTheirs(state: State) {
  take(state);
  if (!state.last) return;
  remember(state.last);
  tell("The file was changed by another program.", "plain", { change: state.last, undo: true });
}

function addFrames(numbers: number[]) {
  const shots = film.value?.shots;
  if (!shots || !numbers.length) return;
  const done = new Map(finished.value);
  for (const number of numbers) {
    const index = lastBefore(shots, number, (shot) => shot.first);
    if (index < 0) continue;
    const frames = new Set(done.get(index));
    frames.add(number - shots[index].first);
    done.set(index, frames);
  }
  finished.value = done;
}

function remember(change: Change) {
  if (change.diff.length) history.value = [change, ...history.value].slice(0, 100);
}

let before: Promise<unknown> = Promise.resolve();

/** Asks for a change of the file once those before are made, and shows what it was. True where it
 * was made. */
function changing(ask: (base: string) => Promise<State>, quiet = false): Promise<boolean> {
  asking++;
  saving.value = true;
  const change = before.then(() => changeNow(ask, quiet));
  before = change;
  return change;
}

async function changeNow(ask: (base: string) => Promise<State>, quiet: boolean): Promise<boolean> {
  const base = story.value?.version ?? "";
  const heard = heardOf;
  try {
    const state = await ask(base);
    if (heardOf === heard) heardOf = state.version; // else somebody wrote meanwhile: look again
    take(state);
    if (state.change) remember(state.change);
    if (!quiet && state.change?.diff.length) {
      tell(state.change.label, "good", { change: state.change, undo: true });
    }
    return true;
  } catch (error) {
    const refused = error instanceof Refused;
    if (refused && error.status === 409) await meetConflict(error.message);
    else tell((error as Error).message, "bad");
    return false;
  } finally {
    asking--;
    saving.value = asking > 0;
    if (!asking) void lookAgain();
  }
}

async function meetConflict(message: string) {
  const state = await api.state();
  heardOf = state.version;
  if (draft.value !== null && draft.value !== state.text) conflict.value = state;
  else {
    take(state);
    tell(message, "bad");
  }
}

/** Does an edit of the story; what is typed and not saved yet is saved before. */
export async function edit(what: object): Promise<boolean> {
  if (readOnly.value) {
    tell("The story was opened with --read-only.", "bad");
    return false;
  }
  if (draft.value !== null && !(await saveDraft())) return false;
  return changing((base) => api.edit(what, base));
}

export async function saveDraft(evenWrong = false): Promise<boolean> {
  const text = draft.value;
  if (text === null) return true;
  if (!evenWrong && errors.value.length) {
    tell("The text has errors; finish it first.", "bad");
    return false;
  }
  return changing((base) => api.save(text, base), true);
}

export const undo = () => changing((base) => api.undo(base));
export const redo = () => changing((base) => api.redo(base));

/** Ends a conflict: the text that was typed here, or the one on the disk. */
export async function settle(mine: boolean) {
  const theirs = conflict.value;
  conflict.value = null;
  if (!theirs) return;
  if (!mine) {
    draft.value = null;
    take(theirs);
    return;
  }
  const text = draft.value ?? theirs.text;
  await changing(() => api.save(text, theirs.version));
}

let checking = 0;

/** Checks what is typed, and saves it once it has no errors and the typing pauses. */
export async function typed(text: string) {
  if (text === story.value?.text) {
    draft.value = null;
    draftProblems.value = null;
    return;
  }
  draft.value = text;
  const turn = ++checking;
  await pause(250);
  if (turn !== checking) return;
  try {
    const found = await api.check(text);
    if (turn !== checking) return;
    draftProblems.value = found.problems;
  } catch (error) {
    tell((error as Error).message, "bad");
    return;
  }
  await pause(500);
  const wrong = errors.value.length > 0 || conflict.value !== null || readOnly.value;
  if (turn === checking && draft.value === text && !wrong) await saveDraft();
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

export async function startRender(shot?: number) {
  if (draft.value !== null && !(await saveDraft())) return;
  await rendering(() => api.render("start", shot));
}

export const pauseRender = () => rendering(() => api.render("pause"));

async function rendering(ask: () => ReturnType<typeof api.render>) {
  try {
    const status = await ask();
    if (story.value) story.value = { ...story.value, render: status };
  } catch (error) {
    tell((error as Error).message, "bad");
  }
}

export function bounded(from: number, span: number) {
  const whole = film.value?.duration ?? 10;
  const least = Math.min(whole, 0.5);
  const wide = clamp(span, least, Math.max(whole, least));
  return { from: clamp(from, 0, Math.max(whole - wide, 0)), span: wide };
}

export function showAll() {
  view.value = bounded(0, film.value?.duration ?? 10);
}

/** Zooms the timeline about a moment. */
export function zoom(factor: number, about = now.value) {
  const { from, span } = view.value;
  const next = bounded(from, span / factor).span;
  view.value = bounded(about - ((about - from) / span) * next, next);
}

export function seek(seconds: number, follow = true) {
  const whole = film.value?.duration ?? 0;
  now.value = clamp(seconds, 0, whole);
  if (follow) keepInView();
}

export function keepInView() {
  const { from, span } = view.value;
  if (now.value < from || now.value > from + span) {
    view.value = bounded(now.value - span * 0.1, span);
  }
}

let asked = "";

/** Fetches the curves of what is seen whenever that or the film changes. */
effect(() => {
  const one = film.value;
  if (!one) return;
  const { from, span } = view.value;
  const first = Math.max(0, Math.floor((from - span * 0.5) * one.fps));
  const stop = Math.min(one.frames, Math.ceil((from + span * 1.5) * one.fps));
  const key = `${one.digest} ${story.value?.version}`;
  const have = curves.peek();
  const enough = have && asked === key && covers(have, from, span, one);
  if (enough) return;
  asked = key;
  setTimeout(async () => {
    try {
      const found = await api.curves(first, stop);
      if (asked === key && found.curves) curves.value = found;
    } catch {
      // the story has changed meanwhile; the next one comes
    }
  }, 60);
});

function covers(have: Curves, from: number, span: number, one: Film): boolean {
  const count = Object.values(have.curves)[0]?.length ?? 0;
  const last = have.first + count * have.step;
  const fine = have.step === 1 || (count * have.step) / one.fps < span * 4;
  const starts = have.first <= from * one.fps + 1 || have.first === 0;
  return fine && starts && (last >= (from + span) * one.fps - 1 || last >= one.frames);
}
