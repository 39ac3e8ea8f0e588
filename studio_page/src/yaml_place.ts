/** Where in a story a place of its text is: the keys that lead there, for completion. */

export interface Place {
  path: string[];
  /** Whether a key or a value is written here. */
  kind: "key" | "value";
  /** What stands between the last separator and the cursor. */
  word: string;
  /** Offset of the word from the start of the text. */
  from: number;
}

interface Block {
  indent: number;
  key: string;
}

interface Flow {
  key: string | null;
}

/** Reads `before`, the text up to the cursor. It need not be whole, nor valid. */
export function placeOf(before: string): Place {
  const blocks: Block[] = [];
  const flows: Flow[] = [];
  let wordStart = 0;
  let value = false;
  let at = 0;
  for (const line of before.split("\n")) {
    if (!flows.length) {
      const opened = openLine(line, blocks);
      value = opened.value;
      wordStart = at + opened.rest;
      const [start, isValue] = scanFlow(line.slice(opened.rest), flows, value);
      if (start >= 0) wordStart = at + opened.rest + start;
      value = isValue;
    } else {
      const [start, isValue] = scanFlow(line, flows, value);
      wordStart = at + Math.max(start, line.length - line.trimStart().length);
      value = isValue;
    }
    at += line.length + 1;
  }
  const word = before.slice(wordStart);
  const blank = word.length - word.trimStart().length;
  const inFlow = flows.map((flow) => flow.key).filter((key): key is string => key !== null);
  const path = [...blocks.map((block) => block.key), ...inFlow];
  return { path, kind: value ? "value" : "key", word: word.trimStart(), from: wordStart + blank };
}

/** Takes in the block key of a line; `rest` is the offset of what follows it. */
function openLine(line: string, blocks: Block[]): { rest: number; value: boolean } {
  const dashes = /^(\s*(?:- +)*)/.exec(line)![1];
  const indent = dashes.length;
  const isItem = dashes.includes("-");
  const outer = isItem ? line.indexOf("-") : indent;
  const blank = !line.trim();
  while (blocks.length && blocks[blocks.length - 1].indent >= outer + (isItem ? 1 : 0)) {
    if (isItem && blocks[blocks.length - 1].indent === outer) break;
    blocks.pop();
  }
  if (isItem) {
    while (blocks.length && blocks[blocks.length - 1].indent > outer) blocks.pop();
  }
  const pair = /^("[^"]*"|'[^']*'|[^\s#{[][^#]*?):(?:\s|$)/.exec(line.slice(indent));
  if (blank || !pair || line.trim().startsWith("#")) return { rest: indent, value: isItem && !pair };
  blocks.push({ indent, key: unquoted(pair[1]) });
  return { rest: indent + pair[0].length, value: true };
}

/** Follows brackets; answers where the last word starts (-1: at the start) and what it is. */
function scanFlow(text: string, flows: Flow[], value: boolean): [number, boolean] {
  let start = -1;
  let quote = "";
  let isValue = value;
  let word = 0;
  for (let n = 0; n < text.length; n++) {
    const sign = text[n];
    if (quote) {
      if (sign === quote) quote = "";
      continue;
    }
    const fresh = !text.slice(word, n).trim();
    if ((sign === '"' || sign === "'") && fresh) quote = sign;
    else if (sign === "#" && (n === 0 || text[n - 1] === " ")) break;
    else if ((sign === "{" || sign === "[") && (fresh || flows.length)) {
      flows.push({ key: null });
      isValue = sign === "[";
      start = word = n + 1;
    } else if (flows.length && (sign === "}" || sign === "]")) {
      flows.pop();
      isValue = true;
      start = word = n + 1;
    } else if (flows.length && sign === ",") {
      flows[flows.length - 1].key = null;
      isValue = false;
      start = word = n + 1;
    } else if (flows.length && sign === ":" && /\s|$/.test(text[n + 1] ?? "")) {
      flows[flows.length - 1].key = unquoted(text.slice(word, n).trim());
      isValue = true;
      start = word = n + 1;
    }
  }
  return [start, isValue];
}

function unquoted(key: string): string {
  return key.replace(/^(["'])(.*)\1$/, "$2");
}
