import { localpartOf, MatrixError } from "@team/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useErrorText } from "../../app/useErrorText";
import { Button } from "../../ui/Button";
import { PasswordField, TextField } from "../../ui/Field";
import { Notice } from "../../ui/Notice";
import { EntranceForm, EntrancePage, EntranceUser } from "./EntrancePage";

/** A sign-in under way: what went wrong, and the work itself. */
function useSignIn() {
  const { t } = useTranslation();
  const client = useClient();
  const errorText = useErrorText();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const signIn = async (user: string, password: string) => {
    setBusy(true);
    setFailure(null);
    try {
      await client.session.login(user, password);
    } catch (error) {
      const wrong = error instanceof MatrixError && error.errcode === "M_FORBIDDEN";
      setFailure(wrong ? t("session.wrong") : errorText(error));
    } finally {
      setBusy(false);
    }
  };
  return { busy, failure, signIn };
}

export function SignInPage({ reason }: { reason: "none" | "loggedOut" | "revoked" }) {
  const { t } = useTranslation();
  const { busy, failure, signIn } = useSignIn();
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  return (
    <EntrancePage title={t("session.signInTitle")} help={t("session.helpNoPassword")}>
      {reason === "revoked" && failure === null && <Notice>{t("session.revoked")}</Notice>}
      <EntranceForm onSubmit={() => void signIn(user.trim(), password)}>
        {failure !== null && <Notice tone="danger">{failure}</Notice>}
        <TextField
          label={t("session.user")}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          value={user}
          onChange={(event) => setUser(event.target.value)}
        />
        <PasswordField
          label={t("session.password")}
          name="password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Button type="submit" look="primary" size="large" wide busy={busy} disabled={user.trim() === "" || password === ""}>
          {t("session.signIn")}
        </Button>
      </EntranceForm>
    </EntrancePage>
  );
}

/** The session has run out, but everything is still here: only the password is asked. */
export function SignInAgainPage({ userId }: { userId: string }) {
  const { t } = useTranslation();
  const client = useClient();
  const { busy, failure, signIn } = useSignIn();
  const [password, setPassword] = useState("");
  return (
    <EntrancePage title={t("session.againTitle")} text={t("session.againText")}>
      <EntranceUser userId={userId} name={localpartOf(userId)} />
      <EntranceForm onSubmit={() => void signIn(userId, password)}>
        {failure !== null && <Notice tone="danger">{failure}</Notice>}
        <PasswordField
          label={t("session.password")}
          name="password"
          autoComplete="current-password"
          autoFocus
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Button type="submit" look="primary" size="large" wide busy={busy} disabled={password === ""}>
          {t("session.signIn")}
        </Button>
        <Button look="ghost" wide onClick={() => void client.session.logout()}>
          {t("session.notYou")}
        </Button>
      </EntranceForm>
    </EntrancePage>
  );
}
