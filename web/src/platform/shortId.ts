/** Eight random hexadecimal digits. `crypto.randomUUID` is missing where a page came without TLS, in a local network. */
export function shortId(): string {
  return [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
