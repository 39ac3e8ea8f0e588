/** What the server sends: see storyboard/studio/studio.py and film_data.py. Times are seconds. */

export interface Problem {
  message: string;
  line: number | null;
  column: number | null;
  path: string;
  hint: string | null;
  severity: "error" | "warning";
}

export interface PromptPlace {
  path: (string | number)[];
  text: string;
  own: boolean;
}

export interface Shot {
  name: string;
  path: (string | number)[];
  line: number | null;
  start: number;
  end: number;
  first: number;
  frames: number;
  cut: boolean;
  chain: number;
  drawer: string;
  edge: string;
  prompts: PromptPlace[];
  label: string;
  border: { way: string; fixed: string };
}

export interface Audio {
  name: string;
  source_start: number;
  start: number;
  end: number;
  /** Peaks of the waveform a second. */
  rate: number;
  inside: boolean;
}

export interface Lyric {
  start: number;
  end: number | null;
  text: string;
}

export interface Film {
  title: string;
  size: [number, number];
  painted: [number, number];
  fps: number;
  frames: number;
  duration: number;
  quality: string;
  seed: number;
  digest: string;
  bpm: number | null;
  beats_per_bar: number;
  beats: [number, number][];
  marks: Record<string, number>;
  free_marks: string[];
  snap: string | null;
  audio: Audio | null;
  lyrics: Lyric[];
  shots: Shot[];
}

export interface DiffLine {
  sign: "-" | "+";
  line: number;
  text: string;
}

export interface Change {
  label: string;
  diff: DiffLine[];
}

export interface ShotFrames {
  digest: string;
  done: [number, number][];
}

export interface Render {
  state: "idle" | "running" | "stopping" | "paused" | "failed" | "done";
  what: string[];
  message: string;
  film: string | null;
  done: number;
  of: number;
  shot: string;
  loss: number | null;
  seconds_per_frame: number | null;
  seconds_left: number | null;
  download: boolean;
}

export interface Checked {
  problems: Problem[];
  film: Film | null;
}

export interface State extends Checked {
  name: string;
  version: string;
  text: string;
  read_only: boolean;
  undo: string | null;
  redo: string | null;
  last: Change | null;
  frames: ShotFrames[];
  render: Render;
  change?: Change;
}

export interface Sound {
  sections: number[];
  onsets: number[];
  bars: number[];
}

export interface CurveKey {
  path: (string | number)[];
  time: string;
  at: number;
  value: number | null;
  ease: string | null;
}

export interface WrittenCurve {
  name: string;
  path: (string | number)[];
  form: "keys" | "number" | "text";
  text: string;
  own: boolean;
  keys: CurveKey[];
}

export interface Curves {
  first: number;
  step: number;
  curves: Record<string, number[]>;
  weights: { shot: number; at: number; label: string; values: number[] }[];
  written: { shot: number; curves: WrittenCurve[] }[];
}

export type Schema = { [key: string]: any };

export interface EditorHelp {
  schema: Schema;
  words: { expressions: Record<string, string>; easings: string[] };
}

export interface News {
  kind: "story" | "render";
  version?: string;
  render?: Render;
  frames?: number[];
  events?: { kind: string; message?: string }[];
}
