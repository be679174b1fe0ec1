import { useColorScheme } from "react-native";

/** Whether the phone itself is dark at present. */
export function useSystemDark(): boolean {
  return useColorScheme() === "dark";
}
