import { localpartOf, MatrixError, type WelcomeInfo } from "@team/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { Splash } from "../../app/Splash";
import { useErrorText } from "../../app/useErrorText";
import { useObservable } from "../../app/useObservable";
import { navigate } from "../../app/useRoute";
import { Button } from "../../ui/Button";
import { Notice } from "../../ui/Notice";
import { EntranceForm, EntrancePage, EntranceUser } from "./EntrancePage";
import { useNewPassword } from "./NewPasswordFields";

type Link = { kind: "loading" } | { kind: "gone" } | { kind: "failed"; error: unknown } | { kind: "good"; info: WelcomeInfo };

function isGone(error: unknown): boolean {
  return error instanceof MatrixError && error.errcode === "M_NOT_FOUND";
}

/** A person follows the one-time link of an administrator: greets them and takes their first password. */
export function WelcomePage({ token }: { token: string }) {
  const { t } = useTranslation();
  const client = useClient();
  const errorText = useErrorText();
  const session = useObservable(client.session.state);
  const [link, setLink] = useState<Link>({ kind: "loading" });
  const [tries, setTries] = useState(0);

  useEffect(() => {
    let current = true;
    client.session.welcome(token).then(
      (info) => current && setLink({ kind: "good", info }),
      (error: unknown) => current && setLink(isGone(error) ? { kind: "gone" } : { kind: "failed", error }),
    );
    return () => {
      current = false;
    };
  }, [client, token, tries]);

  const home = () => navigate({ page: "home" }, { replace: true });

  switch (link.kind) {
    case "loading":
      return <Splash />;
    case "gone":
      return (
        <EntrancePage title={t("session.linkGoneTitle")} text={t("session.linkGoneText")}>
          <Button look="primary" size="large" wide onClick={home}>
            {t("session.toSignIn")}
          </Button>
        </EntrancePage>
      );
    case "failed":
      return (
        <EntrancePage title={t("common.appName")}>
          <Notice tone="danger">{errorText(link.error)}</Notice>
          <Button
            wide
            onClick={() => {
              setLink({ kind: "loading" });
              setTries(tries + 1);
            }}
          >
            {t("common.retry")}
          </Button>
        </EntrancePage>
      );
    case "good":
      if (session.kind !== "signedOut" && session.kind !== "restoring") {
        return (
          <EntrancePage
            title={t("session.welcomeTitle", { name: link.info.displayName ?? localpartOf(link.info.userId) })}
            text={t("session.signedInAlready", { user: session.session.userId })}
          >
            <Button look="primary" size="large" wide onClick={() => void client.session.logout()}>
              {t("session.switchAccount")}
            </Button>
            <Button look="ghost" wide onClick={home}>
              {t("common.cancel")}
            </Button>
          </EntrancePage>
        );
      }
      return <FirstPassword token={token} info={link.info} onGone={() => setLink({ kind: "gone" })} onDone={home} />;
  }
}

type FirstPasswordProps = { token: string; info: WelcomeInfo; onGone: () => void; onDone: () => void };

function FirstPassword({ token, info, onGone, onDone }: FirstPasswordProps) {
  const { t } = useTranslation();
  const client = useClient();
  const errorText = useErrorText();
  const { fields, check } = useNewPassword();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const name = info.displayName ?? localpartOf(info.userId);

  const submit = async () => {
    const password = check();
    if (password === null) return;
    setBusy(true);
    setFailure(null);
    try {
      await client.session.acceptWelcome(token, password);
      onDone();
    } catch (error) {
      if (isGone(error)) onGone();
      else setFailure(errorText(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <EntrancePage
      title={t("session.welcomeTitle", { name })}
      text={t("session.welcomeText", { server: info.serverName })}
    >
      <EntranceUser userId={info.userId} name={name} />
      <EntranceForm onSubmit={() => void submit()}>
        {failure !== null && <Notice tone="danger">{failure}</Notice>}
        <input type="text" name="username" autoComplete="username" value={localpartOf(info.userId)} readOnly hidden />
        {fields}
        <Button type="submit" look="primary" size="large" wide busy={busy}>
          {t("session.start")}
        </Button>
      </EntranceForm>
    </EntrancePage>
  );
}
