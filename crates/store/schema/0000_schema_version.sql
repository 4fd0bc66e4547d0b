-- Run at every start, before anything else: which schema files have been applied, and their text.
create table if not exists schema_version (
    version {{int}} not null primary key,
    name {{text}} not null,
    checksum {{text}} not null
) {{table_options}};
