/** What orgs answers its neighbours about people. */
import Type from 'typebox'
import { UserId } from '../../common/ids.ts'
import { defineRoute } from '../contract.ts'
import { mostOfferedOrganizations, OfferedOrganization } from '../identity/sign-in.ts'

export const ListOrganizationsToChoose = defineRoute({
  operationId: 'listOrganizationsToChoose',
  service: 'orgs',
  method: 'GET',
  path: '/internal/users/:user/organizations',
  summary:
    'The active organizations that a person is an active member of, for a sign-in that asks which one it is for.',
  auth: 'internal',
  callers: ['identity'],
  params: Type.Object({ user: UserId }),
  success: {
    status: 200,
    body: Type.Object({ data: Type.Array(OfferedOrganization, { maxItems: mostOfferedOrganizations }) }),
    description: 'The oldest ones, up to as many as are offered.',
  },
})
