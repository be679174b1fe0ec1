import { domainOf, localpartOf, type Member, type Room } from "@team/core";
import { Ban, Ellipsis, MessageSquare, ShieldCheck, Undo2, UserMinus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useOwnUserId } from "../../app/ownUser";
import { roomRoute } from "../../app/route";
import { useErrorText } from "../../app/useErrorText";
import { navigate } from "../../app/useRoute";
import { Tag } from "../../ui/Badge";
import { Button, IconButton } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { cx } from "../../ui/cx";
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuSeparator } from "../../ui/Menu";
import { useToasts } from "../../ui/Toast";
import { MxcAvatar } from "../media/MxcAvatar";
import { levels } from "./roles";
import styles from "./PeoplePanel.module.css";

type GivenRole = keyof typeof levels;
type Question = "kick" | "ban" | "admin" | "demoteSelf";
type MemberRowProps = { room: Room; member: Member; creatorsStandAbove: boolean };

export function MemberRow({ room, member, creatorsStandAbove }: MemberRowProps) {
  const { t } = useTranslation();
  const client = useClient();
  const ownId = useOwnUserId();
  const toasts = useToasts();
  const errorText = useErrorText();
  const [question, setQuestion] = useState<Question | null>(null);
  const [wantedLevel, setWantedLevel] = useState(0);
  const { can, name, userId } = member;
  const run = (work: Promise<unknown>) => void work.catch((error: unknown) => toasts.warn(errorText(error)));

  const setRole = (role: GivenRole) => {
    if (role === member.role) return;
    setWantedLevel(levels[role]);
    if (member.own) setQuestion("demoteSelf");
    // Who has no creator above them cannot take an equal's rights away again: ask first.
    else if (role === "admin" && !creatorsStandAbove) setQuestion("admin");
    else run(room.setUserLevel(userId, levels[role]));
  };
  const message = async () => navigate(roomRoute(await client.rooms.openDirect(userId)));
  const none = !can.kick && !can.ban && !can.unban && !can.setRole && member.own;
  const sameServer = domainOf(userId) === domainOf(ownId);

  return (
    <div className={styles.member} role="group" aria-label={name}>
      <MxcAvatar id={userId} name={name} mxc={member.avatar} size={36} />
      <div className={styles.texts}>
        <div className={styles.name}>
          <span className={styles.nameText}>{name}</span>
          {member.own && <span className={styles.you}>({t("common.you")})</span>}
        </div>
        <div className={styles.userId} title={userId}>
          {sameServer ? `@${localpartOf(userId)}` : userId}
        </div>
      </div>
      {member.role !== "member" && member.membership === "join" && (
        <span className={cx(styles.role, none && styles.alone)}>
          <Tag tone={member.role === "moderator" ? "plain" : "accent"}>{t(`room.roles.${member.role}`)}</Tag>
        </span>
      )}
      {member.membership === "knock" && (
        <Button size="small" look="primary" onClick={() => run(room.invite(userId))} aria-label={`${t("room.allow")}: ${name}`}>
          {t("room.allow")}
        </Button>
      )}
      {!none && (
        <Menu
          trigger={
            <IconButton size="small" label={t("room.personMenu", { name })} tooltip={false}>
              <Ellipsis size={18} />
            </IconButton>
          }
        >
          {!member.own && (
            <MenuItem icon={<MessageSquare size={17} />} onSelect={() => run(message())}>
              {t("room.message")}
            </MenuItem>
          )}
          {can.setRole && member.role !== "creator" && member.membership === "join" && (
            <>
              <MenuSeparator />
              <MenuLabel>{t("room.role")}</MenuLabel>
              <MenuChoice
                value={member.role}
                onValue={(role) => setRole(role as GivenRole)}
                options={(["admin", "moderator", "member"] as const).map((role) => ({ value: role, label: t(`room.roles.${role}`) }))}
              />
            </>
          )}
          {(can.kick || can.ban || can.unban) && <MenuSeparator />}
          {can.kick && (
            <MenuItem
              icon={member.membership === "join" ? <UserMinus size={17} /> : <Undo2 size={17} />}
              danger
              onSelect={() => (member.membership === "join" ? setQuestion("kick") : run(room.kick(userId)))}
            >
              {member.membership === "invite" ? t("room.withdraw") : member.membership === "knock" ? t("room.deny") : t("room.kick")}
            </MenuItem>
          )}
          {can.ban && (
            <MenuItem icon={<Ban size={17} />} danger onSelect={() => setQuestion("ban")}>
              {t("room.ban")}
            </MenuItem>
          )}
          {can.unban && (
            <MenuItem icon={<ShieldCheck size={17} />} onSelect={() => run(room.unban(userId))}>
              {t("room.unban")}
            </MenuItem>
          )}
        </Menu>
      )}
      <Confirm
        open={question === "kick"}
        onClose={() => setQuestion(null)}
        title={t("room.kickTitle", { name })}
        text={t("room.kickText")}
        action={t("room.kick")}
        explain={errorText}
        onConfirm={() => room.kick(userId)}
      />
      <Confirm
        open={question === "ban"}
        onClose={() => setQuestion(null)}
        title={t("room.banTitle", { name })}
        text={t("room.banText")}
        action={t("room.ban")}
        explain={errorText}
        onConfirm={() => room.ban(userId)}
      />
      <Confirm
        open={question === "admin"}
        onClose={() => setQuestion(null)}
        title={t("room.roleTitle", { name })}
        text={t("room.roleText")}
        action={t("room.setRole")}
        danger={false}
        explain={errorText}
        onConfirm={() => room.setUserLevel(userId, wantedLevel)}
      />
      <Confirm
        open={question === "demoteSelf"}
        onClose={() => setQuestion(null)}
        title={t("room.demoteSelfTitle")}
        text={t("room.demoteSelfText")}
        action={t("room.demoteSelf")}
        explain={errorText}
        onConfirm={() => room.setUserLevel(userId, wantedLevel)}
      />
    </div>
  );
}
