/** The film's name and facts, its render, undo and redo. */
import { Icon } from "./icons";
import {
  connected,
  edit,
  errors,
  film,
  finished,
  pauseRender,
  readOnly,
  redo,
  render,
  startRender,
  story,
  undo,
} from "./store";
import { turnTheme } from "./theme";
import { clock, lasting } from "./times";

const QUALITIES = ["sketch", "draft", "normal", "better", "best", "supreme"];

export function Header({ help }: { help: () => void }) {
  const state = story.value!;
  const one = film.value;
  return (
    <header class="top">
      <div class="title">
        <h1>{one?.title ?? state.name}</h1>
        <p class="soft">{one ? <Facts /> : state.name}</p>
      </div>
      <div class="tools">
        <button
          class="quiet"
          disabled={!state.undo || readOnly.value}
          title={state.undo ? `Undo: ${state.undo}` : "Nothing to undo"}
          aria-label="Undo"
          onClick={undo}
        >
          <Icon name="undo" />
        </button>
        <button
          class="quiet"
          disabled={!state.redo || readOnly.value}
          title={state.redo ? `Redo: ${state.redo}` : "Nothing to redo"}
          aria-label="Redo"
          onClick={redo}
        >
          <Icon name="redo" />
        </button>
        <Theme />
        <button class="quiet" aria-label="Help" title="Keys and help (?)" onClick={help}>
          <Icon name="help" />
        </button>
      </div>
      <RenderBar />
      {!connected.value && (
        <p class="lost" role="alert">
          The studio does not answer. Is <code>storyboard open</code> still running?
        </p>
      )}
    </header>
  );
}

function Facts() {
  const one = film.value!;
  const tempo = one.bpm ? ` · ${+one.bpm.toFixed(1)} bpm` : "";
  return (
    <>
      {clock(one.duration, 1)} · {one.size.join("×")} · {+one.fps.toFixed(3)} fps · {one.shots.length}{" "}
      {one.shots.length === 1 ? "shot" : "shots"}
      {tempo} ·{" "}
      <label class="quality">
        <span class="hidden">Quality</span>
        <select
          value={one.quality}
          disabled={readOnly.value}
          onChange={(event) => edit({ kind: "value", path: ["quality"], value: event.currentTarget.value })}
        >
          {QUALITIES.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
    </>
  );
}

function RenderBar() {
  const state = render.value!;
  const running = state.state === "running";
  const stopping = state.state === "stopping";
  const busy = running || stopping;
  const [done, of] = busy && state.of ? [state.done, state.of] : there();
  const share = of ? done / of : 0;
  const label = state.state === "paused" ? "Resume" : "Render film";
  return (
    <div class="render" role="group" aria-label="Render">
      {busy ? (
        <button class="primary" disabled={stopping || readOnly.value} onClick={pauseRender}>
          <Icon name="stop" /> {stopping ? "Pausing …" : "Pause"}
        </button>
      ) : (
        <button
          class="primary"
          disabled={errors.value.length > 0 || readOnly.value}
          onClick={() => startRender()}
        >
          <Icon name="film" /> {label}
        </button>
      )}
      <div class="progress">
        <div
          class="bar"
          role="progressbar"
          aria-label="Frames of the film that are finished"
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(share * 100)}
        >
          <i style={{ width: `${share * 100}%` }} />
        </div>
        <p aria-live="polite">{progressText()}</p>
      </div>
      {state.download && (
        <a class="button" href="api/film" download>
          <Icon name="down" /> Film
        </a>
      )}
    </div>
  );
}

/** How many frames of the film are finished, and how many it has. */
function there(): [number, number] {
  let done = 0;
  for (const frames of finished.value.values()) done += frames.size;
  return [done, film.value?.frames ?? 0];
}

function progressText(): string {
  const state = render.value!;
  const what = state.what.length ? `${state.what.join(", ")}: ` : "";
  const [done, of] = there();
  const frames = `${state.of ? state.done : done} of ${state.of || of} frames`;
  const left = state.seconds_left ? ` · ${lasting(state.seconds_left)} left` : "";
  switch (state.state) {
    case "running":
      if (!state.of) return `${what}starting …`;
      return state.done >= state.of ? `${what}writing the film …` : `${what}${frames}${left}`;
    case "stopping":
      return "finishing this frame …";
    case "paused":
      return `paused at ${done} of ${of} frames`;
    case "failed":
      return `failed: ${state.message.split("\n")[0]}`;
    case "done":
      return what ? `${what}done` : `done: ${of} frames`;
    default:
      return done ? `${done} of ${of} frames are finished` : "nothing rendered yet";
  }
}

function Theme() {
  return (
    <button class="quiet" aria-label="Light or dark" title="Light or dark" onClick={turnTheme}>
      <Icon name="sun" />
    </button>
  );
}
