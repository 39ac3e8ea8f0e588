/** The shot that is chosen: its prompts, and what can be done with it. */
import type { TargetedKeyboardEvent } from "preact";
import { useState } from "preact/hooks";
import { Icon } from "./icons";
import { edit, film, goTo, now, panel, picked, readOnly, render, startRender } from "./store";
import { clock } from "./times";
import type { Shot } from "./types";

export function Inspector() {
  const one = film.value;
  const shot = one?.shots[picked.value];
  if (!one || !shot) return null;
  const inside = now.value > shot.start && now.value < shot.end;
  const busy = render.value?.state === "running" || render.value?.state === "stopping";
  const length = shot.end - shot.start;
  const beats = one.bpm ? ` · ${+((length * one.bpm) / 60).toFixed(2)} beats` : "";
  return (
    <section class="inspector" aria-label={`Shot ${shot.name}`}>
      <header>
        <h2>{shot.name}</h2>
        <p class="soft">
          {clock(shot.start)} – {clock(shot.end)} · {+length.toFixed(2)} s{beats} · {shot.frames} frames
          {shot.cut && picked.value > 0 ? " · begins with a cut" : ""}
        </p>
      </header>
      <Prompts key={`${picked.value} ${shot.name}`} shot={shot} index={picked.value} />
      <div class="actions">
        <button disabled={!inside || readOnly.value} title="Split this shot at the playhead (S)" onClick={splitHere}>
          <Icon name="split" /> Split here
        </button>
        <button
          disabled={one.shots.length < 2 || readOnly.value}
          onClick={() => edit({ kind: "remove", shot: picked.value })}
        >
          <Icon name="bin" /> Remove
        </button>
        <button disabled={busy || readOnly.value} onClick={() => startRender(picked.value)}>
          <Icon name="film" /> Render shot
        </button>
        {shot.line && (
          <button
            onClick={() => {
              panel.value = "text";
              goTo.value = { line: shot.line! };
            }}
          >
            <Icon name="text" /> In the text
          </button>
        )}
      </div>
    </section>
  );
}

export function splitHere() {
  const one = film.value;
  if (!one) return;
  const index = one.shots.findIndex((shot) => now.value > shot.start && now.value < shot.end);
  if (index >= 0) void edit({ kind: "split", shot: index, at: now.value });
}

function Prompts({ shot, index }: { shot: Shot; index: number }) {
  const places = shot.prompts.length ? shot.prompts : [{ path: [], text: "", own: true }];
  return (
    <div class="prompts">
      {places.map((place, number) => (
        <Prompt key={number} text={place.text} own={place.own} index={index} number={number} />
      ))}
    </div>
  );
}

interface PromptProps {
  text: string;
  own: boolean;
  index: number;
  number: number;
}

function Prompt({ text, own, index, number }: PromptProps) {
  const [draft, setDraft] = useState({ of: text, value: text });
  const value = draft.of === text ? draft.value : text; // the file has moved on: its text is shown
  const setValue = (written: string) => setDraft({ of: text, value: written });
  const changed = value.trim() !== text.trim();
  /** `written` is what the field holds: `value` may be a keystroke behind. */
  const save = async (written: string) => {
    if (written.trim() === text.trim() || !written.trim()) return setValue(text);
    const done = await edit({ kind: "prompt", shot: index, prompt: number, text: written });
    if (!done) setValue(written);
  };
  const keys = (event: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      void save(event.currentTarget.value);
    }
    if (event.key === "Escape") {
      event.stopPropagation();
      setValue(text);
    }
  };
  const note = own ? null : "Other shots share this prompt; typing gives this shot one of its own.";
  return (
    <label class="prompt">
      <span>{number ? `Prompt ${number + 1}` : "Prompt"}</span>
      <textarea
        rows={2}
        value={value}
        readOnly={readOnly.value}
        spellcheck
        onInput={(event) => setValue(event.currentTarget.value)}
        onBlur={(event) => void save(event.currentTarget.value)}
        onKeyDown={keys}
      />
      <small>{changed ? "Enter writes it into the story, Escape takes it back." : note}</small>
    </label>
  );
}
