import type { Client, WelcomeInfo } from "@team/core";
import { useState } from "react";
import { useWords } from "../i18n";
import type { Connection } from "../platform/connection";
import { welcomeLink } from "../platform/serverAddress";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { Text } from "../ui/Text";
import { EntrancePage } from "./EntrancePage";
import { NewPasswordForm } from "./NewPasswordForm";
import { useAttempt } from "../shell/useAttempt";
import { useSignInText } from "./useSignInText";

interface Opened {
  readonly client: Client;
  readonly token: string;
  readonly info: WelcomeInfo;
}

/** The one-time link of an administrator: paste it, choose a password, and be in. */
export function WelcomePage({ connection, onBack }: { readonly connection: Connection; readonly onBack: () => void }) {
  const { t } = useWords();
  const signInText = useSignInText();
  const { busy, failure, run } = useAttempt();
  const [typed, setTyped] = useState("");
  const [wrong, setWrong] = useState(false);
  const [opened, setOpened] = useState<Opened | null>(null);
  if (opened !== null) {
    const { client, token, info } = opened;
    return (
      <EntrancePage
        title={t("session.welcomeTitle", { name: info.displayName ?? info.userId })}
        text={t("session.welcomeText", { server: info.serverName })}
      >
        <Text look="small" tone="text2">
          {t("session.yourUser")}: {info.userId}
        </Text>
        <NewPasswordForm action={t("session.start")} onSubmit={(password) => client.session.acceptWelcome(token, password)} />
      </EntrancePage>
    );
  }
  const open = (): void => {
    const link = welcomeLink(typed);
    setWrong(link === null);
    if (link === null) return;
    void run(async () => {
      const client = await connection.open(link.server);
      setOpened({ client, token: link.token, info: await client.session.welcome(link.token) });
    });
  };
  const gone = failure !== null && (failure as { errcode?: string }).errcode === "M_NOT_FOUND";
  return (
    <EntrancePage title={t("phone.link")} text={t("phone.linkHint")}>
      {failure !== null && <Notice tone="danger" text={gone ? t("session.linkGoneText") : signInText(failure, welcomeLink(typed)?.server ?? null)} />}
      <Field
        label={t("phone.link")}
        problem={wrong ? t("phone.linkWrong") : null}
        value={typed}
        onChangeText={setTyped}
        inputMode="url"
        autoCapitalize="none"
        autoCorrect={false}
        returnKeyType="go"
        onSubmitEditing={open}
      />
      <Button look="primary" label={t("phone.openLink")} busy={busy} disabled={typed.trim() === ""} onPress={open} />
      <Button look="ghost" label={t("session.toSignIn")} onPress={onBack} />
    </EntrancePage>
  );
}
