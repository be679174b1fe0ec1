"""Shapes of events, requests, answers. Written by schema/generate.py: do not edit."""

from __future__ import annotations

from typing import Final, Literal, NotRequired, TypedDict, final

UserId = str
"""Matrix user ID"""

RoomId = str
"""Matrix room ID; room version 12 has no domain in it"""

EventId = str
"""Matrix event ID"""

Uuid = str
"""UUID in lower case"""

Slug = str
"""Identifier of a status, a label, a workflow or a custom field"""

TaskKey = str
"""Short name of a task, like OPS-42"""

Timestamp = int
"""Milliseconds since 1970, UTC"""

Rev = int
"""Revision of a task; contiguous from 1"""

Title = str
"""One line of text, not only blanks"""

Description = str
"""Markdown"""

Reason = str
"""Why, in a person's words"""

TimeZone = str
"""Zone of the IANA database, like Europe/Moscow"""

Priority = Literal["none", "low", "normal", "high", "urgent"]

Category = Literal["todo", "doing", "review", "done", "cancelled"]
"""What a status means, whatever a room calls it; the last two are closed"""

TaskKind = Literal["team", "personal"]


@final
class OnDate(TypedDict):
    """A whole day, wherever one is"""

    date: str


@final
class AtTime(TypedDict):
    """A moment, and the zone it was named in"""

    at: Timestamp
    tz: TimeZone


When = OnDate | AtTime
"""A day or a moment"""

EstimateMin = int
"""Minutes of work"""

ItemId = str
"""Chosen by the client that makes the item"""

ItemText = str


@final
class ChecklistItem(TypedDict):
    id: ItemId
    text: ItemText
    done: bool
    assignee: NotRequired[UserId]


@final
class ItemDraft(TypedDict):
    """A new item, or a change of the one with this id; what is absent stays as it is"""

    id: ItemId
    text: ItemText
    done: NotRequired[bool]
    assignee: NotRequired[UserId | None]


@final
class TaskLink(TypedDict):
    rel: Literal["relates", "duplicates"]
    task_id: Uuid
    title: NotRequired[str]


@final
class UrlLink(TypedDict):
    rel: Literal["url"]
    url: str
    title: NotRequired[str]


Link = TaskLink | UrlLink
"""Another task, or an address"""

Mxc = str
"""Matrix content URI"""


@final
class FileKey(TypedDict):
    """JSON Web Key"""

    kty: Literal["oct"]
    key_ops: list[str]
    alg: Literal["A256CTR"]
    k: str
    ext: Literal[True]


@final
class FileHashes(TypedDict):
    sha256: str


@final
class EncryptedFile(TypedDict):
    """Client-server API, "Sending encrypted attachments" """

    url: Mxc
    key: FileKey
    iv: str
    hashes: FileHashes
    v: Literal["v2"]


@final
class PlainAttachment(TypedDict):
    url: Mxc
    name: str
    mimetype: NotRequired[str]
    size: NotRequired[int]


@final
class EncryptedAttachment(TypedDict):
    file: EncryptedFile
    name: str
    mimetype: NotRequired[str]
    size: NotRequired[int]


Attachment = PlainAttachment | EncryptedAttachment
"""A file of the media repository"""


@final
class Recurrence(TypedDict):
    rrule: str
    tz: TimeZone
    anchor: Literal["schedule", "completion"]
    series_id: Uuid
    catch_up: NotRequired[Literal["skip", "one"]]
    occurrence: NotRequired[str]


@final
class EventRef(TypedDict):
    """An event in a room"""

    room_id: RoomId
    event_id: EventId


AssignmentState = Literal["none", "active", "requested", "declined"]


@final
class Assignment(TypedDict):
    """How the assignment stands, and since when"""

    state: AssignmentState
    at: NotRequired[Timestamp]
    reason: NotRequired[Reason]


CustomValue = str | int | bool
"""Value of a custom field"""

CustomFields = dict[str, CustomValue]
"""By field"""

CustomFieldsPatch = dict[str, CustomValue | None]
"""Fields to set; null removes one; the others stay"""

Labels20 = list[Slug]

People20 = list[UserId]

People50 = list[UserId]

Tasks20 = list[Uuid]

Links20 = list[Link]

Attachments20 = list[Attachment]

Checklist = list[ChecklistItem]
"""Items have different ids"""


