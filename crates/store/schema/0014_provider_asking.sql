-- How providers are asked. Times are microseconds UTC.

-- How much of what a provider allows is spent, by all processes together: from when on the next call
-- may be made. Changed in the lanes `allowance/NAME` only.
create table provider_allowance (
    name {{text}} not null primary key,
    next_at_us {{int}} not null
) {{table_options}};

-- How often in a row a provider was asked for a delivery that it did not know.
alter table provider_asked add column unknown {{int}} not null default 0;
