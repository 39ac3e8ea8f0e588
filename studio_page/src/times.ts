/** `1:05.25`; `digits` of the second, none of them where they are all zero and `short` is set. */
export function clock(seconds: number, digits = 2, short = false): string {
  const scale = 10 ** digits;
  const units = Math.max(0, Math.round(seconds * scale));
  const minutes = Math.floor(units / (60 * scale));
  const rest = (units % (60 * scale)) / scale;
  let text = rest.toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  if (short && digits) text = text.replace(/\.?0+$/, "").padStart(2, "0");
  return `${minutes}:${text}`;
}

/** `1 h 5 min`, `2 min 10 s`, `8 s`: how long something takes. */
export function lasting(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`;
  if (whole >= 60) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${whole} s`;
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** The place of the last of `sorted` that is not above `value`; -1 where there is none. */
export function lastBefore<T>(sorted: T[], value: number, of: (item: T) => number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (of(sorted[middle]) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
