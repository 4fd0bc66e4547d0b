-- Stock and orders. Times are microseconds UTC, places 1e-7 degrees, money minor units. Items and
-- centres change in the lane `catalog` only; stock, movements and orders in the lanes of their
-- centres. A centre belongs to one of a few stock lanes of its market, for good.

-- What can be had, everywhere the same. Numbers are ours, small, and never given twice.
create table item (
    item_no {{int}} not null primary key,
    item_id {{text}} not null,
    name {{text}} not null,
    category {{text}} not null,
    class {{text}} not null check (class in ('strict', 'tolerant')),
    oversell_max {{int}} not null check (oversell_max >= 0),
    weight_g {{int}} not null check (weight_g >= 0),
    revision {{int}} not null check (revision > 0),
    check (class = 'tolerant' or oversell_max = 0)
) {{table_options}};
create unique index item_id on item (item_id);
create index item_category on item (category, item_no);

-- What it costs, market by market. Without a price an item cannot be ordered there.
create table item_price (
    market_id {{text}} not null,
    item_no {{int}} not null,
    price_minor {{int}} not null check (price_minor >= 0),
    primary key (market_id, item_no)
) {{table_options}};

-- A stock lane: `stock/MARKET/BUCKET`. What happens in one is numbered without gaps.
create table stock_lane (
    lane_no {{int}} not null primary key,
    market_id {{text}} not null,
    bucket {{int}} not null
) {{table_options}};
create unique index stock_lane_bucket on stock_lane (market_id, bucket);

-- Where things are. `hours` is its week, as it was told.
create table center (
    center_no {{int}} not null primary key,
    center_id {{text}} not null,
    market_id {{text}} not null,
    merchant_id {{text}} not null,
    lane_no {{int}} not null,
    name {{text}} not null,
    address {{text}},
    lat_e7 {{int}} not null,
    lng_e7 {{int}} not null,
    hours {{text}} not null,
    is_closed {{int}} not null check (is_closed in (0, 1)),
    revision {{int}} not null check (revision > 0)
) {{table_options}};
create unique index center_id on center (center_id);
create index center_market on center (market_id, center_no);

-- How much of what is free to be ordered where: the sum of its movements. Below zero only of a
-- tolerant item. `last_seq` and `last_line` name its newest movement.
create table stock (
    center_no {{int}} not null,
    item_no {{int}} not null,
    quantity {{int}} not null,
    revision {{int}} not null check (revision > 0),
    last_seq {{int}} not null,
    last_line {{int}} not null,
    primary key (center_no, item_no)
) {{table_options}};

-- Every change of a quantity; rows are only ever added. The number is that of the announcement in
-- the lane, so that movements follow one another in the file. Those of one stock row are a chain:
-- each names the one before it, the first none, and counts on from its revision and quantity.
create table movement (
    lane_no {{int}} not null,
    seq {{int}} not null,
    line {{int}} not null,
    center_no {{int}} not null,
    item_no {{int}} not null,
    kind {{text}} not null
        check (kind in ('received', 'counted', 'written_off', 'moved', 'ordered', 'returned')),
    delta {{int}} not null,
    quantity {{int}} not null,
    revision {{int}} not null,
    before_seq {{int}},
    before_line {{int}},
    cause {{text}} not null,
    at_us {{int}} not null,
    primary key (lane_no, seq, line)
) {{table_options}};

-- What somebody entered by hand or machine: the cause of movements that no order made.
create table stock_entry (
    movement_id {{text}} not null primary key,
    market_id {{text}} not null,
    kind {{text}} not null check (kind in ('receive', 'count', 'write_off', 'transfer')),
    reference {{text}},
    reason {{text}},
    entered_by {{text}} not null,
    entered_at_us {{int}} not null
) {{table_options}};

-- What somebody wants and has: `reserved` until it is confirmed, released or over; then `placed`,
-- until every part of it has ended. Changed in the lanes of all its centres.
create table orders (
    order_id {{text}} not null primary key,
    market_id {{text}} not null,
    status {{text}} not null
        check (status in ('reserved', 'released', 'placed', 'cancelled')),
    request_key {{text}} not null,
    fingerprint {{bytes}} not null,
    customer {{bytes}} not null,
    parts {{bytes}} not null,
    total_minor {{int}} not null check (total_minor >= 0),
    ordered_by {{text}} not null,
    ordered_at_us {{int}} not null,
    expires_at_us {{int}},
    payment {{text}},
    revision {{int}} not null check (revision > 0),
    check ((status = 'reserved') = (expires_at_us is not null))
) {{wide_table_options}};
create unique index orders_request on orders (request_key);
create index orders_expiring on orders (market_id, expires_at_us) where expires_at_us is not null;

-- More was sold than there was: somebody must say sorry. One for each order and stock row.
create table apology (
    order_id {{text}} not null,
    center_no {{int}} not null,
    item_no {{int}} not null,
    market_id {{text}} not null,
    units {{int}} not null check (units > 0),
    noticed_at_us {{int}} not null,
    settled_at_us {{int}},
    settled_by {{text}},
    words {{text}},
    primary key (order_id, center_no, item_no),
    check ((settled_at_us is null) = (settled_by is null))
) {{table_options}};
create index apology_open on apology (market_id, noticed_at_us) where settled_at_us is null;

-- Keys may now be a shop's, to be given to browsers. The check stands in the table, so the table is
-- made again.
create table api_key_with_shop (
    key_id {{text}} primary key,
    secret_hash {{bytes}} not null,
    role {{text}} not null
        check (role in ('operator', 'finance', 'courier', 'gateway', 'merchant', 'shop')),
    courier_id {{text}},
    merchant_id {{text}},
    label {{text}} not null,
    created_at_us {{int}} not null,
    revoked_at_us {{int}}
) {{table_options}};
insert into api_key_with_shop
    (key_id, secret_hash, role, courier_id, merchant_id, label, created_at_us, revoked_at_us)
    select key_id, secret_hash, role, courier_id, merchant_id, label, created_at_us, revoked_at_us
    from api_key;
drop table api_key;
alter table api_key_with_shop rename to api_key;
create unique index api_key_secret on api_key (secret_hash);
create index api_key_revoked on api_key (revoked_at_us) where revoked_at_us is not null;
