-- Owners that were owners before alerts existed are learned once, from what orgs knows; from then on events tell.
CREATE TABLE owners_learned (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT ON owners_learned TO workers_system;
