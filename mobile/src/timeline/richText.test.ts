import { linked } from "./links";
import { richText } from "./richText";

describe("richText", () => {
  it("keeps what the specification's tags say", () => {
    expect(richText("plain <b>bold <i>both</i></b> <code>x &lt; y</code><br>next")).toEqual([
      {
        kind: "paragraph",
        runs: [
          { text: "plain " },
          { text: "bold ", bold: true },
          { text: "both", bold: true, italic: true },
          { text: " " },
          { text: "x ", code: true },
          { text: "<", code: true },
          { text: " y", code: true },
          { text: "\n" },
          { text: "next" },
        ],
      },
    ]);
  });

  it("parts blocks: paragraphs, headings, quotes, code and lists", () => {
    const html = "<h2>Plan</h2><p>One</p><blockquote><p>said</p></blockquote><pre><code>a\n  b\n</code></pre><ol><li>first</li><li>second<ul><li>inner</li></ul></li></ol>";
    expect(richText(html)).toEqual([
      { kind: "heading", runs: [{ text: "Plan" }] },
      { kind: "paragraph", runs: [{ text: "One" }] },
      { kind: "quote", runs: [{ text: "said" }] },
      { kind: "code", text: "a\n  b" },
      { kind: "item", marker: "1.", depth: 0, runs: [{ text: "first" }] },
      { kind: "item", marker: "2.", depth: 0, runs: [{ text: "second" }] },
      { kind: "item", marker: "•", depth: 1, runs: [{ text: "inner" }] },
    ]);
  });

  it("makes links of safe addresses only, and names of mentions", () => {
    const runs = (html: string) => richText(html)?.flatMap((block) => ("runs" in block ? block.runs : []));
    expect(runs('<a href="https://example.org/?a=1&amp;b=2">here</a>')).toEqual([{ text: "here", href: "https://example.org/?a=1&b=2" }]);
    expect(runs('<a href="javascript:alert(1)">here</a>')).toEqual([{ text: "here" }]);
    expect(runs("<a href='intent:x'>here</a>")).toEqual([{ text: "here" }]);
    expect(runs('<a href="https://matrix.to/#/@ivan:test">Ivan</a>')).toEqual([{ text: "Ivan", mention: true }]);
  });

  it("shows nothing of scripts, styles, comments and the quote of old replies", () => {
    const html = "<mx-reply><blockquote>old</blockquote></mx-reply><script>alert(1)</script><style>p{}</style><!-- secret --><p onclick='x'>new</p>";
    expect(richText(html)).toEqual([{ kind: "paragraph", runs: [{ text: "new" }] }]);
  });

  it("takes broken markup for text", () => {
    expect(richText("a < b & c <unclosed </b> &nosuch; &#x1F389; &#0;")).toEqual([
      { kind: "paragraph", runs: ["a ", "<", " b ", "&", " c ", "<", "unclosed ", " ", "&nosuch;", " ", "🎉", " ", "&#0;"].map((text) => ({ text })) },
    ]);
    expect(richText("   ")).toEqual([]);
  });

  it("gives up on what is too deep or too long, in little time", () => {
    expect(richText("<b>".repeat(100) + "x")).toBeNull();
    expect(richText("x".repeat(100_000))).toBeNull();
    const started = Date.now();
    for (const evil of ['<a "', "<a '", "<", "&", "<!--", '<a href="']) richText(evil.repeat(Math.floor(60_000 / evil.length)));
    expect(Date.now() - started).toBeLessThan(2000);
  });
});

describe("linked", () => {
  const parts = (text: string): string[] => linked(text).map((part) => (part.href === null ? part.text : `[${part.href}]`));

  it("finds addresses without the punctuation behind them", () => {
    expect(parts("See https://example.org/a, or www.test.ru.")).toEqual(["See ", "[https://example.org/a]", ", or ", "[https://www.test.ru]", "."]);
    expect(parts("(https://example.org/a_(b))")).toEqual(["(", "[https://example.org/a_(b)]", ")"]);
    expect(parts("no address: javascript:alert(1)")).toEqual(["no address: javascript:alert(1)"]);
  });
});
