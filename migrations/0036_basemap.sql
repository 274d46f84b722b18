-- The base map: what a map shows beneath borders and points, one row a layer, its features cut into cells of four levels. Names of streets, waters and
-- places; nothing in it is about a person.
create table basemap_layer (
  layer text primary key,
  id uuid not null,
  version bigint not null, -- the revision of the base map that the import made
  attribution text not null, -- whom the map's corner names; may be empty
  features bigint not null,
  west double precision not null,
  south double precision not null,
  east double precision not null,
  north double precision not null,
  imported_at bigint not null
);

create table basemap_cell (
  level text not null, -- far, middle, near, close
  x bigint not null,
  y bigint not null,
  layer text not null references basemap_layer (layer),
  features text not null, -- GeoJSON features in WGS84, separated by commas
  primary key (level, x, y, layer)
);
