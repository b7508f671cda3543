// The scripts of the npm package, bundled by esbuild. Run by `cargo xtask package`.
//
// Two specifiers are resolved here and nowhere else:
//   farewell-glue   the JavaScript that wasm-bindgen wrote
//   farewell-wasm   a string: the base64 of the zlib-deflated module
// A `.css` file that a script imports is a string as well: the minified text of the sheet.

import { createHash } from "node:crypto";
import { readFile, writeFile, access } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import * as esbuild from "esbuild";
import { minify } from "terser";

const option = { type: "string" };
const { values: options } = parseArgs({
  options: { template: option, names: option, glue: option, "glue-alone": option, wasm: option, out: option, version: option },
});

/** What the engine's chunk imports and no file of the template provides. */
const parts = {
  name: "farewell",
  setup(build) {
    build.onResolve({ filter: /^farewell-glue$/ }, () => ({ path: resolve(options.glue) }));
    build.onLoad({ filter: /farewell\.js$/ }, async ({ path }) => {
      if (path == resolve(options.glue)) return { contents: shortened(await readFile(path, "utf8"), await names()) };
    });
    // What the glue draws with is in the chunk that draws the first step.
    build.onResolve({ filter: /\/src\/drawing\.js$/ }, ({ importer }) =>
      importer == resolve(options.glue) ? { path: "./opening.js", external: true } : undefined,
    );
    build.onResolve({ filter: /^farewell-wasm$/ }, () => ({ path: "farewell.wasm", namespace: "deflated" }));
    build.onLoad({ filter: /.*/, namespace: "deflated" }, async () => ({
      contents: (await readFile(options.wasm)).toString("base64"),
      loader: "text",
    }));
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const sheet = await esbuild.transform(await readFile(path, "utf8"), {
        loader: "css",
        minify: true,
        sourcefile: basename(path),
      });
      return { contents: sheet.code.trimEnd(), loader: "text", warnings: sheet.warnings };
    });
  },
};

/** What became of the names of imports and exports. wasm-opt leaves commas before closing brackets. */
async function names() {
  const told = await readFile(options.names, "utf8");
  return JSON.parse(told.slice(told.indexOf("{")).replace(/,(\s*[\]}])/g, "$1"));
}

/** The glue for the module whose names were shortened. Every name must be found: the glue's form is wasm-bindgen's own. */
function shortened(glue, { imports, exports }) {
  const replace = (what, by, times) => {
    const parts = glue.split(what);
    if (parts.length - 1 < 1 || (times && parts.length - 1 != times)) {
      throw new Error(`the glue has an unexpected form: ${parts.length - 1} times ${what}`);
    }
    glue = parts.join(by);
  };
  const cut = (from, to, by) => {
    const [start, end] = [glue.indexOf(from), glue.indexOf(to)];
    if (start < 0 || end < start) throw new Error(`the glue has an unexpected form: no ${from}`);
    glue = glue.slice(0, start) + by + glue.slice(end);
  };
  // Who starts the module says how it is instantiated, and starts it once. What fetches, guesses and warns is of no use here.
  cut("let wasmModule, wasmInstance, wasm;", "export { initSync", START);
  // Texts are short, and every browser that has the rest of what we need has `encodeInto`, which saves nothing here.
  cut("function passStringToWasm0", "function takeFromExternrefTable0", PASS);
  cut("if (!('encodeInto' in cachedTextEncoder))", "let WASM_VECTOR_LEN", "");
  // Nobody reads the 2 GB after which Safari's decoder has to be made anew.
  cut("const MAX_SAFARI_DECODE_BYTES", "const cachedTextEncoder", "const decodeText = (bytes) => cachedTextDecoder.decode(bytes);\n");
  // Every browser that has the rest has this, too. A buffer that was detached is not the memory's any more.
  cut("(typeof FinalizationRegistry", "new FinalizationRegistry", "");
  for (const [cached, made] of [["cachedDataViewMemory0", "DataView"], ["cachedUint8ArrayMemory0", "Uint8Array"]]) {
    cut(`if (${cached} === null`, `${cached} = new ${made}`, `if (${cached}?.buffer != wasm.memory.buffer) {\n`);
  }
  const found = glue.matchAll(/^import \* as (import\d+) from "([^"]+)"/gm);
  const namespaces = Object.fromEntries([...found].map(([, namespace, module]) => [module, namespace]));
  const head = "    const import0 = {\n        __proto__: null,\n";
  for (const [module, name, short] of imports) {
    if (module == "./farewell_bg.js") replace(`        ${name}: function`, `        ${short}: function`, 1);
    // Functions of our own scripts that take no text are imported without a wrapper.
    else replace(head, `${head}        ${short}: ${namespaces[module]}.${name},\n`, 1);
  }
  // `wasm.name` wherever the glue calls into the module; the public functions are wrapped, so their own names stay.
  for (const [name, short] of exports) glue = glue.replace(new RegExp(`\\b(wasm|instance\\.exports)\\.${name}\\b`, "g"), `$1.${short}`);
  glue = glue.replace(/"\.\/snippets[^\n]*: import\d,\n/g, "");
  replace('"./farewell_bg.js": import0', "a: import0", 1);
  // wasm-bindgen imports a script once for every block that uses it. What is unused would be left as an import of nothing.
  glue = glue.replace(/^import \* as (import\d+) from "[^"]+";?\n/gm, (line, name) => (glue.split(name).length > 2 ? line : ""));
  replace("export { initSync, __wbg_init as default }", "export { __wbg_init as default }", 1);
  return glue;
}

