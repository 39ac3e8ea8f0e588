import "./style.css";
import { render as draw } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { follow } from "./api";
import { Header } from "./header";
import { Icon } from "./icons";
import { Inspector, splitHere } from "./inspector";
import { Diff, Panels } from "./panels";
import { jump, toggle } from "./player";
import { Preview } from "./preview";
import { beatBeside } from "./snap";
import {
  connected,
  draft,
  film,
  hear,
  load,
  notice,
  now,
  picked,
  playing,
  readOnly,
  redo,
  shotNow,
  showAll,
  story,
  tell,
  undo,
  zoom,
} from "./store";
import { followTheme } from "./theme";
import { markHere, Timeline } from "./timeline";

const KEYS: [string, string][] = [
  ["Space", "play or stop"],
  ["← →", "a frame back or on; with Shift a beat"],
  ["[ ]", "to the shot before or after"],
  ["Home End", "to the start or the end"],
  ["S", "split the shot at the playhead"],
  ["M", "set a mark at the playhead, also while it plays"],
  ["+ − 0", "closer, wider, the whole film; also Ctrl and the wheel"],
  ["Ctrl Z, Ctrl Y", "undo, redo"],
  ["Tab, arrows", "go to a border or key and move it; Shift moves a border by a beat"],
  ["Ctrl S", "in the text: save, errors or not"],
];

function Help({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} onClose={close} aria-label="Keys and help">
      <h2>Keys</h2>
      <dl>
        {KEYS.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p class="soft">
        Drag the borders of shots, marks and the keys of curves. Everything is a small change of the
        story's file, which you may also edit elsewhere meanwhile.
      </p>
      <button class="primary" autoFocus onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
}

function Notice() {
  const one = notice.value;
  useEffect(() => {
    if (!one) return;
    const timer = setTimeout(() => notice.value === one && (notice.value = null), one.tone === "bad" ? 9000 : 6000);
    return () => clearTimeout(timer);
  }, [one]);
  return (
    <div class="notices" role="status" aria-live="polite">
      {one && (
        <div class={`notice ${one.tone}`}>
          <p>{one.text}</p>
          {one.change && <Diff change={{ ...one.change, diff: one.change.diff.slice(0, 6) }} />}
          <div class="actions">
            {one.undo && !readOnly.value && (
              <button
                onClick={() => {
                  notice.value = null;
                  void undo();
                }}
              >
                Undo
              </button>
            )}
            <button class="quiet" aria-label="Close" onClick={() => (notice.value = null)}>
              <Icon name="close" />
            </button>
          </div>
        </div>
      )}
    </div>
  );
}

/** What the space bar presses itself; on the timeline's own it plays, and Enter presses. */
const PRESSED = "button:not(.shot, .mark, .key), a, summary";

function pressed(event: KeyboardEvent, help: () => void) {
  const on = event.composedPath()[0] as HTMLElement;
  const writes = on.closest?.("input, textarea, select, [contenteditable=true], dialog");
  const command = event.ctrlKey || event.metaKey;
  if (writes || event.altKey) return;
  const one = film.value;
  const deeds: Record<string, () => void> = command
    ? { z: () => void (event.shiftKey ? redo() : undo()), y: () => void redo() }
    : {
        ArrowLeft: () => step(-1, event.shiftKey),
        ArrowRight: () => step(1, event.shiftKey),
        Home: () => jump(0),
        End: () => jump(one?.duration ?? 0),
        "[": () => toShot(-1),
        "]": () => toShot(1),
        s: splitHere,
        m: markHere,
        "+": () => zoom(1.6),
        "=": () => zoom(1.6),
        "-": () => zoom(1 / 1.6),
        "0": showAll,
        "?": help,
      };
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const isSpace = event.key === " " && !on.closest?.(PRESSED);
  const deed = isSpace ? toggle : deeds[key];
  if (!deed) return;
  if (readOnly.value && (["s", "m"].includes(key) || command)) return;
  event.preventDefault();
  deed();
}

function step(way: 1 | -1, beat: boolean) {
  const one = film.value;
  if (!one) return;
  const frame = Math.round(now.value * one.fps) + way;
  jump(beat ? beatBeside(now.value, way).at : frame / one.fps);
}

function toShot(way: 1 | -1) {
  const one = film.value;
  if (!one) return;
  const index = Math.min(Math.max(shotNow.value + way, 0), one.shots.length - 1);
  picked.value = index;
  jump(one.shots[index].start);
}

function Page() {
  const [help, setHelp] = useState(false);
  useEffect(() => {
    const keys = (event: KeyboardEvent) => pressed(event, () => setHelp(true));
    const released = (event: KeyboardEvent) => {
      const on = event.target as HTMLElement;
      if (event.key === " " && on.matches(".shot, .mark, .key")) event.preventDefault();
    };
    addEventListener("keydown", keys);
    addEventListener("keyup", released);
    return () => {
      removeEventListener("keydown", keys);
      removeEventListener("keyup", released);
    };
  }, []);
  useEffect(() => {
    if (playing.value) picked.value = shotNow.value;
  }, [shotNow.value]);
  if (!story.value) return <p class="waiting">Opening the story …</p>;
  return (
    <>
      <Header help={() => setHelp(true)} />
      <main>
        <div class="stage">
          <Preview />
          <Inspector />
        </div>
        <Panels />
        <Timeline />
      </main>
      <Notice />
      {help && <Help close={() => setHelp(false)} />}
    </>
  );
}

followTheme();
addEventListener("beforeunload", (event) => draft.value !== null && event.preventDefault());
const page = document.getElementById("page")!;
page.replaceChildren();
draw(<Page />, page);
load()
  .then(() =>
    follow(
      (news) => void hear(news),
      () => {
        connected.value = true;
        void load();
      },
      () => (connected.value = false),
    ),
  )
  .catch((error: Error) => {
    tell(error.message, "bad");
    page.replaceChildren(Object.assign(document.createElement("p"), { className: "waiting", textContent: error.message }));
  });
