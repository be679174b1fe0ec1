import { createContext, use, useCallback, useEffect, useState, type ReactNode } from "react";
import { View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";
import { radius, space, themed } from "../theme";
import { Text } from "./Text";

const SHOWN_MS = 4500;

const useStyles = themed((palette) => ({
  place: { position: "absolute", left: space.l, right: space.l, alignItems: "center", pointerEvents: "none" },
  toast: { maxWidth: 480, paddingHorizontal: space.l, paddingVertical: space.m, borderRadius: radius.m, backgroundColor: palette.text },
  words: { color: palette.surface },
}));

const Context = createContext<(text: string) => void>(() => undefined);

/** A function that says something in passing. */
export function useToast(): (text: string) => void {
  return use(Context);
}

export function Toasts({ children }: { readonly children: ReactNode }) {
  const styles = useStyles();
  const { bottom } = useSafeAreaInsets();
  const [said, setSaid] = useState<{ readonly text: string } | null>(null);
  const say = useCallback((text: string) => setSaid({ text }), []);
  useEffect(() => {
    if (said === null) return undefined;
    const timer = setTimeout(() => setSaid(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <Context value={say}>
      {children}
      <View style={[styles.place, { bottom: bottom + 72 }]} role="status" aria-live="polite">
        {said !== null && (
          <View style={styles.toast}>
            <Text look="small" style={styles.words}>
              {said.text}
            </Text>
          </View>
        )}
      </View>
    </Context>
  );
}
