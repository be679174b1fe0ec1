import { describe, expect, it } from "vitest";
import { formatMessage } from "./format";

const people = [
  { userId: "@anna:test", name: "Anna" },
  { userId: "@annak:test", name: "Anna K." },
  { userId: "@olga:test", name: "Ольга Петрова" },
];
const html = (typed: string) => formatMessage(typed, people).html;

describe("formatMessage", () => {
  it.each(["Hello", "a\nb", "5 < 6 & 7 > 2", "See https://example.org/x_y_z", "<b>typed</b>", "snake_case_name", "a * b * c"])(
    "sends plain text plainly: %j",
    (typed) => {
      expect(formatMessage(typed, people)).toEqual({
        type: "text",
        body: typed,
        html: null,
        mentions: { userIds: [], room: false },
      });
    },
  );

  it.each([
    ["**bold** and *italic*", "<strong>bold</strong> and <em>italic</em>"],
    ["`a < b`", "<code>a &lt; b</code>"],
    ["~~gone~~", "<del>gone</del>"],
    ["[docs](https://example.org)", '<a href="https://example.org">docs</a>'],
    ["**a**\nb", "<strong>a</strong><br>b"],
  ])("understands Markdown: %s", (typed, expected) => {
    expect(html(typed)).toBe(expected);
  });

  it("makes lists and code blocks", () => {
    expect(html("- a\n- b")).toContain("<li>a</li>");
    expect(html("```ts\nlet x = 1 < 2;\n```")).toContain('<code class="language-ts">let x = 1 &lt; 2;');
  });

  it("lets nothing through that was not meant as text", () => {
    expect(html("**x** <img src=x onerror=alert(1)>")).toBe("<strong>x</strong> &lt;img src=x onerror=alert(1)&gt;");
    expect(html("[x](javascript:alert(1))")).toBe("x");
  });

  it("links people and says whom it mentions", () => {
    const message = formatMessage("@Anna K. and @ольга петрова, look", people);
    expect(message.mentions.userIds).toEqual(["@annak:test", "@olga:test"]);
    expect(message.html).toBe(
      '<a href="https://matrix.to/#/@annak:test">Anna K.</a> and <a href="https://matrix.to/#/@olga:test">Ольга Петрова</a>, look',
    );
    expect(message.body).toBe("@Anna K. and @ольга петрова, look");
  });

  it("mentions nobody by accident", () => {
    for (const typed of ["@Annabel", "mail@Anna", "`@Anna`", "@nobody"]) {
      expect(formatMessage(typed, people).mentions.userIds).toEqual([]);
    }
  });

  it("calls the whole room only where that is allowed", () => {
    expect(formatMessage("@room lunch", people, true).mentions.room).toBe(true);
    expect(formatMessage("@room lunch", people, false).mentions.room).toBe(false);
  });

  it("turns /me into an action", () => {
    expect(formatMessage("/me waves", people)).toMatchObject({ type: "emote", body: "waves" });
  });
});
