-- Deliveries that are handed over. Times are microseconds UTC. Changed in the lane
-- `dispatch/MARKET` only.

-- The provider that brings a delivery; none where a courier of ours does, or shall.
alter table dispatch add column provider {{text}};
-- Every provider that it was handed to, in order, parted by spaces.
alter table dispatch add column handed_to {{text}} not null default '';
create index dispatch_provider on dispatch (provider, delivery_id)
    where provider is not null and ended_at_us is null;
