import type { ChangeItem } from "@team/core";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { roleOf } from "../room/roles";

/** The sentence for a state change, in the user's language. */
export function useChangeText(): (item: ChangeItem) => string {
  const { t } = useTranslation();
  return useCallback(
    (item) => {
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
          return change.reason
            ? t(`change.${change.type}Reason`, { name, person: change.person.name, reason: change.reason })
            : t(`change.${change.type}`, { name, person: change.person.name });
        case "knocked":
          return change.reason ? t("change.knockedReason", { name, reason: change.reason }) : t("change.knocked", { name });
        case "displayNameChanged":
          if (change.to === null) return t("change.displayNameRemoved", { from: change.from ?? name });
          return change.from === null
            ? t("change.displayNameSet", { name: item.sender, to: change.to })
            : t("change.displayNameChanged", { from: change.from, to: change.to });
        case "named":
          return change.name ? t("change.named", { name, to: change.name }) : t("change.nameRemoved", { name });
        case "topicSet":
          return change.topic ? t("change.topicSet", { name, topic: change.topic }) : t("change.topicRemoved", { name });
        case "roomAvatarChanged":
          return change.avatar === null ? t("change.roomAvatarRemoved", { name }) : t("change.roomAvatarChanged", { name });
        case "aliasSet":
          return change.alias === null ? t("change.aliasRemoved", { name }) : t("change.aliasSet", { name, alias: change.alias });
        case "joinRuleSet":
          switch (change.joinRule) {
            case "public":
              return t("change.joinRulePublic", { name });
            case "invite":
            case "private":
              return t("change.joinRuleInvite", { name });
            case "knock":
              return t("change.joinRuleKnock", { name });
            default:
              return t("change.joinRuleOther", { name });
          }
        case "powerChanged":
          return change.changes
            .map(({ person, to }) => t("change.powerChanged", { name, person: person.name, role: t(`roleAs.${roleOf(to)}`) }))
            .join(" ");
      }
    },
    [t],
  );
}
