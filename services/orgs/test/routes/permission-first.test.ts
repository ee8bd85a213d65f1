/**
 * Whether somebody may do something is decided before a neighbour works for it: a refused request asks identity
 * nothing, so that nobody without rights can make identity answer, slowly or wrongly, on behalf of everybody else.
 */
import t from 'tap'
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { openRig } from '../fixtures/rig.ts'

const rig = await openRig(t)
const { send, world } = rig
const owner = rig.person()
const member = rig.person()
const { id: org } = await rig.organization(owner)
await rig.join({ org, owner, person: member })
const { id: invitation } = await rig.invite({ org, by: owner, email: 'pending@example.com' })

/** What a member without any right sends to each route of an organization; `open` asks for no right. */
const bodies: Record<string, { open: true } | { bodies: (object | undefined)[]; query?: string }> = {
  getOrganization: { open: true },
  updateOrganization: { bodies: [{ name: 'Taken over' }] },
  deleteOrganization: { bodies: [undefined], query: '?slug=acme' },
  getOrganizationSettings: { bodies: [undefined] },
  updateOrganizationSettings: { bodies: [{ mfa: { mode: 'off' } }] },
  listMembers: { bodies: [undefined] },
  countMembers: { bodies: [undefined] },
  updateMember: { bodies: [{ attributes: { level: 9 } }, { is_owner: true }, { is_owner: false, attributes: {} }] },
  suspendMember: { bodies: [{ reason: 'Because' }] },
  reactivateMember: { bodies: [undefined] },
  removeMember: { bodies: [undefined] },
  transferOwnership: { bodies: [{ user_id: owner.id }, { user_id: member.id }] },
  askForRoles: { open: true },
  listAccessRequests: { bodies: [undefined] },
  approveAccessRequest: { bodies: [undefined, { roles: ['admin'] }] },
  denyAccessRequest: { bodies: [{ reason: 'No' }] },
  addDomain: { bodies: [{ name: 'example.com' }] },
  listDomains: { bodies: [undefined] },
  verifyDomain: { bodies: [undefined] },
  updateDomain: { bodies: [{ capture: 'join' }] },
  removeDomain: { bodies: [undefined] },
  createInvitation: { bodies: [{ email: 'somebody@example.com', roles: ['viewer'] }] },
  createInvitations: { bodies: [{ invitations: [{ email: 'somebody@example.com', roles: ['viewer'] }] }] },
  resendInvitation: { bodies: [undefined] },
  listInvitations: { bodies: [undefined] },
  revokeInvitation: { bodies: [undefined] },
}

for (const permission of await permissionsAskedFor()) world.denied.add(permission)

/** Every permission orgs knows. */
async function permissionsAskedFor(): Promise<string[]> {
  const { permissions } = await import('../../src/domain/permissions.ts')
  return Object.values(permissions)
}

const ofOrganization = publicRoutes.filter(({ service, auth }) => service === 'orgs' && auth === 'organization')
for (const route of ofOrganization) {
  t.test(`${route.method} ${route.path}`, async (t) => {
    const sent = bodies[route.operationId]
    if (sent === undefined) return t.fail(`say what ${route.operationId} is sent`)
    if ('open' in sent) return
    for (const user of [owner.id, newId('user')]) {
      const path = route.path
        .replace(':org', org)
        .replace(':user', user)
        .replace(':invitation', invitation)
        .replace(':access_request', newId('arq'))
        .replace(':domain', newId('dom'))
      for (const body of sent.bodies) {
        const before = world.askedOfIdentity.length
        const { status } = await send(route.method, `${path}${sent.query ?? ''}`, {
          by: member,
          org,
          ...(body ? { body } : {}),
        })
        t.ok(status === 403 || status === 404, `${status}`)
        t.equal(world.askedOfIdentity.length, before, 'identity was not asked')
      }
    }
  })
}
