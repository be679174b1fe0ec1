import { type Client, type SessionState } from "@team/core";
import { useState } from "react";
import { usePreferences } from "../shell/preferences";
import { useWords } from "../i18n";
import type { Connection } from "../platform/connection";
import { EntrancePage } from "./EntrancePage";
import { NewPasswordForm } from "./NewPasswordForm";
import { SignInAgainPage, SignInPage } from "./SignInPage";
import { WelcomePage } from "./WelcomePage";

interface EntranceProps {
  readonly connection: Connection;
  readonly client: Client | null;
  readonly state: SessionState;
}

/** Whatever stands between a person and their rooms. */
export function Entrance({ connection, client, state }: EntranceProps) {
  const { t } = useWords();
  const { values } = usePreferences();
  const [byLink, setByLink] = useState(false);
  if (client !== null && state.kind === "softLoggedOut") return <SignInAgainPage client={client} userId={state.session.userId} />;
  if (client !== null && state.kind === "passwordChangeRequired") {
    return (
      <EntrancePage title={t("session.changeTitle")} text={t("session.changeText")}>
        <NewPasswordForm action={t("session.changeAction")} onSubmit={(newPassword) => client.session.changePassword({ newPassword })} />
      </EntrancePage>
    );
  }
  if (byLink) return <WelcomePage connection={connection} onBack={() => setByLink(false)} />;
  const revoked = state.kind === "signedOut" && state.reason === "revoked";
  return <SignInPage connection={connection} server={values.server} revoked={revoked} onLink={() => setByLink(true)} />;
}
