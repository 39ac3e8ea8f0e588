import type { Checked, Curves, EditorHelp, News, Render, Sound, State } from "./types";

/** An answer that is no success: `status` 409 says that the file has changed meanwhile. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function answer(response: Response): Promise<Response> {
  if (response.ok) return response;
  const text = await response.text();
  let message = text;
  try {
    message = JSON.parse(text).error ?? text;
  } catch {
    // plain words
  }
  throw new Refused(response.status, message.trim());
}

async function get<T>(path: string): Promise<T> {
  return (await answer(await fetch(`api/${path}`))).json();
}

async function post<T>(path: string, body: unknown): Promise<T> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`api/${path}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  return (await answer(response)).json();
}

export const api = {
  state: () => get<State>("state"),
  sound: () => get<Sound>("sound"),
  log: () => get<{ log: string }>("log"),
  help: () => get<EditorHelp>("schema"),
  curves: (first: number, stop: number) => get<Curves>(`curves?first=${first}&stop=${stop}`),
  views: (first: number, stop: number) => get<number[][]>(`views?first=${first}&stop=${stop}`),
  peaks: async () => {
    const response = await answer(await fetch("api/peaks"));
    return new Int8Array(await response.arrayBuffer());
  },
  check: (text: string) => post<Checked>("check", { text }),
  save: (text: string, base: string) => post<State>("save", { text, base }),
  edit: (edit: object, base: string) => post<State>("edit", { edit, base }),
  undo: (base: string) => post<State>("undo", { base }),
  redo: (base: string) => post<State>("redo", { base }),
  render: (action: "start" | "pause", shot?: number) => post<Render>("render", { action, shot }),
};

export function frameAddress(frame: number, digest: string, width: number): string {
  return `api/frames/${frame}?of=${digest}&width=${width}`;
}

/** Calls `hear` with all that happens; `back` when a lost connection is there again. */
export function follow(hear: (news: News) => void, back: () => void, lost: () => void): void {
  const source = new EventSource("api/events");
  let broken = false;
  source.onmessage = (event) => hear(JSON.parse(event.data));
  source.onerror = () => {
    broken = true;
    lost();
  };
  source.onopen = () => {
    if (broken) back();
    broken = false;
  };
}
