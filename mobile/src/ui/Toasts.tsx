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

const Say = createContext<(text: string) => void>(() => undefined);
const Cover = createContext<() => () => void>(() => () => undefined);

/** A function that says something in passing. */
export function useToast(): (text: string) => void {
  return use(Say);
}

/** While a sheet is open nothing is said: it would lie over its buttons, and on a phone below it, where nobody reads it. */
export function useCover(open: boolean): void {
  const cover = use(Cover);
  useEffect(() => (open ? cover() : undefined), [open, cover]);
}

export function Toasts({ children }: { readonly children: ReactNode }) {
  const styles = useStyles();
  const { bottom } = useSafeAreaInsets();
  const [said, setSaid] = useState<{ readonly text: string } | null>(null);
  const [covers, setCovers] = useState(0);
  const say = useCallback((text: string) => setSaid({ text }), []);
  const cover = useCallback(() => {
    setCovers((now) => now + 1);
    return () => setCovers((now) => now - 1);
  }, []);
  const covered = covers > 0;
  useEffect(() => {
    if (said === null || covered) return undefined;
    const timer = setTimeout(() => setSaid(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [said, covered]);
  return (
    <Say value={say}>
      <Cover value={cover}>{children}</Cover>
      <View style={[styles.place, { bottom: bottom + 72 }]} role="status" aria-live="polite">
        {said !== null && !covered && (
          <View style={styles.toast}>
            <Text look="small" style={styles.words}>
              {said.text}
            </Text>
          </View>
        )}
      </View>
    </Say>
  );
}
