import { localpartOf, MatrixError } from "@team/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useErrorText } from "../../app/useErrorText";
import { Button } from "../../ui/Button";
import { PasswordField } from "../../ui/Field";
import { Notice } from "../../ui/Notice";
import { EntranceForm, EntrancePage } from "./EntrancePage";
import { useNewPassword } from "./NewPasswordFields";

/** Signed in with a temporary password: nothing else works until there is a new one. */
export function ChangePasswordPage({ userId }: { userId: string }) {
  const { t } = useTranslation();
  const client = useClient();
  const errorText = useErrorText();
  const { fields, check } = useNewPassword();
  const [current, setCurrent] = useState("");
  // Right after the sign-in core still knows the old password; after a reload it has to be typed again.
  const [askCurrent, setAskCurrent] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  const submit = async () => {
    const newPassword = check();
    if (newPassword === null) return;
    setBusy(true);
    setFailure(null);
    try {
      await client.session.changePassword({ newPassword, ...(askCurrent ? { oldPassword: current } : {}) });
    } catch (error) {
      if (error instanceof MatrixError && (error.errcode === "M_FORBIDDEN" || error.status === 401)) {
        if (askCurrent) setFailure(t("session.currentWrong"));
        setAskCurrent(true);
      } else {
        setFailure(errorText(error));
      }
    } finally {
      setBusy(false);
    }
  };

  return (
    <EntrancePage title={t("session.changeTitle")} text={t("session.changeText")}>
      <EntranceForm onSubmit={() => void submit()}>
        {failure !== null && <Notice tone="danger">{failure}</Notice>}
        <input type="text" name="username" autoComplete="username" value={localpartOf(userId)} readOnly hidden />
        {askCurrent && (
          <PasswordField
            label={t("session.currentPassword")}
            name="current-password"
            autoComplete="current-password"
            value={current}
            onChange={(event) => setCurrent(event.target.value)}
          />
        )}
        {fields}
        <Button type="submit" look="primary" size="large" wide busy={busy}>
          {t("session.changeAction")}
        </Button>
        <Button look="ghost" wide onClick={() => void client.session.logout()}>
          {t("session.logOut")}
        </Button>
      </EntranceForm>
    </EntrancePage>
  );
}
