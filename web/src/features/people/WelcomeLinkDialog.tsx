import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { formatRoute } from "../../app/route";
import { useDates } from "../../app/useDates";
import { copyText } from "../../platform/clipboard";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { TextField } from "../../ui/Field";
import form from "../../ui/Form.module.css";
import type { LinkFor } from "./person";

/** The only time that a one-time link is shown. */
export function WelcomeLinkDialog({ shown, onClose }: { shown: LinkFor | null; onClose: () => void }) {
  return shown === null ? null : <ShownLink key={shown.link.token} shown={shown} onClose={onClose} />;
}

function ShownLink({ shown, onClose }: { shown: LinkFor; onClose: () => void }) {
  const { t } = useTranslation();
  const dates = useDates();
  const [copied, setCopied] = useState(false);
  const address = `${window.location.origin}/${formatRoute({ page: "welcome", token: shown.link.token })}`;
  const copy = async () => {
    await copyText(address);
    setCopied(true);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("people.linkTitle", { name: shown.name })}
      description={t("people.linkText")}
      foot={
        <>
          <Button onClick={onClose}>{t("common.done")}</Button>
          <Button look="primary" icon={copied ? <Check size={17} /> : <Copy size={17} />} onClick={() => void copy()}>
            {copied ? t("common.copied") : t("people.copyLink")}
          </Button>
        </>
      }
    >
      <div className={form.form}>
        <TextField
          label={t("people.link")}
          value={address}
          readOnly
          hint={t("people.expires", { date: dates.dateTime(shown.link.expiresTs) })}
          onFocus={(event) => event.target.select()}
        />
      </div>
    </Dialog>
  );
}
