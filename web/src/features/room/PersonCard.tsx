import type { Room, UserId } from "@team/core";
import { Copy, MessageSquare } from "lucide-react";
import { Popover as Radix } from "radix-ui";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useOwnUserId } from "../../app/ownUser";
import { roomRoute } from "../../app/route";
import { useErrorText } from "../../app/useErrorText";
import { useObservable } from "../../app/useObservable";
import { navigate } from "../../app/useRoute";
import { copyText } from "../../platform/clipboard";
import { Tag } from "../../ui/Badge";
import { Button, IconButton } from "../../ui/Button";
import { useToasts } from "../../ui/Toast";
import { MxcAvatar } from "../media/MxcAvatar";
import styles from "./PersonCard.module.css";

/** Whose card is open, and at which face or name it stands. */
export type ShownPerson = { readonly userId: UserId; readonly name: string; readonly at: HTMLElement };

/** Where nothing fits beside a face. */
const narrow = window.matchMedia("(max-width: 760px)");

/** A small card about the sender of a message: who they are here, and the way to write to them. */
export function PersonCard({ room, shown, onClose }: { room: Room; shown: ShownPerson | null; onClose: () => void }) {
  const { t } = useTranslation();
  const anchor = useMemo(() => ({ current: shown?.at ?? null }), [shown]);
  return (
    <Radix.Root open={shown !== null} onOpenChange={(open) => !open && onClose()}>
      <Radix.Anchor virtualRef={anchor as React.RefObject<HTMLElement>} />
      <Radix.Portal>
        {shown !== null && (
          <Radix.Content
            className={styles.card}
            aria-label={t("room.personCard", { name: shown.name })}
            side={narrow.matches ? "bottom" : "right"}
            align="start"
            sideOffset={10}
            collisionPadding={12}
          >
            <Content room={room} shown={shown} onClose={onClose} />
          </Radix.Content>
        )}
      </Radix.Portal>
    </Radix.Root>
  );
}

function Content({ room, shown, onClose }: { room: Room; shown: ShownPerson; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useClient();
  const ownId = useOwnUserId();
  const toasts = useToasts();
  const errorText = useErrorText();
  const member = useObservable(room.members).members.find((one) => one.userId === shown.userId);
  const name = member?.name ?? shown.name;

  const write = async () => {
    onClose();
    try {
      navigate(roomRoute(await client.rooms.openDirect(shown.userId)));
    } catch (error) {
      toasts.warn(errorText(error));
    }
  };
  const copy = () => void copyText(shown.userId).then(() => toasts.tell(t("common.copied")));

  return (
    <>
      <MxcAvatar id={shown.userId} name={name} mxc={member?.avatar ?? null} size={72} />
      <div className={styles.texts}>
        <p className={styles.name}>{name}</p>
        <p className={styles.id}>
          <span>{shown.userId}</span>
          <IconButton size="small" label={`${t("common.copy")}: ${t("settings.userId")}`} tooltip={false} onClick={copy}>
            <Copy size={15} />
          </IconButton>
        </p>
        {member !== undefined && member.role !== "member" && <Tag tone="accent">{t(`room.roles.${member.role}`)}</Tag>}
      </div>
      {shown.userId !== ownId && (
        <Button look="primary" wide icon={<MessageSquare size={17} />} onClick={() => void write()}>
          {t("room.message")}
        </Button>
      )}
    </>
  );
}
