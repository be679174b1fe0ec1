import NetInfo from "@react-native-community/netinfo";
import { useRouter } from "expo-router";
import { useEffect, useState } from "react";
import { Pressable, View } from "react-native";
import { useWords } from "../i18n";
import { space, themed, touch } from "../theme";
import { Icon } from "../ui/Icon";
import { CloudOff, TriangleAlert } from "../ui/icons";
import { Text } from "../ui/Text";
import { useClient, useObservable } from "./client";
import { useUnsent } from "./useUnsent";

const useStyles = themed((palette) => ({
  banner: { flexDirection: "row", alignItems: "center", gap: space.s, minHeight: touch, paddingHorizontal: space.l, paddingVertical: 6 },
  offline: { backgroundColor: palette.warningSoft },
  failed: { backgroundColor: palette.dangerSoft },
  words: { flex: 1 },
  link: { textDecorationLine: "underline" },
}));

/** What passes sooner is not worth a banner. */
const DELAY_MS = 1200;

/** Tells that there is no connection, and that something could not be sent; a touch leads to the outbox. */
export function ConnectionBanner() {
  const { t } = useWords();
  const client = useClient();
  const styles = useStyles();
  const router = useRouter();
  const sync = useObservable(client.sync.state);
  const network = useNetwork();
  const offline = useDelayed(sync.kind === "offline" || !network, DELAY_MS);
  const { waiting, failed } = useUnsent();
  if (!offline && failed === 0) return null;
  const count = failed > 0 ? t("phone.failedCount", { count: failed }) : t("phone.waitingCount", { count: waiting });
  const tone = offline ? "warningText" : "dangerText";
  return (
    <Pressable
      role="button"
      aria-label={[offline ? t("phone.offline") : null, failed + waiting > 0 ? count : null, t("phone.showOutbox")].filter(Boolean).join(", ")}
      style={[styles.banner, offline ? styles.offline : styles.failed]}
      onPress={() => router.push("/outbox")}
    >
      <Icon of={offline ? CloudOff : TriangleAlert} size={18} tone={tone} />
      <View style={styles.words} role="status">
        <Text look="small" tone={tone}>
          {offline ? (failed + waiting > 0 ? `${t("phone.offline")} · ${count}` : `${t("phone.offline")}. ${t("phone.offlineText")}`) : count}
        </Text>
      </View>
      {failed + waiting > 0 && (
        <Text look="label" tone={tone} style={styles.link}>
          {t("phone.showOutbox")}
        </Text>
      )}
    </Pressable>
  );
}

/** The system knows of a lost network before a waiting request does. */
function useNetwork(): boolean {
  const [connected, setConnected] = useState(true);
  useEffect(() => NetInfo.addEventListener((state) => setConnected(state.isConnected !== false)), []);
  return connected;
}

function useDelayed(wanted: boolean, ms: number): boolean {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(wanted), wanted ? ms : 0);
    return () => clearTimeout(timer);
  }, [wanted, ms]);
  return shown && wanted;
}
