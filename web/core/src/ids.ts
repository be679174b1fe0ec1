/** Matrix identifiers are strings on the wire; these names say which one is meant. */
export type UserId = string;
export type RoomId = string;
export type RoomAlias = string;
export type EventId = string;
export type DeviceId = string;
export type MxcUri = string;
/** A client transaction id, fixed when a send is queued and never changed afterwards. */
export type TxnId = string;

/** `~` + TxnId: names a message that the server has not acknowledged yet. */
export type LocalId = `~${string}`;
/** What a reply, edit, reaction or redaction may point at. */
export type TargetId = EventId | LocalId;

export function localId(txnId: TxnId): LocalId {
  return `~${txnId}`;
}

export function isLocalId(id: TargetId): id is LocalId {
  return id.startsWith("~");
}

/** The part between the sigil and the first colon; the whole id when it has no such form. */
export function localpartOf(id: string): string {
  const colon = id.indexOf(":");
  return id.slice(1, colon < 0 ? undefined : colon);
}

/** The server name of a user id or alias; "" when there is none (room ids of version 12). */
export function domainOf(id: string): string {
  const colon = id.indexOf(":");
  return colon < 0 ? "" : id.slice(colon + 1);
}
