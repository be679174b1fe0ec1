// Shapes of events, requests, answers. Written by schema/generate.py: do not edit.

/** Matrix user ID */
export type UserId = string;

/** Matrix room ID; room version 12 has no domain in it */
export type RoomId = string;

/** Matrix event ID */
export type EventId = string;

/** UUID in lower case */
export type Uuid = string;

/** Identifier of a status, a label, a workflow or a custom field */
export type Slug = string;

/** Short name of a task, like OPS-42 */
export type TaskKey = string;

/** Milliseconds since 1970, UTC */
export type Timestamp = number;

/** Revision of a task; contiguous from 1 */
export type Rev = number;

/** One line of text, not only blanks */
export type Title = string;

/** Markdown */
export type Description = string;

/** Why, in a person's words */
export type Reason = string;

/** Zone of the IANA database, like Europe/Moscow */
export type TimeZone = string;

export type Priority = "none" | "low" | "normal" | "high" | "urgent";

/** What a status means, whatever a room calls it; the last two are closed */
export type Category = "todo" | "doing" | "review" | "done" | "cancelled";

export type TaskKind = "team" | "personal";

/** A whole day, wherever one is */
export interface OnDate {
  date: string;
}

/** A moment, and the zone it was named in */
export interface AtTime {
  at: Timestamp;
  tz: TimeZone;
}

/** A day or a moment */
export type When = OnDate | AtTime;

/** Minutes of work */
export type EstimateMin = number;

/** Chosen by the client that makes the item */
export type ItemId = string;

export type ItemText = string;

export interface ChecklistItem {
  id: ItemId;
  text: ItemText;
  done: boolean;
  assignee?: UserId;
}

/** A new item, or a change of the one with this id; what is absent stays as it is */
export interface ItemDraft {
  id: ItemId;
  text: ItemText;
  done?: boolean;
  assignee?: UserId | null;
}

export interface TaskLink {
  rel: "relates" | "duplicates";
  task_id: Uuid;
  title?: string;
}

export interface UrlLink {
  rel: "url";
  url: string;
  title?: string;
}

/** Another task, or an address */
export type Link = TaskLink | UrlLink;

/** Matrix content URI */
export type Mxc = string;

/** JSON Web Key */
export interface FileKey {
  kty: "oct";
  key_ops: readonly string[];
  alg: "A256CTR";
  k: string;
  ext: true;
}

export interface FileHashes {
  sha256: string;
}

/** Client-server API, "Sending encrypted attachments" */
export interface EncryptedFile {
  url: Mxc;
  key: FileKey;
  iv: string;
  hashes: FileHashes;
  v: "v2";
}

export interface PlainAttachment {
  url: Mxc;
  name: string;
  mimetype?: string;
  size?: number;
}

export interface EncryptedAttachment {
  file: EncryptedFile;
  name: string;
  mimetype?: string;
  size?: number;
}

/** A file of the media repository */
export type Attachment = PlainAttachment | EncryptedAttachment;

export interface Recurrence {
  /** RFC 5545: FREQ, INTERVAL, BYDAY, BYMONTHDAY, COUNT, UNTIL */
  rrule: string;
  tz: TimeZone;
  anchor: "schedule" | "completion";
  series_id: Uuid;
  catch_up?: "skip" | "one";
  occurrence?: string;
}

/** An event in a room */
export interface EventRef {
  room_id: RoomId;
  event_id: EventId;
}

export type AssignmentState = "none" | "active" | "requested" | "declined";

/** How the assignment stands, and since when */
export interface Assignment {
  state: AssignmentState;
  at?: Timestamp;
  reason?: Reason;
}

/** Value of a custom field */
export type CustomValue = string | number | boolean;

/** By field */
export type CustomFields = Readonly<Record<string, CustomValue>>;

/** Fields to set; null removes one; the others stay */
export type CustomFieldsPatch = Readonly<Record<string, CustomValue | null>>;

export type Labels20 = readonly Slug[];

export type People20 = readonly UserId[];

export type People50 = readonly UserId[];

export type Tasks20 = readonly Uuid[];

export type Links20 = readonly Link[];

export type Attachments20 = readonly Attachment[];

