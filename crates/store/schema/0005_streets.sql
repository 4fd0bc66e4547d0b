-- Streets of a market: what the map draws, addresses are found on, and routes follow.

-- One stretch of a street between two junctions. House numbers are null where a side has none;
-- nodes are the junctions' numbers in the source. The geometry is pairs of latitude and longitude
-- in 1e-7 degrees, each 32 bits, little endian, in the direction of the house numbers.
create table street (
    market_id {{text}} not null,
    street_id {{text}} not null,
    name {{text}} not null,
    class {{text}} not null,
    left_first {{int}},
    left_last {{int}},
    right_first {{int}},
    right_last {{int}},
    zip {{text}},
    from_node {{int}},
    to_node {{int}},
    geometry {{bytes}} not null,
    primary key (market_id, street_id)
) {{wide_table_options}};
create index street_name on street (market_id, name);

-- What is there of a market's streets. The revision grows with each change: answers are cached
-- by it.
create table street_map (
    market_id {{text}} not null primary key,
    revision {{int}} not null,
    streets {{int}} not null,
    west_e7 {{int}},
    south_e7 {{int}},
    east_e7 {{int}},
    north_e7 {{int}}
) {{table_options}};
