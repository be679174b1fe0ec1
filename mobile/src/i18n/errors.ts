import type { ErrorInfo } from "@team/core";
import type { Translate } from "./translate";

/** A refusal as a sentence. */
export function errorText(info: ErrorInfo, t: Translate): string {
  switch (info.errcode) {
    case "CONNECTION":
      return t("errors.connection");
    case "M_FORBIDDEN":
    case "M_GUEST_ACCESS_FORBIDDEN":
    case "forbidden":
      return t("errors.forbidden");
    case "M_NOT_FOUND":
    case "not_found":
      return t("errors.notFound");
    case "M_LIMIT_EXCEEDED":
      return info.retryAfterMs === null
        ? t("errors.tooMany")
        : t("errors.tooManyIn", { count: Math.max(1, Math.ceil(info.retryAfterMs / 1000)) });
    case "M_TOO_LARGE":
      return t("errors.tooLarge");
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
}
