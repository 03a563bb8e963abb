-- Policies: generations with the files in them, what people ask of the process that evaluates, rules whose scripts failed.

-- The table is as old as the log, but nothing has written it so far.
alter table policy_generation
    add column author_kind    text not null default 'file' check (author_kind in ('file', 'api', 'user')),
    add column author         text not null default '',
    add column reason         text not null default '',
    add column diff           json not null default '{}',
    add column disk_digest    text not null default '',
    add column in_force_since timestamptz;
comment on column policy_generation.digest is 'of all files in force, and of what is built in';
comment on column policy_generation.disk_digest is
    'of the files as they lay there, refused ones too: as long as that stands, what is in force stays in force';
comment on column policy_generation.content is 'rules and plugins in force by name, with their digests';
comment on column policy_generation.in_force_since is
    'null if it never came into force: a generation is stored before the engine changes to it';

-- Content of files, each once. Passwords in database URLs are not in here.
create table policy_file (
    org_id integer not null references organisation,
    digest bytea not null check (octet_length(digest) = 32),
    bytes  bytea not null,
    primary key (org_id, digest)
);

-- Which content a path had from one generation to another, both inclusive; a null end is "still". So a reload costs the files
-- that changed, not all of them. The files of generation N: from_generation <= N and (to_generation is null or >= N).
create table policy_generation_file (
    org_id          integer not null,
    kind            text not null,
    path            text collate "C" not null,
    from_generation bigint not null,
    to_generation   bigint,
    digest          bytea not null,
    primary key (org_id, kind, path, from_generation),
    foreign key (org_id, digest) references policy_file
);
create index policy_generation_file_still on policy_generation_file (org_id, kind, path) where to_generation is null;

-- How the last look at the files went: what is refused and why, what does not run. One row, written by who evaluates.
create table policy_report (
    org_id     integer primary key references organisation,
    generation bigint not null,
    at         timestamptz not null default now(),
    content    json not null
);

-- What people ask of the process that evaluates, wherever it runs, and its answers.
create table policy_request (
    org_id      integer not null references organisation,
    request_id  bigint generated always as identity,
    kind        text not null check (kind in ('reload', 'rollback')),
    generation  bigint,
    author      text not null,
    reason      text not null default '',
    asked_at    timestamptz not null default now(),
    answered_at timestamptz,
    answer      json,
    primary key (org_id, request_id)
);
create index policy_request_open on policy_request (org_id, request_id) where answered_at is null;

-- Rules whose scripts failed on records, since each rule last changed.
create table rule_failure (
    org_id    integer not null references organisation,
    rule      text not null,
    failures  bigint not null,
    digest    text not null,
    message   text not null,
    record_id uuid not null,
    at        timestamptz not null default now(),
    primary key (org_id, rule)
);
comment on column rule_failure.rule is 'name of the rule, without "rule:"';
comment on column rule_failure.digest is 'of the rule that failed; another digest starts anew';
comment on column rule_failure.record_id is 'the last record it failed on';
