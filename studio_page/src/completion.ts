/** Completion of a story's keys and values from the project's JSON Schema. */
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import type { EditorHelp, Schema } from "./types";
import { placeOf } from "./yaml_place";

export function completions(help: () => EditorHelp | null) {
  return (context: CompletionContext): CompletionResult | null => {
    const known = help();
    if (!known) return null;
    const place = placeOf(context.state.doc.sliceString(0, context.pos));
    if (!context.explicit && !place.word && place.kind === "value") return null;
    const at = schemasAt(known.schema, place.path);
    if (place.kind === "key") {
      const options = keyOptions(known.schema, at);
      return options.length ? { from: place.from, options, validFor: /^[\w.-]*$/ } : null;
    }
    const word = /[A-Za-z_][\w.]*$/.exec(place.word);
    const from = isExpression(known.schema, at) && word ? context.pos - word[0].length : place.from;
    const options = valueOptions(known, at, place.path);
    return options.length ? { from, options, validFor: /^[\w. -]*$/ } : null;
  };
}

/** What a schema may be: references and alternatives opened. */
function alternatives(root: Schema, schema: Schema | undefined, depth = 0): Schema[] {
  if (!schema || depth > 12) return [];
  if (schema.$ref) {
    const target = String(schema.$ref).replace("#/$defs/", "");
    return alternatives(root, root.$defs?.[target], depth + 1);
  }
  const nested = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return [schema, ...nested.flatMap((one: Schema) => alternatives(root, one, depth + 1))];
}

/** The schemas of what is at a path; lists are passed through. */
export function schemasAt(root: Schema, path: string[]): Schema[] {
  let found = inside(root, alternatives(root, root));
  for (const key of path) {
    const next = found.flatMap((schema) => {
      const named = schema.properties?.[key];
      const other = schema.additionalProperties;
      return alternatives(root, named ?? (typeof other === "object" ? other : undefined));
    });
    found = inside(root, next);
  }
  return found;
}

function inside(root: Schema, schemas: Schema[]): Schema[] {
  const items = schemas.flatMap((schema) => alternatives(root, schema.items));
  return items.length ? [...schemas, ...inside(root, items)] : schemas;
}

function keyOptions(root: Schema, schemas: Schema[]): Completion[] {
  const options = new Map<string, Completion>();
  for (const schema of schemas) {
    for (const [key, value] of Object.entries<Schema>(schema.properties ?? {})) {
      if (!options.has(key)) {
        options.set(key, { label: key, type: "property", info: description(root, value), apply: `${key}: ` });
      }
    }
  }
  return [...options.values()];
}

function description(root: Schema, schema: Schema): string | undefined {
  return alternatives(root, schema).find((one) => one.description)?.description;
}

function valueOptions(help: EditorHelp, schemas: Schema[], path: string[]): Completion[] {
  const options = new Map<string, Completion>();
  const add = (label: unknown, type: string, info?: string) =>
    options.set(String(label), { label: String(label), type, info });
  for (const schema of schemas) {
    for (const value of [...(schema.enum ?? []), ...(schema.examples ?? [])]) add(value, "enum");
    if (schema.type === "boolean") ["true", "false"].forEach((word) => add(word, "keyword"));
  }
  if (path[path.length - 1] === "ease") help.words.easings.forEach((name) => add(name, "enum"));
  if (isExpression(help.schema, schemas)) {
    for (const [signature, doc] of Object.entries(help.words.expressions)) {
      const name = signature.split("(")[0];
      options.set(name, {
        label: name,
        detail: signature.slice(name.length),
        type: signature.includes("(") ? "function" : "variable",
        info: doc,
      });
    }
  }
  return [...options.values()];
}

function isExpression(root: Schema, schemas: Schema[]): boolean {
  const curve = root.$defs?.Curve;
  return schemas.includes(curve);
}
