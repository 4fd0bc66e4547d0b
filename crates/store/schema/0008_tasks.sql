-- Work that may fail, and whom to tell. Times are microseconds UTC. Tasks change in the lane `tasks`
-- only, subscriptions in the lane `subscriptions`.

-- `due_at_us` is when somebody may take it: its time has come, or the lease of whoever took it has
-- ended. `is_next` is 1 while it is open and nothing of its order key is open before it.
create table task (
    task_id {{text}} not null primary key,
    kind {{text}} not null,
    owner {{text}} not null,
    dedupe_key {{text}} not null,
    order_key {{text}},
    place {{int}} not null,
    payload {{bytes}} not null,
    state {{text}} not null check (state in ('waiting', 'running', 'done', 'parked')),
    is_next {{int}} not null check (is_next in (0, 1)),
    due_at_us {{int}} not null,
    attempts {{int}} not null check (attempts >= 0),
    attempts_max {{int}} not null check (attempts_max > 0),
    lease_owner {{text}},
    fence {{int}} not null check (fence >= 0),
    last_error {{text}},
    created_at_us {{int}} not null,
    ended_at_us {{int}},
    check ((state in ('done', 'parked')) = (ended_at_us is not null)),
    check ((state = 'running') = (lease_owner is not null)),
    check (is_next = 0 or state in ('waiting', 'running'))
) {{wide_table_options}};
create unique index task_dedupe on task (dedupe_key);
create index task_due on task (state, due_at_us, task_id) where is_next = 1;
create index task_running on task (owner) where state = 'running';
create index task_order on task (order_key, place, task_id)
    where order_key is not null and state in ('waiting', 'running');
create index task_open on task (state, created_at_us) where state <> 'done';
create index task_owner on task (owner, task_id);
create index task_done on task (ended_at_us) where state = 'done';

-- Whose tasks rest for a while, because theirs have failed.
create table task_rest (
    owner {{text}} not null primary key,
    failures {{int}} not null check (failures > 0),
    until_us {{int}} not null
) {{table_options}};

-- Every attempt of a task that is still kept.
create table task_attempt (
    task_id {{text}} not null,
    attempt {{int}} not null,
    owner {{text}} not null,
    began_at_us {{int}} not null,
    took_us {{int}} not null,
    outcome {{text}} not null,
    detail {{text}} not null,
    primary key (task_id, attempt)
) {{table_options}};
create index task_attempt_owner on task_attempt (owner, began_at_us, task_id, attempt);

-- Who is told of what by webhook. A secret is kept as it is: each message is signed with it.
create table subscription (
    subscription_id {{text}} not null primary key,
    url {{text}} not null,
    market_id {{text}},
    merchant_id {{text}},
    types {{text}} not null,
    label {{text}} not null,
    is_ordered {{int}} not null check (is_ordered in (0, 1)),
    secret {{bytes}} not null,
    secret_before {{bytes}},
    secret_before_until_us {{int}},
    disabled_because {{text}},
    disabled_at_us {{int}},
    created_at_us {{int}} not null,
    created_by {{text}} not null,
    check ((disabled_because is null) = (disabled_at_us is null)),
    check ((secret_before is null) = (secret_before_until_us is null))
) {{table_options}};
create index subscription_merchant on subscription (merchant_id, subscription_id);