/** Items have different ids */
export type Checklist = readonly ChecklistItem[];

/** What a task may be made of */
export interface NewTask {
  title: Title;
  description?: Description;
  priority?: Priority;
  due?: When | null;
  start?: When | null;
  estimate_min?: EstimateMin | null;
  labels?: Labels20;
  collaborators?: People20;
  watchers?: People50;
  checklist?: Checklist;
  parent?: Uuid | null;
  blocked_by?: Tasks20;
  blocked_reason?: Reason | null;
  links?: Links20;
  attachments?: Attachments20;
  needs_review?: boolean;
  recurrence?: Recurrence | null;
  fields?: CustomFields;
  source?: EventRef;
  assignee?: UserId | null;
  /** Ask, even where one may assign directly */
  request?: boolean;
}

/** Stands first; the task's id is UUIDv5(namespace, actor "/" cmd_id) */
export interface OpCreate {
  op: "create";
  task: NewTask;
}

export interface OpSetTitle {
  op: "set";
  field: "title";
  value: Title;
}

export interface OpSetDescription {
  op: "set";
  field: "description";
  value: Description | null;
}

export interface OpSetPriority {
  op: "set";
  field: "priority";
  value: Priority;
}

export interface OpSetDue {
  op: "set";
  field: "due";
  value: When | null;
}

export interface OpSetStart {
  op: "set";
  field: "start";
  value: When | null;
}

export interface OpSetEstimateMin {
  op: "set";
  field: "estimate_min";
  value: EstimateMin | null;
}

export interface OpSetParent {
  op: "set";
  field: "parent";
  value: Uuid | null;
}

export interface OpSetBlockedReason {
  op: "set";
  field: "blocked_reason";
  value: Reason | null;
}

export interface OpSetNeedsReview {
  op: "set";
  field: "needs_review";
  value: boolean;
}

export interface OpSetRecurrence {
  op: "set";
  field: "recurrence";
  value: Recurrence | null;
}

export interface OpSetFields {
  op: "set";
  field: "fields";
  value: CustomFieldsPatch;
}

/** Set a field; null clears it */
export type OpSet = OpSetTitle | OpSetDescription | OpSetPriority | OpSetDue | OpSetStart | OpSetEstimateMin | OpSetParent | OpSetBlockedReason | OpSetNeedsReview | OpSetRecurrence | OpSetFields;

export interface OpAddLabels {
  op: "add";
  field: "labels";
  value: Slug;
}

export interface OpAddCollaborators {
  op: "add";
  field: "collaborators";
  value: UserId;
}

export interface OpAddWatchers {
  op: "add";
  field: "watchers";
  value: UserId;
}

export interface OpAddBlockedBy {
  op: "add";
  field: "blocked_by";
  value: Uuid;
}

export interface OpAddLinks {
  op: "add";
  field: "links";
  value: Link;
}

export interface OpAddAttachments {
  op: "add";
  field: "attachments";
  value: Attachment;
}

/** Add one member to a set */
export type OpAdd = OpAddLabels | OpAddCollaborators | OpAddWatchers | OpAddBlockedBy | OpAddLinks | OpAddAttachments;

export interface OpRemoveLabels {
  op: "remove";
  field: "labels";
  value: Slug;
}

export interface OpRemoveCollaborators {
  op: "remove";
  field: "collaborators";
  value: UserId;
}

export interface OpRemoveWatchers {
  op: "remove";
  field: "watchers";
  value: UserId;
}

export interface OpRemoveBlockedBy {
  op: "remove";
  field: "blocked_by";
  value: Uuid;
}

export interface OpRemoveLinks {
  op: "remove";
  field: "links";
  value: Link;
}

export interface OpRemoveAttachments {
  op: "remove";
  field: "attachments";
  value: Attachment;
}

/** Take one member out of a set; links are told apart by what they lead to, attachments by address */
export type OpRemove = OpRemoveLabels | OpRemoveCollaborators | OpRemoveWatchers | OpRemoveBlockedBy | OpRemoveLinks | OpRemoveAttachments;

/** Add or change a checklist item; `after`: the item it stands behind, null for first place; absent: a new one goes last, an old one stays */
export interface OpItemPut {
  op: "item_put";
  item: ItemDraft;
  after?: ItemId | null;
}

