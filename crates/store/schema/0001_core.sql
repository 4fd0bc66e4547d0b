-- What every capability stands on. Times are microseconds UTC.

-- One row per lane: taking it is the lock, and its number is the number of the outbox rows.
create table lane (
    lane_id {{text}} not null primary key,
    last_seq {{int}} not null,
    forgotten_seq {{int}} not null,
    check (0 <= forgotten_seq and forgotten_seq <= last_seq)
) {{table_options}};

-- What happened in a lane, for whoever tells others: without a gap from forgotten_seq + 1.
create table outbox (
    lane_id {{text}} not null,
    seq {{int}} not null check (seq > 0),
    kind {{text}} not null,
    subject {{text}} not null,
    payload {{bytes}} not null,
    announced_at_us {{int}} not null,
    primary key (lane_id, seq)
) {{wide_table_options}};

-- What must happen later.
create table timer (
    timer_id {{text}} not null primary key,
    due_at_us {{int}} not null,
    kind {{text}} not null,
    payload {{bytes}} not null
) {{table_options}};
create index timer_due on timer (due_at_us, timer_id);
create index timer_kind_due on timer (kind, due_at_us, timer_id);

-- How far each consumer has read, committed together with what the reading changed.
create table cursor (
    consumer {{text}} not null,
    topic {{text}} not null,
    partition {{int}} not null check (partition >= 0),
    next_offset {{int}} not null check (next_offset >= 0),
    newest_event_time_us {{int}},
    updated_at_us {{int}} not null,
    primary key (consumer, topic, partition)
) {{table_options}};

-- What was answered to a request that may come again.
create table idempotency_key (
    scope {{text}} not null,
    key {{text}} not null,
    fingerprint {{bytes}} not null,
    status {{text}} not null check (status in ('running', 'done')),
    response {{bytes}},
    created_at_us {{int}} not null,
    expires_at_us {{int}} not null,
    primary key (scope, key),
    check ((status = 'done') = (response is not null))
) {{wide_table_options}};
create index idempotency_key_expires on idempotency_key (expires_at_us);