@final
class NewTask(TypedDict):
    """What a task may be made of"""

    title: Title
    description: NotRequired[Description]
    priority: NotRequired[Priority]
    due: NotRequired[When | None]
    start: NotRequired[When | None]
    estimate_min: NotRequired[EstimateMin | None]
    labels: NotRequired[Labels20]
    collaborators: NotRequired[People20]
    watchers: NotRequired[People50]
    checklist: NotRequired[Checklist]
    parent: NotRequired[Uuid | None]
    blocked_by: NotRequired[Tasks20]
    blocked_reason: NotRequired[Reason | None]
    links: NotRequired[Links20]
    attachments: NotRequired[Attachments20]
    needs_review: NotRequired[bool]
    recurrence: NotRequired[Recurrence | None]
    fields: NotRequired[CustomFields]
    source: NotRequired[EventRef]
    assignee: NotRequired[UserId | None]
    request: NotRequired[bool]


@final
class OpCreate(TypedDict):
    """Stands first; the task's id is UUIDv5(namespace, actor "/" cmd_id)"""

    op: Literal["create"]
    task: NewTask


@final
class OpSetTitle(TypedDict):
    op: Literal["set"]
    field: Literal["title"]
    value: Title


@final
class OpSetDescription(TypedDict):
    op: Literal["set"]
    field: Literal["description"]
    value: Description | None


@final
class OpSetPriority(TypedDict):
    op: Literal["set"]
    field: Literal["priority"]
    value: Priority


@final
class OpSetDue(TypedDict):
    op: Literal["set"]
    field: Literal["due"]
    value: When | None


@final
class OpSetStart(TypedDict):
    op: Literal["set"]
    field: Literal["start"]
    value: When | None


@final
class OpSetEstimateMin(TypedDict):
    op: Literal["set"]
    field: Literal["estimate_min"]
    value: EstimateMin | None


@final
class OpSetParent(TypedDict):
    op: Literal["set"]
    field: Literal["parent"]
    value: Uuid | None


@final
class OpSetBlockedReason(TypedDict):
    op: Literal["set"]
    field: Literal["blocked_reason"]
    value: Reason | None


@final
class OpSetNeedsReview(TypedDict):
    op: Literal["set"]
    field: Literal["needs_review"]
    value: bool


@final
class OpSetRecurrence(TypedDict):
    op: Literal["set"]
    field: Literal["recurrence"]
    value: Recurrence | None


@final
class OpSetFields(TypedDict):
    op: Literal["set"]
    field: Literal["fields"]
    value: CustomFieldsPatch


OpSet = (
    OpSetTitle
    | OpSetDescription
    | OpSetPriority
    | OpSetDue
    | OpSetStart
    | OpSetEstimateMin
    | OpSetParent
    | OpSetBlockedReason
    | OpSetNeedsReview
    | OpSetRecurrence
    | OpSetFields
)
"""Set a field; null clears it"""


@final
class OpAddLabels(TypedDict):
    op: Literal["add"]
    field: Literal["labels"]
    value: Slug


@final
class OpAddCollaborators(TypedDict):
    op: Literal["add"]
    field: Literal["collaborators"]
    value: UserId


@final
class OpAddWatchers(TypedDict):
    op: Literal["add"]
    field: Literal["watchers"]
    value: UserId


@final
class OpAddBlockedBy(TypedDict):
    op: Literal["add"]
    field: Literal["blocked_by"]
    value: Uuid


@final
class OpAddLinks(TypedDict):
    op: Literal["add"]
    field: Literal["links"]
    value: Link


@final
class OpAddAttachments(TypedDict):
    op: Literal["add"]
    field: Literal["attachments"]
    value: Attachment


OpAdd = (
    OpAddLabels
    | OpAddCollaborators
    | OpAddWatchers
    | OpAddBlockedBy
    | OpAddLinks
    | OpAddAttachments
)
"""Add one member to a set"""


@final
class OpRemoveLabels(TypedDict):
    op: Literal["remove"]
    field: Literal["labels"]
    value: Slug


@final
class OpRemoveCollaborators(TypedDict):
    op: Literal["remove"]
    field: Literal["collaborators"]
    value: UserId


@final
class OpRemoveWatchers(TypedDict):
    op: Literal["remove"]
    field: Literal["watchers"]
    value: UserId


@final
class OpRemoveBlockedBy(TypedDict):
    op: Literal["remove"]
    field: Literal["blocked_by"]
    value: Uuid


@final
class OpRemoveLinks(TypedDict):
    op: Literal["remove"]
    field: Literal["links"]
    value: Link


@final
class OpRemoveAttachments(TypedDict):
    op: Literal["remove"]
    field: Literal["attachments"]
    value: Attachment


