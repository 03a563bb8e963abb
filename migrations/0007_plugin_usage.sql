-- What each plugin uses, as the process that evaluates last said: for `ringfence plugin top`. One row each, written every few
-- seconds; nothing is decided by it.
create table plugin_usage (
    org_id  integer not null references organisation,
    plugin  text not null,
    at      timestamptz not null default now(),
    figures json not null,
    primary key (org_id, plugin)
);
comment on column plugin_usage.plugin is 'id of a plugin, or "rules" for all rules together';