/** Starts the module: what instantiates it is given the imports. */
const START = `let wasm;
async function __wbg_init(instantiate) {
    const { instance } = await instantiate(__wbg_get_imports());
    wasm = instance.exports;
    wasm.__wbindgen_start();
}
`;

/** Hands a text to the module. */
const PASS = `function passStringToWasm0(arg, malloc) {
    const buf = cachedTextEncoder.encode(arg);
    const ptr = malloc(buf.length, 1) >>> 0;
    getUint8ArrayMemory0().subarray(ptr, ptr + buf.length).set(buf);
    WASM_VECTOR_LEN = buf.length;
    return ptr;
}

`;

const shared = {
  bundle: true,
  format: "esm",
  platform: "browser",
  // What browsers and bundlers have read since 2021. Anything older makes esbuild imitate private fields, which costs bytes.
  target: "es2022",
  minify: true,
  legalComments: "none",
  charset: "utf8",
  logLevel: "warning",
  // wasm-bindgen imports a snippet of ours once per `extern` block, and lists it under the same key each time.
  logOverride: { "duplicate-object-key": "silent" },
  plugins: [parts],
};

/** Asks the browser to compile every function while the chunk comes, off the main thread, and not one by one on the first press:
 *  four fifths of the functions that V8 compiled there. Chromium reads it since 136; a bundler that drops it, as a
 *  comment, breaks nothing.
 *  https://v8.dev/blog/explicit-compile-hints */
const EAGER = "//# allFunctionsCalledOnLoad";

/** A React framework draws on a server what does not say that it is the client's. */
const CLIENT = '"use client";';

/** A script of another origin that was not asked for with CORS has no address of its own to import from.
 *  https://html.spec.whatwg.org/multipage/webappapis.html#creating-a-classic-script (muted errors) */
const BESIDE =
  '(()=>{"use strict";if(!document.currentScript)throw Error(\'Farewell: embed.js is no module. Load it without type="module".\');' +
  'const $opening=new URL("opening.js",document.currentScript.src).href;';

/** One script of the package. Each loads the others lazily, by name: they stay files of their own. */
async function script(source, others, { preamble, finish = linked } = {}) {
  const name = basename(source).replace(/\.ts$/, ".js");
  const outfile = join(options.out, name);
  const result = await esbuild.build({
    ...shared,
    entryPoints: [join(options.template, source)],
    outfile,
    external: others,
    sourcemap: "external",
    write: false,
  });
  if (result.warnings.length > 0) throw new Error(`esbuild warns about ${source}`);
  const [map, bundled] = ["js.map", "js"].map((end) => result.outputFiles.find(({ path }) => path.endsWith(end)).text);
  // esbuild bundles, terser minifies what is left: 2 % of every script, which is 30 bytes of the facade.
  const { code, map: mapped } = await minify(bundled, {
    module: true,
    ecma: 2022,
    compress: { passes: 3, unsafe_arrows: true },
    format: { preamble },
    sourceMap: { content: map, filename: name, includeSources: true },
  });
  await writeFile(outfile, finish(code, name));
  await writeFile(`${outfile}.map`, withoutPayload(mapped));
}

