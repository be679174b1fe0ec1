import type { AdminUser } from "@team/core";
import { MatrixError } from "@team/core";
import { Ellipsis, KeyRound, Pencil, Shield, ShieldOff, UserCheck, UserX } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useOwnUserId } from "../../app/ownUser";
import { useDates } from "../../app/useDates";
import { useErrorText } from "../../app/useErrorText";
import { Tag } from "../../ui/Badge";
import { IconButton } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { cx } from "../../ui/cx";
import { Menu, MenuItem, MenuSeparator } from "../../ui/Menu";
import { useToasts } from "../../ui/Toast";
import { MxcAvatar } from "../media/MxcAvatar";
import { nameOf, type LinkFor } from "./person";
import { RenameDialog } from "./RenameDialog";
import styles from "./PeoplePage.module.css";

type PersonRowProps = { user: AdminUser; onChanged: (user: AdminUser) => void; onLink: (link: LinkFor) => void };
type Question = "link" | "admin" | "unadmin" | "deactivate" | "rename";

export function PersonRow({ user, onChanged, onLink }: PersonRowProps) {
  const { t } = useTranslation();
  const client = useClient();
  const dates = useDates();
  const toasts = useToasts();
  const ownId = useOwnUserId();
  const errorText = useErrorText();
  const [question, setQuestion] = useState<Question | null>(null);
  const name = nameOf(user);
  const close = () => setQuestion(null);

  const explain = (error: unknown) =>
    error instanceof MatrixError && error.errcode === "M_INVALID_PARAM" ? t("people.lastAdmin") : errorText(error);
  const update = async (change: { admin?: boolean; active?: boolean; displayName?: string }, told: string) => {
    onChanged(await client.admin.updateUser(user.userId, change));
    toasts.tell(told);
  };

  return (
    <tr className={cx(!user.active && styles.inactive)} aria-label={name}>
      <td>
        <div className={styles.person}>
          <MxcAvatar id={user.userId} name={name} mxc={user.avatar} size={40} />
          <div className={styles.texts}>
            <div className={styles.name}>
              {name} {user.userId === ownId && <span className={styles.you}>({t("common.you")})</span>}
            </div>
            <div className={styles.userId}>{user.userId}</div>
          </div>
        </div>
      </td>
      <td>{user.admin ? <Tag tone="accent">{t("people.admin")}</Tag> : t("people.member")}</td>
      <td>
        <State user={user} />
      </td>
      <td className={styles.seen} title={t("people.created", { date: dates.date(user.createdTs) })}>
        {user.lastSeenTs === null ? t("people.never") : dates.short(user.lastSeenTs)}
      </td>
      <td className={styles.menu}>
        <Menu
          trigger={
            <IconButton label={t("people.menu", { name })} tooltip={false}>
              <Ellipsis size={19} />
            </IconButton>
          }
        >
          {user.active && (
            <MenuItem icon={<KeyRound size={17} />} onSelect={() => setQuestion("link")}>
              {t("people.newLink")}
            </MenuItem>
          )}
          <MenuItem icon={<Pencil size={17} />} onSelect={() => setQuestion("rename")}>
            {t("people.rename")}
          </MenuItem>
          {user.active &&
            (user.admin ? (
              <MenuItem icon={<ShieldOff size={17} />} onSelect={() => setQuestion("unadmin")}>
                {t("people.unmakeAdmin")}
              </MenuItem>
            ) : (
              <MenuItem icon={<Shield size={17} />} onSelect={() => setQuestion("admin")}>
                {t("people.makeAdmin")}
              </MenuItem>
            ))}
          <MenuSeparator />
          {user.active ? (
            <MenuItem icon={<UserX size={17} />} danger onSelect={() => setQuestion("deactivate")}>
              {t("people.deactivate")}
            </MenuItem>
          ) : (
            <MenuItem
              icon={<UserCheck size={17} />}
              onSelect={() =>
                void update({ active: true }, t("people.reactivated", { name })).catch((error: unknown) => toasts.warn(explain(error)))
              }
            >
              {t("people.reactivate")}
            </MenuItem>
          )}
        </Menu>
        <Confirm
          open={question === "link"}
          onClose={close}
          title={t("people.newLinkTitle", { name })}
          text={t("people.newLinkText")}
          action={t("people.newLinkAction")}
          danger={false}
          explain={explain}
          onConfirm={async () => onLink({ link: await client.admin.newWelcomeLink(user.userId), name })}
        />
        <Confirm
          open={question === "admin"}
          onClose={close}
          title={t("people.makeAdminTitle", { name })}
          text={t("people.makeAdminText")}
          action={t("people.makeAdmin")}
          danger={false}
          explain={explain}
          onConfirm={() => update({ admin: true }, t("people.nowAdmin", { name }))}
        />
        <Confirm
          open={question === "unadmin"}
          onClose={close}
          title={t("people.unmakeAdminTitle", { name })}
          text={t("people.unmakeAdminText")}
          action={t("people.unmakeAdmin")}
          explain={explain}
          onConfirm={() => update({ admin: false }, t("people.notAdmin", { name }))}
        />
        <Confirm
          open={question === "deactivate"}
          onClose={close}
          title={t("people.deactivateTitle", { name })}
          text={t("people.deactivateText")}
          action={t("people.deactivate")}
          explain={explain}
          onConfirm={() => update({ active: false }, t("people.deactivated", { name }))}
        />
        {question === "rename" && (
          <RenameDialog name={name} onClose={close} onSave={(displayName) => update({ displayName }, t("people.renamed"))} />
        )}
      </td>
    </tr>
  );
}

function State({ user }: { user: AdminUser }) {
  const { t } = useTranslation();
  if (!user.active) return <Tag tone="danger">{t("people.inactive")}</Tag>;
  if (!user.hasPassword) return <Tag tone="warning">{t("people.invited")}</Tag>;
  if (user.mustChangePassword) return <Tag tone="warning">{t("people.mustChange")}</Tag>;
  return <Tag>{t("people.active")}</Tag>;
}
