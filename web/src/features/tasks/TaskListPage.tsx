import type { TaskQuery } from "@team/core";
import { ListFilter } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useOwnUserId } from "../../app/ownUser";
import { useObservable } from "../../app/useObservable";
import { navigate } from "../../app/useRoute";
import { CountBadge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { EmptyState } from "../../ui/EmptyState";
import { SearchField, SelectField } from "../../ui/Field";
import { BulkBar } from "./BulkBar";
import { RoomTasksFrame } from "./RoomTasksFrame";
import { TaskRow } from "./TaskRow";
import { fieldsOfWhen, useLocalName } from "./taskFacts";
import { useAssigneeOptions } from "./useAssigneeOptions";
import { useTaskKeys } from "./useTaskKeys";
import styles from "./TaskList.module.css";

type TaskListPageProps = { className?: string | undefined; roomId: string; taskId: string | null };
type DueFilter = "" | "overdue" | "today" | "week" | "none";
interface Filters {
  readonly text: string;
  readonly assignee: string;
  readonly status: string;
  readonly label: string;
  readonly due: DueFilter;
}

const unfiltered: Filters = { text: "", assignee: "", status: "category:open", label: "", due: "" };
const day = 86_400_000;
const dateIn = (days: number): string => fieldsOfWhen({ at: Date.now() + days * day, tz: "UTC" }).date;

/** Pure. The filters of the page as a question to core. */
export function queryOf(roomId: string, filters: Filters): TaskQuery {
  const { text, assignee, status, label, due } = filters;
  return {
    roomId,
    ...(text.trim() === "" ? {} : { text: text.trim() }),
    ...(assignee === "" ? {} : { assignedTo: [assignee] }),
    ...(status === "" ? {} : { status: [status] }),
    ...(label === "" ? {} : { label: [label] }),
    ...(due === "overdue" ? { overdue: true } : {}),
    ...(due === "none" ? { noDue: true } : {}),
    ...(due === "today" ? { dueFrom: dateIn(0), dueBefore: dateIn(1) } : {}),
    ...(due === "week" ? { dueFrom: dateIn(0), dueBefore: dateIn(7) } : {}),
  };
}

/** A room's tasks as a list that can be narrowed down, and changed many at a time. */
export function TaskListPage({ className, roomId, taskId }: TaskListPageProps) {
  const { t } = useTranslation();
  const client = useClient();
  const own = useOwnUserId();
  const localName = useLocalName();
  const { workflow, labels } = useObservable(client.tasks.room(roomId));
  const people = useAssigneeOptions(client.rooms.room(roomId), own).filter(({ value }) => value !== "");
  const [filters, setFilters] = useState(unfiltered);
  /** On a phone the filters stand behind a button. */
  const [unfolded, setUnfolded] = useState(false);
  const narrowed = (["assignee", "status", "label", "due"] as const).filter((name) => filters[name] !== unfiltered[name]).length;
  const list = useMemo(() => client.tasks.list(queryOf(roomId, filters)), [client, roomId, filters]);
  const { tasks, extent } = useObservable(list);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const chosen = tasks.filter(({ id }) => picked.has(id));
  const change = (part: Partial<Filters>) => setFilters((now) => ({ ...now, ...part }));
  const pick = (id: string, on: boolean) =>
    setPicked((now) => {
      const next = new Set(now);
      if (on) next.add(id);
      else next.delete(id);
      return next;
    });
  const open = useCallback((id: string) => navigate({ page: "list", roomId, taskId: id }), [roomId]);
  useTaskKeys(open);
  const any = { value: "", label: t("taskList.any") };
  return (
    <RoomTasksFrame className={className} view="list" roomId={roomId} taskId={taskId}>
      <div className={styles.column}>
        <div className={styles.narrow} data-filter role="search" aria-label={t("taskList.filters")}>
          <div className={styles.words}>
            <SearchField label={t("taskList.words")} value={filters.text} onValue={(text) => change({ text })} />
            <Button className={styles.unfold} aria-expanded={unfolded} icon={<ListFilter size={17} />} onClick={() => setUnfolded(!unfolded)}>
              {t("taskList.filters")}
              {narrowed > 0 && <CountBadge count={narrowed} tone="quiet" />}
            </Button>
          </div>
          <div className={cx(styles.filters, !unfolded && styles.folded)}>
            <SelectField
              label={t("tasks.assignee")}
              value={filters.assignee}
              onValue={(assignee) => change({ assignee })}
              options={[any, { value: "none", label: t("tasks.nobody") }, ...people]}
            />
            <SelectField
              label={t("tasks.status")}
              value={filters.status}
              onValue={(status) => change({ status })}
              options={[
                any,
                { value: "category:open", label: t("taskList.open") },
                ...workflow.statuses.map(({ id, name }) => ({ value: id, label: localName(name) })),
              ]}
            />
            {labels.length > 0 && (
              <SelectField
                label={t("taskList.label")}
                value={filters.label}
                onValue={(label) => change({ label })}
                options={[{ ...any, label: t("taskList.anyLabel") }, ...labels.map(({ id, name }) => ({ value: id, label: localName(name) }))]}
              />
            )}
            <SelectField
              label={t("tasks.due")}
              value={filters.due}
              onValue={(due) => change({ due: due as DueFilter })}
              options={[
                any,
                { value: "overdue", label: t("taskGroup.overdue") },
                { value: "today", label: t("taskGroup.today") },
                { value: "week", label: t("taskList.week") },
                { value: "none", label: t("tasks.noDue") },
              ]}
            />
          </div>
        </div>
        {chosen.length > 0 && <BulkBar roomId={roomId} tasks={chosen} onDone={() => setPicked(new Set())} />}
        {tasks.length === 0 ? (
          <EmptyState icon={<ListFilter size={26} />} title={t("taskList.none")} />
        ) : (
          <ul className={styles.list} aria-label={t("tasks.ofRoom")}>
            {tasks.map((task) => (
              <TaskRow
                key={task.id}
                task={task}
                open={task.id === taskId}
                onOpen={open}
                picked={picked.has(task.id)}
                onPick={(on) => pick(task.id, on)}
              />
            ))}
          </ul>
        )}
        {extent === "some" && <Button onClick={() => void list.loadMore()}>{t("tasks.loadMore")}</Button>}
      </div>
    </RoomTasksFrame>
  );
}
