import type { Member, Room, RoomSummary } from "@team/core";
import { UserPlus } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Virtuoso } from "react-virtuoso";
import { useObservable } from "../../app/useObservable";
import { Button } from "../../ui/Button";
import { SearchField } from "../../ui/Field";
import { PanelFrame } from "../../ui/PanelFrame";
import { Spinner } from "../../ui/Spinner";
import { matches } from "../rooms/sections";
import { InviteDialog } from "./InviteDialog";
import { MemberRow } from "./MemberRow";
import styles from "./PeoplePanel.module.css";
import { usePeople, usePeopleCount } from "./usePeople";

type PeoplePanelProps = { room: Room; summary: RoomSummary; name: string; onClose: () => void };

type Line = { readonly kind: "heading"; readonly group: Group; readonly count: number } | { readonly kind: "member"; readonly member: Member };
type Group = "joined" | "invited" | "knocking" | "banned";

const groups: { group: Group; membership: Member["membership"] }[] = [
  { group: "knocking", membership: "knock" },
  { group: "joined", membership: "join" },
  { group: "invited", membership: "invite" },
  { group: "banned", membership: "ban" },
];

function linesOf(people: readonly Member[], query: string): Line[] {
  const wanted = query.trim();
  return groups.flatMap(({ group, membership }) => {
    const members = people.filter(
      (member) => member.membership === membership && (wanted === "" || matches(`${member.name} ${member.userId}`, wanted)),
    );
    if (members.length === 0) return [];
    return [{ kind: "heading", group, count: members.length } as const, ...members.map((member) => ({ kind: "member", member }) as const)];
  });
}

/** Who is in the room, in which role, and what one may do about it. */
export function PeoplePanel({ room, summary, name, onClose }: PeoplePanelProps) {
  const { t } = useTranslation();
  const list = useObservable(room.members);
  const people = usePeople(room);
  const count = usePeopleCount(summary);
  const [query, setQuery] = useState("");
  const [inviting, setInviting] = useState(false);
  const lines = useMemo(() => linesOf(people, query), [people, query]);
  return (
    <PanelFrame title={t("room.people")} subtitle={t("rooms.members", { count })} onClose={onClose} bare>
      <div className={styles.tools}>
        <SearchField label={t("room.filterPeople")} value={query} onValue={setQuery} />
        {summary.rights.invite && summary.directUserId === null && (
          <Button look="primary" wide icon={<UserPlus size={17} />} onClick={() => setInviting(true)}>
            {t("room.invite")}
          </Button>
        )}
      </div>
      <div className={styles.list} role="group" aria-label={t("room.people")}>
        <Virtuoso
          data={lines}
          increaseViewportBy={400}
          initialItemCount={Math.min(lines.length, 20)}
          computeItemKey={(_, line) => (line.kind === "heading" ? line.group : line.member.userId)}
          itemContent={(_, line) =>
            line.kind === "heading" ? (
              <h3 className={styles.heading}>
                {t(`room.${line.group}`)} <span>{line.count}</span>
              </h3>
            ) : (
              <MemberRow room={room} member={line.member} creatorsStandAbove={list.members.some((one) => one.role === "creator")} />
            )
          }
        />
      </div>
      {!list.complete && (
        <div className={styles.loading} role="status" aria-label={t("common.loading")}>
          <Spinner size={18} />
        </div>
      )}
      <InviteDialog open={inviting} onClose={() => setInviting(false)} room={room} name={name} members={list.members} />
    </PanelFrame>
  );
}
