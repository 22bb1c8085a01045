-- Layer 3, the database: whatever a query forgot, nobody sees or deletes a ticket without the permission.
create table tickets (
  id integer generated always as identity primary key,
  organization_id text not null,
  subject text not null
);
create index on tickets (organization_id);

alter table tickets enable row level security;
grant select, delete on tickets to rolecall_subject;

create policy seen on tickets for select to rolecall_subject
  using (organization_id = any (array(select rolecall.my_organizations('view_tickets'))));
create policy deleted on tickets for delete to rolecall_subject
  using (organization_id = any (array(select rolecall.my_organizations('delete_tickets'))));

-- The app connects as this login, which owns nothing and is nobody until a transaction says whose it is.
create role cstar_app login password 'for-development' noinherit;
grant rolecall_subject to cstar_app;