export interface OpItemCheck {
  op: "item_check";
  id: ItemId;
  done: boolean;
}

export interface OpItemRemove {
  op: "item_remove";
  id: ItemId;
}

export interface OpTransition {
  op: "transition";
  to: Slug;
  reason?: Reason;
  /** Close over open blockers; wants a reason */
  force?: boolean;
}

export interface OpAssign {
  op: "assign";
  to: UserId | null;
  /** Ask, even where one may assign directly */
  request?: boolean;
}

export interface OpAccept {
  op: "accept";
}

export interface OpDecline {
  op: "decline";
  reason: Reason;
}

/** Place the task before or after another of its room, or between two */
export interface OpRank {
  op: "rank";
  before?: Uuid;
  after?: Uuid;
}

/** Stands alone */
export interface OpMove {
  op: "move";
  room_id: RoomId;
}

/** Stands alone */
export interface OpErase {
  op: "erase";
}

/** One operation */
export type Op = OpCreate | OpSet | OpAdd | OpRemove | OpItemPut | OpItemCheck | OpItemRemove | OpTransition | OpAssign | OpAccept | OpDecline | OpRank | OpMove | OpErase;

/** What to do with a field that somebody changed after base_rev; force overwrites it with the same right */
export type OnConflict = "reject" | "force";

/** A request; its ops succeed or fail together */
export interface CommandContent {
  v: 1;
  cmd_id: Uuid;
  task_id: Uuid;
  /** The revision the sender saw; 0 for create */
  base_rev: number;
  ops: readonly Op[];
  /** cmd_id of the same sender's command that must be accepted first */
  depends_on?: Uuid;
  on_conflict?: OnConflict;
}

/** Field to the revision of its last change; custom fields as fields.<name>, items as checklist.<id> */
export type Frev = Readonly<Record<string, Rev>>;

/** Place on the board; compares as ASCII bytes */
export type Rank = string;

/** A whole task; what is unset is absent. At most 40 KiB of canonical JSON */
export interface Snapshot {
  v: 1;
  task_id: Uuid;
  key: TaskKey;
  rev: Rev;
  kind: TaskKind;
  title: Title;
  status: Slug;
  category: Category;
  creator: UserId;
  assigner: UserId;
  assignee: UserId | null;
  assignment: Assignment;
  priority: Priority;
  created_at: Timestamp;
  updated_at: Timestamp;
  frev: Frev;
  description?: Description;
  due?: When;
  start?: When;
  estimate_min?: EstimateMin;
  labels?: Labels20;
  collaborators?: People20;
  watchers?: People50;
  checklist?: Checklist;
  parent?: Uuid;
  blocked_by?: Tasks20;
  blocked_reason?: Reason;
  links?: Links20;
  attachments?: Attachments20;
  needs_review?: boolean;
  recurrence?: Recurrence;
  fields?: CustomFields;
  source?: EventRef;
  rank?: Rank;
  /** The root before a move or room upgrade. The event whose own room this names is a departure: the task has left that room */
  origin?: EventRef;
  closed_at?: Timestamp;
}

/** The last revision of an erased task */
export interface Tombstone {
  v: 1;
  task_id: Uuid;
  key: TaskKey;
  rev: Rev;
  erased: true;
}

/** Value of a field, or member of a set */
export type FieldValue = string | number | boolean | null | OnDate | AtTime | ChecklistItem | TaskLink | UrlLink | PlainAttachment | EncryptedAttachment | Recurrence | EventRef | Assignment | CustomFields;

/** A scalar has both; a member added to a set only `to`, one taken out only `from`. Values over 256 bytes are left out */
export interface Difference {
  field: string;
  from?: FieldValue;
  to?: FieldValue;
}

/** How a command came */
export type Via = "matrix" | "rest" | "ws" | "caldav" | "schedule" | "import" | "repair";

/** The command behind a revision; event_id where it was a room event */
export interface Cause {
  cmd_id: Uuid;
  via: Via;
  event_id?: EventId;
}

