import { Compass, MessageSquarePlus, PenSquare, Users } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { navigate } from "../../app/useRoute";
import type { Route } from "../../app/route";
import { commandKey } from "../../app/useGlobalKeys";
import { IconButton } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { SearchField } from "../../ui/Field";
import { Logo } from "../../ui/Logo";
import { Menu, MenuItem } from "../../ui/Menu";
import { NotificationOffer } from "../notifications/NotificationOffer";
import { TasksNav } from "../tasks/TasksNav";
import { AccountBar } from "./AccountBar";
import { CreateRoomDialog } from "./CreateRoomDialog";
import { RoomList } from "./RoomList";
import { StartDirectDialog } from "./StartDirectDialog";
import styles from "./Sidebar.module.css";

type SidebarProps = { className?: string | undefined; route: Route; onSearch: () => void };

export function Sidebar({ className, route }: SidebarProps) {
  const { t } = useTranslation();
  const [query, setQuery] = useState("");
  const [dialog, setDialog] = useState<"create" | "direct" | null>(null);
  const close = () => setDialog(null);
  return (
    <nav className={cx(styles.sidebar, className)} aria-label={t("rooms.nav")}>
      <header className={styles.head}>
        <Logo size={28} />
        <h1 className={styles.title}>{t("rooms.title")}</h1>
        <Menu
          align="end"
          trigger={
            <IconButton label={t("rooms.newMenu")}>
              <PenSquare size={19} />
            </IconButton>
          }
        >
          <MenuItem icon={<MessageSquarePlus size={17} />} onSelect={() => setDialog("direct")}>
            {t("rooms.startDirect")}
          </MenuItem>
          <MenuItem icon={<Users size={17} />} onSelect={() => setDialog("create")}>
            {t("rooms.createRoom")}
          </MenuItem>
          <MenuItem icon={<Compass size={17} />} onSelect={() => navigate({ page: "explore" })}>
            {t("rooms.explore")}
          </MenuItem>
        </Menu>
      </header>
      <div className={styles.search}>
        <SearchField
          label={t("rooms.filter")}
          placeholder={t("common.search")}
          value={query}
          onValue={setQuery}
          onKeyDown={(event) => {
            if (event.key !== "Enter" && event.key !== "ArrowDown") return;
            const first = document.querySelector<HTMLElement>("[data-room-link]");
            if (first === null) return;
            event.preventDefault();
            if (event.key === "Enter") {
              first.click();
              setQuery("");
            } else {
              first.focus();
            }
          }}
        />
        {query === "" && (
          <kbd className={styles.keys} aria-hidden="true">
            {commandKey} K
          </kbd>
        )}
      </div>
      <TasksNav route={route} />
      <RoomList
        query={query}
        openRoomId={route.page === "room" ? route.roomId : null}
        onCreate={() => setDialog("create")}
        onOpened={() => setQuery("")}
      />
      <NotificationOffer />
      <AccountBar route={route} />
      <CreateRoomDialog open={dialog === "create"} onClose={close} />
      <StartDirectDialog open={dialog === "direct"} onClose={close} />
    </nav>
  );
}
