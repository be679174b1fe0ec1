import { Bell, ChevronRight, Keyboard, KeyRound, MonitorSmartphone, Palette, UserRound } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { formatRoute, settingsSections, type SettingsSection } from "../../app/route";
import { navigate } from "../../app/useRoute";
import { cx } from "../../ui/cx";
import { Page } from "../../ui/Page";
import { AppearanceSection } from "./AppearanceSection";
import { NotificationsSection } from "./NotificationsSection";
import { PasswordSection } from "./PasswordSection";
import { ProfileSection } from "./ProfileSection";
import { SessionsSection } from "./SessionsSection";
import { ShortcutsSection } from "./ShortcutsSection";
import styles from "./SettingsPage.module.css";

const icons: Record<SettingsSection, ReactNode> = {
  profile: <UserRound size={18} />,
  appearance: <Palette size={18} />,
  notifications: <Bell size={18} />,
  security: <KeyRound size={18} />,
  sessions: <MonitorSmartphone size={18} />,
  shortcuts: <Keyboard size={18} />,
};

type SettingsPageProps = { className?: string | undefined; section: SettingsSection | null };

/** Settings of the account and of this device. On a phone first the list of sections, then one of them. */
export function SettingsPage({ className, section }: SettingsPageProps) {
  const { t } = useTranslation();
  const shown = section ?? "profile";
  return (
    <Page
      className={className}
      title={section === null ? t("settings.title") : t(`settings.${section}`)}
      onBack={() => navigate(section === null ? { page: "home" } : { page: "settings", section: null })}
      bare
    >
      <div className={cx(styles.panes, section !== null && styles.inSection)}>
        <nav className={styles.nav} aria-label={t("settings.sections")}>
          {settingsSections.map((one) => (
            <a
              key={one}
              href={formatRoute({ page: "settings", section: one })}
              className={cx(styles.link, one === shown && styles.current)}
              aria-current={one === shown ? "page" : undefined}
            >
              {icons[one]}
              <span className={styles.linkText}>{t(`settings.${one}`)}</span>
              <ChevronRight size={17} className={styles.chevron} aria-hidden="true" />
            </a>
          ))}
        </nav>
        <section className={styles.body} aria-label={t(`settings.${shown}`)}>
          <div className={styles.column}>
            <Section section={shown} />
          </div>
        </section>
      </div>
    </Page>
  );
}

function Section({ section }: { section: SettingsSection }) {
  switch (section) {
    case "profile":
      return <ProfileSection />;
    case "appearance":
      return <AppearanceSection />;
    case "notifications":
      return <NotificationsSection />;
    case "security":
      return <PasswordSection />;
    case "sessions":
      return <SessionsSection />;
    case "shortcuts":
      return <ShortcutsSection />;
  }
}