/** What a revision changed */
export interface Change {
  rev: Rev;
  prev_rev: Rev | null;
  actor: UserId;
  at: Timestamp;
  diff: readonly Difference[];
  cause: Cause;
  on_behalf_of?: UserId;
  reason?: Reason;
  /** Not worth a line in the timeline */
  silent?: boolean;
}

export interface TextPart {
  body: string;
  mimetype?: string;
}

/** Fallback for clients that know no tasks (MSC1767) */
export type TextParts = readonly TextPart[];

/** The people to notify */
export interface Mentions {
  user_ids?: readonly UserId[];
}

export interface ReplaceRelation {
  rel_type: "m.replace";
  event_id: EventId;
}

export interface ReferenceRelation {
  rel_type: "m.reference";
  event_id: EventId;
}

/** First event of a task in a room, root of its thread */
export interface TaskRoot {
  "org.teammessenger.task": Snapshot;
  "org.teammessenger.change": Change;
  "m.text": TextParts;
  "m.mentions": Mentions;
}

export interface TaskNewContent {
  "org.teammessenger.task": Snapshot | Tombstone;
  "m.text": TextParts;
  "m.mentions"?: Mentions;
}

/** Every later revision; the people to notify stand in the outer m.mentions */
export interface TaskUpdate {
  "m.relates_to": ReplaceRelation;
  "m.new_content": TaskNewContent;
  "org.teammessenger.change": Change;
  "m.text": TextParts;
  "m.mentions": Mentions;
}

/** Why a command was refused */
export type RejectionCode = "forbidden" | "not_found" | "conflict" | "transition_not_allowed" | "blocked" | "invalid" | "too_large" | "assignee_not_allowed" | "assignee_not_member" | "dependency_missing" | "dependency_rejected" | "limit_exceeded" | "tasks_disabled" | "encrypted_room_not_enabled" | "idempotency_key_reused";

/** A field that somebody changed meanwhile, with its present value */
export interface Conflict {
  field: string;
  theirs: FieldValue;
  theirs_rev: Rev;
  theirs_by?: UserId;
  theirs_at?: Timestamp;
}

export interface Fault {
  /** JSON pointer (RFC 6901) */
  pointer: string;
  /** Which rule of the schema was broken: required, unknown, type, pattern, ... */
  code: string;
  detail?: string;
}

export interface ResultCause {
  actor: UserId;
  cmd_id: Uuid;
}

/** The refusal of a command event; acceptance is the revision itself */
export interface Result {
  v: 1;
  "m.relates_to": ReferenceRelation;
  cause: ResultCause;
  outcome: "rejected";
  code: RejectionCode;
  detail?: string;
  current_rev?: Rev;
  conflicts?: readonly Conflict[];
  errors?: readonly Fault[];
}

export type RoomKind = "team" | "direct" | "personal";

/** Where the room differs from the organisation's table */
export interface AssignRules {
  down?: "direct" | "request" | "deny";
  peer?: "direct" | "request" | "deny";
  up?: "request" | "deny";
  outside?: "request" | "deny";
}

/** Rules of a room; state_key "" */
export interface Config {
  v: 1;
  enabled: boolean;
  authority: UserId;
  prefix: string;
  kind: RoomKind;
  past_authorities?: readonly UserId[];
  workflow?: Slug;
  /** Who may open tasks; admin: task admins and organisation admins */
  create?: "member" | "manager" | "admin";
  assign?: AssignRules;
  task_admins?: readonly UserId[];
  line_manager_edits?: boolean;
  non_member?: "invite" | "reject";
  compat?: "off" | "card";
  announce?: "all" | "important" | "none";
  e2ee_index?: "off" | "on";
}

/** A name in the languages of the product */
export interface LocalName {
  en: string;
  ru?: string;
}

export interface Label {
  id: Slug;
  name: LocalName;
  color?: string;
}

/** Palette of a room; state_key "" */
export interface Labels {
  v: 1;
  labels: readonly Label[];
}

export interface Status {
  id: Slug;
  category: Category;
  name: LocalName;
  /** How many tasks should stand here at most */
  wip?: number;
}

export interface Transition {
  from: Slug;
  to: Slug;
  who: readonly ("editor" | "assignee" | "collaborator")[];
  if?: "needs_review" | "no_review";
}