OpRemove = (
    OpRemoveLabels
    | OpRemoveCollaborators
    | OpRemoveWatchers
    | OpRemoveBlockedBy
    | OpRemoveLinks
    | OpRemoveAttachments
)
"""Take one member out of a set; links are told apart by what they lead to, attachments by
address
"""


@final
class OpItemPut(TypedDict):
    """Add or change a checklist item; `after`: the item it stands behind, null for first place;
    absent: a new one goes last, an old one stays
    """

    op: Literal["item_put"]
    item: ItemDraft
    after: NotRequired[ItemId | None]


@final
class OpItemCheck(TypedDict):
    op: Literal["item_check"]
    id: ItemId
    done: bool


@final
class OpItemRemove(TypedDict):
    op: Literal["item_remove"]
    id: ItemId


@final
class OpTransition(TypedDict):
    op: Literal["transition"]
    to: Slug
    reason: NotRequired[Reason]
    force: NotRequired[bool]


@final
class OpAssign(TypedDict):
    op: Literal["assign"]
    to: UserId | None
    request: NotRequired[bool]


@final
class OpAccept(TypedDict):
    op: Literal["accept"]


@final
class OpDecline(TypedDict):
    op: Literal["decline"]
    reason: Reason


@final
class OpRank(TypedDict):
    """Place the task before or after another of its room, or between two"""

    op: Literal["rank"]
    before: NotRequired[Uuid]
    after: NotRequired[Uuid]


@final
class OpMove(TypedDict):
    """Stands alone"""

    op: Literal["move"]
    room_id: RoomId


@final
class OpErase(TypedDict):
    """Stands alone"""

    op: Literal["erase"]


Op = (
    OpCreate
    | OpSet
    | OpAdd
    | OpRemove
    | OpItemPut
    | OpItemCheck
    | OpItemRemove
    | OpTransition
    | OpAssign
    | OpAccept
    | OpDecline
    | OpRank
    | OpMove
    | OpErase
)
"""One operation"""

OnConflict = Literal["reject", "force"]
"""What to do with a field that somebody changed after base_rev; force overwrites it with the
same right
"""


@final
class CommandContent(TypedDict):
    """A request; its ops succeed or fail together"""

    v: Literal[1]
    cmd_id: Uuid
    task_id: Uuid
    base_rev: int
    ops: list[Op]
    depends_on: NotRequired[Uuid]
    on_conflict: NotRequired[OnConflict]


Frev = dict[str, Rev]
"""Field to the revision of its last change; custom fields as fields.<name>, items as
checklist.<id>
"""

Rank = str
"""Place on the board; compares as ASCII bytes"""


@final
class Snapshot(TypedDict):
    """A whole task; what is unset is absent. At most 40 KiB of canonical JSON"""

    v: Literal[1]
    task_id: Uuid
    key: TaskKey
    rev: Rev
    kind: TaskKind
    title: Title
    status: Slug
    category: Category
    creator: UserId
    assigner: UserId
    assignee: UserId | None
    assignment: Assignment
    priority: Priority
    created_at: Timestamp
    updated_at: Timestamp
    frev: Frev
    description: NotRequired[Description]
    due: NotRequired[When]
    start: NotRequired[When]
    estimate_min: NotRequired[EstimateMin]
    labels: NotRequired[Labels20]
    collaborators: NotRequired[People20]
    watchers: NotRequired[People50]
    checklist: NotRequired[Checklist]
    parent: NotRequired[Uuid]
    blocked_by: NotRequired[Tasks20]
    blocked_reason: NotRequired[Reason]
    links: NotRequired[Links20]
    attachments: NotRequired[Attachments20]
    needs_review: NotRequired[bool]
    recurrence: NotRequired[Recurrence]
    fields: NotRequired[CustomFields]
    source: NotRequired[EventRef]
    rank: NotRequired[Rank]
    origin: NotRequired[EventRef]
    closed_at: NotRequired[Timestamp]


@final
class Tombstone(TypedDict):
    """The last revision of an erased task"""

    v: Literal[1]
    task_id: Uuid
    key: TaskKey
    rev: Rev
    erased: Literal[True]


FieldValue = (
    str
    | int
    | bool
    | None
    | OnDate
    | AtTime
    | ChecklistItem
    | TaskLink
    | UrlLink
    | PlainAttachment
    | EncryptedAttachment
    | Recurrence
    | EventRef
    | Assignment
    | CustomFields
)
"""Value of a field, or member of a set"""

Difference = TypedDict(
    "Difference",
    {
        "field": str,
        "from": NotRequired[FieldValue],
        "to": NotRequired[FieldValue],
    },
)
"""A scalar has both; a member added to a set only `to`, one taken out only `from`. Values over
256 bytes are left out
"""

