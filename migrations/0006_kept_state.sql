-- State that a version of a detector left behind when another one took over that writes it in another form, so that the way
-- back is open.

alter table log_cursor add column state_schemas integer[];
comment on column log_cursor.state_schemas is
    'forms that values of the detector''s state may have; the last is that of the version that evaluates. Null: not known yet';

-- One row for each time. The cursor is where the version that was replaced stood: the state and it belong together.
create table detector_state_copy (
    org_id      integer not null references organisation,
    plugin      text not null,
    copy_id     bigint generated always as identity,
    schemas     integer[] not null,
    replaced_by integer not null,
    txn         bigint not null,
    seq         integer not null,
    watermark   bigint[] not null,
    kept_at     timestamptz not null default now(),
    primary key (org_id, plugin, copy_id)
);
comment on column detector_state_copy.schemas is 'forms of its values; who reads all of them can go on from it';
comment on column detector_state_copy.replaced_by is 'form of the version that took over';

-- Its keys. No reference to the copy: checking a hundred thousand rows one by one would hold up who takes over.
create table detector_state_kept (
    org_id         integer not null references organisation,
    plugin         text not null,
    copy_id        bigint not null,
    key            bytea not null,
    value          bytea not null,
    schema_version integer not null,
    generation     bigint not null,
    primary key (org_id, plugin, copy_id, key)
);
