import type { Category } from "@team/core";
import type { LucideIcon } from "lucide-react-native";
import { View } from "react-native";
import { space } from "../theme";
import { Icon } from "../ui/Icon";
import { Ban, Circle, CircleCheck, CircleDot, CircleDotDashed } from "../ui/icons";
import { Text, type TextTone } from "../ui/Text";

export const statusIcons: Readonly<Record<Category, LucideIcon>> = {
  todo: Circle,
  doing: CircleDot,
  review: CircleDotDashed,
  done: CircleCheck,
  cancelled: Ban,
};

export function statusTone(category: Category): TextTone {
  return category === "todo" || category === "cancelled" ? "text2" : "accentText";
}

/** A status by shape and word, never by colour alone. */
export function StatusMark({ category, name }: { readonly category: Category; readonly name: string }) {
  const tone = statusTone(category);
  return (
    <View style={{ flexDirection: "row", alignItems: "center", gap: space.xs, flexShrink: 1 }}>
      <Icon of={statusIcons[category]} size={16} tone={tone} />
      <Text look="label" tone={tone} numberOfLines={1} style={{ flexShrink: 1 }}>
        {name}
      </Text>
    </View>
  );
}