Via = Literal["matrix", "rest", "ws", "caldav", "schedule", "import", "repair"]
"""How a command came"""


@final
class Cause(TypedDict):
    """The command behind a revision; event_id where it was a room event"""

    cmd_id: Uuid
    via: Via
    event_id: NotRequired[EventId]


@final
class Change(TypedDict):
    """What a revision changed"""

    rev: Rev
    prev_rev: Rev | None
    actor: UserId
    at: Timestamp
    diff: list[Difference]
    cause: Cause
    on_behalf_of: NotRequired[UserId]
    reason: NotRequired[Reason]
    silent: NotRequired[bool]


@final
class TextPart(TypedDict):
    body: str
    mimetype: NotRequired[str]


TextParts = list[TextPart]
"""Fallback for clients that know no tasks (MSC1767)"""


@final
class Mentions(TypedDict):
    """The people to notify"""

    user_ids: NotRequired[list[UserId]]


@final
class ReplaceRelation(TypedDict):
    rel_type: Literal["m.replace"]
    event_id: EventId


@final
class ReferenceRelation(TypedDict):
    rel_type: Literal["m.reference"]
    event_id: EventId


TaskRoot = TypedDict(
    "TaskRoot",
    {
        "org.teammessenger.task": Snapshot,
        "org.teammessenger.change": Change,
        "m.text": TextParts,
        "m.mentions": Mentions,
    },
)
"""First event of a task in a room, root of its thread"""

TaskNewContent = TypedDict(
    "TaskNewContent",
    {
        "org.teammessenger.task": Snapshot | Tombstone,
        "m.text": TextParts,
        "m.mentions": NotRequired[Mentions],
    },
)

TaskUpdate = TypedDict(
    "TaskUpdate",
    {
        "m.relates_to": ReplaceRelation,
        "m.new_content": TaskNewContent,
        "org.teammessenger.change": Change,
        "m.text": TextParts,
        "m.mentions": Mentions,
    },
)
"""Every later revision; the people to notify stand in the outer m.mentions"""

RejectionCode = Literal[
    "forbidden",
    "not_found",
    "conflict",
    "transition_not_allowed",
    "blocked",
    "invalid",
    "too_large",
    "assignee_not_allowed",
    "assignee_not_member",
    "dependency_missing",
    "dependency_rejected",
    "limit_exceeded",
    "tasks_disabled",
    "encrypted_room_not_enabled",
    "idempotency_key_reused",
]
"""Why a command was refused"""


@final
class Conflict(TypedDict):
    """A field that somebody changed meanwhile, with its present value"""

    field: str
    theirs: FieldValue
    theirs_rev: Rev
    theirs_by: NotRequired[UserId]
    theirs_at: NotRequired[Timestamp]


@final
class Fault(TypedDict):
    pointer: str
    code: str
    detail: NotRequired[str]


@final
class ResultCause(TypedDict):
    actor: UserId
    cmd_id: Uuid


Result = TypedDict(
    "Result",
    {
        "v": Literal[1],
        "m.relates_to": ReferenceRelation,
        "cause": ResultCause,
        "outcome": Literal["rejected"],
        "code": RejectionCode,
        "detail": NotRequired[str],
        "current_rev": NotRequired[Rev],
        "conflicts": NotRequired[list[Conflict]],
        "errors": NotRequired[list[Fault]],
    },
)
"""The refusal of a command event; acceptance is the revision itself"""

RoomKind = Literal["team", "direct", "personal"]


@final
class AssignRules(TypedDict):
    """Where the room differs from the organisation's table"""

    down: NotRequired[Literal["direct", "request", "deny"]]
    peer: NotRequired[Literal["direct", "request", "deny"]]
    up: NotRequired[Literal["request", "deny"]]
    outside: NotRequired[Literal["request", "deny"]]


@final
class Config(TypedDict):
    """Rules of a room; state_key "" """

    v: Literal[1]
    enabled: bool
    authority: UserId
    prefix: str
    kind: RoomKind
    past_authorities: NotRequired[list[UserId]]
    workflow: NotRequired[Slug]
    create: NotRequired[Literal["member", "manager", "admin"]]
    assign: NotRequired[AssignRules]
    task_admins: NotRequired[list[UserId]]
    line_manager_edits: NotRequired[bool]
    non_member: NotRequired[Literal["invite", "reject"]]
    compat: NotRequired[Literal["off", "card"]]
    announce: NotRequired[Literal["all", "important", "none"]]
    e2ee_index: NotRequired[Literal["off", "on"]]


