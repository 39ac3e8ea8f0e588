/** The picture under the playhead, and the buttons that play. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icons";
import { jump, stop, toggle } from "./player";
import { film, finished, frameNow, now, picked, playing, shotNow, story } from "./store";
import { clock } from "./times";
import { type Shown, Viewer } from "./viewer";

const SAYS: Record<Shown, string> = {
  frame: "Finished frame",
  moved: "Not rendered yet: the last finished frame, moved by the camera",
  grid: "Not rendered yet: the camera alone",
  nothing: "",
};

export function Preview() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const viewer = useRef<Viewer | null>(null);
  const [again, setAgain] = useState(0);
  const [camera, setCamera] = useState(false);
  const [shown, setShown] = useState<Shown>("nothing");
  const one = film.value;
  const frame = frameNow.value;
  const done = finished.value;
  const frames = story.value?.frames ?? [];
  const version = story.value?.version ?? "";

  useEffect(() => {
    if (!canvas.current) return;
    viewer.current ??= new Viewer(canvas.current, () => setAgain((n) => n + 1));
    const watch = new ResizeObserver(() => setAgain((n) => n + 1));
    watch.observe(canvas.current);
    return () => watch.disconnect();
  }, [one === null]);

  useEffect(() => {
    const box = canvas.current;
    if (!box || !viewer.current || !one) return;
    const wide = Math.min(Math.round(box.clientWidth * devicePixelRatio), 1600);
    const high = Math.round((wide * one.painted[1]) / one.painted[0]);
    if (wide && (box.width !== wide || box.height !== high)) [box.width, box.height] = [wide, high];
    const look = { film: one, frames, finished: done, version, frame, camera };
    setShown(viewer.current.draw(look).shown);
  }, [again, one, frame, done, version, camera]);

  if (!one) return <section class="preview empty">The film is seen here once the story is without errors.</section>;
  const [width, height] = one.painted;
  return (
    <section class="preview" aria-label="Preview">
      <div class="screen">
        <canvas
          ref={canvas}
          style={{ "--shape": width / height }}
          role="img"
          aria-label={`Frame ${frame} at ${clock(now.value)}. ${camera ? "The camera on a grid" : SAYS[shown]}`}
        />
      </div>
      <p class="under-screen">
        <span class={`dot is-${camera ? "grid" : shown}`} aria-hidden="true" />
        {camera ? "The camera on a grid" : SAYS[shown]}
      </p>
      <Transport camera={camera} setCamera={setCamera} />
    </section>
  );
}

function Transport(props: { camera: boolean; setCamera: (on: boolean) => void }) {
  const one = film.value!;
  const shot = one.shots[shotNow.value];
  const go = (to: number) => {
    const index = Math.min(Math.max(to, 0), one.shots.length - 1);
    picked.value = index;
    jump(one.shots[index].start);
  };
  return (
    <div class="transport" role="group" aria-label="Play">
      <button class="quiet" aria-label="To the start" title="To the start (Home)" onClick={() => (stop(), jump(0))}>
        <Icon name="start" />
      </button>
      <button class="quiet" aria-label="Shot before" title="Shot before ([)" onClick={() => go(shotNow.value - 1)}>
        <Icon name="back" />
      </button>
      <button class="play" aria-label={playing.value ? "Stop" : "Play"} title="Play or stop (space)" onClick={toggle}>
        <Icon name={playing.value ? "stop" : "play"} />
      </button>
      <button class="quiet" aria-label="Next shot" title="Next shot (])" onClick={() => go(shotNow.value + 1)}>
        <Icon name="next" />
      </button>
      <p class="time">
        <strong>{clock(now.value)}</strong> <span>/ {clock(one.duration)}</span>
        <span class="where">{shot?.name}, frame {frameNow.value}</span>
      </p>
      <div class="switch" role="group" aria-label="What is shown">
        <button aria-pressed={!props.camera} onClick={() => props.setCamera(false)}>
          Film
        </button>
        <button aria-pressed={props.camera} onClick={() => props.setCamera(true)}>
          Camera
        </button>
      </div>
    </div>
  );
}
