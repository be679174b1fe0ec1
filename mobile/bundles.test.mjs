// The app as it is shipped and tested: bytecode for Android's Hermes, and the same app for browsers.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { before, describe, it } from "node:test";
import { exportApp } from "./export.mjs";

/** The first eight bytes of a Hermes bytecode file, read as little-endian. */
const HERMES_MAGIC = 0x1f1903c103bc1fc6n;

describe("the bundles of the phone app", () => {
  let dist = "";
  before(async () => {
    dist = await exportApp();
  });

  it("hold one file of Hermes bytecode for Android", async () => {
    const folder = path.join(dist, "_expo/static/js/android");
    const files = await readdir(folder);
    assert.equal(files.length, 1);
    const bytecode = await readFile(path.join(folder, files[0]));
    assert.equal(bytecode.readBigUInt64LE(0), HERMES_MAGIC);
    const { fileMetadata } = JSON.parse(await readFile(path.join(dist, "metadata.json"), "utf8"));
    assert.equal(fileMetadata.android.bundle, `_expo/static/js/android/${files[0]}`);
    assert.ok(bytecode.length < 6_000_000, `${bytecode.length} bytes are too many for a first start`);
  });

  it("hold the app for browsers, and its SQLite", async () => {
    const page = await readFile(path.join(dist, "index.html"), "utf8");
    const script = /src="\/(_expo\/static\/js\/web\/[^"]+)"/.exec(page)?.[1];
    assert.ok(script, "the page names its script");
    await readFile(path.join(dist, script));
    const assets = await readdir(path.join(dist, "assets"), { recursive: true });
    assert.equal(assets.filter((name) => /wa-sqlite\.[0-9a-f]+\.wasm$/.test(name)).length, 1);
  });
});
