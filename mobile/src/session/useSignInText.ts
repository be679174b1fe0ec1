import { errorInfo } from "@team/core";
import { useWords } from "../i18n";

/** Why one did not get in, as a sentence. `server`: the whole address that was tried; null where it cannot be changed. */
export function useSignInText(): (failure: unknown, server: string | null) => string {
  const { t, error } = useWords();
  return (failure, server) => {
    const { errcode, status } = errorInfo(failure);
    if (errcode === "M_FORBIDDEN") return t("session.wrong");
    // What was typed may have been completed: the person sees where the app has looked.
    if (errcode === "CONNECTION" && server !== null) return t(server.startsWith("https:") ? "phone.noAnswerSecure" : "phone.noAnswer", { server });
    const elsewhere = errcode === "M_NOT_JSON" || errcode === "M_UNRECOGNIZED" || (status >= 400 && status < 500 && errcode === "M_UNKNOWN");
    return elsewhere ? t("phone.notOurs", { server: server ?? "" }) : error(failure);
  };
}
