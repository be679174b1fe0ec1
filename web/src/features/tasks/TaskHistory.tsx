import type { Revision, TaskView } from "@team/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useDates } from "../../app/useDates";
import { useObservable } from "../../app/useObservable";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { Loading } from "../../ui/Spinner";
import { callOf, useNamesIn, usePersonName } from "./taskFacts";
import { TaskText } from "./TaskText";
import { useProblemText } from "./useProblemText";
import { useTaskChangeText } from "./useTaskChangeText";
import styles from "./TaskPanel.module.css";

type Page = { readonly revisions: readonly Revision[]; readonly next: string | null };

/** Every revision of a task, newest first. */
export function TaskHistory({ task }: { task: TaskView }) {
  const { t } = useTranslation();
  const client = useClient();
  const problemText = useProblemText();
  const [page, setPage] = useState<Page | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [tried, setTried] = useState(0);
  useEffect(() => {
    let wanted = true;
    setFailure(null);
    client.tasks.history(task.id).then(
      (first) => wanted && setPage(first),
      (error: unknown) => wanted && setFailure(error),
    );
    return () => {
      wanted = false;
    };
  }, [client, task.id, task.rev, tried]);

  const more = (cursor: string) =>
    client.tasks.history(task.id, cursor).then(
      ({ revisions, next }) => setPage((now) => ({ revisions: [...(now?.revisions ?? []), ...revisions], next })),
      setFailure,
    );
  if (failure !== null) {
    return (
      <EmptyState title={problemText(failure)}>
        <Button onClick={() => setTried(tried + 1)}>{t("common.retry")}</Button>
      </EmptyState>
    );
  }
  if (page === null) return <Loading />;
  if (page.revisions.length === 0) return <EmptyState title={t("tasks.noHistory")} />;
  const { next } = page;
  return (
    <>
      <ol className={styles.past} aria-label={t("tasks.history")}>
        {page.revisions.map((revision) => (
          <RevisionLine key={revision.rev} task={task} revision={revision} />
        ))}
      </ol>
      {next !== null && <Button onClick={() => void more(next)}>{t("tasks.loadMore")}</Button>}
    </>
  );
}

function RevisionLine({ task, revision }: { task: TaskView; revision: Revision }) {
  const client = useClient();
  const { workflow } = useObservable(client.tasks.room(task.room_id));
  const text = useTaskChangeText(workflow, useNamesIn(client.rooms.room(task.room_id)));
  const name = usePersonName(revision.actor);
  const dates = useDates();
  return (
    <li>
      <TaskText>{text(name, callOf(task), { ...revision, created: revision.rev === 1 })}</TaskText>
      <time dateTime={new Date(revision.at).toISOString()}>{dates.full(revision.at)}</time>
    </li>
  );
}
