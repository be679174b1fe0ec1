import { useRef, useState } from "react";
import type { TextInput } from "react-native";
import { useWords } from "../i18n";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { passwordProblem } from "./newPassword";
import { useAttempt } from "../shell/useAttempt";

/** A new password, written twice. */
export function NewPasswordForm({ action, onSubmit }: { readonly action: string; readonly onSubmit: (password: string) => Promise<void> }) {
  const { t, error } = useWords();
  const { busy, failure, run } = useAttempt();
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [tried, setTried] = useState(false);
  const repeat = useRef<TextInput>(null);
  const problem = passwordProblem(password);
  const submit = (): void => {
    setTried(true);
    if (problem === null && password === again && !busy) void run(() => onSubmit(password));
  };
  return (
    <>
      {failure !== null && <Notice tone="danger" text={error(failure)} />}
      <Field
        secret
        label={t("session.newPassword")}
        hint={t("session.passwordHint")}
        problem={tried && problem !== null ? t(problem) : null}
        value={password}
        onChangeText={setPassword}
        autoComplete="new-password"
        autoCapitalize="none"
        returnKeyType="next"
        submitBehavior="submit"
        onSubmitEditing={() => repeat.current?.focus()}
      />
      <Field
        ref={repeat}
        secret
        label={t("session.repeatPassword")}
        problem={tried && problem === null && password !== again ? t("session.mismatch") : null}
        value={again}
        onChangeText={setAgain}
        autoComplete="new-password"
        autoCapitalize="none"
        returnKeyType="go"
        onSubmitEditing={submit}
      />
      <Button look="primary" label={action} busy={busy} disabled={password === "" || again === ""} onPress={submit} />
    </>
  );
}
