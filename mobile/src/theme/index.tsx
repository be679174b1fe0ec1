import { createContext, use, useMemo, type ReactNode } from "react";
import { StyleSheet, type ImageStyle, type TextStyle, type ViewStyle } from "react-native";
import { useSystemDark } from "../platform/systemTheme";
import { dark, light, type Palette } from "./palette";

export type { Palette } from "./palette";

/** Distances and sizes, in density-independent pixels. What is touched is at least `touch` high and wide. */
export const space = { xs: 4, s: 8, m: 12, l: 16, xl: 24, xxl: 32 } as const;
export const radius = { s: 6, m: 8, l: 12, xl: 16, full: 999 } as const;
export const touch = 44;

const Context = createContext<Palette>(light);

export function ThemeProvider({ theme, children }: { readonly theme: "system" | "light" | "dark"; readonly children: ReactNode }) {
  const system = useSystemDark();
  const isDark = theme === "system" ? system : theme === "dark";
  return <Context value={isDark ? dark : light}>{children}</Context>;
}

export function usePalette(): Palette {
  return use(Context);
}

type Styles = Record<string, ViewStyle | TextStyle | ImageStyle>;

/** A hook that gives styles made of the theme's colours, made once for each theme. */
export function themed<S extends Styles>(make: (palette: Palette) => S): () => S {
  const made = new Map<Palette, S>();
  return () => {
    const palette = usePalette();
    return useMemo(() => {
      const known = made.get(palette);
      if (known !== undefined) return known;
      const styles = StyleSheet.create(make(palette) as never) as S;
      made.set(palette, styles);
      return styles;
    }, [palette]);
  };
}
