import { useState } from "react";
import { useTranslation } from "react-i18next";
import { PasswordField } from "../../ui/Field";
import { passwordProblem } from "./passwordRules";

/** A new password, typed twice. `check` shows what is wrong and answers the password once nothing is. */
export function useNewPassword() {
  const { t } = useTranslation();
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [checked, setChecked] = useState(false);
  const problem = passwordProblem(password);
  const mismatch = password !== again;

  const check = (): string | null => {
    setChecked(true);
    return problem === null && !mismatch ? password : null;
  };
  const reset = () => {
    setPassword("");
    setAgain("");
    setChecked(false);
  };
  const fields = (
    <>
      <PasswordField
        label={t("session.newPassword")}
        name="new-password"
        autoComplete="new-password"
        value={password}
        hint={t("session.passwordHint")}
        error={checked && problem !== null ? t(`session.${problem}`) : null}
        onChange={(event) => setPassword(event.target.value)}
      />
      <PasswordField
        label={t("session.repeatPassword")}
        name="repeat-password"
        autoComplete="new-password"
        value={again}
        error={checked && problem === null && mismatch ? t("session.mismatch") : null}
        onChange={(event) => setAgain(event.target.value)}
      />
    </>
  );
  return { fields, check, reset };
}
