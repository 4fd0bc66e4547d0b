-- What providers carried is settled: its completions, what they charge, and what they are owed. Times
-- are microseconds UTC, money is minor units.

-- A completion by a provider is a row without a courier: courier_id is '' and no time is paid. What
-- the provider charges is null where it did not say.
alter table work_interval add column provider {{text}};
alter table work_interval add column cost_minor {{int}};

-- What a provider said that a booking costs, and what the one that brings a delivery charges.
alter table provider_booking add column fee_minor {{int}};
alter table dispatch add column fee_minor {{int}};

-- Parties and figures are checked where they are written, and a check cannot be widened in place:
-- the tables are written anew.
alter table statement rename to statement_before;
create table statement (
    market_id {{text}} not null,
    day {{int}} not null,
    party_kind {{text}} not null check (party_kind in ('courier', 'merchant', 'provider')),
    party_id {{text}} not null,
    totals {{text}} not null,
    body {{bytes}} not null,
    digest {{text}} not null,
    primary key (market_id, day, party_kind, party_id)
) {{wide_table_options}};
insert into statement (market_id, day, party_kind, party_id, totals, body, digest)
    select market_id, day, party_kind, party_id, totals, body, digest from statement_before;
drop table statement_before;

alter table posting rename to posting_before;
create table posting (
    market_id {{text}} not null,
    day {{int}} not null,
    subject {{text}} not null,
    kind {{text}} not null check (kind in ('pay', 'tip', 'sale', 'fee', 'cost')),
    party {{text}} not null,
    revision {{int}} not null,
    debit {{text}} not null,
    credit {{text}} not null,
    amount_minor {{int}} not null check (amount_minor >= 0),
    primary key (market_id, day, subject, kind, party, revision)
) {{table_options}};
insert into posting (market_id, day, subject, kind, party, revision, debit, credit, amount_minor)
    select market_id, day, subject, kind, party, revision, debit, credit, amount_minor
    from posting_before;
drop table posting_before;

drop index adjustment_booked;
alter table adjustment rename to adjustment_before;
create table adjustment (
    market_id {{text}} not null,
    about_day {{int}} not null,
    party_kind {{text}} not null check (party_kind in ('courier', 'merchant', 'provider')),
    party_id {{text}} not null,
    kind {{text}} not null check (kind in ('pay', 'tip', 'sale', 'fee', 'cost')),
    revision {{int}} not null,
    book_day {{int}} not null,
    delivery_id {{text}},
    amount_minor {{int}} not null,
    reason {{text}} not null,
    created_at_us {{int}} not null,
    primary key (market_id, about_day, party_kind, party_id, kind, revision)
) {{table_options}};
insert into adjustment (market_id, about_day, party_kind, party_id, kind, revision, book_day,
        delivery_id, amount_minor, reason, created_at_us)
    select market_id, about_day, party_kind, party_id, kind, revision, book_day, delivery_id,
        amount_minor, reason, created_at_us
    from adjustment_before;
drop table adjustment_before;
create index adjustment_booked on adjustment (market_id, book_day, party_kind, party_id);

-- Which deliveries a person must decide about: few among all.
create index provider_timeline_disputed on provider_timeline (provider, reference)
    where conflict = 1;
