/** Canvases that are as sharp as the screen, and drawn again when anything that they show changes. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

/** Counts changes of colours: between light and dark. */
export const colorsChanged = signal(0);
new MutationObserver(() => colorsChanged.value++).observe(document.documentElement, {
  attributeFilter: ["data-theme"],
});

/** Returns a colour of the style sheet by its name. */
export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

type Draw = (on: CanvasRenderingContext2D, width: number, height: number) => void;

export function useCanvas(draw: Draw, changes: unknown[]) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const box = canvas.current;
    if (!box) return;
    const [width, height] = [box.clientWidth, box.clientHeight];
    const sharp = devicePixelRatio;
    const size = [Math.round(width * sharp), Math.round(height * sharp)];
    if (box.width !== size[0] || box.height !== size[1]) [box.width, box.height] = size;
    const on = box.getContext("2d");
    if (!on || !width) return;
    on.setTransform(sharp, 0, 0, sharp, 0, 0);
    on.clearRect(0, 0, width, height);
    draw(on, width, height);
  }, [...changes, colorsChanged.value]);
  return canvas;
}
