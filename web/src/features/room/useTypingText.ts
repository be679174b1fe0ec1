import type { TypingUser } from "@team/core";
import { useTranslation } from "react-i18next";

/** "Anna and Ivan are typing…"; null when nobody is. */
export function useTypingText(users: readonly TypingUser[]): string | null {
  const { t, i18n } = useTranslation();
  if (users.length === 0) return null;
  if (users.length > 3) return t("timeline.typingMany");
  const names = new Intl.ListFormat(i18n.language, { type: "conjunction" }).format(users.map((user) => user.name));
  return t("timeline.typing", { names, count: users.length });
}