@final
class LocalName(TypedDict):
    """A name in the languages of the product"""

    en: str
    ru: NotRequired[str]


@final
class Label(TypedDict):
    id: Slug
    name: LocalName
    color: NotRequired[str]


@final
class Labels(TypedDict):
    """Palette of a room; state_key "" """

    v: Literal[1]
    labels: list[Label]


@final
class Status(TypedDict):
    id: Slug
    category: Category
    name: LocalName
    wip: NotRequired[int]


Transition = TypedDict(
    "Transition",
    {
        "from": Slug,
        "to": Slug,
        "who": list[Literal["editor", "assignee", "collaborator"]],
        "if": NotRequired[Literal["needs_review", "no_review"]],
    },
)


@final
class Workflow(TypedDict):
    """Statuses and who may go from one to another; state_key is its id"""

    v: Literal[1]
    initial: Slug
    statuses: list[Status]
    transitions: list[Transition]


FixedOperation = Literal[
    "set:title",
    "set:description",
    "set:priority",
    "set:due",
    "set:start",
    "set:estimate_min",
    "set:parent",
    "set:blocked_reason",
    "set:needs_review",
    "set:recurrence",
    "set:fields",
    "add:labels",
    "add:collaborators",
    "add:watchers",
    "add:blocked_by",
    "add:links",
    "add:attachments",
    "remove:labels",
    "remove:collaborators",
    "remove:watchers",
    "remove:blocked_by",
    "remove:links",
    "remove:attachments",
    "item_put",
    "item_check",
    "item_remove",
    "assign",
    "delegate",
    "accept",
    "decline",
    "rank",
    "move",
    "erase",
    "watch",
    "unwatch",
    "comment",
]

Operation = FixedOperation | str
"""What somebody may do to a task: set:<field>, add:<field>, remove:<field>; transition:<status>;
force:<status> (close over open blockers, with a reason); assign, or delegate (down one's own
line only); watch and unwatch are about oneself
"""

GrantedOperation = Literal[
    "view",
    "comment",
    "create",
    "set:title",
    "set:description",
    "set:priority",
    "set:due",
    "set:start",
    "set:estimate_min",
    "set:parent",
    "set:blocked_reason",
    "set:needs_review",
    "set:recurrence",
    "set:fields",
    "add:labels",
    "add:collaborators",
    "add:watchers",
    "add:blocked_by",
    "add:links",
    "add:attachments",
    "remove:labels",
    "remove:collaborators",
    "remove:watchers",
    "remove:blocked_by",
    "remove:links",
    "remove:attachments",
    "item_put",
    "item_check",
    "item_remove",
    "transition",
    "rank",
]
"""What a bot may be granted in a room"""

NotificationKind = Literal[
    "assigned",
    "requested",
    "accepted",
    "declined",
    "returned",
    "unassigned",
    "status",
    "mention",
    "due",
    "overdue",
]
"""What a person is told"""

Code = Literal[
    "invalid",
    "token_missing",
    "token_invalid",
    "token_expired",
    "token_revoked",
    "bad_credentials",
    "forbidden",
    "assignee_not_allowed",
    "password_change_required",
    "not_found",
    "method_not_allowed",
    "conflict",
    "transition_not_allowed",
    "blocked",
    "assignee_not_member",
    "dependency_missing",
    "dependency_rejected",
    "tasks_disabled",
    "encrypted_room_not_enabled",
    "resync",
    "too_large",
    "limit_exceeded",
    "unsupported_media_type",
    "idempotency_key_reused",
    "rate_limited",
    "internal",
    "unavailable",
]
"""Every `code` of a problem, an outcome or a socket's acknowledgement"""

STATUS_OF: Final[dict[Code, int]] = {
    "invalid": 400,
    "token_missing": 401,
    "token_invalid": 401,
    "token_expired": 401,
    "token_revoked": 401,
    "bad_credentials": 401,
    "forbidden": 403,
    "assignee_not_allowed": 403,
    "password_change_required": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "conflict": 409,
    "transition_not_allowed": 409,
    "blocked": 409,
    "assignee_not_member": 409,
    "dependency_missing": 409,
    "dependency_rejected": 409,
    "tasks_disabled": 409,
    "encrypted_room_not_enabled": 409,
    "resync": 410,
    "too_large": 413,
    "limit_exceeded": 413,
    "unsupported_media_type": 415,
    "idempotency_key_reused": 422,
    "rate_limited": 429,
    "internal": 500,
    "unavailable": 503,
}
"""HTTP status of each code."""


@final
class CurrentRev(TypedDict):
    rev: Rev


