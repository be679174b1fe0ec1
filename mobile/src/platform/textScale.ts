/** How much larger the person wants text. React Native applies the phone's setting itself. */
export function useTextScale(): number {
  return 1;
}
