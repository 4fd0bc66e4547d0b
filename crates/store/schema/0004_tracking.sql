-- Couriers and where they were. Times are microseconds UTC.

-- Who may be seen on the map, and in which market, for good.
create table courier (
    courier_id {{text}} not null primary key,
    market_id {{text}} not null,
    registered_at_us {{int}} not null
) {{table_options}};
create index courier_market on courier (market_id, courier_id);

-- Newest positions, written now and then: couriers of a market by a hash of their id, as one
-- binary batch of pings. What came later stands in the log.
create table position_snapshot (
    market_id {{text}} not null,
    bucket {{int}} not null check (bucket >= 0),
    taken_at_us {{int}} not null,
    pings {{bytes}} not null,
    primary key (market_id, bucket)
) {{wide_table_options}};

-- Keys may now be a gateway's. The check stands in the table, so the table is made again.
create table api_key_with_gateway (
    key_id {{text}} primary key,
    secret_hash {{bytes}} not null,
    role {{text}} not null check (role in ('operator', 'finance', 'courier', 'gateway')),
    courier_id {{text}},
    label {{text}} not null,
    created_at_us {{int}} not null,
    revoked_at_us {{int}}
) {{table_options}};
insert into api_key_with_gateway
    (key_id, secret_hash, role, courier_id, label, created_at_us, revoked_at_us)
    select key_id, secret_hash, role, courier_id, label, created_at_us, revoked_at_us from api_key;
drop table api_key;
alter table api_key_with_gateway rename to api_key;
create unique index api_key_secret on api_key (secret_hash);

-- Whether any key was revoked since is asked every second.
create index api_key_revoked on api_key (revoked_at_us) where revoked_at_us is not null;
