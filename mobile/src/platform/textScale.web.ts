/** The browser's own text size stands for the phone's setting: React Native for the web leaves it out. */
export function useTextScale(): number {
  if (typeof document === "undefined") return 1;
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;
}