/** Statuses and who may go from one to another; state_key is its id */
export interface Workflow {
  v: 1;
  initial: Slug;
  statuses: readonly Status[];
  transitions: readonly Transition[];
}

export type FixedOperation = "set:title" | "set:description" | "set:priority" | "set:due" | "set:start" | "set:estimate_min" | "set:parent" | "set:blocked_reason" | "set:needs_review" | "set:recurrence" | "set:fields" | "add:labels" | "add:collaborators" | "add:watchers" | "add:blocked_by" | "add:links" | "add:attachments" | "remove:labels" | "remove:collaborators" | "remove:watchers" | "remove:blocked_by" | "remove:links" | "remove:attachments" | "item_put" | "item_check" | "item_remove" | "assign" | "delegate" | "accept" | "decline" | "rank" | "move" | "erase" | "watch" | "unwatch" | "comment";

/** What somebody may do to a task: set:<field>, add:<field>, remove:<field>; transition:<status>; force:<status> (close over open blockers, with a reason); assign, or delegate (down one's own line only); watch and unwatch are about oneself */
export type Operation = FixedOperation | `transition:${string}` | `force:${string}`;

/** What a bot may be granted in a room */
export type GrantedOperation = "view" | "comment" | "create" | "set:title" | "set:description" | "set:priority" | "set:due" | "set:start" | "set:estimate_min" | "set:parent" | "set:blocked_reason" | "set:needs_review" | "set:recurrence" | "set:fields" | "add:labels" | "add:collaborators" | "add:watchers" | "add:blocked_by" | "add:links" | "add:attachments" | "remove:labels" | "remove:collaborators" | "remove:watchers" | "remove:blocked_by" | "remove:links" | "remove:attachments" | "item_put" | "item_check" | "item_remove" | "transition" | "rank";

/** What a person is told */
export type NotificationKind = "assigned" | "requested" | "accepted" | "declined" | "returned" | "unassigned" | "status" | "mention" | "due" | "overdue";

/** Every `code` of a problem, an outcome or a socket's acknowledgement */
export type Code = "invalid" | "token_missing" | "token_invalid" | "token_expired" | "token_revoked" | "bad_credentials" | "forbidden" | "assignee_not_allowed" | "password_change_required" | "not_found" | "method_not_allowed" | "conflict" | "transition_not_allowed" | "blocked" | "assignee_not_member" | "dependency_missing" | "dependency_rejected" | "tasks_disabled" | "encrypted_room_not_enabled" | "resync" | "too_large" | "limit_exceeded" | "unsupported_media_type" | "idempotency_key_reused" | "rate_limited" | "internal" | "unavailable";

/** HTTP status of each code. */
export const STATUS_OF: Readonly<Record<Code, number>> = {
  invalid: 400,
  token_missing: 401,
  token_invalid: 401,
  token_expired: 401,
  token_revoked: 401,
  bad_credentials: 401,
  forbidden: 403,
  assignee_not_allowed: 403,
  password_change_required: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  transition_not_allowed: 409,
  blocked: 409,
  assignee_not_member: 409,
  dependency_missing: 409,
  dependency_rejected: 409,
  tasks_disabled: 409,
  encrypted_room_not_enabled: 409,
  resync: 410,
  too_large: 413,
  limit_exceeded: 413,
  unsupported_media_type: 415,
  idempotency_key_reused: 422,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
};

/** RFC 9457 */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: Code;
  detail?: string;
  instance?: string;
  errors?: readonly Fault[];
  current?: CurrentRev;
  conflicts?: readonly Conflict[];
  /** Seconds */
  retry_after?: number;
}

export interface CurrentRev {
  rev: Rev;
}

/** null on the last page */
export type Cursor = string | null;

export type DayOrMoment = string;

export type PeopleFilter = readonly string[];

export interface Login {
  /** User ID, localpart or e-mail address */
  login?: string;
  /** Another name for login */
  email?: string;
  password: string;
  /** To sign in again on a known device */
  device_id?: string;
  device_name?: string;
}

export interface Tokens {
  /** JWT; good for the homeserver too */
  access_token: string;
  refresh_token: string;
  token_type: "Bearer";
  /** Seconds */
  expires_in: number;
  user_id: UserId;
  device_id: string;
  /** The password was temporary; nothing else works before it is changed */
  must_change_password?: boolean;
}

