/**
 * What tokens follows: people from identity, organizations and memberships from orgs. Each event goes to the use case
 * that knows it.
 */
import { createProjection, type Projection, type ProjectionOptions } from '@gatehouse/spine/follow/projection'
import { applyOrganizationEvent, resetOrganizations } from '../use-cases/project-organizations.ts'
import { applyUserEvent, resetUsers } from '../use-cases/project-users.ts'

/** What the copies are made of. */
export const subjects = {
  identity: ['gatehouse.identity.user.>'],
  orgs: ['gatehouse.orgs.organization.>', 'gatehouse.orgs.membership.>'],
} as const

type Following = Pick<ProjectionOptions, 'client' | 'nats' | 'system' | 'log' | 'clock'>

export const followIdentity = (o: Following): Projection =>
  createProjection({
    ...o,
    name: 'tokens--identity',
    producer: 'identity',
    subjects: subjects.identity,
    apply: applyUserEvent,
    reset: resetUsers,
  })

export const followOrgs = (o: Following): Projection =>
  createProjection({
    ...o,
    name: 'tokens--orgs',
    producer: 'orgs',
    subjects: subjects.orgs,
    apply: applyOrganizationEvent,
    reset: resetOrganizations,
  })
