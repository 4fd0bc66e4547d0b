-- What the accountant keeps: lifecycles, intervals, completions, and what a day came to.
-- Times are microseconds UTC, days are numbers of days since 1970-01-01, money is minor units.

create table market (
    market_id {{text}} primary key,
    time_zone {{text}} not null,
    currency {{text}} not null
) {{table_options}};

-- Versions of what couriers are paid and merchants charged; never changed, only added.
create table terms (
    market_id {{text}} not null,
    version {{int}} not null,
    effective_from_us {{int}} not null,
    terms {{text}} not null,
    created_at_us {{int}} not null,
    created_by {{text}} not null,
    primary key (market_id, version)
) {{table_options}};

-- One row a delivery: the set of its facts, and who carries it now.
create table delivery (
    market_id {{text}} not null,
    delivery_id {{text}} not null,
    facts {{bytes}} not null,
    open_courier_id {{text}},
    primary key (market_id, delivery_id)
) {{table_options}};

create index delivery_open on delivery (market_id, open_courier_id)
    where open_courier_id is not null;

-- One row for each day that a carried delivery touches. The completion stands on the last of them:
-- merchant_id is null on the days before it.
create table work_interval (
    market_id {{text}} not null,
    day {{int}} not null,
    courier_id {{text}} not null,
    delivery_id {{text}} not null,
    assigned_us {{int}},
    picked_up_us {{int}},
    delivered_us {{int}} not null,
    merchant_id {{text}},
    order_minor {{int}} not null,
    tip_minor {{int}} not null,
    distance_m {{int}} not null,
    primary key (market_id, day, courier_id, delivery_id)
) {{table_options}};

-- A merchant's day is read from this index alone.
create index work_interval_sales on work_interval (market_id, day, merchant_id, order_minor)
    where merchant_id is not null;

create table presence (
    market_id {{text}} not null,
    courier_id {{text}} not null,
    at_us {{int}} not null,
    source {{text}} not null,
    event_id {{text}} not null,
    online {{int}} not null,
    primary key (market_id, courier_id, at_us, source, event_id, online)
) {{table_options}};

-- A day exists once something happened on it; closed_at_us is set once, for good.
create table day (
    market_id {{text}} not null,
    day {{int}} not null,
    closed_at_us {{int}},
    closed_by {{text}},
    digest {{text}},
    primary key (market_id, day)
) {{table_options}};

create table statement (
    market_id {{text}} not null,
    day {{int}} not null,
    party_kind {{text}} not null check (party_kind in ('courier', 'merchant')),
    party_id {{text}} not null,
    totals {{text}} not null,
    body {{bytes}} not null,
    digest {{text}} not null,
    primary key (market_id, day, party_kind, party_id)
) {{wide_table_options}};

create table posting (
    market_id {{text}} not null,
    day {{int}} not null,
    subject {{text}} not null,
    kind {{text}} not null check (kind in ('pay', 'tip', 'sale', 'fee')),
    party {{text}} not null,
    revision {{int}} not null,
    debit {{text}} not null,
    credit {{text}} not null,
    amount_minor {{int}} not null check (amount_minor >= 0),
    primary key (market_id, day, subject, kind, party, revision)
) {{table_options}};

create table adjustment (
    market_id {{text}} not null,
    about_day {{int}} not null,
    party_kind {{text}} not null check (party_kind in ('courier', 'merchant')),
    party_id {{text}} not null,
    kind {{text}} not null check (kind in ('pay', 'tip', 'sale', 'fee')),
    revision {{int}} not null,
    book_day {{int}} not null,
    delivery_id {{text}},
    amount_minor {{int}} not null,
    reason {{text}} not null,
    created_at_us {{int}} not null,
    primary key (market_id, about_day, party_kind, party_id, kind, revision)
) {{table_options}};

create index adjustment_booked on adjustment (market_id, book_day, party_kind, party_id);

-- A delivery completed more than once, differently, and what was decided about it.
create table conflict (
    market_id {{text}} not null,
    delivery_id {{text}} not null,
    day {{int}} not null,
    state {{text}} not null check (state in ('open', 'resolved', 'by-policy')),
    told {{text}} not null,
    keep {{text}},
    considered {{text}},
    raised_at_us {{int}} not null,
    resolved_at_us {{int}},
    resolved_by {{text}},
    primary key (market_id, delivery_id)
) {{table_options}};

create index conflict_by_day on conflict (market_id, day);
