-- The foundation: the record log, names, findings, cursors and detector state.
-- The organisation is part of every key. Names are unqualified on purpose: another schema in the search path
-- makes a second set of tables (a replay into a scratch schema). See README.md in this folder.

create table organisation (
    org_id     integer generated always as identity primary key,
    key        text not null unique,
    name       text not null,
    created_at timestamptz not null default now()
);

-- Positions in the log must keep rising when a dump is restored into another server, whose transaction ids start
-- again from below: txn = base + transaction id, and base is raised when the server's identity changes.
create table txn_base (
    only_row          boolean primary key default true check (only_row),
    system_identifier bigint not null,
    base              bigint not null
);

-- The log. A position in it is (txn, seq): the writing transaction and the row's number in it. Transactions become visible
-- out of order, so a reader reads only below log_horizon(). Partitions by month of report_time are made by
-- ensure_record_log_partition. No foreign key to organisation: it would cost a look-up per row.
create table record_log (
    txn            bigint not null,
    seq            integer not null,
    org_id         integer not null,
    report_time    timestamptz not null,
    start_time     timestamptz not null,
    record_id      uuid not null,
    duration       integer not null,
    answered       boolean not null,
    event          text not null,
    user_id        text,
    user_name      text,
    location       text,
    direction      text,
    call_type      text,
    calling_number text,
    called_number  text,
    called_class   text,
    called_country text,
    raw            text not null
) partition by range (report_time);

create index record_log_position on record_log (org_id, txn, seq);

comment on table record_log is 'every record once, as it came (raw), with the main fields for reports';
comment on column record_log.record_id is '128 bits of the record identity; raw holds its text';
comment on column record_log.user_id is 'field "user": the subject of user findings (user is a reserved word in SQL)';
comment on column record_log.raw is 'the record as one JSON object; text because jsonb refuses \u0000 and is slower both ways';

-- Makes the partition of a month unless it exists; true if it was made. Attaching takes a lock that lets writers and
-- readers go on, which "create table ... partition of" would not. The dedupe index stands on the partition alone, without
-- report_time, so that a redelivery with another report time in the same month is still a duplicate.
create function ensure_record_log_partition(month_start date) returns boolean
language plpgsql as $$
declare
    partition_name text := 'record_log_' || to_char(month_start, 'YYYY_MM');
    qualified      text := format('%I.%I', current_schema(), partition_name);
begin
    if extract(day from month_start) <> 1 then
        raise exception 'not the first day of a month: %', month_start;
    end if;
    if to_regclass(qualified) is not null then
        return false;
    end if;
    perform pg_advisory_xact_lock(hashtext('record_log partition'), hashtext(current_schema()));
    -- Read from the table: to_regclass answers from a cache that an advisory lock does not renew.
    if exists (select from pg_class where relname = partition_name and relnamespace = current_schema()::regnamespace) then
        return false;
    end if;
    execute format('create table %s (like record_log including defaults including constraints)', qualified);
    execute format('create unique index %I on %s (org_id, record_id)', partition_name || '_identity', qualified);
    execute format(
        'alter table record_log attach partition %s for values from (%L) to (%L)',
        qualified, month_start || ' 00:00:00+00', (month_start + interval '1 month')::date || ' 00:00:00+00');
    return true;
end
$$;

-- Readers may read transactions below this: each of them has ended, and its records are visible to the statement that asks.
-- It is the lowest transaction still running; those of other databases of the server are left out, since a long one there
-- would hold detection back (a role without pg_read_all_stats cannot tell, and waits for them). Stable, so that it looks at
-- the same snapshot as the query it stands in.
create function log_horizon() returns bigint
language sql stable as $$
    select base + coalesce(
        (select min(running::text::bigint)
         from pg_snapshot_xip(pg_current_snapshot()) as running
         where not exists (
             select from pg_stat_activity
             where backend_xid = running::xid
               and datid <> (select oid from pg_database where datname = current_database()))),
        pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
    from txn_base
$$;

-- Input that was set aside at ingest.
create table rejected_record (
    id     bigint generated always as identity primary key,
    org_id integer not null references organisation,
    at     timestamptz not null default now(),
    source text not null,
    line   bigint,
    field  text,
    value  text,
    reason text not null
);
create index rejected_record_at on rejected_record (org_id, at);

-- Handles of interned names: dense, from the first dynamic handle on. Written with the checkpoint that first uses them.
create table name (
    org_id integer not null references organisation,
    handle integer not null,
    text   text not null,
    primary key (org_id, handle)
);

-- Findings: content is the whole finding as shown (DESIGN section 10); the other columns are taken from it for queries.
-- json, not jsonb: it keeps every text, \u0000 included.
create table finding (
    org_id       integer not null references organisation,
    id           text collate "C" not null,
    detector     text not null,
    kind         text not null,
    severity     smallint not null,
    score        double precision not null,
    subject_kind text not null,
    subject_id   text not null,
    subject_name text not null,
    title        text not null,
    first_event  timestamptz not null,
    last_event   timestamptz not null,
    raised_at    timestamptz not null,
    revision     integer not null,
    status       text not null,
    generation   bigint not null,
    digest       text not null,
    evidence     uuid[] not null,
    content      json not null,
    updated_at   timestamptz not null default now(),
    primary key (org_id, id)
);
create index finding_last_event on finding (org_id, last_event desc, id);
comment on column finding.severity is '0 informational, 1 low, 2 medium, 3 high, 4 critical';

-- One row per change; content without its evidence, which would repeat up to 1,000 identities a revision.
create table finding_revision (
    org_id         integer not null,
    id             text collate "C" not null,
    revision       integer not null,
    status         text not null,
    evidence_count integer not null,
    content        json not null,
    changed_at     timestamptz not null default now(),
    primary key (org_id, id, revision),
    foreign key (org_id, id) references finding on delete cascade
);

-- How far a consumer has read. Moved by compare and set, in the transaction that stores what was found.
create table log_cursor (
    org_id   integer not null references organisation,
    consumer text not null,
    txn      bigint not null,
    seq      integer not null,
    moved_at timestamptz not null default now(),
    primary key (org_id, consumer)
);

-- Keyed state of detectors. Keys are bytes: they are the plugin's own and may hold anything.
create table detector_state (
    org_id         integer not null references organisation,
    plugin         text not null,
    key            bytea not null,
    value          bytea not null,
    schema_version integer not null,
    generation     bigint not null,
    primary key (org_id, plugin, key)
);

-- Policies that have been in force.
create table policy_generation (
    org_id     integer not null references organisation,
    generation bigint not null,
    digest     text not null,
    content    json not null,
    since      timestamptz not null default now(),
    primary key (org_id, generation)
);
