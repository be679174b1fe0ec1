const letters: Record<string, string> = {
  а: "a", б: "b", в: "v", г: "g", д: "d", е: "e", ё: "e", ж: "zh", з: "z", и: "i", й: "y", к: "k", л: "l", м: "m",
  н: "n", о: "o", п: "p", р: "r", с: "s", т: "t", у: "u", ф: "f", х: "kh", ц: "ts", ч: "ch", ш: "sh", щ: "shch",
  ъ: "", ы: "y", ь: "", э: "e", ю: "yu", я: "ya", ß: "ss", ø: "o", ł: "l", æ: "ae", œ: "oe",
}; // prettier-ignore

/** A user name for a full name: "Ольга Петрова" becomes "olga.petrova". Only characters that a localpart may have. */
export function localpartFor(fullName: string): string {
  return [...fullName.trim().toLowerCase()]
    .map((letter) => letters[letter] ?? letter)
    .join("")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[\s]+/g, ".")
    .replace(/[^a-z0-9._-]/g, "")
    .replace(/\.{2,}/g, ".")
    .replace(/^[._-]+|[._-]+$/g, "");
}

/** True for what the server takes as the localpart of a new user id. */
export function isLocalpart(text: string): boolean {
  return /^[a-z0-9._=/+-]+$/.test(text);
}
