import { localpartOf, type Client } from "@team/core";
import { useRef, useState } from "react";
import type { TextInput } from "react-native";
import { useWords } from "../i18n";
import type { Connection } from "../platform/connection";
import { serverAddress } from "../platform/serverAddress";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { Text } from "../ui/Text";
import { EntrancePage } from "./EntrancePage";
import { LeaveSheet } from "./LeaveSheet";
import { useAttempt } from "../shell/useAttempt";
import { useSignInText } from "./useSignInText";

interface SignInPageProps {
  readonly connection: Connection;
  /** Of the last time; "" when there was none. */
  readonly server: string;
  readonly revoked: boolean;
  readonly onLink: () => void;
}

/** Who, and where: the server's address, the user's name and password. */
export function SignInPage({ connection, server, revoked, onLink }: SignInPageProps) {
  const { t } = useWords();
  const signInText = useSignInText();
  const { busy, failure, run } = useAttempt();
  const [typed, setTyped] = useState(server.replace(/^https:\/\//, ""));
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [wrongAddress, setWrongAddress] = useState(false);
  const [tried, setTried] = useState<string | null>(null);
  const userField = useRef<TextInput>(null);
  const passwordField = useRef<TextInput>(null);
  const ready = typed.trim() !== "" && user.trim() !== "" && password !== "";
  const signIn = (): void => {
    const address = serverAddress(typed);
    setWrongAddress(address === null);
    if (address === null || !ready || busy) return;
    setTried(address);
    void run(async () => {
      const client = await connection.open(address);
      await client.session.login(user.trim(), password);
    });
  };
  return (
    <EntrancePage
      title={t("session.signInTitle")}
      below={
        <>
          <Button look="ghost" label={t("phone.haveLink")} onPress={onLink} />
          <Text look="small" tone="text2" style={{ textAlign: "center" }}>
            {t("session.helpNoPassword")}
          </Text>
        </>
      }
    >
      {failure !== null ? <Notice tone="danger" text={signInText(failure, tried)} /> : revoked && <Notice text={t("session.revoked")} />}
      <Field
        label={t("phone.server")}
        hint={t("phone.serverHint")}
        problem={wrongAddress ? t("phone.serverWrong") : null}
        placeholder={t("phone.serverPlaceholder")}
        value={typed}
        onChangeText={setTyped}
        inputMode="url"
        autoCapitalize="none"
        autoCorrect={false}
        returnKeyType="next"
        submitBehavior="submit"
        onSubmitEditing={() => userField.current?.focus()}
      />
      <Field
        ref={userField}
        label={t("session.user")}
        value={user}
        onChangeText={setUser}
        autoComplete="username"
        autoCapitalize="none"
        autoCorrect={false}
        returnKeyType="next"
        submitBehavior="submit"
        onSubmitEditing={() => passwordField.current?.focus()}
      />
      <Field
        ref={passwordField}
        secret
        label={t("session.password")}
        value={password}
        onChangeText={setPassword}
        autoComplete="current-password"
        autoCapitalize="none"
        returnKeyType="go"
        onSubmitEditing={signIn}
      />
      <Button look="primary" label={t("session.signIn")} busy={busy} disabled={!ready} onPress={signIn} />
    </EntrancePage>
  );
}

/** The session has run out, but everything is still here: only the password is asked. */
export function SignInAgainPage({ client, userId }: { readonly client: Client; readonly userId: string }) {
  const { t } = useWords();
  const signInText = useSignInText();
  const { busy, failure, run } = useAttempt();
  const [password, setPassword] = useState("");
  const [leaving, setLeaving] = useState(false);
  const signIn = (): void => void run(() => client.session.login(userId, password));
  return (
    <EntrancePage title={t("session.againTitle")} text={t("session.againText")}>
      <Text look="strong">{localpartOf(userId)}</Text>
      {failure !== null && <Notice tone="danger" text={signInText(failure, null)} />}
      <Field
        secret
        label={t("session.password")}
        value={password}
        onChangeText={setPassword}
        autoComplete="current-password"
        autoCapitalize="none"
        returnKeyType="go"
        onSubmitEditing={signIn}
      />
      <Button look="primary" label={t("session.signIn")} busy={busy} disabled={password === ""} onPress={signIn} />
      <Button look="ghost" label={t("session.notYou")} onPress={() => setLeaving(true)} />
      <LeaveSheet client={client} open={leaving} onClose={() => setLeaving(false)} lost={t("phone.lostUnknown")} />
    </EntrancePage>
  );
}
