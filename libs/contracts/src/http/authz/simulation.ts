/** What a policy that is not in force would have meant for decisions that were recorded. */
import Type, { type Static } from 'typebox'
import { Key, PolicyId } from '../../common/ids.ts'
import { Instant } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'
import { ApplicationManifest } from './catalog.ts'
import { Reason } from './evaluation.ts'
import { policyParams, PolicySource } from './policies.ts'

const Count = Type.Integer({ minimum: 0 })
/** Decisions that would turn round: denied then and allowed now, and the other way. */
const flips = { newly_allowed: Count, newly_denied: Count }
const Outcome = Type.Object({ decision: Type.Boolean(), reason: Reason })
const Party = Type.Object({ type: Type.String(), id: Type.String() })

const Example = {
  decided_at: Instant,
  subject: Party,
  resource: Party,
  action: Type.String(),
  before: Outcome,
  after: Outcome,
}
const report = {
  /** Recorded decisions that are about the same. */
  replayed: Count,
  /** They may turn on an attribute that was left out of the record because it is sensitive. */
  not_replayable: Count,
  ...flips,
  by_organization: Type.Array(Type.Object({ organization_id: Type.String(), ...flips })),
  by_role: Type.Array(Type.Object({ role: Type.String(), ...flips })),
  by_permission: Type.Array(Type.Object({ permission: Type.String(), ...flips })),
}

/**
 * Exact, with examples, for who holds `gatehouse:decisions.read`. Coarse for everybody else: counts are rounded down to
 * tens, what concerns fewer than ten people is not counted, and there are no examples.
 */
const Precision = Type.Union([Type.Literal('exact'), Type.Literal('coarse')])

export const Simulation = Type.Object({
  policy: Key,
  precision: Precision,
  ...report,
  examples: Type.Array(Type.Object(Example)),
})
export type Simulation = Static<typeof Simulation>

const window = {
  since: Type.Optional(Instant),
  until: Type.Optional(Instant),
  /** The newest so many; 10,000 when absent. */
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
}

/**
 * The draft of `policy_id`, or a `policy` that comes along and takes the place of the one with its key, if there is
 * one.
 */
export const SimulationRequest = Type.Object({
  policy_id: Type.Optional(PolicyId),
  policy: Type.Optional(PolicySource),
  ...window,
})
export type SimulationRequest = Static<typeof SimulationRequest>

export const Simulate = defineRoute({
  operationId: 'simulate',
  service: 'authz',
  method: 'POST',
  path: '/v1/authz/simulations',
  summary:
    'Replay recorded decisions on a policy that is not in force: every decision that would turn round, by ' +
    'organization, role and permission. Needs `gatehouse:policies.read`; exact counts and examples need ' +
    '`gatehouse:decisions.read`.',
  auth: 'organization',
  body: SimulationRequest,
  deadlineMs: 20_000,
  success: { status: 200, body: Simulation, description: 'What would have changed.' },
  problems: ['organization_required', 'forbidden', 'invalid_policy', 'evaluation_too_expensive'],
})

export const ApplicationSimulation = Type.Object({
  application: Key,
  ...report,
  examples: Type.Array(Type.Object({ organization_id: Type.String(), ...Example })),
})
export type ApplicationSimulation = Static<typeof ApplicationSimulation>

/** `manifest`: as it would be put. */
export const ApplicationSimulationRequest = Type.Object({ manifest: ApplicationManifest, ...window })
export type ApplicationSimulationRequest = Static<typeof ApplicationSimulationRequest>

export const SimulateApplication = defineRoute({
  operationId: 'simulateApplication',
  service: 'authz',
  method: 'POST',
  path: '/v1/authz/catalog/:application/simulations',
  summary:
    'Replay recorded decisions of all organizations on an application’s manifest that is not in force: every ' +
    'decision that would turn round, by organization, role and permission. Platform administrators only.',
  auth: 'user',
  params: Type.Object({ application: Key }),
  body: ApplicationSimulationRequest,
  bodyLimitBytes: 1_048_576,
  deadlineMs: 20_000,
  success: { status: 200, body: ApplicationSimulation, description: 'What would have changed.' },
  problems: ['forbidden', 'invalid_policy', 'conflict', 'evaluation_too_expensive'],
})

const path = '/v1/organizations/:org/policies/:policy/shadow'
const times = { started_at: Instant, ends_at: Instant }
export const PolicyShadow = Type.Object({ ...times, report: Simulation })
export type PolicyShadow = Static<typeof PolicyShadow>

export const StartPolicyShadow = defineRoute({
  operationId: 'startPolicyShadow',
  service: 'authz',
  method: 'PUT',
  path,
  summary:
    'Let the draft shadow the policy in force for a week: each decision it is about is recorded from now on. ' +
    'Answers stay as they are.',
  auth: 'organization',
  params: policyParams,
  success: { status: 200, body: Type.Object(times), description: 'It has begun, or begun again.' },
  problems: ['forbidden'],
})

export const GetPolicyShadow = defineRoute({
  operationId: 'getPolicyShadow',
  service: 'authz',
  method: 'GET',
  path,
  summary: 'What the draft would have answered since it began to shadow the policy in force.',
  auth: 'organization',
  params: policyParams,
  success: {
    status: 200,
    body: PolicyShadow,
    description: 'The report so far, of at most the 10,000 newest decisions.',
  },
  problems: ['forbidden', 'invalid_policy', 'evaluation_too_expensive'],
})

export const EndPolicyShadow = defineRoute({
  operationId: 'endPolicyShadow',
  service: 'authz',
  method: 'DELETE',
  path,
  summary: 'Let the draft shadow nothing any more.',
  auth: 'organization',
  params: policyParams,
  success: { status: 204, description: 'It has ended.' },
  problems: ['forbidden'],
})
