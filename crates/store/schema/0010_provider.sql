-- What other providers told of deliveries, and which of ours they are. Times are microseconds UTC.
-- Changed in the lane `provider` only.

-- All that is known of one delivery of a provider, and what it amounts to: what stands beside the
-- events is computed from them, so that lists and polls need not.
create table provider_timeline (
    provider {{text}} not null,
    reference {{text}} not null,
    events {{bytes}} not null,
    status {{text}},
    status_at_us {{int}},
    attempt {{int}} not null check (attempt > 0),
    conflict {{int}} not null check (conflict in (0, 1)),
    flagged {{int}} not null check (flagged >= 0),
    is_ended {{int}} not null check (is_ended in (0, 1)),
    heard_at_us {{int}} not null,
    primary key (provider, reference)
) {{wide_table_options}};
create index provider_timeline_open on provider_timeline (provider, heard_at_us)
    where is_ended = 0;

-- Which delivery of ours a provider's is. A delivery may have been given to several, one after the
-- other: `number` counts them from 1. `followed` was booked elsewhere and is nothing of dispatch's.
-- `told_status` is what was announced last, and `revision` counts announcements.
create table provider_booking (
    delivery_id {{text}} not null,
    number {{int}} not null check (number > 0),
    provider {{text}} not null,
    reference {{text}},
    market_id {{text}} not null,
    merchant_id {{text}} not null,
    state {{text}} not null
        check (state in ('followed', 'wanted', 'booked', 'refused', 'ended')),
    told_status {{text}},
    revision {{int}} not null check (revision >= 0),
    created_at_us {{int}} not null,
    created_by {{text}} not null,
    changed_at_us {{int}} not null,
    primary key (delivery_id, number)
) {{table_options}};
create unique index provider_booking_reference on provider_booking (provider, reference)
    where reference is not null;
create index provider_booking_state on provider_booking (state, changed_at_us)
    where state in ('wanted', 'booked');
