import { Compass, MessagesSquare } from "lucide-react";
import { useTranslation } from "react-i18next";
import { navigate } from "../../app/useRoute";
import { Button } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { EmptyState } from "../../ui/EmptyState";
import styles from "./HomePage.module.css";

/** No conversation is chosen. */
export function HomePage({ className }: { className?: string | undefined }) {
  const { t } = useTranslation();
  return (
    <main className={cx(styles.page, className)}>
      <EmptyState icon={<MessagesSquare size={26} />} title={t("rooms.homeTitle")} text={t("rooms.homeText")}>
        <Button icon={<Compass size={17} />} onClick={() => navigate({ page: "explore" })}>
          {t("rooms.explore")}
        </Button>
      </EmptyState>
    </main>
  );
}
