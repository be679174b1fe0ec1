import { createContext, use } from "react";
import type { Preferences, PreferenceValues } from "../platform/preferences";
import { useObservable } from "./client";

export const PreferencesContext = createContext<Preferences | null>(null);

export function usePreferences(): { readonly values: PreferenceValues; readonly change: (change: Partial<PreferenceValues>) => void } {
  const preferences = use(PreferencesContext);
  if (preferences === null) throw new Error("The preferences are not loaded yet");
  return { values: useObservable(preferences), change: (change) => void preferences.change(change) };
}
