/** What stands beside the preview: the story's text, its changes, and what the render says. */
import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "./api";
import { StoryEditor } from "./editor";
import {
  conflict,
  draft,
  errors,
  goTo,
  history,
  panel,
  problems,
  readOnly,
  render,
  saveDraft,
  settle,
  story,
  typed,
} from "./store";
import type { Change, EditorHelp } from "./types";

const TABS = [
  ["text", "Story"],
  ["changes", "Changes"],
  ["log", "Log"],
] as const;

export function Panels() {
  const now = panel.value;
  const keys = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.stopPropagation();
    const at = TABS.findIndex(([name]) => name === now);
    panel.value = TABS[(at + step + TABS.length) % TABS.length][0];
    document.getElementById(`tab-${panel.value}`)?.focus();
  };
  return (
    <section class="panels" aria-label="Story">
      <div class="tabs" role="tablist" onKeyDown={keys}>
        {TABS.map(([name, label]) => (
          <button
            id={`tab-${name}`}
            role="tab"
            aria-selected={now === name}
            aria-controls={`panel-${name}`}
            tabIndex={now === name ? 0 : -1}
            onClick={() => (panel.value = name)}
          >
            {label}
            {name === "text" && errors.value.length > 0 && <b class="count">{errors.value.length}</b>}
          </button>
        ))}
        <SaveState />
      </div>
      <div class="panel" id="panel-text" role="tabpanel" aria-labelledby="tab-text" hidden={now !== "text"}>
        <Conflict />
        <TextEditor />
        <Problems />
      </div>
      <div class="panel" id="panel-changes" role="tabpanel" aria-labelledby="tab-changes" hidden={now !== "changes"}>
        <Changes />
      </div>
      <div class="panel" id="panel-log" role="tabpanel" aria-labelledby="tab-log" hidden={now !== "log"}>
        {now === "log" && <Log />}
      </div>
    </section>
  );
}

function SaveState() {
  const wrong = errors.value.length;
  let says = story.value?.read_only ? "read only" : "saved";
  if (draft.value !== null) says = wrong ? "not saved: the text has errors" : "saving …";
  return <span class={`save-state ${draft.value !== null && wrong ? "bad" : ""}`}>{says}</span>;
}

function TextEditor() {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<StoryEditor | null>(null);
  const help = useRef<EditorHelp | null>(null);
  const state = story.value;
  useEffect(() => {
    if (!host.current) return;
    editor.current = new StoryEditor(
      host.current,
      (text) => void typed(text),
      () => void saveDraft(true),
      () => help.current,
    );
    void api.help().then((found) => (help.current = found));
    return () => editor.current?.view.destroy();
  }, []);
  useEffect(() => {
    if (state && draft.value === null) editor.current?.set(state.text);
  }, [state?.text, draft.value === null]);
  useEffect(() => editor.current?.lock(readOnly.value), [readOnly.value]);
  useEffect(() => editor.current?.mark(problems.value), [problems.value, state?.text]);
  useEffect(() => {
    if (goTo.value) editor.current?.show(goTo.value.line);
  }, [goTo.value]);
  return <div class="editor" ref={host} />;
}

function Problems() {
  const found = problems.value;
  if (!found.length) return null;
  return (
    <ul class="problems" aria-label="Errors and warnings">
      {found.slice(0, 50).map((problem, number) => (
        <li key={number} class={problem.severity}>
          <button disabled={problem.line === null} onClick={() => (goTo.value = { line: problem.line! })}>
            <b>{problem.severity === "error" ? "Error" : "Warning"}</b>
            {problem.line !== null && <span class="soft"> line {problem.line}</span>} {problem.message}
            {problem.hint && <em>{problem.hint}</em>}
          </button>
        </li>
      ))}
    </ul>
  );
}

function Conflict() {
  const theirs = conflict.value;
  const [compare, setCompare] = useState(false);
  if (!theirs) return null;
  return (
    <div class="conflict" role="alertdialog" aria-label="The file has changed">
      <p>
        <b>The file was changed by another program</b> while you were typing. Which text shall it have?
      </p>
      <div class="actions">
        <button class="primary" onClick={() => settle(true)}>
          Mine
        </button>
        <button onClick={() => settle(false)}>Theirs</button>
        <button aria-expanded={compare} onClick={() => setCompare(!compare)}>
          Compare
        </button>
      </div>
      {compare && <Diff change={{ label: "", diff: differences(theirs.text, draft.value ?? "") }} />}
    </div>
  );
}

/** The lines that differ: those of `theirs` that are gone, and those of `mine` that came. */
function differences(theirs: string, mine: string): Change["diff"] {
  const [old, text] = [theirs.split("\n"), mine.split("\n")];
  const [known, kept] = [new Set(text), new Set(old)];
  const gone = old.map((line, n) => ({ sign: "-" as const, line: n + 1, text: line }));
  const come = text.map((line, n) => ({ sign: "+" as const, line: n + 1, text: line }));
  return [...gone.filter((one) => !known.has(one.text)), ...come.filter((one) => !kept.has(one.text))];
}

export function Diff({ change }: { change: Change }) {
  const lines = change.diff.slice(0, 40);
  return (
    <pre class="diff">
      {lines.map((line, number) => (
        <span key={number} class={line.sign === "+" ? "added" : "removed"}>
          <i>{line.line}</i>
          {line.sign === "+" ? "+ " : "− "}
          {line.text || " "}
          {"\n"}
        </span>
      ))}
      {change.diff.length > lines.length && `and ${change.diff.length - lines.length} lines more`}
    </pre>
  );
}

function Changes() {
  if (!history.value.length) {
    return <p class="hint">Every change of the file is listed here, as lines that went and came.</p>;
  }
  return (
    <ol class="changes">
      {history.value.map((change, number) => (
        <li key={history.value.length - number}>
          <b>{change.label}</b>
          <Diff change={change} />
        </li>
      ))}
    </ol>
  );
}

function Log() {
  const [text, setText] = useState("");
  const state = render.value;
  useEffect(() => {
    void api.log().then((found) => setText(found.log));
  }, [state?.done, state?.state, state?.message]);
  if (!text) return <p class="hint">What the render says is written here.</p>;
  return <pre class="log">{text}</pre>;
}
