import Svg, { Path, Rect } from "react-native-svg";

/** The product's mark, as in the web client. */
export function Logo({ size = 40 }: { readonly size?: number }) {
  return (
    <Svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
      <Rect width="32" height="32" rx="9" fill="#0b7466" />
      <Path d="M9 8h14a3 3 0 0 1 3 3v8a3 3 0 0 1-3 3h-6.2l-4.6 3.7c-.6.5-1.5.1-1.5-.7V22H9a3 3 0 0 1-3-3v-8a3 3 0 0 1 3-3Z" fill="#fff" />
      <Path d="M11 13h10M11 17h6" stroke="#0b7466" strokeWidth={2} strokeLinecap="round" />
    </Svg>
  );
}
