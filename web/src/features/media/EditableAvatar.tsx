import type { MxcUri } from "@team/core";
import { Camera } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useErrorText } from "../../app/useErrorText";
import { Button } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { Spinner } from "../../ui/Spinner";
import { useToasts } from "../../ui/Toast";
import { MxcAvatar } from "./MxcAvatar";
import { squareAvatar } from "./files";
import styles from "./EditableAvatar.module.css";

type EditableAvatarProps = {
  id: string;
  name: string;
  mxc: MxcUri | null;
  shape: "round" | "square";
  label: string;
  changeLabel: string;
  removeLabel: string;
  disabled?: boolean;
  /** The buttons stand beside the picture, not under it. */
  beside?: boolean;
  onChange: (avatar: MxcUri | null) => Promise<void>;
};

/** A large avatar with buttons to change and remove it. The picture is cut square and made small before it goes up. */
export function EditableAvatar({ id, name, mxc, shape, label, changeLabel, removeLabel, disabled = false, beside = false, onChange }: EditableAvatarProps) {
  const { t } = useTranslation();
  const client = useClient();
  const toasts = useToasts();
  const errorText = useErrorText();
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);

  const run = async (work: () => Promise<void>) => {
    setBusy(true);
    try {
      await work();
    } catch (error) {
      toasts.warn(error instanceof DOMException ? t("media.failed") : errorText(error));
    } finally {
      setBusy(false);
    }
  };
  const change = (file: File) =>
    run(async () => {
      const picture = await squareAvatar(file);
      await onChange(await client.media.upload(picture, { mimeType: picture.type || "image/png", name: "avatar" }));
    });

  return (
    <div className={cx(styles.editable, beside && styles.beside)}>
      <div className={styles.face}>
        <MxcAvatar id={id} name={name} mxc={mxc} size={88} shape={shape} />
        {busy && (
          <span className={styles.busy}>
            <Spinner />
          </span>
        )}
      </div>
      {!disabled && (
        <div className={styles.actions}>
          <Button size="small" icon={<Camera size={15} />} disabled={busy} onClick={() => input.current?.click()}>
            {changeLabel}
          </Button>
          {mxc !== null && (
            <Button size="small" look="ghost" disabled={busy} onClick={() => void run(() => onChange(null))}>
              {removeLabel}
            </Button>
          )}
          <input
            ref={input}
            type="file"
            accept="image/png,image/jpeg,image/gif,image/webp"
            hidden
            aria-label={label}
            onChange={(event) => {
              const file = event.target.files?.[0];
              event.target.value = "";
              if (file !== undefined) void change(file);
            }}
          />
        </div>
      )}
    </div>
  );
}