export interface Refresh {
  refresh_token: string;
}

export interface FreshTokens {
  access_token: string;
  refresh_token: string;
  token_type: "Bearer";
  /** Seconds */
  expires_in: number;
}

/** The one shape of a task on REST, feed and socket */
export interface Task {
  id: Uuid;
  key: TaskKey;
  rev: Rev;
  room_id: RoomId;
  /** The root event, root of the thread of comments */
  event_id: EventId;
  kind: TaskKind;
  title: Title;
  description: Description | null;
  status: Slug;
  category: Category;
  creator: UserId;
  assigner: UserId;
  assigned_to: UserId | null;
  assignment: Assignment;
  priority: Priority;
  due: When | null;
  start: When | null;
  estimate_min: EstimateMin | null;
  labels: Labels20;
  collaborators: People20;
  watchers: People50;
  checklist: Checklist;
  parent: Uuid | null;
  blocked_by: Tasks20;
  /** Whether a blocker is still open */
  blocked: boolean;
  blocked_reason: Reason | null;
  links: Links20;
  attachments: Attachments20;
  needs_review: boolean;
  rank: Rank | null;
  fields: CustomFields;
  /** The message it was made from */
  source: EventRef | null;
  /** Its root before a move */
  origin: EventRef | null;
  recurrence: Recurrence | null;
  created_at: Timestamp;
  updated_at: Timestamp;
  closed_at: Timestamp | null;
  /** What the reader may do to it now */
  can: readonly Operation[];
}

export interface TaskPage {
  data: readonly Task[];
  next_cursor: Cursor;
}

export interface TaskCreate {
  title: Title;
  description?: Description | null;
  assigned_to?: UserId | null;
  /** Ask, even where one may assign directly */
  request?: boolean;
  room_id?: RoomId;
  priority?: Priority;
  due?: When | null;
  start?: When | null;
  estimate_min?: EstimateMin | null;
  labels?: Labels20;
  collaborators?: People20;
  watchers?: People50;
  checklist?: Checklist;
  parent?: Uuid | null;
  blocked_by?: Tasks20;
  blocked_reason?: Reason | null;
  links?: Links20;
  attachments?: Attachments20;
  needs_review?: boolean;
  recurrence?: Recurrence | null;
  fields?: CustomFields;
  source?: EventRef;
}

/** Null clears a field; a list replaces the whole list; `fields` is merged by field */
export interface TaskPatch {
  title?: Title;
  description?: Description | null;
  status?: Slug;
  assigned_to?: UserId | null;
  /** Ask, even where one may assign directly */
  request?: boolean;
  priority?: Priority;
  due?: When | null;
  start?: When | null;
  estimate_min?: EstimateMin | null;
  labels?: Labels20;
  collaborators?: People20;
  watchers?: People50;
  checklist?: Checklist;
  parent?: Uuid | null;
  blocked_by?: Tasks20;
  blocked_reason?: Reason | null;
  links?: Links20;
  attachments?: Attachments20;
  needs_review?: boolean;
  recurrence?: Recurrence | null;
  fields?: CustomFieldsPatch;
  /** Why the status changes */
  reason?: Reason;
  /** Close over open blockers; wants a reason */
  force?: boolean;
  on_conflict?: OnConflict;
}

export interface Revision {
  rev: Rev;
  event_id: EventId;
  actor: UserId;
  on_behalf_of?: UserId;
  at: Timestamp;
  cause: Cause;
  diff: readonly Difference[];
  reason?: Reason;
  silent?: boolean;
}

export interface RevisionPage {
  data: readonly Revision[];
  next_cursor: Cursor;
}

/** CommandContent, and for `create` the room it goes to */
export interface CommandRequest {
  room_id?: RoomId;
  v: 1;
  cmd_id: Uuid;
  task_id: Uuid;
  /** The revision the sender saw; 0 for create */
  base_rev: number;
  ops: readonly Op[];
  depends_on?: Uuid;
  on_conflict?: OnConflict;
}

export interface Commands {
  commands: readonly CommandRequest[];
  /** All or nothing; for one room only */
  atomic?: boolean;
}

