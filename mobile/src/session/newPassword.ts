/** Why a new password cannot be taken: the name of a sentence; null when it can. */
export function passwordProblem(password: string): "session.tooShort" | "session.tooLong" | null {
  if ([...password].length < 8) return "session.tooShort";
  // bcrypt reads no more than 72 bytes, and the server refuses longer ones.
  return utf8Length(password) > 72 ? "session.tooLong" : null;
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