/** A script that says where its map is. */
const linked = (code, name) => `${code}\n//# sourceMappingURL=${name}.map\n`;

/** The script tag's script is classic, keeps its names to itself, and loads what lies beside it. */
function beside(code) {
  const parts = code.split('import("./opening.js")');
  if (parts.length < 2) throw new Error("the script tag's script does not import the opening");
  return `${BESIDE}${parts.join("import($opening)")}})();\n`;
}

/** The same entry for `require()`, with its types. The chunks it loads stay modules, which `import()` takes there as well. */
async function required(source, others, preamble) {
  const name = basename(source, ".ts");
  await esbuild.build({
    ...shared,
    entryPoints: [join(options.template, source)],
    outfile: join(options.out, `${name}.cjs`),
    format: "cjs",
    external: others,
    ...(preamble && { banner: { js: preamble } }),
    plugins: [parts, { name: "siblings", setup: (build) => build.onResolve({ filter: /^\.\/index\.js$/ }, sibling) }],
  });
  const types = await readFile(join(options.template, `${name}.d.ts`), "utf8");
  await writeFile(join(options.out, `${name}.d.cts`), types.replaceAll('"./index.js"', '"./index.cjs"'));
}

/** Entries share one facade, and with it its dialogs. */
const sibling = ({ importer }) => (importer ? { path: "./index.cjs", external: true } : undefined);

/** A source map says nothing about a module that is base64: without it the map is a tenth. */
function withoutPayload(text) {
  const map = JSON.parse(text);
  map.sourcesContent = map.sourcesContent.map((content, i) => (/^deflated:/.test(map.sources[i]) ? null : content));
  return JSON.stringify(map);
}

/** What a script tag may pin a file to. The server has the very same bytes. */
async function integrity(name) {
  const content = await readFile(join(options.out, name));
  return `sha384-${createHash("sha384").update(content).digest("base64")}`;
}

/** The manifest, with the version of the workspace. Every file it promises must be there. */
async function manifest() {
  const manifest = JSON.parse(await readFile(join(options.template, "package.json"), "utf8"));
  manifest.version = options.version;
  await writeFile(join(options.out, "package.json"), JSON.stringify(manifest, null, 2) + "\n");
  const { main, module, types, exports, files } = manifest;
  for (const path of promised([main, module, types, exports, files])) {
    await access(join(options.out, path)).catch(() => {
      throw new Error(`package.json promises ${path}, which is not in the package`);
    });
  }
}

function promised(value) {
  if (typeof value === "string") return value.includes("*") ? [] : [value];
  return Object.values(value ?? {}).flatMap(promised);
}

try {
  await script("src/index.ts", ["./opening.js"]);
  await script("src/opening.ts", ["./engine.js", "./hub.js"], { preamble: EAGER });
  await script("src/engine.ts", ["./opening.js"], { preamble: EAGER });
  await script("src/streamed.ts", ["./opening.js"]);
  await script("src/slim.ts", ["./index.js", "./streamed.js"]);
  await script("src/hub.ts", ["./opening.js"]);
  await script("src/headless.ts", ["./engine.js"]);
  await script("src/react.ts", ["react", "./index.js"], { preamble: CLIENT });
  await script("src/element.ts", ["./index.js"]);
  await script("src/embed.ts", ["./opening.js"], { finish: beside });
  console.log(`    embed.js has the integrity ${await integrity("embed.js")}`);
  await required("src/index.ts", ["./opening.js"]);
  await required("src/react.ts", ["react"], CLIENT);
  await required("src/element.ts", []);
  await required("src/headless.ts", ["./engine.js"]);
  await required("src/slim.ts", ["./streamed.js"]);
  await esbuild.build({ ...shared, entryPoints: [options.glue], outfile: options["glue-alone"] });
  await manifest();
} catch (error) {
  // esbuild has already shown its own errors, each with its line.
  if (!error.errors) console.error(error.message);
  process.exitCode = 1;
}
