import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const HERE = dirname(fileURLToPath(import.meta.url));
const SOURCES = ["index.html", "package-lock.json", "public", "src", "tsconfig.json", "vite.config.js"];

/** The files of a folder, or the file itself, in order. */
function files(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).sort().flatMap((name) => files(join(path, name)));
}

/** The digest of all that the page is built from; tests/studio/test_page.py computes the same. */
function digest() {
  const hash = createHash("sha256");
  for (const file of SOURCES.flatMap((name) => files(join(HERE, name)))) hash.update(readFileSync(file));
  return hash.digest("hex");
}

/** The licences of the packages that are in the page. */
function licenses(modules) {
  const folders = new Set();
  for (const id of modules) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replaceAll("\\", "/"));
    if (found && existsSync(join(found[1], "package.json"))) folders.add(found[1]);
  }
  return [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const text = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
    return `${name} ${version} (${license})\n\n${text ? readFileSync(join(folder, text), "utf8").trim() : ""}\n`;
  });
}

const records = {
  name: "records",
  generateBundle() {
    const source = licenses([...this.getModuleIds()]).join("\n----\n\n");
    this.emitFile({ type: "asset", fileName: "licenses.txt", source });
    this.emitFile({ type: "asset", fileName: "built-from.txt", source: `${digest()}\n` });
  },
};

// The page is built into the package: names without digests, so that a change is a small diff, and
// nothing inlined as data, which the page's content security policy forbids.
export default defineConfig({
  base: "./",
  plugins: [records],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../storyboard/studio/page",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    rolldownOptions: {
      output: {
        entryFileNames: "studio.js",
        chunkFileNames: "[name].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
});
