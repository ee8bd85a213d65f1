-- The application every installation has: what people may do in Gatehouse itself, and the roles that come with it.
-- `owner` is derived from memberships.is_owner and covers every action of every application that is not marked sensitive;
-- what only the platform's operators do is sensitive, so no wildcard reaches it. `platform-admin` is given at platform scope.

INSERT INTO applications (id, version, key, manifest) VALUES ('019abc00-0000-7000-8000-000000000000', 1, 'gatehouse', $manifest$
{
 "name": "Gatehouse",
 "resource_types": [
  {
   "key": "gatehouse",
   "attributes": {},
   "actions": [
    {
     "name": "organization.read"
    },
    {
     "name": "organization.update"
    },
    {
     "name": "members.read"
    },
    {
     "name": "members.invite"
    },
    {
     "name": "members.update"
    },
    {
     "name": "members.remove"
    },
    {
     "name": "roles.read"
    },
    {
     "name": "roles.write"
    },
    {
     "name": "roles.assign"
    },
    {
     "name": "policies.read"
    },
    {
     "name": "policies.write"
    },
    {
     "name": "audit.read"
    },
    {
     "name": "catalog.write",
     "sensitive": true
    },
    {
     "name": "platform.read",
     "sensitive": true
    }
   ]
  }
 ],
 "roles": [
  {
   "key": "owner",
   "name": "Owner",
   "permissions": [
    "gatehouse:*"
   ]
  },
  {
   "key": "admin",
   "name": "Admin",
   "permissions": [
    "gatehouse:organization.read",
    "gatehouse:organization.update",
    "gatehouse:members.read",
    "gatehouse:members.invite",
    "gatehouse:members.update",
    "gatehouse:members.remove",
    "gatehouse:roles.read",
    "gatehouse:roles.write",
    "gatehouse:roles.assign",
    "gatehouse:policies.read",
    "gatehouse:policies.write",
    "gatehouse:audit.read"
   ]
  },
  {
   "key": "member",
   "name": "Member",
   "permissions": [
    "gatehouse:organization.read",
    "gatehouse:members.read",
    "gatehouse:roles.read"
   ]
  },
  {
   "key": "viewer",
   "name": "Viewer",
   "permissions": [
    "gatehouse:organization.read",
    "gatehouse:members.read"
   ]
  },
  {
   "key": "platform-admin",
   "name": "Platform admin",
   "permissions": [
    "gatehouse:catalog.write",
    "gatehouse:platform.read"
   ]
  }
 ],
 "policies": []
}
$manifest$);
--> statement-breakpoint
INSERT INTO resource_types (key, application) VALUES ('gatehouse', 'gatehouse');
--> statement-breakpoint
INSERT INTO permissions (resource_type, action, sensitive) VALUES
  ('gatehouse', 'organization.read', false),
  ('gatehouse', 'organization.update', false),
  ('gatehouse', 'members.read', false),
  ('gatehouse', 'members.invite', false),
  ('gatehouse', 'members.update', false),
  ('gatehouse', 'members.remove', false),
  ('gatehouse', 'roles.read', false),
  ('gatehouse', 'roles.write', false),
  ('gatehouse', 'roles.assign', false),
  ('gatehouse', 'policies.read', false),
  ('gatehouse', 'policies.write', false),
  ('gatehouse', 'audit.read', false),
  ('gatehouse', 'catalog.write', true),
  ('gatehouse', 'platform.read', true);
--> statement-breakpoint
-- The owner of the schema is subject to its row-level security like everybody else; for the platform's rows it needs a policy of its own.
CREATE POLICY roles_of_platform_made ON roles TO authz_owner USING (org_id IS NULL) WITH CHECK (org_id IS NULL);
--> statement-breakpoint
INSERT INTO roles (id, version, application, key, name, permissions) VALUES
  ('019abc00-0000-7000-8000-000000000001', 1, 'gatehouse', 'owner', 'Owner', '{"*:*"}'),
  ('019abc00-0000-7000-8000-000000000002', 1, 'gatehouse', 'admin', 'Admin', '{"gatehouse:organization.read","gatehouse:organization.update","gatehouse:members.read","gatehouse:members.invite","gatehouse:members.update","gatehouse:members.remove","gatehouse:roles.read","gatehouse:roles.write","gatehouse:roles.assign","gatehouse:policies.read","gatehouse:policies.write","gatehouse:audit.read"}'),
  ('019abc00-0000-7000-8000-000000000003', 1, 'gatehouse', 'member', 'Member', '{"gatehouse:organization.read","gatehouse:members.read","gatehouse:roles.read"}'),
  ('019abc00-0000-7000-8000-000000000004', 1, 'gatehouse', 'viewer', 'Viewer', '{"gatehouse:organization.read","gatehouse:members.read"}'),
  ('019abc00-0000-7000-8000-000000000005', 1, 'gatehouse', 'platform-admin', 'Platform admin', '{"gatehouse:catalog.write","gatehouse:platform.read"}');
