/**
 * What a person types as the address of their server, as a base URL without a slash at the end; null when it cannot
 * be one. Without a scheme it means https, except for this device itself.
 */
export function serverAddress(typed: string): string | null {
  const text = typed.trim();
  if (text === "") return null;
  const withScheme = /^[a-z]+:\/\//i.test(text) ? text : `${isThisDevice(text) ? "http" : "https"}://${text}`;
  const found = /^(https?):\/\/([^/?#@\s]+)(?:[/?#]\S*)?$/i.exec(withScheme);
  if (found === null) return null;
  const [, scheme = "", host = ""] = found;
  const parts = /^(\[[0-9a-f:.]+\]|[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.?)(?::(\d{1,5}))?$/iu.exec(host);
  // "https//…" and "http:…" are slips of the finger, not names.
  if (parts === null || /^https?$/i.test(parts[1] ?? "") || Number(parts[2] ?? 1) > 65_535) return null;
  return `${scheme.toLowerCase()}://${host.toLowerCase()}`;
}

function isThisDevice(text: string): boolean {
  return /^(localhost|127\.0\.0\.1|10\.0\.2\.2|\[::1\])(:|\/|$)/i.test(text);
}

/** A one-time link of an administrator: the server's address and the token. */
export function welcomeLink(typed: string): { readonly server: string; readonly token: string } | null {
  const found = /^(\S+?)\/?#\/welcome\/([A-Za-z0-9_-]+)$/.exec(typed.trim());
  const server = found === null ? null : serverAddress(found[1] ?? "");
  return server === null ? null : { server, token: found?.[2] ?? "" };
}
