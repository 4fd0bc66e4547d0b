-- Who may do what, what they did, and what became of dead letters.

create table api_key (
    key_id {{text}} primary key,
    secret_hash {{bytes}} not null,
    role {{text}} not null check (role in ('operator', 'finance', 'courier')),
    courier_id {{text}},
    label {{text}} not null,
    created_at_us {{int}} not null,
    revoked_at_us {{int}}
) {{table_options}};

create unique index api_key_secret on api_key (secret_hash);

-- Every money action: who, what, when, before, after. Rows are only ever added.
create table audit (
    audit_id {{text}} primary key,
    at_us {{int}} not null,
    actor {{text}} not null,
    action {{text}} not null,
    subject {{text}} not null,
    before_state {{text}} not null,
    after_state {{text}} not null
) {{table_options}};

create index audit_at on audit (at_us);

-- The letters themselves stand in the log; here is only what a person or a later event did.
create table dead_letter (
    letter_id {{text}} primary key,
    state {{text}} not null check (state in ('replayed', 'discarded', 'joined')),
    changed_at_us {{int}} not null,
    changed_by {{text}} not null
) {{table_options}};
