import { closestCorners, DndContext, KeyboardSensor, PointerSensor, useDroppable, useSensor, useSensors, type DragEndEvent } from "@dnd-kit/core";
import { SortableContext, sortableKeyboardCoordinates, useSortable, verticalListSortingStrategy } from "@dnd-kit/sortable";
import { CSS } from "@dnd-kit/utilities";
import { may, op, type Board, type BoardColumn, type TaskView } from "@team/core";
import { Ellipsis, GripVertical } from "lucide-react";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useObservable } from "../../app/useObservable";
import { navigate } from "../../app/useRoute";
import { CountBadge } from "../../ui/Badge";
import { Button, IconButton } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { Menu, MenuItem, MenuLabel } from "../../ui/Menu";
import { StatusMark } from "./StatusMark";
import { callOf, isClosed, useLocalName } from "./taskFacts";
import { TaskFacts } from "./TaskFacts";
import { RoomTasksFrame } from "./RoomTasksFrame";
import { dropOps } from "./dropOps";
import { useTaskKeys } from "./useTaskKeys";
import styles from "./Board.module.css";

type BoardPageProps = { className?: string | undefined; roomId: string; taskId: string | null };

/** A room's tasks in columns by status. A card is moved by mouse, by Space and arrows, or by its menu. */
export function BoardPage({ className, roomId, taskId }: BoardPageProps) {
  const { t } = useTranslation();
  const client = useClient();
  const roomBoard = useMemo(() => client.tasks.board(roomId), [client, roomId]);
  const board = useObservable(roomBoard);
  useTaskKeys(useCallback((id: string) => navigate({ page: "board", roomId, taskId: id }), [roomId]));
  const announcements = useAnnouncements(board);
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 6 } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  );
  const onDragEnd = ({ active, over }: DragEndEvent) => {
    if (over === null) return;
    const ops = dropOps(board, String(active.id), String(over.id));
    if (ops.length > 0) void client.tasks.run(String(active.id), ops);
  };
  return (
    <RoomTasksFrame className={className} view="board" roomId={roomId} taskId={taskId}>
      <DndContext sensors={sensors} collisionDetection={closestCorners} onDragEnd={onDragEnd} accessibility={announcements}>
        <div className={styles.board}>
          {board.columns.map((column) => (
            <Column key={column.status.id} board={board} column={column} roomId={roomId} openId={taskId} />
          ))}
        </div>
      </DndContext>
      {board.extent === "some" && <Button onClick={() => void roomBoard.loadMore()}>{t("tasks.loadMore")}</Button>}
    </RoomTasksFrame>
  );
}

type ColumnProps = { board: Board; column: BoardColumn; roomId: string; openId: string | null };

function Column({ board, column, roomId, openId }: ColumnProps) {
  const localName = useLocalName();
  const { setNodeRef, isOver } = useDroppable({ id: column.status.id });
  const name = localName(column.status.name);
  const limit = column.status.wip;
  return (
    <section className={cx(styles.column, isOver && styles.over)} aria-label={name}>
      <h2 className={styles.heading}>
        <StatusMark category={column.status.category} name={name} />
        <CountBadge count={column.tasks.length} limit={limit} tone={limit !== undefined && column.tasks.length > limit ? "highlight" : "quiet"} />
      </h2>
      <SortableContext items={column.tasks.map(({ id }) => id)} strategy={verticalListSortingStrategy}>
        <ul ref={setNodeRef} className={styles.cards} aria-label={name}>
          {column.tasks.map((task) => (
            <Card key={task.id} board={board} task={task} roomId={roomId} open={task.id === openId} />
          ))}
        </ul>
      </SortableContext>
    </section>
  );
}

function Card({ board, task, roomId, open }: { board: Board; task: TaskView; roomId: string; open: boolean }) {
  const { t } = useTranslation();
  const client = useClient();
  const localName = useLocalName();
  const ways = board.columns.filter(({ status }) => may(task, `transition:${status.id}`));
  const movable = ways.length > 0 || may(task, "rank");
  const sortable = useSortable({ id: task.id, disabled: !movable });
  const call = callOf(task);
  return (
    <li
      ref={sortable.setNodeRef}
      data-task={task.id}
      className={cx(styles.card, open && styles.open, sortable.isDragging && styles.dragging)}
      style={{ transform: CSS.Translate.toString(sortable.transform), transition: sortable.transition }}
    >
      <div className={styles.top}>
        {movable && (
          <button
            type="button"
            ref={sortable.setActivatorNodeRef}
            className={styles.grip}
            {...sortable.attributes}
            {...sortable.listeners}
            aria-label={t("board.drag", { task: call })}
          >
            <GripVertical size={15} aria-hidden="true" />
          </button>
        )}
        <span className={styles.key}>{task.key === "" ? t("tasks.creating") : task.key}</span>
        {ways.length > 0 && (
          <Menu
            trigger={
              <IconButton size="small" label={t("board.moveOf", { task: call })} tooltip={false}>
                <Ellipsis size={16} />
              </IconButton>
            }
          >
            <MenuLabel>{t("board.moveTo")}</MenuLabel>
            {ways.map(({ status }) => (
              <MenuItem key={status.id} onSelect={() => void client.tasks.run(task.id, [op.transition(status.id)])}>
                <StatusMark category={status.category} name={localName(status.name)} />
              </MenuItem>
            ))}
          </Menu>
        )}
      </div>
      <button
        type="button"
        data-task-title
        className={cx(styles.title, isClosed(task) && styles.closed)}
        aria-label={`${t("tasks.open", { task: call })}: ${task.title}`}
        onClick={() => navigate({ page: "board", roomId, taskId: task.id })}
      >
        {task.title}
      </button>
      <TaskFacts task={task} />
    </li>
  );
}

/** What a screen reader hears while a card is carried. */
function useAnnouncements(board: Board) {
  const { t } = useTranslation();
  const localName = useLocalName();
  const taskOf = (id: string | number) => {
    const task = board.columns.flatMap(({ tasks }) => tasks).find((each) => each.id === id);
    return task === undefined ? "" : callOf(task);
  };
  const placeOf = (id: string | number) => {
    const column = board.columns.find(({ status, tasks }) => status.id === id || tasks.some((task) => task.id === id));
    return column === undefined ? "" : localName(column.status.name);
  };
  return {
    screenReaderInstructions: { draggable: t("board.instructions") },
    announcements: {
      onDragStart: ({ active }: { active: { id: string | number } }) => t("board.lifted", { task: taskOf(active.id) }),
      onDragOver: ({ active, over }: { active: { id: string | number }; over: { id: string | number } | null }) =>
        over === null ? undefined : t("board.above", { task: taskOf(active.id), column: placeOf(over.id) }),
      onDragEnd: ({ active, over }: { active: { id: string | number }; over: { id: string | number } | null }) =>
        over === null ? t("board.back", { task: taskOf(active.id) }) : t("board.dropped", { task: taskOf(active.id), column: placeOf(over.id) }),
      onDragCancel: ({ active }: { active: { id: string | number } }) => t("board.back", { task: taskOf(active.id) }),
    },
  };
}
