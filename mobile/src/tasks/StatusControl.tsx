import { may, op, type TaskView } from "@team/core";
import { useState } from "react";
import { Pressable, View } from "react-native";
import { useWords } from "../i18n";
import { useClient, useObservable } from "../shell/client";
import { radius, space, themed, touch } from "../theme";
import { Icon } from "../ui/Icon";
import { ChevronDown } from "../ui/icons";
import { Sheet, SheetAction } from "../ui/Sheet";
import { callOf, localName } from "./facts";
import { ReasonSheet } from "./ReasonSheet";
import { statusIcons, StatusMark, statusTone } from "./StatusMark";

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
    backgroundColor: palette.pressed,
  },
  icon: { width: touch, height: touch, alignItems: "center", justifyContent: "center", borderRadius: radius.full },
  pressed: { opacity: 0.6 },
  iconPressed: { backgroundColor: palette.pressed },
}));

interface StatusControlProps {
  readonly task: TaskView;
  /** As its drawing alone, where the word stands nearby. */
  readonly small?: boolean;
}

/** The status of a task; a touch shows where one may bring it. */
export function StatusControl({ task, small = false }: StatusControlProps) {
  const { t, language } = useWords();
  const styles = useStyles();
  const client = useClient();
  const { workflow } = useObservable(client.tasks.room(task.room_id));
  const [open, setOpen] = useState(false);
  const [forcing, setForcing] = useState<string | null>(null);
  const current = workflow.statuses.find(({ id }) => id === task.status);
  const name = current === undefined ? task.status : localName(current.name, language);
  const category = current?.category ?? task.category;
  const mark = small ? <Icon of={statusIcons[category]} size={24} tone={statusTone(category)} /> : <StatusMark category={category} name={name} />;
  const ways = workflow.statuses.filter(({ id }) => may(task, `transition:${id}`) || may(task, `force:${id}`));
  if (ways.length === 0) return small ? <View style={styles.icon}>{mark}</View> : mark;
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
        style={({ pressed }) => (small ? [styles.icon, pressed && styles.iconPressed] : [styles.pill, pressed && styles.pressed])}
      >
        {mark}
        {!small && <Icon of={ChevronDown} size={16} />}
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
