-- The tables of the users service.
--
-- Safe to run twice. Run as the owner of the schema, which the service does at its start. The outbox beside
-- them comes from Tidemark's own V001.
create table if not exists users (
    id       text    not null  primary key,
    name     text    not null,
    version  bigint  not null  default 0       -- of the newest event: what a command must have seen to change the row
);
