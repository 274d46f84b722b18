-- Somebody's portrait: a photograph of the table file. It is shown to the public only while its owner works in a grid.
alter table person add column portrait uuid;
