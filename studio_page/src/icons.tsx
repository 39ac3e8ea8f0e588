/** Icons, drawn in lines; words beside them, or a label on their button, say what they mean. */
const PATHS: Record<string, string> = {
  play: "M7 4.5v15l12-7.5z",
  stop: "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z",
  start: "M6 5v14M19 5v14L8.5 12z",
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  undo: "M4 9h10a5.5 5.5 0 0 1 0 11H9M4 9l5-5M4 9l5 5",
  redo: "M20 9H10a5.5 5.5 0 0 0 0 11h5M20 9l-5-5M20 9l-5 5",
  split: "M12 3v18M4 8h5v8H4zM15 8h5v8h-5z",
  flag: "M6 21V4h12l-3 4 3 4H6",
  bin: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  text: "M5 6h14M5 10h14M5 14h9M5 18h6",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  fit: "M4 12h16M4 12l4-4M4 12l4 4M20 12l-4-4M20 12l-4 4",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2",
  film: "M4 5h16v14H4zM8 5v14M16 5v14M4 9h4M4 15h4M16 9h4M16 15h4",
  down: "M12 4v11M7 11l5 5 5-5M5 20h14",
  help: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 18v.5",
  close: "M6 6l12 12M18 6L6 18",
  key: "M12 5l7 7-7 7-7-7z",
};
const SOLID = new Set(["play", "stop"]);

export function Icon({ name }: { name: keyof typeof PATHS | string }) {
  const solid = SOLID.has(name);
  return (
    <svg class={solid ? "icon solid" : "icon"} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