@final
class Problem(TypedDict):
    """RFC 9457"""

    type: str
    title: str
    status: int
    code: Code
    detail: NotRequired[str]
    instance: NotRequired[str]
    errors: NotRequired[list[Fault]]
    current: NotRequired[CurrentRev]
    conflicts: NotRequired[list[Conflict]]
    retry_after: NotRequired[int]


Cursor = str | None
"""null on the last page"""

DayOrMoment = str

PeopleFilter = list[str]


@final
class Login(TypedDict):
    login: NotRequired[str]
    email: NotRequired[str]
    password: str
    device_id: NotRequired[str]
    device_name: NotRequired[str]


@final
class Tokens(TypedDict):
    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    user_id: UserId
    device_id: str
    must_change_password: NotRequired[bool]


@final
class Refresh(TypedDict):
    refresh_token: str


@final
class FreshTokens(TypedDict):
    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"]
    expires_in: int


@final
class Task(TypedDict):
    """The one shape of a task on REST, feed and socket"""

    id: Uuid
    key: TaskKey
    rev: Rev
    room_id: RoomId
    event_id: EventId
    kind: TaskKind
    title: Title
    description: Description | None
    status: Slug
    category: Category
    creator: UserId
    assigner: UserId
    assigned_to: UserId | None
    assignment: Assignment
    priority: Priority
    due: When | None
    start: When | None
    estimate_min: EstimateMin | None
    labels: Labels20
    collaborators: People20
    watchers: People50
    checklist: Checklist
    parent: Uuid | None
    blocked_by: Tasks20
    blocked: bool
    blocked_reason: Reason | None
    links: Links20
    attachments: Attachments20
    needs_review: bool
    rank: Rank | None
    fields: CustomFields
    source: EventRef | None
    origin: EventRef | None
    recurrence: Recurrence | None
    created_at: Timestamp
    updated_at: Timestamp
    closed_at: Timestamp | None
    can: list[Operation]


@final
class TaskPage(TypedDict):
    data: list[Task]
    next_cursor: Cursor


@final
class TaskCreate(TypedDict):
    title: Title
    description: NotRequired[Description | None]
    assigned_to: NotRequired[UserId | None]
    request: NotRequired[bool]
    room_id: NotRequired[RoomId]
    priority: NotRequired[Priority]
    due: NotRequired[When | None]
    start: NotRequired[When | None]
    estimate_min: NotRequired[EstimateMin | None]
    labels: NotRequired[Labels20]
    collaborators: NotRequired[People20]
    watchers: NotRequired[People50]
    checklist: NotRequired[Checklist]
    parent: NotRequired[Uuid | None]
    blocked_by: NotRequired[Tasks20]
    blocked_reason: NotRequired[Reason | None]
    links: NotRequired[Links20]
    attachments: NotRequired[Attachments20]
    needs_review: NotRequired[bool]
    recurrence: NotRequired[Recurrence | None]
    fields: NotRequired[CustomFields]
    source: NotRequired[EventRef]


@final
class TaskPatch(TypedDict):
    """Null clears a field; a list replaces the whole list; `fields` is merged by field"""

    title: NotRequired[Title]
    description: NotRequired[Description | None]
    status: NotRequired[Slug]
    assigned_to: NotRequired[UserId | None]
    request: NotRequired[bool]
    priority: NotRequired[Priority]
    due: NotRequired[When | None]
    start: NotRequired[When | None]
    estimate_min: NotRequired[EstimateMin | None]
    labels: NotRequired[Labels20]
    collaborators: NotRequired[People20]
    watchers: NotRequired[People50]
    checklist: NotRequired[Checklist]
    parent: NotRequired[Uuid | None]
    blocked_by: NotRequired[Tasks20]
    blocked_reason: NotRequired[Reason | None]
    links: NotRequired[Links20]
    attachments: NotRequired[Attachments20]
    needs_review: NotRequired[bool]
    recurrence: NotRequired[Recurrence | None]
    fields: NotRequired[CustomFieldsPatch]
    reason: NotRequired[Reason]
    force: NotRequired[bool]
    on_conflict: NotRequired[OnConflict]


@final
class Revision(TypedDict):
    rev: Rev
    event_id: EventId
    actor: UserId
    on_behalf_of: NotRequired[UserId]
    at: Timestamp
    cause: Cause
    diff: list[Difference]
    reason: NotRequired[Reason]
    silent: NotRequired[bool]


@final
class RevisionPage(TypedDict):
    data: list[Revision]
    next_cursor: Cursor


