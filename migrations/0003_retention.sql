-- Legal hold, and dropping months of the log that are older than the retention.

-- Months that must be kept whatever the retention says. A hold is released, never deleted: the table is the audit trail.
-- It holds back the whole month, also the records of other organisations in it.
create table legal_hold (
    org_id         integer not null references organisation,
    hold_id        integer generated always as identity,
    from_month     date not null check (extract(day from from_month) = 1),
    to_month       date check (extract(day from to_month) = 1),
    reason         text not null check (reason <> ''),
    placed_by      text not null,
    placed_at      timestamptz not null default now(),
    released_at    timestamptz,
    released_by    text,
    release_reason text,
    primary key (org_id, hold_id),
    check (to_month >= from_month),
    check ((released_at is null) = (released_by is null) and (released_at is null) = (release_reason is null))
);
comment on column legal_hold.to_month is 'the last month held; null holds every later one';

create function keep_legal_hold() returns trigger
language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        if old.released_at is null and new.released_at is not null
            and (new.org_id, new.hold_id, new.from_month, new.reason, new.placed_by, new.placed_at)
              = (old.org_id, old.hold_id, old.from_month, old.reason, old.placed_by, old.placed_at)
            and new.to_month is not distinct from old.to_month
        then
            return new;
        end if;
    end if;
    raise exception 'a legal hold is released once, and neither changed nor deleted';
end
$$;
create trigger legal_hold_is_kept before update or delete on legal_hold for each row execute function keep_legal_hold();
create trigger legal_hold_is_kept_whole before truncate on legal_hold for each statement execute function keep_legal_hold();

-- Why a month of the log must stay, whatever its age; no rows if nothing keeps it.
--   held    a legal hold of some organisation, "what" is its number
--   parked  records that a detector is to be shown again, "what" is how many
--   unread  a reader that has not read all of it, "what" is its name, null where nobody reads the organisation's records
-- The settings make it look at one entry of an index per reader, also where the planner knows no sizes yet.
create function record_log_month_keepers(month_start date) returns table (why text, what text)
language plpgsql set enable_seqscan = off set enable_bitmapscan = off as $$
declare
    month_begin timestamptz := month_start::timestamp at time zone 'UTC';
    month_end   timestamptz := (month_start + interval '1 month')::timestamp at time zone 'UTC';
begin
    return query
        select 'held', h.hold_id::text from legal_hold h
        where h.released_at is null and h.from_month <= month_start
          and (h.to_month is null or h.to_month >= month_start)
        order by h.hold_id;
    return query
        select 'parked', count(*)::text from parked_record p
        where p.report_time >= month_begin and p.report_time < month_end
        having count(*) > 0;
    return query
        select 'unread', c.consumer from log_cursor c
        where exists (select from record_log r
                      where r.org_id = c.org_id and (r.txn, r.seq) > (c.txn, c.seq)
                        and r.report_time >= month_begin and r.report_time < month_end)
        order by c.consumer;
    return query
        select 'unread', null::text from organisation o
        where not exists (select from log_cursor c where c.org_id = o.org_id)
          and exists (select from record_log r
                      where r.org_id = o.org_id and r.report_time >= month_begin and r.report_time < month_end);
end
$$;

-- Drops a month of the log unless something keeps it; then it returns what does. Whether the month is old enough is the
-- caller's question. It looks again under locks, so that neither a hold placed nor a record written meanwhile is missed:
-- holds wait for it, and so do writers and readers, for the time of a few look-ups and a change of the catalogue (the files
-- go after the locks). Locks are taken in the order in which writers take them, the log before its month, so that they cannot
-- deadlock; the first keeps only a vacuum of that month away. It never waits long: "lock not available" (55P03) means try
-- again later.
create function drop_record_log_month(month_start date) returns table (why text, what text)
language plpgsql set lock_timeout = '400ms' as $$
declare
    partition_name text := 'record_log_' || to_char(month_start, 'YYYY_MM');
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'months are dropped in a read committed transaction only';
    end if;
    execute format('lock table only %I in share update exclusive mode', partition_name);
    lock table legal_hold in share mode;
    lock table only record_log in access exclusive mode;
    return query select k.why, k.what from record_log_month_keepers(month_start) k;
    if not found then
        execute format('drop table %I', partition_name);
    end if;
end
$$;
