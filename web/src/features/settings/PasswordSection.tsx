import { localpartOf, MatrixError } from "@team/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useOwnUserId } from "../../app/ownUser";
import { useErrorText } from "../../app/useErrorText";
import { Button } from "../../ui/Button";
import { PasswordField } from "../../ui/Field";
import form from "../../ui/Form.module.css";
import { Notice } from "../../ui/Notice";
import { Switch } from "../../ui/Switch";
import { useToasts } from "../../ui/Toast";
import { useNewPassword } from "../session/NewPasswordFields";

export function PasswordSection() {
  const { t } = useTranslation();
  const client = useClient();
  const userId = useOwnUserId();
  const toasts = useToasts();
  const errorText = useErrorText();
  const { fields, check, reset } = useNewPassword();
  const [current, setCurrent] = useState("");
  const [logoutOthers, setLogoutOthers] = useState(true);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  const submit = async () => {
    const newPassword = check();
    if (newPassword === null) return;
    setBusy(true);
    setFailure(null);
    try {
      await client.session.changePassword({ oldPassword: current, newPassword, logoutOthers });
      toasts.tell(t("settings.passwordChanged"));
      setCurrent("");
      reset();
    } catch (error) {
      const wrong = error instanceof MatrixError && (error.errcode === "M_FORBIDDEN" || error.status === 401);
      setFailure(wrong ? t("session.currentWrong") : errorText(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form
      className={form.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {failure !== null && <Notice tone="danger">{failure}</Notice>}
      <input type="text" name="username" autoComplete="username" value={localpartOf(userId)} readOnly hidden />
      <PasswordField
        label={t("session.currentPassword")}
        name="current-password"
        autoComplete="current-password"
        value={current}
        onChange={(event) => setCurrent(event.target.value)}
      />
      {fields}
      <Switch
        label={t("settings.logoutOthers")}
        hint={t("settings.logoutOthersHint")}
        checked={logoutOthers}
        onChecked={setLogoutOthers}
      />
      <div>
        <Button type="submit" look="primary" busy={busy} disabled={current === ""}>
          {t("session.changeAction")}
        </Button>
      </div>
    </form>
  );
}
