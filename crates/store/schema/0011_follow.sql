-- Other nodes that this one follows. Times are microseconds UTC. Both change in the lane `follow` only.

-- How far a partition of another node's log was pulled. `digest` is of the record before
-- `next_offset`: where the other has another one there, it is another log, and is pulled from its
-- beginning. `markets` are those whose facts were taken, by name, parted by spaces.
create table followed (
    source {{text}} not null,
    topic {{text}} not null,
    partition {{int}} not null check (partition >= 0),
    next_offset {{int}} not null check (next_offset >= 0),
    digest {{text}} not null,
    end_offset {{int}} not null,
    markets {{text}} not null,
    answered_at_us {{int}} not null,
    primary key (source, topic, partition)
) {{table_options}};

-- What stands in our own log because it was pulled: it is not given on. Half open.
create table pulled (
    topic {{text}} not null,
    partition {{int}} not null check (partition >= 0),
    first_offset {{int}} not null check (first_offset >= 0),
    end_offset {{int}} not null,
    primary key (topic, partition, first_offset),
    check (end_offset > first_offset)
) {{table_options}};
create unique index pulled_end on pulled (topic, partition, end_offset);
