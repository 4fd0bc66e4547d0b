-- What was learned of how long ways take. Rows are only ever added; the newest version is used.
create table arrival_model (
    market_id {{text}} not null,
    version {{int}} not null check (version > 0),
    learned_at_us {{int}} not null,
    learned_by {{text}} not null,
    trips {{int}} not null,
    model {{text}} not null,
    primary key (market_id, version)
) {{wide_table_options}};
