import { may, op, type Board, type Op } from "@team/core";

/**
 * Pure. What a card dropped on a column, or on another card, asks for: the status of that column, and the
 * place of that card. Nothing where `can` does not allow it.
 */
export function dropOps(board: Board, taskId: string, overId: string): Op[] {
  const from = board.columns.find(({ tasks }) => tasks.some(({ id }) => id === taskId));
  const task = from?.tasks.find(({ id }) => id === taskId);
  const to = board.columns.find(({ status, tasks }) => status.id === overId || tasks.some(({ id }) => id === overId));
  if (from === undefined || task === undefined || to === undefined || taskId === overId) return [];
  const ops: Op[] = [];
  if (to !== from) {
    if (!may(task, `transition:${to.status.id}`)) return [];
    ops.push(op.transition(to.status.id));
  }
  const at = to.tasks.findIndex(({ id }) => id === overId);
  if (at < 0 || !may(task, "rank")) return ops;
  // Carried down within its column it comes behind the card it is dropped on, otherwise before it.
  const down = to === from && from.tasks.findIndex(({ id }) => id === taskId) < at;
  const before = to.tasks[down ? at + 1 : at]?.id;
  const after = to.tasks[down ? at : at - 1]?.id;
  ops.push(op.rank({ ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }));
  return ops;
}
