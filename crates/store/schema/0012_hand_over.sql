-- Deliveries that are handed over. Times are microseconds UTC. Changed in the lane
-- `dispatch/MARKET` only.

-- The provider that brings a delivery; none where a courier of ours does, or shall.
alter table dispatch add column provider {{text}};
-- Every provider that it was handed to, in order, parted by spaces.
alter table dispatch add column handed_to {{text}} not null default '';
create index dispatch_provider on dispatch (provider, delivery_id)
    where provider is not null and ended_at_us is null;

-- When a provider was last asked how a delivery stands; of '' when anybody here was last at work.
create table provider_asked (
    provider {{text}} not null,
    reference {{text}} not null,
    asked_at_us {{int}} not null,
    primary key (provider, reference)
) {{table_options}};

-- What was heard of last teaches how long a provider is usually silent.
create index provider_timeline_heard on provider_timeline (provider, heard_at_us);

-- Tasks that ask providers are taken by runners of their own, and each pool finds its first by its
-- own index, however many the other has.
drop index task_due;
create index task_due_telling on task (state, due_at_us, task_id)
    where is_next = 1 and substr(kind, 1, 9) <> 'provider.';
create index task_due_asking on task (state, due_at_us, task_id)
    where is_next = 1 and substr(kind, 1, 9) = 'provider.';

-- Of an order key those that wait are looked for. An index of more states would not be used: SQLite
-- does not see that one state is among several.
drop index task_order;
create index task_order on task (order_key, place, task_id) where state = 'waiting';
