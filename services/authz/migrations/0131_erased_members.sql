-- History keeps who was a member when; of an erased person it keeps no attributes.
GRANT UPDATE (attributes) ON memberships TO authz_system;
