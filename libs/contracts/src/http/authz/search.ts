/** Searches of OpenID AuthZEN 1.0 §8: which subjects, resources or actions would be allowed. */
import Type, { type Static, type TSchema } from 'typebox'
import { defineRoute } from '../contract.ts'
import { Action, Context, Resource, Sought, Subject } from './evaluation.ts'

const open = { additionalProperties: true }

/** A token goes with the request it was given for; without one, the first page. */
const Page = Type.Optional(
  Type.Object(
    {
      token: Type.Optional(Type.String({ maxLength: 1024 })),
      /** More than the most there can be on one page is as much as that. */
      limit: Type.Optional(Type.Integer({ minimum: 0 })),
    },
    open,
  ),
)
const shared = { context: Type.Optional(Context), page: Page }

export const SubjectSearchRequest = Type.Object(
  { subject: Sought, action: Action, resource: Resource, ...shared },
  open,
)
export type SubjectSearchRequest = Static<typeof SubjectSearchRequest>
export const ResourceSearchRequest = Type.Object(
  { subject: Subject, action: Action, resource: Sought, ...shared },
  open,
)
export type ResourceSearchRequest = Static<typeof ResourceSearchRequest>
/** An `action` that is sent along is ignored: it is what is asked for. */
export const ActionSearchRequest = Type.Object({ subject: Subject, resource: Resource, ...shared }, open)
export type ActionSearchRequest = Static<typeof ActionSearchRequest>

/**
 * `next_token` is empty on the last page. A page may hold fewer results than asked, even none, and still have a next
 * one.
 */
const answerOf = <S extends TSchema>(result: S) =>
  Type.Object({
    page: Type.Object({ next_token: Type.String(), count: Type.Integer() }),
    results: Type.Array(result),
    context: Type.Object({ revision: Type.String() }),
  })

const Entity = Type.Object({ type: Type.String(), id: Type.String() })
export const EntitySearchResponse = answerOf(Entity)
export type EntitySearchResponse = Static<typeof EntitySearchResponse>
export const ActionSearchResponse = answerOf(Type.Object({ name: Type.String() }))
export type ActionSearchResponse = Static<typeof ActionSearchResponse>

const searching = {
  service: 'authz',
  method: 'POST',
  auth: 'organization',
  principals: 'any_and_platform',
  limit: 'check',
  dialect: 'authzen',
  problems: [
    'organization_required',
    'forbidden',
    'invalid_attribute',
    'evaluation_too_expensive',
    'invalid_cursor',
    'not_current',
    'revision_unavailable',
  ],
} as const

export const SearchSubjects = defineRoute({
  ...searching,
  operationId: 'searchSubjects',
  impersonation: 'allowed',
  path: '/access/v1/search/subject',
  summary: 'Who may do this action on this resource? A person is told about themself only (OpenID AuthZEN 1.0 §8.4).',
  body: SubjectSearchRequest,
  success: { status: 200, body: EntitySearchResponse, description: 'One page of subjects.' },
})

export const SearchResources = defineRoute({
  ...searching,
  operationId: 'searchResources',
  impersonation: 'allowed',
  path: '/access/v1/search/resource',
  summary: 'On which stored resources of this type may the subject do this action? (OpenID AuthZEN 1.0 §8.5)',
  body: ResourceSearchRequest,
  success: { status: 200, body: EntitySearchResponse, description: 'One page of resources.' },
})

export const SearchActions = defineRoute({
  ...searching,
  operationId: 'searchActions',
  impersonation: 'allowed',
  path: '/access/v1/search/action',
  summary: 'What may the subject do on this resource? (OpenID AuthZEN 1.0 §8.6)',
  body: ActionSearchRequest,
  success: { status: 200, body: ActionSearchResponse, description: 'One page of actions.' },
})
