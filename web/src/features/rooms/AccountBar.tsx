import { Keyboard, LogOut, Moon, Network, Settings, Sun, UsersRound } from "lucide-react";
import { localpartOf } from "@team/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useOwnUserId } from "../../app/ownUser";
import type { Route } from "../../app/route";
import { useObservable } from "../../app/useObservable";
import { navigate } from "../../app/useRoute";
import { preferences } from "../../platform/preferences";
import { IconButton } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { Menu, MenuItem, MenuSeparator } from "../../ui/Menu";
import { MxcAvatar } from "../media/MxcAvatar";
import styles from "./AccountBar.module.css";

/** The person who is signed in, at the foot of the sidebar, with the way to pages that are not conversations. */
export function AccountBar({ route }: { route: Route }) {
  const { t } = useTranslation();
  const client = useClient();
  const userId = useOwnUserId();
  const profile = useObservable(client.session.profile);
  const { admin, tasksAuthority } = useObservable(client.session.capabilities);
  useObservable(preferences);
  const [leaving, setLeaving] = useState(false);
  const name = profile?.displayName ?? localpartOf(userId);
  const dark = document.documentElement.dataset["theme"] === "dark";
  const unsent = client.sendQueue.entries.getSnapshot().some((entry) => entry.kind !== "receipt");

  return (
    <footer className={styles.bar}>
      <Menu
        side="top"
        align="start"
        trigger={
          <button type="button" className={styles.me} aria-label={t("settings.account", { name })}>
            <MxcAvatar id={userId} name={name} mxc={profile?.avatar ?? null} size={34} />
            <span className={styles.texts}>
              <span className={styles.name}>{name}</span>
              <span className={styles.userId} aria-hidden="true">
                {userId}
              </span>
            </span>
          </button>
        }
      >
        <MenuItem icon={<Settings size={17} />} onSelect={() => navigate({ page: "settings", section: "profile" })}>
          {t("settings.title")}
        </MenuItem>
        <MenuItem icon={<Keyboard size={17} />} onSelect={() => navigate({ page: "settings", section: "shortcuts" })}>
          {t("settings.shortcuts")}
        </MenuItem>
        {admin && tasksAuthority !== null && (
          <MenuItem icon={<Network size={17} />} onSelect={() => navigate({ page: "organisation" })}>
            {t("org.title")}
          </MenuItem>
        )}
        <MenuItem
          icon={dark ? <Sun size={17} /> : <Moon size={17} />}
          onSelect={() => preferences.change({ theme: dark ? "light" : "dark" })}
        >
          {dark ? t("settings.toLight") : t("settings.toDark")}
        </MenuItem>
        <MenuSeparator />
        <MenuItem icon={<LogOut size={17} />} onSelect={() => setLeaving(true)}>
          {t("session.logOut")}
        </MenuItem>
      </Menu>
      {admin && (
        <IconButton
          label={t("people.title")}
          aria-current={route.page === "people" ? "page" : undefined}
          onClick={() => navigate({ page: "people" })}
        >
          <UsersRound size={19} />
        </IconButton>
      )}
      <IconButton
        label={t("settings.title")}
        aria-current={route.page === "settings" ? "page" : undefined}
        onClick={() => navigate({ page: "settings", section: null })}
      >
        <Settings size={19} />
      </IconButton>
      <Confirm
        open={leaving}
        onClose={() => setLeaving(false)}
        title={t("session.logOutTitle")}
        text={unsent ? t("session.logOutUnsent") : t("session.logOutText")}
        action={t("session.logOut")}
        danger={unsent}
        onConfirm={async () => {
          await client.session.logout();
          navigate({ page: "home" }, { replace: true });
        }}
      />
    </footer>
  );
}