export interface Outcome {
  cmd_id: Uuid;
  state: "accepted" | "rejected" | "pending";
  task_id?: Uuid;
  rev?: Rev;
  code?: Code;
  detail?: string;
  current_rev?: Rev;
  conflicts?: readonly Conflict[];
  errors?: readonly Fault[];
  task?: Task;
}

export interface Outcomes {
  results: readonly Outcome[];
}

/** A task was created or changed; it is shown as it is now */
export interface FeedTask {
  seq: Seq;
  kind: "task";
  task: Task;
}

/** A task was erased, or left for where the reader does not see it */
export interface FeedGone {
  seq: Seq;
  kind: "gone";
  task_id: Uuid;
  room_id: RoomId;
}

/** The reader joined or left a room with tasks */
export interface FeedRoom {
  seq: Seq;
  kind: "room_joined" | "room_left";
  room_id: RoomId;
}

export type FeedItem = FeedTask | FeedGone | FeedRoom;

export interface Feed {
  data: readonly FeedItem[];
  /** `since` of the next call */
  next: Seq;
}

/** Position in the feed; grows and may have gaps */
export type Seq = number;

export interface QuickAddText {
  text: string;
  /** Whose people and labels are meant */
  room_id?: RoomId;
  lang?: Language;
  tz?: TimeZone;
}

/** A draft for TaskCreate; `hints` says how the line was read */
export interface QuickAdd {
  /** What was left of the line; may be empty */
  title: string;
  assigned_to?: UserId;
  due?: When;
  priority?: Priority;
  labels?: Labels20;
  hints: QuickAddHints;
}

export interface QuickAddHints {
  tokens: readonly QuickAddToken[];
  /** The date spelled out */
  due_text?: string;
  /** The date can be read otherwise */
  due_ambiguous: boolean;
  /** The other reading */
  due_otherwise?: When;
  /** Names after @ that fit nobody or more than one */
  unknown_people: readonly string[];
}

export interface QuickAddToken {
  kind: "person" | "due" | "priority" | "label";
  /** In UTF-16 code units */
  start: number;
  /** Excluded */
  end: number;
  text: string;
}

export interface Message {
  event_id: EventId;
  room_id: RoomId;
  sender: UserId;
  ts: Timestamp;
  /** msgtype, like m.text */
  type: string;
  body: string;
  /** Root of its thread */
  thread?: EventId;
}

export interface MessagePage {
  data: readonly Message[];
  next_cursor: Cursor;
}

export interface MessageCreate {
  room_id: RoomId;
  body: MessageBody;
  /** HTML (org.matrix.custom.html) */
  formatted_body?: string;
  /** Root of a thread */
  thread?: EventId;
}

export interface CommentCreate {
  body: MessageBody;
  /** HTML (org.matrix.custom.html) */
  formatted_body?: string;
}

export type MessageBody = string;

export interface Notification {
  id: Uuid;
  kind: NotificationKind;
  at: Timestamp;
  read_at: Timestamp | null;
  /** null for reminders */
  actor: UserId | null;
  task_id: Uuid;
  key: TaskKey;
  title: string;
  room_id: RoomId;
  rev: Rev;
  reason?: Reason;
  /** Where the task went; of kind status only */
  status?: Slug;
}

export interface NotificationPage {
  data: readonly Notification[];
  next_cursor: Cursor;
  /** How many are unread in all */
  unread: number;
}

export interface MarkRead {
  ids?: readonly Uuid[];
  /** All up to this moment, included */
  up_to?: Timestamp;
}

export interface RoomTasks {
  room_id: RoomId;
  enabled: boolean;
  /** Why tasks cannot be had here */
  obstacle?: "encrypted_room_not_enabled" | "forbidden";
  config: Config | null;
  workflow: Workflow;
  labels: readonly Label[];
  rights: RoomRights;
}

/** What the caller may do in the room */
export interface RoomRights {
  create: boolean;
  configure: boolean;
  /** Whom of its members the caller may assign */
  assignees: readonly AssigneeRight[];
}

export interface AssigneeRight {
  user_id: UserId;
  mode: "direct" | "request";
}

