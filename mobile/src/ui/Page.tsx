import type { ReactNode } from "react";
import { KeyboardAvoidingView, View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";
import { ConnectionBanner } from "../shell/ConnectionBanner";
import { themed } from "../theme";

const useStyles = themed((palette) => ({
  page: { flex: 1, backgroundColor: palette.surface },
}));

interface PageProps {
  readonly header: ReactNode;
  readonly children: ReactNode;
  /** Whether it ends at the screen's lower edge: pages above the tab bar do not. */
  readonly toEdge?: boolean;
}

/** A page of somebody who is signed in: its bar, the state of the connection, and what it is about. */
export function Page({ header, children, toEdge = true }: PageProps) {
  const styles = useStyles();
  const { bottom, left, right } = useSafeAreaInsets();
  return (
    <KeyboardAvoidingView behavior="padding" style={[styles.page, { paddingLeft: left, paddingRight: right }]}>
      {header}
      <ConnectionBanner />
      <View style={[styles.page, { paddingBottom: toEdge ? bottom : 0 }]}>{children}</View>
    </KeyboardAvoidingView>
  );
}
