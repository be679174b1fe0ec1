import { describe, expect, it } from "vitest";
import { mentionedUser, sanitise } from "./html";

describe("sanitise", () => {
  it("keeps the formatting that messages use", () => {
    const html = '<p>a <strong>b</strong> <code class="language-ts">c</code></p><ol start="3"><li>d</li></ol>';
    expect(sanitise(html)).toBe(html);
  });

  it.each([
    ['<img src="https://evil.example/x.png" onerror="alert(1)">', ""],
    ["<script>alert(1)</script>after", "after"],
    ['<a href="javascript:alert(1)">x</a>', "<a>x</a>"],
    ['<b style="position:fixed" onclick="x()" id="root">x</b>', "<b>x</b>"],
    ["<iframe src=https://evil.example></iframe>", ""],
    ['<span class="visually-hidden">x</span>', "<span>x</span>"],
    ["<form><input name=q><button>Sign in</button></form>", "Sign in"],
    ["<svg><style><b></style></svg>", "<b></b>"],
  ])("takes away what is dangerous: %s", (dirty, clean) => {
    expect(sanitise(dirty)).toBe(clean);
  });

  it("opens links elsewhere, without telling where from", () => {
    expect(sanitise('<a href="https://example.org">x</a>')).toContain('rel="noopener noreferrer nofollow"');
  });

  it("marks links to people as mentions, and believes no such mark of the sender", () => {
    expect(sanitise('<a href="https://matrix.to/#/@anna:test">Anna</a>')).toContain('data-mention="@anna:test"');
    expect(sanitise('<span data-mention="@boss:test">x</span>')).toBe("<span>x</span>");
  });

  it("drops the quote that old clients put before a reply", () => {
    expect(sanitise("<mx-reply><blockquote>old</blockquote></mx-reply>new")).toBe("new");
  });

  it("flattens what is nested without end", () => {
    expect(sanitise(`${"<div>".repeat(300)}x${"</div>".repeat(300)}`)).toBe("x");
  });
});

describe("mentionedUser", () => {
  it("reads both forms of links to people", () => {
    expect(mentionedUser("https://matrix.to/#/%40anna%3Atest")).toBe("@anna:test");
    expect(mentionedUser("matrix:u/anna:test")).toBe("@anna:test");
    expect(mentionedUser("https://matrix.to/#/#room:test")).toBeNull();
  });
});