export interface RoomTasksPut {
  enabled?: boolean;
  prefix?: string;
  create?: "member" | "manager" | "admin";
  assign?: AssignRules;
  task_admins?: People50;
  line_manager_edits?: boolean;
  non_member?: "invite" | "reject";
  compat?: "off" | "card";
  announce?: "all" | "important" | "none";
  labels?: readonly Label[];
  workflow?: Workflow;
}

export type Language = "en" | "ru";

export interface Settings {
  lang: Language;
  tz: TimeZone;
  /** Local hour of the my-day digest; null for none */
  digest_hour: number | null;
  reminders: ReminderTimes;
}

export interface SettingsPut {
  lang?: Language;
  tz?: TimeZone;
  digest_hour?: number | null;
  reminders?: ReminderTimes;
}

/** Minutes before the due time */
export type ReminderTimes = readonly number[];

export interface CalendarCreate {
  scope?: "assigned" | "assigned_by_me" | "room";
  /** For scope room */
  room_id?: RoomId;
  as?: "VTODO" | "VEVENT";
}

export interface Calendar {
  id: Uuid;
  scope: "assigned" | "assigned_by_me" | "room";
  room_id?: RoomId;
  as: "VTODO" | "VEVENT";
  created_at: Timestamp;
}

export interface NewCalendar {
  id: Uuid;
  url: string;
}

export interface Calendars {
  data: readonly Calendar[];
}

export interface DelegationCreate {
  bot: UserId;
  /** A year from now when absent */
  expires_at?: Timestamp;
}

export interface Delegation {
  id: Uuid;
  bot: UserId;
  created_at: Timestamp;
  expires_at: Timestamp;
}

export interface NewDelegation {
  id: Uuid;
  bot: UserId;
  token: string;
  created_at: Timestamp;
  expires_at: Timestamp;
}

export interface Delegations {
  data: readonly Delegation[];
}

export type Role = "admin" | "manager" | "member" | "guest" | "bot";

export interface User {
  user_id: UserId;
  display_name: string | null;
  email: string | null;
  role: Role;
  unit: string | null;
  reports_to: UserId | null;
  active: boolean;
}

export interface UserPage {
  data: readonly User[];
  next_cursor: Cursor;
}

export interface UserPut {
  password?: string;
  display_name?: string;
  email?: string | null;
  role?: Role;
  unit?: UnitId | null;
  reports_to?: UserId | null;
  active?: boolean;
}

export interface UserPutAnswer {
  user_id: UserId;
  display_name: string | null;
  email: string | null;
  role: Role;
  unit: string | null;
  reports_to: UserId | null;
  active: boolean;
  /** Of a new bot, shown once */
  access_token?: string;
}

export type UnitId = string;

export interface Unit {
  id: UnitId;
  name: string;
  parent?: UnitId | null;
  head?: UserId | null;
}

export interface OrgPerson {
  user_id: UserId;
  unit?: UnitId | null;
  reports_to?: UserId | null;
}

export interface Organisation {
  units: readonly Unit[];
  people: readonly OrgPerson[];
}

export interface RoomGrant {
  room_id: RoomId;
  operations: readonly GrantedOperation[];
}

export interface Grants {
  grants: readonly RoomGrant[];
}

export interface IndexRequest {
  action: "verify" | "rebuild";
  /** Only this room */
  room_id?: RoomId;
}

export interface IndexDifference {
  task_id: Uuid;
  problem: "missing" | "surplus" | "behind" | "ahead" | "different";
  index_rev: Rev | null;
  log_rev: Rev | null;
}

export interface IndexReport {
  equal: boolean;
  differences: readonly IndexDifference[];
}

/** `task_created` and `task_updated`; drop what has a `rev` that is not newer than the one known */
export interface SocketTask {
  seq: Seq;
  rev: Rev;
  task: Task;
}

/** `task_gone` */
export interface SocketGone {
  seq: Seq;
  task_id: Uuid;
  room_id: RoomId;
}

/** `send_message` */
export interface SocketMessage {
  room_id: RoomId;
  body: MessageBody;
  txn_id?: string;
}

/** `subscribe`: only these rooms from now on */
export interface SocketSubscribe {
  room_ids: readonly RoomId[];
}

/** `resume` */
export interface SocketResume {
  since: Seq;
}
