-- Dispatch: who carries what. Times are microseconds UTC, places 1e-7 degrees. Everything but the
-- package and the courier's card is changed in the lane `dispatch/MARKET` only.

-- A courier's card, and whether they work now.
alter table courier add column name {{text}};
alter table courier add column phone {{text}};
alter table courier add column vehicle {{text}} not null default 'car';
alter table courier add column capacity {{int}} not null default 1;
alter table courier add column online {{int}} not null default 0;
alter table courier add column online_since_us {{int}};
create index courier_online on courier (market_id, courier_id) where online = 1;

-- What is carried, and for whom. Written once.
create table package (
    delivery_id {{text}} not null primary key,
    market_id {{text}} not null,
    merchant_id {{text}} not null,
    reference {{text}},
    origin_address {{text}},
    origin_lat_e7 {{int}} not null,
    origin_lng_e7 {{int}} not null,
    destination_address {{text}},
    destination_lat_e7 {{int}} not null,
    destination_lng_e7 {{int}} not null,
    size {{text}} not null,
    weight_g {{int}} not null check (weight_g >= 0),
    phone {{text}} not null,
    phone_as_told {{text}} not null,
    email {{text}},
    instructions {{text}},
    requested_at_us {{int}} not null,
    requested_by {{text}} not null,
    ready_at_us {{int}} not null,
    deliver_by_us {{int}},
    order_minor {{int}} not null check (order_minor >= 0),
    tip_minor {{int}} not null check (tip_minor >= 0),
    distance_m {{int}} not null check (distance_m >= 0)
) {{wide_table_options}};

-- The assignment and its state. `due_at_us` is its timer: when it must be looked at next, whatever
-- happened meanwhile to whoever should have.
create table dispatch (
    delivery_id {{text}} not null primary key,
    market_id {{text}} not null,
    merchant_id {{text}} not null,
    status {{text}} not null,
    since_us {{int}} not null,
    revision {{int}} not null check (revision > 0),
    courier_id {{text}},
    assigned_at_us {{int}},
    search_since_us {{int}} not null,
    rings {{int}} not null check (rings >= 0),
    due_at_us {{int}},
    attention {{text}},
    ended_at_us {{int}}
) {{table_options}};
create index dispatch_open on dispatch (market_id, delivery_id) where ended_at_us is null;
create index dispatch_carried on dispatch (courier_id, delivery_id)
    where courier_id is not null and ended_at_us is null;
create index dispatch_merchant on dispatch (merchant_id, delivery_id);
create index dispatch_attention on dispatch (market_id, delivery_id) where attention is not null;

-- Every state a delivery was in, in order. Rows are only ever added.
create table dispatch_step (
    delivery_id {{text}} not null,
    revision {{int}} not null,
    status {{text}} not null,
    courier_id {{text}},
    at_us {{int}} not null,
    recorded_at_us {{int}} not null,
    actor {{text}} not null,
    reason {{text}},
    primary key (delivery_id, revision)
) {{table_options}};

-- Who was asked to take it. One row for each delivery and courier, however often they were asked.
create table offer (
    delivery_id {{text}} not null,
    courier_id {{text}} not null,
    state {{text}} not null
        check (state in ('open', 'accepted', 'declined', 'expired', 'lost', 'withdrawn')),
    offered_at_us {{int}} not null,
    expires_at_us {{int}} not null,
    answered_at_us {{int}},
    distance_m {{int}} not null,
    pickup_s {{int}} not null,
    asked {{int}} not null,
    primary key (delivery_id, courier_id)
) {{table_options}};
create index offer_open on offer (courier_id, delivery_id) where state = 'open';

-- What this installation knows and nobody else: links are signed with it.
create table secret (
    name {{text}} not null primary key,
    value {{bytes}} not null
) {{table_options}};

-- Keys may now be a merchant's. The check stands in the table, so the table is made again.
create table api_key_with_merchant (
    key_id {{text}} primary key,
    secret_hash {{bytes}} not null,
    role {{text}} not null
        check (role in ('operator', 'finance', 'courier', 'gateway', 'merchant')),
    courier_id {{text}},
    merchant_id {{text}},
    label {{text}} not null,
    created_at_us {{int}} not null,
    revoked_at_us {{int}}
) {{table_options}};
insert into api_key_with_merchant
    (key_id, secret_hash, role, courier_id, label, created_at_us, revoked_at_us)
    select key_id, secret_hash, role, courier_id, label, created_at_us, revoked_at_us from api_key;
drop table api_key;
alter table api_key_with_merchant rename to api_key;
create unique index api_key_secret on api_key (secret_hash);
create index api_key_revoked on api_key (revoked_at_us) where revoked_at_us is not null;
