-- Every table of the homeserver, as SQLite spells it. Written by
-- `python -m homeserver.storage.migrations`; a test compares it with the revisions.
-- What the columns mean stands in homeserver/storage/tables.py.

CREATE TABLE log (
    position INTEGER NOT NULL,
    prev INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    kind TEXT NOT NULL,
    room INTEGER,
    user_id TEXT,
    data BLOB,
    PRIMARY KEY (position)
);

CREATE TABLE client_txn (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    path TEXT NOT NULL,
    txn_id TEXT NOT NULL,
    answer BLOB NOT NULL,
    ts INTEGER NOT NULL,
    PRIMARY KEY (user_id, device_id, path, txn_id)
);
CREATE INDEX client_txn_ts ON client_txn (ts);

CREATE TABLE room (
    nid INTEGER NOT NULL,
    room_id TEXT NOT NULL,
    room_version TEXT NOT NULL,
    version INTEGER NOT NULL,
    extremities BLOB NOT NULL,
    creator TEXT NOT NULL,
    is_public SMALLINT DEFAULT '0' NOT NULL,
    created_ts INTEGER NOT NULL,
    claim_process TEXT,
    claim_until INTEGER,
    PRIMARY KEY (nid),
    UNIQUE (room_id)
);
CREATE INDEX room_public ON room (nid) WHERE is_public = 1;

CREATE TABLE event (
    nid INTEGER NOT NULL,
    room INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    type TEXT NOT NULL,
    state_key TEXT,
    sender TEXT NOT NULL,
    status SMALLINT DEFAULT '0' NOT NULL,
    place SMALLINT DEFAULT '0' NOT NULL,
    ord_pos INTEGER,
    ord_minor INTEGER,
    state_id INTEGER,
    notify SMALLINT DEFAULT '0' NOT NULL,
    thread TEXT,
    relates_to TEXT,
    rel_type TEXT,
    replaces INTEGER,
    redacted_by INTEGER,
    txn_device TEXT,
    txn_id TEXT,
    depth INTEGER NOT NULL,
    origin_server_ts INTEGER NOT NULL,
    json BLOB NOT NULL,
    PRIMARY KEY (nid),
    UNIQUE (event_id),
    UNIQUE (room, ord_pos, ord_minor)
);
CREATE INDEX event_forked ON event (room, ord_pos) WHERE state_id IS NOT NULL;
CREATE INDEX event_notify ON event (room, ord_pos) WHERE notify > 0;
CREATE INDEX event_redacted ON event (room, redacted_by) WHERE redacted_by IS NOT NULL;
CREATE INDEX event_relations ON event (relates_to, rel_type) WHERE relates_to IS NOT NULL;
CREATE INDEX event_sender ON event (room, sender, ord_pos);
CREATE INDEX event_thread ON event (room, thread, ord_pos) WHERE thread IS NOT NULL;
CREATE INDEX event_ts ON event (room, origin_server_ts);

CREATE TABLE early_redaction (
    event_id TEXT NOT NULL,
    room INTEGER NOT NULL,
    redaction INTEGER NOT NULL,
    PRIMARY KEY (event_id, redaction)
);

CREATE TABLE room_state (
    room INTEGER NOT NULL,
    type TEXT NOT NULL,
    state_key TEXT NOT NULL,
    from_pos INTEGER NOT NULL,
    to_pos INTEGER,
    event_nid INTEGER,
    PRIMARY KEY (room, type, state_key, from_pos)
);
CREATE INDEX room_state_current ON room_state (room, to_pos) WHERE to_pos IS NULL;
CREATE INDEX room_state_from ON room_state (room, from_pos);