@final
class CommandRequest(TypedDict):
    """CommandContent, and for `create` the room it goes to"""

    room_id: NotRequired[RoomId]
    v: Literal[1]
    cmd_id: Uuid
    task_id: Uuid
    base_rev: int
    ops: list[Op]
    depends_on: NotRequired[Uuid]
    on_conflict: NotRequired[OnConflict]


@final
class Commands(TypedDict):
    commands: list[CommandRequest]
    atomic: NotRequired[bool]


@final
class Outcome(TypedDict):
    cmd_id: Uuid
    state: Literal["accepted", "rejected", "pending"]
    task_id: NotRequired[Uuid]
    rev: NotRequired[Rev]
    code: NotRequired[Code]
    detail: NotRequired[str]
    current_rev: NotRequired[Rev]
    conflicts: NotRequired[list[Conflict]]
    errors: NotRequired[list[Fault]]
    task: NotRequired[Task]


@final
class Outcomes(TypedDict):
    results: list[Outcome]


Seq = int
"""Position in the feed; grows and may have gaps"""


@final
class FeedTask(TypedDict):
    """A task was created or changed; it is shown as it is now"""

    seq: Seq
    kind: Literal["task"]
    task: Task


@final
class FeedGone(TypedDict):
    """A task was erased, or left for where the reader does not see it"""

    seq: Seq
    kind: Literal["gone"]
    task_id: Uuid
    room_id: RoomId


@final
class FeedRoom(TypedDict):
    """The reader joined or left a room with tasks"""

    seq: Seq
    kind: Literal["room_joined", "room_left"]
    room_id: RoomId


FeedItem = FeedTask | FeedGone | FeedRoom


@final
class Feed(TypedDict):
    data: list[FeedItem]
    next: Seq


Language = Literal["en", "ru"]


@final
class QuickAddText(TypedDict):
    text: str
    room_id: NotRequired[RoomId]
    lang: NotRequired[Language]
    tz: NotRequired[TimeZone]


@final
class QuickAddToken(TypedDict):
    kind: Literal["person", "due", "priority", "label"]
    start: int
    end: int
    text: str


@final
class QuickAddHints(TypedDict):
    tokens: list[QuickAddToken]
    due_text: NotRequired[str]
    due_ambiguous: bool
    due_otherwise: NotRequired[When]
    unknown_people: list[str]


@final
class QuickAdd(TypedDict):
    """A draft for TaskCreate; `hints` says how the line was read"""

    title: str
    assigned_to: NotRequired[UserId]
    due: NotRequired[When]
    priority: NotRequired[Priority]
    labels: NotRequired[Labels20]
    hints: QuickAddHints


@final
class Message(TypedDict):
    event_id: EventId
    room_id: RoomId
    sender: UserId
    ts: Timestamp
    type: str
    body: str
    thread: NotRequired[EventId]


@final
class MessagePage(TypedDict):
    data: list[Message]
    next_cursor: Cursor


MessageBody = str


@final
class MessageCreate(TypedDict):
    room_id: RoomId
    body: MessageBody
    formatted_body: NotRequired[str]
    thread: NotRequired[EventId]


@final
class CommentCreate(TypedDict):
    body: MessageBody
    formatted_body: NotRequired[str]


@final
class Notification(TypedDict):
    id: Uuid
    kind: NotificationKind
    at: Timestamp
    read_at: Timestamp | None
    actor: UserId | None
    task_id: Uuid
    key: TaskKey
    title: str
    room_id: RoomId
    rev: Rev
    reason: NotRequired[Reason]
    status: NotRequired[Slug]


@final
class NotificationPage(TypedDict):
    data: list[Notification]
    next_cursor: Cursor
    unread: int


@final
class MarkRead(TypedDict):
    ids: NotRequired[list[Uuid]]
    up_to: NotRequired[Timestamp]


@final
class AssigneeRight(TypedDict):
    user_id: UserId
    mode: Literal["direct", "request"]


@final
class RoomRights(TypedDict):
    """What the caller may do in the room"""

    create: bool
    configure: bool
    assignees: list[AssigneeRight]


@final
class RoomTasks(TypedDict):
    room_id: RoomId
    enabled: bool
    obstacle: NotRequired[Literal["encrypted_room_not_enabled", "forbidden"]]
    config: Config | None
    workflow: Workflow
    labels: list[Label]
    rights: RoomRights


