// Builds the app into dist/: for browsers, in which it is tested, and as Hermes bytecode for Android. It is built anew
// when anything that goes into it has changed. `node export.mjs`
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = import.meta.dirname;
const root = path.dirname(here);
const stampFile = path.join(here, "dist", ".stamp");

/** Whatever the bundles are made of. */
const sources = [
  ...["src", "assets", "app.json", "babel.config.js", "metro.config.js", "package-lock.json", "export.mjs"].map((name) => path.join("mobile", name)),
  "web/core/package.json",
  "web/core/src",
  "web/src/i18n",
  "schema/ts",
];

async function filesOf(name) {
  if ((await stat(path.join(root, name))).isFile()) return [name];
  const entries = await readdir(path.join(root, name), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
}

async function stampOf() {
  const files = (await Promise.all(sources.map(filesOf))).flat().filter((file) => !/\.test\.tsx?$/.test(file));
  const hash = createHash("sha256");
  for (const file of files.sort()) hash.update(`${file}\0`).update(createHash("sha256").update(await readFile(path.join(root, file))).digest());
  return hash.digest("hex");
}

/** The folder of the built app. */
export async function exportApp() {
  const dist = path.join(here, "dist");
  const stamp = await stampOf();
  if (existsSync(stampFile) && (await readFile(stampFile, "utf8")) === stamp) return dist;
  const fresh = path.join(here, "dist.new");
  await rm(fresh, { recursive: true, force: true });
  const expo = path.join(here, "node_modules/expo/bin/cli");
  const flags = ["export", "--platform", "web", "--platform", "android", "--output-dir", fresh];
  const environment = { ...process.env, CI: "1", NODE_ENV: "production", EXPO_OFFLINE: "1", EXPO_NO_TELEMETRY: "1", EXPO_NO_TYPESCRIPT_SETUP: "1" };
  try {
    await promisify(execFile)(process.execPath, [expo, ...flags], { cwd: here, env: environment, maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    throw new Error(`The app cannot be bundled:\n${error.stderr || error.stdout}`, { cause: error });
  }
  // One that is stopped in the middle does not say so.
  const missing = ["index.html", "metadata.json"].filter((file) => !existsSync(path.join(fresh, file)));
  if (missing.length > 0) throw new Error(`The app's bundle has no ${missing.join(" and no ")}: build it again`);
  await rm(dist, { recursive: true, force: true });
  await rename(fresh, dist);
  await writeFile(stampFile, stamp);
  return dist;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await exportApp();