CREATE TABLE state (
    id INTEGER NOT NULL,
    room INTEGER NOT NULL,
    base_pos INTEGER,
    base_id INTEGER,
    entries BLOB NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX state_room ON state (room);

CREATE TABLE gap (
    room INTEGER NOT NULL,
    anchor_pos INTEGER NOT NULL,
    low_minor INTEGER NOT NULL,
    missing_event_ids BLOB NOT NULL,
    PRIMARY KEY (room, anchor_pos)
);

CREATE TABLE membership (
    room INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    membership TEXT NOT NULL,
    sender TEXT NOT NULL,
    event_nid INTEGER NOT NULL,
    position INTEGER NOT NULL,
    forgotten SMALLINT DEFAULT '0' NOT NULL,
    PRIMARY KEY (room, user_id)
);
CREATE INDEX membership_user ON membership (user_id, membership);

CREATE TABLE alias (
    alias TEXT NOT NULL,
    room INTEGER NOT NULL,
    creator TEXT NOT NULL,
    PRIMARY KEY (alias)
);
CREATE INDEX alias_room ON alias (room);

CREATE TABLE receipt (
    room INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    type TEXT NOT NULL,
    thread TEXT NOT NULL,
    event_id TEXT NOT NULL,
    ord_pos INTEGER NOT NULL,
    ord_minor INTEGER NOT NULL,
    ts INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (room, user_id, type, thread)
);
CREATE INDEX receipt_position ON receipt (room, position);

CREATE TABLE notification (
    user_id TEXT NOT NULL,
    room INTEGER NOT NULL,
    thread TEXT NOT NULL,
    ord_pos INTEGER NOT NULL,
    ord_minor INTEGER NOT NULL,
    event_nid INTEGER NOT NULL,
    notify SMALLINT DEFAULT '0' NOT NULL,
    highlight SMALLINT DEFAULT '0' NOT NULL,
    PRIMARY KEY (user_id, room, ord_pos, ord_minor)
);
CREATE INDEX notification_event ON notification (event_nid);

CREATE TABLE account_data (
    user_id TEXT NOT NULL,
    room INTEGER NOT NULL,
    type TEXT NOT NULL,
    content BLOB,
    position INTEGER NOT NULL,
    PRIMARY KEY (user_id, room, type)
);
CREATE INDEX account_data_position ON account_data (user_id, position);

CREATE TABLE filter (
    user_id TEXT NOT NULL,
    filter_id TEXT NOT NULL,
    json BLOB NOT NULL,
    PRIMARY KEY (user_id, filter_id)
);

CREATE TABLE account (
    user_id TEXT NOT NULL,
    password_hash TEXT,
    admin SMALLINT DEFAULT '0' NOT NULL,
    active SMALLINT DEFAULT '1' NOT NULL,
    must_change_password SMALLINT DEFAULT '0' NOT NULL,
    kind TEXT NOT NULL,
    appservice_id TEXT,
    created_ts INTEGER NOT NULL,
    custom_push_from INTEGER,
    PRIMARY KEY (user_id)
);

CREATE TABLE profile (
    user_id TEXT NOT NULL,
    field TEXT NOT NULL,
    value BLOB NOT NULL,
    search TEXT,
    PRIMARY KEY (user_id, field)
);

CREATE TABLE device (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    display_name TEXT,
    created_ts INTEGER NOT NULL,
    last_seen_ts INTEGER,
    last_seen_ip TEXT,
    PRIMARY KEY (user_id, device_id)
);

CREATE TABLE access_token (
    jti TEXT NOT NULL,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    expires_ts INTEGER,
    PRIMARY KEY (jti)
);
CREATE INDEX access_token_device ON access_token (user_id, device_id);

CREATE TABLE refresh_token (
    token_hash TEXT NOT NULL,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    parent_hash TEXT,
    jti TEXT NOT NULL,
    used SMALLINT DEFAULT '0' NOT NULL,
    created_ts INTEGER NOT NULL,
    PRIMARY KEY (token_hash)
);
CREATE INDEX refresh_token_device ON refresh_token (user_id, device_id);

CREATE TABLE login_token (
    token_hash TEXT NOT NULL,
    user_id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    expires_ts INTEGER NOT NULL,
    PRIMARY KEY (token_hash)
);
CREATE INDEX login_token_user ON login_token (user_id);

CREATE TABLE uia_session (
    session_id TEXT NOT NULL,
    operation TEXT NOT NULL,
    request BLOB NOT NULL,
    completed BLOB NOT NULL,
    created_ts INTEGER NOT NULL,
    PRIMARY KEY (session_id)
);

CREATE TABLE attempt (
    "key" TEXT NOT NULL,
    full_ts INTEGER NOT NULL,
    PRIMARY KEY ("key")
);

CREATE TABLE media (
    media_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    content_hash TEXT,
    content_type TEXT,
    upload_name TEXT,
    size INTEGER,
    created_ts INTEGER NOT NULL,
    PRIMARY KEY (media_id)
);
CREATE INDEX media_hash ON media (content_hash);
CREATE INDEX media_user ON media (user_id);

CREATE TABLE appservice_cursor (
    appservice_id TEXT NOT NULL,
    acked INTEGER NOT NULL,
    txn_id INTEGER NOT NULL,
    to_pos INTEGER,
    PRIMARY KEY (appservice_id)
);

CREATE TABLE setting (
    "key" TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY ("key")
);
