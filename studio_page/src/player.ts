/** Plays the film's time: with the song where it sounds, by the clock where it does not. */
import { film, keepInView, now, playing, seek } from "./store";

const song = new Audio();
song.preload = "auto";
let source = "";
let last = 0;
export const speed = { value: 1 };

/** Has the element play the story's soundtrack, if the page may. */
function prepare() {
  const audio = film.value?.audio;
  const wanted = audio?.inside ? `api/song?${encodeURIComponent(audio.name)}` : "";
  if (wanted !== source) {
    source = wanted;
    if (wanted) song.src = wanted;
    else song.removeAttribute("src");
  }
}

/** The second of the song at a second of the film; null where it is silent. */
function inSong(seconds: number): number | null {
  const audio = film.value?.audio;
  if (!audio || !source || seconds < audio.start || seconds >= audio.end) return null;
  return seconds - audio.start + audio.source_start;
}

function inFilm(songSeconds: number): number {
  const audio = film.value!.audio!;
  return songSeconds - audio.source_start + audio.start;
}

export function play() {
  const one = film.value;
  if (!one) return;
  prepare();
  if (now.value >= one.duration - 1 / one.fps) seek(0);
  playing.value = true;
  last = performance.now();
  startSong();
  requestAnimationFrame(step);
}

export function stop() {
  playing.value = false;
  song.pause();
}

export const toggle = () => (playing.value ? stop() : play());

/** Goes to a moment, also while it plays. */
export function jump(seconds: number) {
  seek(seconds);
  if (playing.value) startSong();
}

function startSong() {
  const at = inSong(now.value);
  if (at === null) {
    song.pause();
    return;
  }
  if (Math.abs(song.currentTime - at) > 0.03) song.currentTime = at;
  if (song.paused) void song.play().catch(() => undefined);
}

function step() {
  const one = film.value;
  if (!playing.value || !one) return;
  const moment = performance.now();
  const ahead = now.value + (moment - last) / 1000;
  last = moment;
  const wanted = inSong(ahead);
  const sounds = wanted !== null && !song.paused && song.readyState >= 2 && !song.seeking;
  const next = sounds ? inFilm(song.currentTime) : ahead;
  // the element tells its time in steps; what it says is followed, never jumped back to
  seek(sounds && Math.abs(next - ahead) < 0.08 ? ahead + (next - ahead) * 0.1 : next, false);
  if (wanted !== null && song.paused) startSong();
  if (wanted === null && !song.paused) song.pause();
  keepInView();
  if (now.value >= one.duration - 0.5 / one.fps) {
    stop();
    return;
  }
  requestAnimationFrame(step);
}
