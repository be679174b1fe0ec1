import { errorInfo } from "@team/core";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

/** Turns a refusal of core's into a sentence in the user's language. */
export function useErrorText(): (error: unknown) => string {
  const { t } = useTranslation();
  return useCallback(
    (error) => {
      const info = isInfo(error) ? error : errorInfo(error);
      switch (info.errcode) {
        case "CONNECTION":
          return t("errors.connection");
        case "M_FORBIDDEN":
        case "M_GUEST_ACCESS_FORBIDDEN":
          return t("errors.forbidden");
        case "M_NOT_FOUND":
          return t("errors.notFound");
        case "M_LIMIT_EXCEEDED":
          return info.retryAfterMs === null
            ? t("errors.tooMany")
            : t("errors.tooManyIn", { count: Math.max(1, Math.ceil(info.retryAfterMs / 1000)) });
        case "M_TOO_LARGE":
          return t("errors.tooLarge");
        case "M_USER_IN_USE":
          return t("errors.userInUse");
        case "M_INVALID_USERNAME":
          return t("errors.invalidUsername");
        case "M_ROOM_IN_USE":
          return t("errors.roomInUse");
        case "M_WEAK_PASSWORD":
          return t("errors.weakPassword");
        case "M_USER_DEACTIVATED":
          return t("errors.deactivated");
        case "STALE":
          return t("errors.stale");
        case "SESSION_ENDED":
          return t("errors.sessionEnded");
        case "FILE_GONE":
          return t("errors.fileGone");
        case "ENCRYPTED_ROOM":
          return t("errors.encryptedRoom");
        default:
          return info.status >= 500 ? t("errors.server") : t("errors.unknown");
      }
    },
    [t],
  );
}

type Info = ReturnType<typeof errorInfo>;

function isInfo(error: unknown): error is Info {
  return typeof error === "object" && error !== null && "errcode" in error && "status" in error && "retryAfterMs" in error;
}
