import type { ChangeItem } from "@team/core";
import type { Translate } from "../i18n/translate";

/** The sentence for a change of the room. */
export function changeText(item: ChangeItem, t: Translate): string {
  const name = item.senderName;
  const { change } = item;
  switch (change.type) {
    case "created":
    case "joined":
    case "left":
    case "inviteRejected":
    case "knockWithdrawn":
    case "ownAvatarChanged":
    case "historyVisibilitySet":
    case "encryptionEnabled":
    case "pinsChanged":
    case "replaced":
      return t(`change.${change.type}`, { name });
    case "invited":
    case "inviteWithdrawn":
    case "unbanned":
    case "knockDenied":
      return t(`change.${change.type}`, { name, person: change.person.name });
    case "kicked":
    case "banned":
      return change.reason === null
        ? t(`change.${change.type}`, { name, person: change.person.name })
        : t(`change.${change.type}Reason`, { name, person: change.person.name, reason: change.reason });
    case "knocked":
      return change.reason === null ? t("change.knocked", { name }) : t("change.knockedReason", { name, reason: change.reason });
    case "displayNameChanged":
      if (change.to === null) return t("change.displayNameRemoved", { from: change.from ?? name });
      return change.from === null
        ? t("change.displayNameSet", { name: item.sender, to: change.to })
        : t("change.displayNameChanged", { from: change.from, to: change.to });
    case "named":
      return change.name === null ? t("change.nameRemoved", { name }) : t("change.named", { name, to: change.name });
    case "topicSet":
      return change.topic === null ? t("change.topicRemoved", { name }) : t("change.topicSet", { name, topic: change.topic });
    case "roomAvatarChanged":
      return t(change.avatar === null ? "change.roomAvatarRemoved" : "change.roomAvatarChanged", { name });
    case "aliasSet":
      return change.alias === null ? t("change.aliasRemoved", { name }) : t("change.aliasSet", { name, alias: change.alias });
    case "joinRuleSet":
      return t(joinRulePhrase(change.joinRule), { name });
    case "powerChanged":
      return change.changes
        .map(({ person, to }) => t("change.powerChanged", { name, person: person.name, role: t(`roleAs.${roleOf(to)}`) }))
        .join(" ");
  }
}

function joinRulePhrase(rule: string) {
  if (rule === "public") return "change.joinRulePublic";
  if (rule === "invite" || rule === "private") return "change.joinRuleInvite";
  return rule === "knock" ? "change.joinRuleKnock" : "change.joinRuleOther";
}

function roleOf(level: number) {
  if (level === Number.POSITIVE_INFINITY) return "creator";
  return level >= 100 ? "admin" : level >= 50 ? "moderator" : "member";
}
