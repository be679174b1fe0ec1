import { may, op, type TaskView } from "@team/core";
import { useState } from "react";
import { Pressable } from "react-native";
import { useWords } from "../i18n";
import { useClient, useObservable } from "../shell/client";
import { radius, space, themed, touch } from "../theme";
import { Icon } from "../ui/Icon";
import { ChevronDown } from "../ui/icons";
import { Sheet, SheetAction } from "../ui/Sheet";
import { callOf, localName } from "./facts";
import { ReasonSheet } from "./ReasonSheet";
import { statusIcons, StatusMark } from "./StatusMark";

const useStyles = themed((palette) => ({
  pill: {
    flexDirection: "row",
    alignItems: "center",
    alignSelf: "flex-start",
    gap: space.xs,
    minHeight: touch,
    maxWidth: "100%",
    paddingHorizontal: space.m,
    borderRadius: radius.full,
    borderWidth: 1,
    borderColor: palette.border,
    backgroundColor: palette.raised,
  },
  pressed: { backgroundColor: palette.pressed },
}));

/** The status of a task; a touch shows where one may bring it. */
export function StatusControl({ task }: { readonly task: TaskView }) {
  const { t, language } = useWords();
  const styles = useStyles();
  const client = useClient();
  const { workflow } = useObservable(client.tasks.room(task.room_id));
  const [open, setOpen] = useState(false);
  const [forcing, setForcing] = useState<string | null>(null);
  const current = workflow.statuses.find(({ id }) => id === task.status);
  const name = current === undefined ? task.status : localName(current.name, language);
  const mark = <StatusMark category={current?.category ?? task.category} name={name} />;
  const ways = workflow.statuses.filter(({ id }) => may(task, `transition:${id}`) || may(task, `force:${id}`));
  if (ways.length === 0) return mark;
  const go = (to: string) => () => {
    setOpen(false);
    if (may(task, `transition:${to}`)) void client.tasks.run(task.id, [op.transition(to)]);
    else setForcing(to);
  };
  return (
    <>
      <Pressable
        role="button"
        aria-label={t("tasks.statusControl", { task: callOf(task), status: name })}
        onPress={() => setOpen(true)}
        style={({ pressed }) => [styles.pill, pressed && styles.pressed]}
      >
        {mark}
        <Icon of={ChevronDown} size={16} />
      </Pressable>
      <Sheet title={t("tasks.status")} open={open} onClose={() => setOpen(false)}>
        {ways.map((status) => (
          <SheetAction key={status.id} icon={statusIcons[status.category]} label={localName(status.name, language)} onPress={go(status.id)} />
        ))}
      </Sheet>
      <ReasonSheet
        title={t("tasks.forceTitle")}
        action={t("tasks.forceAction")}
        open={forcing !== null}
        onClose={() => setForcing(null)}
        onReason={(reason) => void (forcing !== null && client.tasks.run(task.id, [op.transition(forcing, { force: true, reason })]))}
      />
    </>
  );
}
