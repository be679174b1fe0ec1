/** Why a new password cannot be taken: the key of a sentence in `session`, or null when it can. */
export function passwordProblem(password: string): "tooShort" | "tooLong" | null {
  if ([...password].length < 8) return "tooShort";
  // bcrypt reads no more than 72 bytes, and the server refuses longer ones.
  if (new TextEncoder().encode(password).length > 72) return "tooLong";
  return null;
}
