import { ShieldAlert, UserPlus, UsersRound } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useErrorText } from "../../app/useErrorText";
import { useObservable } from "../../app/useObservable";
import { navigate } from "../../app/useRoute";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { SearchField } from "../../ui/Field";
import { Page } from "../../ui/Page";
import { Loading } from "../../ui/Spinner";
import { AddPersonDialog } from "./AddPersonDialog";
import { PersonRow } from "./PersonRow";
import { WelcomeLinkDialog } from "./WelcomeLinkDialog";
import type { LinkFor } from "./person";
import { usePeople } from "./usePeople";
import styles from "./PeoplePage.module.css";

/** Administrators add people, give them links and rights, and take both away. */
export function PeoplePage({ className }: { className?: string | undefined }) {
  const { t } = useTranslation();
  const client = useClient();
  const { admin } = useObservable(client.session.capabilities);
  const home = () => navigate({ page: "home" });
  if (!admin) {
    return (
      <Page className={className} title={t("people.title")} onBack={home}>
        <EmptyState icon={<ShieldAlert size={26} />} title={t("people.onlyAdmins")} />
      </Page>
    );
  }
  return <PeopleTable className={className} onBack={home} />;
}

function PeopleTable({ className, onBack }: { className?: string | undefined; onBack: () => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [query, setQuery] = useState("");
  const [adding, setAdding] = useState(false);
  const [shownLink, setShownLink] = useState<LinkFor | null>(null);
  const search = query.trim();
  const people = usePeople(search);
  const showLink = (link: LinkFor) => {
    setShownLink(link);
    people.reload();
  };
  return (
    <Page
      className={className}
      title={t("people.title")}
      subtitle={people.users === null ? undefined : t("people.subtitle", { count: people.total })}
      onBack={onBack}
      actions={
        <Button look="primary" brief icon={<UserPlus size={17} />} onClick={() => setAdding(true)}>
          {t("people.add")}
        </Button>
      }
    >
      <div className={styles.page}>
        <div className={styles.search}>
          <SearchField label={t("people.search")} value={query} onValue={setQuery} />
        </div>
        {people.failure !== null ? (
          <EmptyState title={errorText(people.failure)}>
            <Button onClick={people.reload}>{t("common.retry")}</Button>
          </EmptyState>
        ) : people.users === null ? (
          <Loading />
        ) : people.users.length === 0 ? (
          search === "" ? (
            <EmptyState icon={<UsersRound size={26} />} title={t("people.emptyTitle")} text={t("people.emptyText")} />
          ) : (
            <EmptyState title={t("people.noneFound", { query: search })} />
          )
        ) : (
          <>
            <table className={styles.table} aria-label={t("people.title")} aria-busy={people.loading}>
              <thead>
                <tr>
                  <th scope="col">{t("people.name")}</th>
                  <th scope="col">{t("people.role")}</th>
                  <th scope="col">{t("people.state")}</th>
                  <th scope="col" className={styles.seen}>
                    {t("people.lastSeen")}
                  </th>
                  <th scope="col">
                    <span className="visually-hidden">{t("people.actions")}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {people.users.map((user) => (
                  <PersonRow key={user.userId} user={user} onChanged={people.replace} onLink={showLink} />
                ))}
              </tbody>
            </table>
            {people.hasMore && (
              <Button className={styles.more} busy={people.loading} onClick={people.loadMore}>
                {t("people.loadMore")}
              </Button>
            )}
          </>
        )}
      </div>
      <AddPersonDialog open={adding} onClose={() => setAdding(false)} onLink={showLink} />
      <WelcomeLinkDialog shown={shownLink} onClose={() => setShownLink(null)} />
    </Page>
  );
}
