-- The short name of an organization, for the claim `org_slug` and for requests that name it so. Null until orgs says it.
alter table organization_states add column slug text;
create index organization_states_by_slug on organization_states (slug) where slug is not null;
