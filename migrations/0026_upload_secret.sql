-- Who uploaded a photograph without an account shows the same secret when a command claims it.
alter table file add column secret_hash bytea;
