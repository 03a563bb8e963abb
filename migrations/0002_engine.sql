-- The engine as a service: one cursor per detector, a lease with a fencing token, parked and late records, quarantine.

-- A detector that fails must not hold the others back, and one that is new must read what they have read: each has its own
-- place in the log. The one cursor there was belongs to every detector that has state.
alter table log_cursor add column watermark bigint[] not null default '{}';
comment on column log_cursor.consumer is 'id of a detector';
comment on column log_cursor.watermark is 'latest report times seen, milliseconds, ascending: see engine::watermark';
insert into log_cursor (org_id, consumer, txn, seq, moved_at)
    select c.org_id, s.plugin, c.txn, c.seq, c.moved_at
    from log_cursor c join (select distinct org_id, plugin from detector_state) s using (org_id)
    where c.consumer = 'engine';
delete from log_cursor where consumer = 'engine';

-- Who evaluates. The epoch is the fencing token: every checkpoint holds a key-share lock on this row with its epoch in it,
-- whoever takes the lease locks the row for update and raises the epoch. A beat is no key change, so it waits for neither.
-- No clock: a lease is over when its beat stands still for somebody who watches.
create table engine_lease (
    org_id integer primary key references organisation,
    epoch  bigint not null,
    holder text not null,
    beat   bigint not null
);
comment on column engine_lease.holder is 'host, process and start of the process that evaluates; empty when released';

-- Records a detector failed on, set aside so that it can go on.
create table parked_record (
    org_id      integer not null references organisation,
    detector    text not null,
    record_id   uuid not null,
    report_time timestamptz not null,
    reason      text not null,
    attempts    integer not null default 1,
    digest      text not null,
    retry       boolean not null default false,
    parked_at   timestamptz not null default now(),
    primary key (org_id, detector, record_id)
);
comment on column parked_record.retry is 'somebody asked for another try; the engine takes it with its next checkpoint';

-- Records that came later than the allowed lateness: no finding rests on them, and a replay leaves them out too.
create table late_record (
    org_id    integer not null references organisation,
    detector  text not null,
    record_id uuid not null,
    primary key (org_id, detector, record_id)
);

-- Detectors stopped after repeated failure, and how often. A null "until" is probation: it runs again.
create table quarantine (
    org_id   integer not null references organisation,
    detector text not null,
    digest   text not null,
    reason   text not null,
    strikes  integer not null,
    since    timestamptz not null default now(),
    until    timestamptz,
    primary key (org_id, detector)
);

-- Display names of users, the latest by report time: shown with findings wherever they are listed.
create table person (
    org_id      integer not null references organisation,
    user_id     text collate "C" not null,
    name        text not null,
    report_time bigint not null,
    record_id   uuid not null,
    primary key (org_id, user_id)
);
