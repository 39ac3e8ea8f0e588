/** The text of the story: CodeMirror with YAML, errors as `check` gives them, and completion.
 *
 * It lives in a shadow root, where its styles are sheets that scripts make: the page's policy
 * allows no style elements.
 */
import { autocompletion, closeBrackets, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import {
  bracketMatching,
  foldGutter,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { completions } from "./completion";
import type { EditorHelp, Problem } from "./types";

const remote = Annotation.define<boolean>();

const colors = HighlightStyle.define([
  { tag: tags.definition(tags.propertyName), color: "var(--code-key)" },
  { tag: tags.propertyName, color: "var(--code-key)" },
  { tag: tags.string, color: "var(--code-text)" },
  { tag: tags.content, color: "var(--code-text)" },
  { tag: tags.number, color: "var(--code-number)" },
  { tag: tags.bool, color: "var(--code-number)" },
  { tag: tags.comment, color: "var(--ink-faint)", fontStyle: "italic" },
  { tag: tags.punctuation, color: "var(--ink-soft)" },
  { tag: tags.separator, color: "var(--ink-soft)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", backgroundColor: "transparent", color: "var(--ink)" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--accent)", padding: "10px 0 40vh" },
  "&.cm-focused": { outline: "none" },
  "&.cm-focused .cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  ".cm-gutters": {
    backgroundColor: "transparent",
    color: "var(--ink-faint)",
    border: "none",
    paddingLeft: "4px",
  },
  ".cm-activeLine": { backgroundColor: "var(--line-now)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
    { backgroundColor: "var(--selection)" },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)",
    color: "var(--ink)",
    border: "1px solid var(--edge)",
    borderRadius: "8px",
    overflow: "hidden",
    boxShadow: "var(--shadow)",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    backgroundColor: "var(--accent)",
    color: "var(--on-accent)",
  },
  ".cm-completionInfo": { maxWidth: "320px", padding: "8px 10px" },
  ".cm-diagnostic": { padding: "6px 10px", borderLeftWidth: "3px" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--warn)" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--ink)" },
  // the library draws these with pictures within the style sheet, which the policy forbids
  ".cm-lintRange": { backgroundImage: "none", textUnderlineOffset: "3px" },
  ".cm-lintRange-error": { textDecoration: "underline wavy var(--bad)" },
  ".cm-lintRange-warning": { textDecoration: "underline wavy var(--warn)" },
  ".cm-lint-marker": { width: "9px", height: "9px", borderRadius: "50%", margin: "6px 3px" },
  ".cm-lint-marker-error": { content: "none", backgroundColor: "var(--bad)" },
  ".cm-lint-marker-warning": { content: "none", backgroundColor: "var(--warn)" },
});

export class StoryEditor {
  readonly view: EditorView;
  private readonly locked = new Compartment();

  constructor(
    host: HTMLElement,
    typed: (text: string) => void,
    save: () => void,
    help: () => EditorHelp | null,
  ) {
    const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    root.replaceChildren();
    const saving = keymap.of([{ key: "Mod-s", preventDefault: true, run: () => (save(), true) }]);
    this.view = new EditorView({
      parent: root,
      root,
      state: EditorState.create({
        extensions: [
          saving,
          lineNumbers(),
          foldGutter(),
          history(),
          drawSelection(),
          indentOnInput(),
          indentUnit.of("  "),
          bracketMatching(),
          closeBrackets(),
          highlightActiveLine(),
          highlightActiveLineGutter(),
          highlightSelectionMatches(),
          autocompletion({ override: [completions(help)] }),
          keymap.of([
            ...completionKeymap,
            ...defaultKeymap,
            ...searchKeymap,
            ...historyKeymap,
            ...lintKeymap,
            indentWithTab,
          ]),
          yaml(),
          lintGutter(),
          syntaxHighlighting(colors),
          look,
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": "Text of the story" }),
          this.locked.of([]),
          EditorView.updateListener.of((update) => {
            const own = update.transactions.some((one) => one.docChanged && !one.annotation(remote));
            if (own) typed(update.state.doc.toString());
          }),
        ],
      }),
    });
  }

  get text(): string {
    return this.view.state.doc.toString();
  }

  /** Shows the text of the file; the cursor stays where it is as far as it can. */
  set(text: string) {
    const old = this.text;
    if (old === text) return;
    let start = 0;
    const most = Math.min(old.length, text.length);
    while (start < most && old[start] === text[start]) start++;
    let end = 0;
    while (end < most - start && old[old.length - 1 - end] === text[text.length - 1 - end]) end++;
    this.view.dispatch({
      changes: { from: start, to: old.length - end, insert: text.slice(start, text.length - end) },
      annotations: remote.of(true),
    });
  }

  lock(readOnly: boolean) {
    const value = readOnly ? [EditorState.readOnly.of(true), EditorView.editable.of(false)] : [];
    this.view.dispatch({ effects: this.locked.reconfigure(value) });
  }

  mark(problems: Problem[]) {
    const diagnostics = problems.flatMap((problem) => this.diagnostic(problem));
    this.view.dispatch(setDiagnostics(this.view.state, diagnostics));
  }

  show(line: number) {
    const doc = this.view.state.doc;
    const at = doc.line(Math.min(Math.max(line, 1), doc.lines)).from;
    this.view.dispatch({
      selection: { anchor: at },
      effects: EditorView.scrollIntoView(at, { y: "center" }),
    });
  }

  private diagnostic(problem: Problem): Diagnostic[] {
    const doc = this.view.state.doc;
    if (problem.line === null || problem.line > doc.lines) return [];
    const line = doc.line(problem.line);
    const from = Math.min(line.from + Math.max((problem.column ?? 1) - 1, 0), line.to);
    const rest = doc.sliceString(from, line.to);
    const word = /^[^\s,:{}[\]]+/.exec(rest);
    const to = Math.min(from + Math.max(word?.[0].length ?? 1, 1), line.to);
    const hint = problem.hint ? `\n${problem.hint}` : "";
    return [{ from, to, severity: problem.severity, message: problem.message + hint }];
  }
}
