import { usePathname, useRouter } from "expo-router";
import { Pressable, View } from "react-native";
import { useWords } from "../i18n";
import { space, themed, touch } from "../theme";
import { Icon } from "../ui/Icon";
import { CloudOff, TriangleAlert } from "../ui/icons";
import { Text } from "../ui/Text";
import { useOffline } from "./offline";
import { useUnsent } from "./useUnsent";

const useStyles = themed((palette) => ({
  banner: { flexDirection: "row", alignItems: "center", gap: space.s, minHeight: touch, paddingHorizontal: space.l, paddingVertical: 6 },
  offline: { backgroundColor: palette.warningSoft },
  failed: { backgroundColor: palette.dangerSoft },
  words: { flex: 1 },
  link: { textDecorationLine: "underline" },
}));

/**
 * Tells that there is no connection, that something could not be sent, and that a change of a task needs a decision; a
 * touch leads to the outbox.
 */
export function ConnectionBanner() {
  const { t } = useWords();
  const styles = useStyles();
  const router = useRouter();
  const pathname = usePathname();
  const inOutbox = pathname === "/outbox";
  const offline = useOffline();
  const { waiting, failed, undecided } = useUnsent();
  // On the page of its task a decision stands there itself.
  const decisions = undecided.filter(({ taskId }) => pathname !== `/task/${taskId}`).length;
  if (!offline && ((failed === 0 && decisions === 0) || inOutbox)) return null;
  const counts = [
    waiting > 0 && offline && t("phone.waitingCount", { count: waiting }),
    failed > 0 && t("phone.failedCount", { count: failed }),
    decisions > 0 && t("tasks.attention", { count: decisions }),
  ].filter((part) => part !== false);
  const tone = offline ? "warningText" : "dangerText";
  const told = offline ? (counts.length > 0 && !inOutbox ? [t("phone.offline"), ...counts].join(" · ") : `${t("phone.offline")}. ${t("phone.offlineText")}`) : counts.join(" · ");
  const content = (
    <>
      <Icon of={offline ? CloudOff : TriangleAlert} size={18} tone={tone} />
      <View style={styles.words} role="status">
        <Text look="small" tone={tone}>
          {told}
        </Text>
      </View>
    </>
  );
  // In the outbox there is nowhere to go: the things themselves stand below.
  if (inOutbox) return <View style={[styles.banner, styles.offline]}>{content}</View>;
  return (
    <Pressable
      role="button"
      aria-label={[offline ? t("phone.offline") : null, ...counts, t("phone.showOutbox")].filter(Boolean).join(", ")}
      style={[styles.banner, offline ? styles.offline : styles.failed]}
      onPress={() => router.push("/outbox")}
    >
      {content}
      {counts.length > 0 && (
        <Text look="label" tone={tone} style={styles.link}>
          {t("phone.showOutbox")}
        </Text>
      )}
    </Pressable>
  );
}
