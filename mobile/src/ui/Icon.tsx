import type { LucideIcon } from "lucide-react-native";
import { View } from "react-native";
import { usePalette } from "../theme";
import type { TextTone } from "./Text";

/** A drawing beside words; screen readers pass it over. */
export function Icon({ of: Drawing, size = 22, tone = "text2" }: { readonly of: LucideIcon; readonly size?: number; readonly tone?: TextTone }) {
  const palette = usePalette();
  return (
    <View aria-hidden importantForAccessibility="no-hide-descendants" accessibilityElementsHidden>
      <Drawing size={size} color={palette[tone]} strokeWidth={2} />
    </View>
  );
}
