import { object, text, texts } from "../api/read";
import type { RawEvent } from "../api/wire";
import type { RoomId, UserId } from "../ids";
import { sameValue } from "../timeline/sameValue";
import type { Config, Label, Workflow } from "./contracts";
import { CONFIG, LABELS, WORKFLOW } from "./names";
import { DEFAULT_WORKFLOW } from "./workflow";

/** What a room's state says about tasks. */
export interface RoomState {
  readonly roomId: RoomId;
  readonly config: Config | null;
  /** Who wrote the config. */
  readonly configuredBy: UserId | null;
  readonly workflows: Readonly<Record<string, Workflow>>;
  readonly labels: readonly Label[];
}

export function emptyState(roomId: RoomId): RoomState {
  return { roomId, config: null, configuredBy: null, workflows: {}, labels: [] };
}

export function isTaskState(event: RawEvent): boolean {
  return event.state_key !== undefined && (event.type === CONFIG || event.type === LABELS || event.type === WORKFLOW);
}

/** Pure. The state after one event; anybody with the power may have written nonsense. */
export function withTaskState(state: RoomState, event: RawEvent): RoomState {
  const { content, state_key: stateKey = "" } = event;
  if (event.type === CONFIG && stateKey === "") {
    const valid = text(content["authority"]) !== null && text(content["prefix"]) !== null;
    return { ...state, config: valid ? (content as unknown as Config) : null, configuredBy: valid ? event.sender : null };
  }
  if (event.type === LABELS && stateKey === "") {
    const labels = Array.isArray(content["labels"]) ? (content["labels"] as readonly unknown[]) : [];
    return { ...state, labels: labels.filter(isLabel) };
  }
  if (event.type === WORKFLOW) {
    const { [stateKey]: _, ...others } = state.workflows;
    return { ...state, workflows: isWorkflow(content) ? { ...others, [stateKey]: content } : others };
  }
  return state;
}

export function workflowOf(state: RoomState): Workflow {
  return state.workflows[state.config?.workflow ?? "default"] ?? DEFAULT_WORKFLOW;
}

/** Pure. Do both say the same about what may be done to a task? Names of labels do not matter for it. */
export function rulesAlike(a: RoomState, b: RoomState): boolean {
  return sameValue(a.config, b.config) && sameValue(workflowOf(a), workflowOf(b));
}

function isLabel(value: unknown): value is Label {
  return text(object(value)?.["id"]) !== null && text(object(object(value)?.["name"])?.["en"]) !== null;
}

function isWorkflow(value: unknown): value is Workflow {
  const found = object(value);
  const statuses = found?.["statuses"];
  return text(found?.["initial"]) !== null && Array.isArray(statuses) && statuses.length > 0 && Array.isArray(found?.["transitions"]);
}

/** Whose tasks they are: our server's service, another one's, or nobody's. */
export function authorityOf(state: RoomState, ours: UserId | null): "ours" | "external" | "none" {
  if (state.config === null) return "none";
  return state.config.authority === ours ? "ours" : "external";
}

/**
 * Pure. Does an event of this sender count? Power alone does not make an authority: the room must name the
 * account that our own server advertises. Those before it count where it says so itself; a room's
 * administrator could otherwise name anybody.
 */
export function isTrusted(sender: UserId, state: RoomState, ours: UserId | null): boolean {
  if (ours === null || authorityOf(state, ours) !== "ours") return false;
  if (sender === ours) return true;
  return state.configuredBy === ours && texts(state.config?.past_authorities).includes(sender);
}
