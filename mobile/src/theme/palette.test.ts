import { readFileSync } from "node:fs";
import path from "node:path";
import { processColor } from "react-native";
import { dark, light, type Palette } from "./palette";

const css = readFileSync(path.resolve(__dirname, "../../../web/src/ui/tokens.css"), "utf8");

/** The custom properties of the rule whose selector ends so. */
function tokens(selector: string): ReadonlyMap<string, string> {
  const start = css.indexOf(`${selector} {`);
  const rule = css.slice(start, css.indexOf("}", start));
  return new Map([...rule.matchAll(/--([\w-]+):\s*([^;]+);/g)].map((match) => [match[1] ?? "", match[2] ?? ""]));
}

/** What the phone calls otherwise than the web client. */
const RENAMED: Readonly<Record<string, string>> = {
  sunken: "surface-sunken",
  raised: "surface-raised",
  field: "surface-field",
  text2: "text-2",
  text3: "text-3",
  link: "text-link",
  accentText: "accent-text",
};

describe.each([
  ["light", light, ':root[data-theme="light"]'],
  ["dark", dark, ':root[data-theme="dark"]'],
] as const)("the %s colours", (_name, palette: Palette, selector) => {
  it("are those of the web client", () => {
    // What the dark theme does not change stays as in the light one.
    const web = new Map([...tokens(':root[data-theme="light"]'), ...tokens(selector)]);
    const { dark: _isDark, avatars, ...colours } = palette;
    for (const [name, colour] of Object.entries(colours)) {
      const token = RENAMED[name] ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      expect([token, colour]).toEqual([token, inOldNotation(web.get(token) ?? "")]);
    }
    expect(avatars).toEqual(avatars.map((_, at) => web.get(`avatar-${at + 1}`)));
  });

  it("are such as the phone can draw", () => {
    for (const colour of [...Object.values(palette).filter((value) => typeof value === "string"), ...palette.avatars]) {
      expect([colour, typeof processColor(colour)]).toEqual([colour, "number"]);
    }
  });

  it("can be read on what they stand on", () => {
    const pairs: [string, string][] = [
      ...["surface", "sunken", "raised"].flatMap((ground) => ["text", "text2", "text3", "link"].map((text) => [text, ground] as [string, string])),
      ["onAccent", "accent"], ["onDanger", "danger"], ["accentText", "accentSoft"], ["dangerText", "dangerSoft"],
      ["warningText", "warningSoft"], ["dangerText", "surface"], ["onHighlight", "highlight"], ["accentText", "surface"],
    ]; // prettier-ignore
    const colour = (name: string): string => palette[name as keyof Palette] as string;
    for (const [text, ground] of pairs) expect([text, ground, contrast(colour(text), colour(ground)) >= 4.5]).toEqual([text, ground, true]);
  });
});

/** React Native does not know `rgb(1 2 3 / 4%)`. */
function inOldNotation(colour: string): string {
  return colour.replace(/^rgb\((\d+) (\d+) (\d+) \/ (\d+)%\)$/, (_, red, green, blue, percent) => `rgba(${red}, ${green}, ${blue}, ${Number(percent) / 100})`);
}

/** WCAG 2.2, contrast ratio. */
function contrast(one: string, other: string): number {
  const [bright = 0, dim = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (bright + 0.05) / (dim + 0.05);
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
