import { localpartOf, type Organisation, type Role, type Unit, type User } from "@team/core";
import { Plus, ShieldAlert, Trash2 } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useObservable } from "../../app/useObservable";
import { navigate } from "../../app/useRoute";
import { shortId } from "../../platform/shortId";
import { Button, IconButton } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { SelectField, TextField } from "../../ui/Field";
import { Page } from "../../ui/Page";
import { Loading } from "../../ui/Spinner";
import { useToasts } from "../../ui/Toast";
import { useProblemText } from "./useProblemText";
import styles from "./Org.module.css";

const roles: readonly Role[] = ["admin", "manager", "member", "guest", "bot"];

/** Administrators say who reports to whom: by it the service tells assigning from asking. */
export function OrgPage({ className }: { className?: string | undefined }) {
  const { t } = useTranslation();
  const { admin, tasksAuthority } = useObservable(useClient().session.capabilities);
  return (
    <Page className={className} title={t("org.title")} onBack={() => navigate({ page: "home" })}>
      {admin && tasksAuthority !== null ? (
        <Chart />
      ) : (
        <EmptyState icon={<ShieldAlert size={26} />} title={tasksAuthority === null ? t("tasks.absent") : t("people.onlyAdmins")} />
      )}
    </Page>
  );
}

type Known = { readonly organisation: Organisation; readonly users: readonly User[] };

function Chart() {
  const { t } = useTranslation();
  const { admin } = useClient().tasks;
  const problemText = useProblemText();
  const toasts = useToasts();
  const [known, setKnown] = useState<Known | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const load = useCallback(async () => {
    setFailure(null);
    try {
      const organisation = await admin.organisation();
      const users: User[] = [];
      let cursor: string | null = null;
      do {
        const page: { readonly users: readonly User[]; readonly next: string | null } = await admin.users(cursor === null ? {} : { cursor });
        users.push(...page.users);
        cursor = page.next;
      } while (cursor !== null);
      setKnown({ organisation, users });
    } catch (error) {
      setFailure(error);
    }
  }, [admin]);
  useEffect(() => void load(), [load]);

  if (failure !== null) {
    return (
      <EmptyState title={problemText(failure)}>
        <Button onClick={() => void load()}>{t("common.retry")}</Button>
      </EmptyState>
    );
  }
  if (known === null) return <Loading />;
  const save = async (work: () => Promise<unknown>) => {
    try {
      await work();
      toasts.tell(t("common.saved"));
    } catch (error) {
      toasts.warn(problemText(error));
    }
    await load();
  };
  const { organisation, users } = known;
  const setUnits = (units: readonly Unit[]) => void save(() => admin.setOrganisation({ ...organisation, units }));
  return (
    <div className={styles.page}>
      <Units units={organisation.units} users={users} onUnits={setUnits} />
      <section aria-label={t("org.people")}>
        <h2 className={styles.heading}>{t("org.people")}</h2>
        <ul className={styles.list}>
          {users.map((user) => (
            <Person
              key={user.user_id}
              user={user}
              users={users}
              units={organisation.units}
              onChange={(change) => void save(() => admin.putUser(user.user_id, change))}
            />
          ))}
        </ul>
      </section>
    </div>
  );
}

function nameOf(user: User): string {
  return user.display_name ?? localpartOf(user.user_id);
}

type UnitsProps = { units: readonly Unit[]; users: readonly User[]; onUnits: (units: readonly Unit[]) => void };

function Units({ units, users, onUnits }: UnitsProps) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const change = (unit: Unit, part: Partial<Unit>) => onUnits(units.map((each) => (each === unit ? { ...unit, ...part } : each)));
  const add = () => {
    if (name.trim() === "") return;
    onUnits([...units, { id: `u-${shortId()}`, name: name.trim() }]);
    setName("");
  };
  return (
    <section aria-label={t("org.units")}>
      <h2 className={styles.heading}>{t("org.units")}</h2>
      <ul className={styles.list}>
        {units.map((unit) => (
          <li key={unit.id} className={styles.row} aria-label={unit.name}>
            <b className={styles.name}>{unit.name}</b>
            <SelectField
              atOnce
              label={t("org.parent")}
              value={unit.parent ?? ""}
              onValue={(parent) => change(unit, { parent: parent === "" ? null : parent })}
              options={[{ value: "", label: "—" }, ...units.filter((each) => each !== unit).map((each) => ({ value: each.id, label: each.name }))]}
            />
            <SelectField
              atOnce
              label={t("org.head")}
              value={unit.head ?? ""}
              onValue={(head) => change(unit, { head: head === "" ? null : head })}
              options={[{ value: "", label: "—" }, ...users.map((user) => ({ value: user.user_id, label: nameOf(user) }))]}
            />
            <IconButton
              label={t("org.removeUnit", { unit: unit.name })}
              onClick={() =>
                onUnits(units.filter((each) => each !== unit).map((each) => (each.parent === unit.id ? { ...each, parent: null } : each)))
              }
            >
              <Trash2 size={17} />
            </IconButton>
          </li>
        ))}
      </ul>
      <form
        className={styles.add}
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
      >
        <TextField label={t("org.newUnit")} maxLength={120} value={name} onChange={(event) => setName(event.target.value)} />
        <Button type="submit" icon={<Plus size={16} />} disabled={name.trim() === ""}>
          {t("common.add")}
        </Button>
      </form>
    </section>
  );
}

type PersonProps = {
  user: User;
  users: readonly User[];
  units: readonly Unit[];
  onChange: (change: { role?: Role; unit?: string | null; reports_to?: string | null }) => void;
};

function Person({ user, users, units, onChange }: PersonProps) {
  const { t } = useTranslation();
  const name = nameOf(user);
  return (
    <li className={styles.row} aria-label={name}>
      <b className={styles.name}>
        {name}
        <small className={styles.id}>{user.user_id}</small>
      </b>
      <SelectField
        atOnce
        label={t("org.role")}
        value={user.role}
        disabled={user.role === "bot"}
        onValue={(role) => onChange({ role: role as Role })}
        options={roles.filter((role) => role !== "bot" || user.role === "bot").map((role) => ({ value: role, label: t(`orgRole.${role}`) }))}
      />
      <SelectField
        atOnce
        label={t("org.unit")}
        value={user.unit ?? ""}
        onValue={(unit) => onChange({ unit: unit === "" ? null : unit })}
        options={[{ value: "", label: "—" }, ...units.map((unit) => ({ value: unit.id, label: unit.name }))]}
      />
      <SelectField
        atOnce
        label={t("org.reportsTo")}
        value={user.reports_to ?? ""}
        onValue={(chief) => onChange({ reports_to: chief === "" ? null : chief })}
        options={[{ value: "", label: "—" }, ...users.filter((each) => each !== user).map((each) => ({ value: each.user_id, label: nameOf(each) }))]}
      />
    </li>
  );
}
