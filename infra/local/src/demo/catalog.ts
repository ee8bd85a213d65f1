/**
 * The demo application: invoices, with rights by role and two policies. Small enough to read, real enough to show
 * a role that allows, a `when` over resource and membership attributes, and a deny that outranks both.
 */
import type { ApplicationManifest } from '@gatehouse/contracts/http/authz/catalog'

export const demoApplicationKey = 'billing'

export const demoApplication: ApplicationManifest = {
  name: 'Billing',
  resource_types: [
    {
      key: 'invoice',
      attributes: {
        amount: { type: 'number', provenance: ['stored', 'caller'] },
        department: { type: 'string', provenance: ['stored', 'caller'] },
        status: { type: 'string', provenance: ['stored', 'caller'] },
      },
      actions: [{ name: 'read' }, { name: 'create' }, { name: 'update' }, { name: 'approve', sensitive: true }],
    },
  ],
  membership_attributes: {
    department: { type: 'string', provenance: ['stored'] },
    approval_limit: { type: 'number', provenance: ['stored'] },
  },
  roles: [
    { key: 'invoice-reader', name: 'Invoice reader', permissions: ['invoice:read'] },
    {
      key: 'invoice-clerk',
      name: 'Invoice clerk',
      permissions: ['invoice:create', 'invoice:update'],
      inherits: ['invoice-reader'],
    },
  ],
  policies: [
    {
      key: 'approve-in-own-department',
      effect: 'allow',
      resource_type: 'invoice',
      actions: ['approve'],
      roles: ['invoice-clerk'],
      when: 'resource.department == membership.department && resource.amount <= membership.approval_limit',
    },
    {
      key: 'paid-invoices-are-closed',
      effect: 'deny',
      resource_type: 'invoice',
      actions: ['update'],
      when: 'resource.status == "paid"',
    },
  ],
}