@final
class RoomTasksPut(TypedDict):
    enabled: NotRequired[bool]
    prefix: NotRequired[str]
    create: NotRequired[Literal["member", "manager", "admin"]]
    assign: NotRequired[AssignRules]
    task_admins: NotRequired[People50]
    line_manager_edits: NotRequired[bool]
    non_member: NotRequired[Literal["invite", "reject"]]
    compat: NotRequired[Literal["off", "card"]]
    announce: NotRequired[Literal["all", "important", "none"]]
    labels: NotRequired[list[Label]]
    workflow: NotRequired[Workflow]


ReminderTimes = list[int]
"""Minutes before the due time"""


@final
class Settings(TypedDict):
    lang: Language
    tz: TimeZone
    digest_hour: int | None
    reminders: ReminderTimes


@final
class SettingsPut(TypedDict):
    lang: NotRequired[Language]
    tz: NotRequired[TimeZone]
    digest_hour: NotRequired[int | None]
    reminders: NotRequired[ReminderTimes]


CalendarCreate = TypedDict(
    "CalendarCreate",
    {
        "scope": NotRequired[Literal["assigned", "assigned_by_me", "room"]],
        "room_id": NotRequired[RoomId],
        "as": NotRequired[Literal["VTODO", "VEVENT"]],
    },
)

Calendar = TypedDict(
    "Calendar",
    {
        "id": Uuid,
        "scope": Literal["assigned", "assigned_by_me", "room"],
        "room_id": NotRequired[RoomId],
        "as": Literal["VTODO", "VEVENT"],
        "created_at": Timestamp,
    },
)


@final
class NewCalendar(TypedDict):
    id: Uuid
    url: str


@final
class Calendars(TypedDict):
    data: list[Calendar]


@final
class DelegationCreate(TypedDict):
    bot: UserId
    expires_at: NotRequired[Timestamp]


@final
class Delegation(TypedDict):
    id: Uuid
    bot: UserId
    created_at: Timestamp
    expires_at: Timestamp


@final
class NewDelegation(TypedDict):
    id: Uuid
    bot: UserId
    token: str
    created_at: Timestamp
    expires_at: Timestamp


@final
class Delegations(TypedDict):
    data: list[Delegation]


Role = Literal["admin", "manager", "member", "guest", "bot"]


@final
class User(TypedDict):
    user_id: UserId
    display_name: str | None
    email: str | None
    role: Role
    unit: str | None
    reports_to: UserId | None
    active: bool


@final
class UserPage(TypedDict):
    data: list[User]
    next_cursor: Cursor


UnitId = str


@final
class UserPut(TypedDict):
    password: NotRequired[str]
    display_name: NotRequired[str]
    email: NotRequired[str | None]
    role: NotRequired[Role]
    unit: NotRequired[UnitId | None]
    reports_to: NotRequired[UserId | None]
    active: NotRequired[bool]


@final
class UserPutAnswer(TypedDict):
    user_id: UserId
    display_name: str | None
    email: str | None
    role: Role
    unit: str | None
    reports_to: UserId | None
    active: bool
    access_token: NotRequired[str]


@final
class Unit(TypedDict):
    id: UnitId
    name: str
    parent: NotRequired[UnitId | None]
    head: NotRequired[UserId | None]


@final
class OrgPerson(TypedDict):
    user_id: UserId
    unit: NotRequired[UnitId | None]
    reports_to: NotRequired[UserId | None]


@final
class Organisation(TypedDict):
    units: list[Unit]
    people: list[OrgPerson]


@final
class RoomGrant(TypedDict):
    room_id: RoomId
    operations: list[GrantedOperation]


@final
class Grants(TypedDict):
    grants: list[RoomGrant]


@final
class IndexRequest(TypedDict):
    action: Literal["verify", "rebuild"]
    room_id: NotRequired[RoomId]


@final
class IndexDifference(TypedDict):
    task_id: Uuid
    problem: Literal["missing", "surplus", "behind", "ahead", "different"]
    index_rev: Rev | None
    log_rev: Rev | None


@final
class IndexReport(TypedDict):
    equal: bool
    differences: list[IndexDifference]


@final
class SocketTask(TypedDict):
    """`task_created` and `task_updated`; drop what has a `rev` that is not newer than the one
    known
    """

    seq: Seq
    rev: Rev
    task: Task


@final
class SocketGone(TypedDict):
    """`task_gone`"""

    seq: Seq
    task_id: Uuid
    room_id: RoomId


@final
class SocketMessage(TypedDict):
    """`send_message`"""

    room_id: RoomId
    body: MessageBody
    txn_id: NotRequired[str]


@final
class SocketSubscribe(TypedDict):
    """`subscribe`: only these rooms from now on"""

    room_ids: list[RoomId]


@final
class SocketResume(TypedDict):
    """`resume`"""

    since: Seq
