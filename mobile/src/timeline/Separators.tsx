import type { ChangeItem } from "@team/core";
import { useState } from "react";
import { Pressable, View } from "react-native";
import { useWords } from "../i18n";
import { space, themed, touch } from "../theme";
import { Text } from "../ui/Text";
import { changeText } from "./changeText";

const useStyles = themed((palette) => ({
  line: { flexDirection: "row", alignItems: "center", gap: space.m, paddingHorizontal: space.l, paddingVertical: space.s },
  rule: { flex: 1, height: 1, backgroundColor: palette.border },
  newRule: { backgroundColor: palette.highlight },
  newWords: { color: palette.highlight, fontWeight: "700" },
  changes: { paddingLeft: 58, paddingRight: space.l, paddingVertical: space.xs },
  fold: { minHeight: touch, justifyContent: "center" },
}));

export function DayLine({ ts }: { readonly ts: number }) {
  const { dates } = useWords();
  const styles = useStyles();
  return (
    <View style={styles.line} role="separator" aria-label={dates.day(ts)}>
      <View style={styles.rule} />
      <Text look="tiny" tone="text2">
        {dates.day(ts)}
      </Text>
      <View style={styles.rule} />
    </View>
  );
}

export function UnreadLine() {
  const { t } = useWords();
  const styles = useStyles();
  return (
    <View style={styles.line} role="separator" aria-label={t("timeline.newMessages")}>
      <View style={[styles.rule, styles.newRule]} />
      <Text look="tiny" style={styles.newWords}>
        {t("timeline.newMessages")}
      </Text>
      <View style={[styles.rule, styles.newRule]} />
    </View>
  );
}

const SHOWN = 3;

/** What changed in the room; more than a few changes are one line until it is touched. */
export function ChangesRow({ items }: { readonly items: readonly ChangeItem[] }) {
  const { t } = useWords();
  const styles = useStyles();
  const [open, setOpen] = useState(false);
  const folds = items.length > SHOWN;
  return (
    <View style={styles.changes}>
      {folds && (
        <Pressable role="button" aria-expanded={open} style={styles.fold} onPress={() => setOpen(!open)}>
          <Text look="small" tone="text2">
            {open ? t("timeline.hideChanges") : t("timeline.changes", { count: items.length })}
          </Text>
        </Pressable>
      )}
      {(open || !folds) &&
        items.map((item) => (
          <Text key={item.key} look="small" tone="text3">
            {changeText(item, t)}
          </Text>
        ))}
    </View>
  );
}
