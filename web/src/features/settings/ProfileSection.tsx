import { localpartOf } from "@team/core";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useOwnUserId } from "../../app/ownUser";
import { useObservable } from "../../app/useObservable";
import { EditableAvatar } from "../media/EditableAvatar";
import { EditableText } from "../room/EditableText";
import styles from "./SettingsPage.module.css";

export function ProfileSection() {
  const { t } = useTranslation();
  const client = useClient();
  const userId = useOwnUserId();
  const profile = useObservable(client.session.profile);
  const { canSetAvatar, canSetDisplayName } = useObservable(client.session.capabilities);
  const name = profile?.displayName ?? localpartOf(userId);
  return (
    <>
      <EditableAvatar
        beside
          id={userId}
          name={name}
          mxc={profile?.avatar ?? null}
          shape="round"
          label={t("settings.picture")}
          changeLabel={t("settings.changePicture")}
          removeLabel={t("settings.removePicture")}
          disabled={!canSetAvatar}
          onChange={(avatar) => client.session.setAvatar(avatar)}
      />
      <EditableText
        label={t("settings.displayName")}
        hint={t("settings.displayNameHint")}
        value={profile?.displayName ?? ""}
        disabled={!canSetDisplayName}
        required
        onSave={(next) => client.session.setDisplayName(next)}
      />
      <div className={styles.field}>
        <span className={styles.label}>{t("settings.userId")}</span>
        <span>{userId}</span>
      </div>
    </>
  );
}
