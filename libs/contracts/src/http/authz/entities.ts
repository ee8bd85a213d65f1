/**
 * The entity directory: resources, and subjects of any type, that an organization's applications store for decisions
 * and searches.
 */
import Type, { type Static } from 'typebox'
import { Key } from '../../common/ids.ts'
import { listOf } from '../../common/page.ts'
import { Instant } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'
import { AttributeValues, EntityKey, EntityType } from './attributes.ts'
import { PageAtQuery } from './moment.ts'

/** `roles`: what the entity holds as a subject, by key. */
export const EntityContent = Type.Object({
  attributes: AttributeValues,
  roles: Type.Optional(Type.Array(Key, { maxItems: 50, uniqueItems: true })),
})
export type EntityContent = Static<typeof EntityContent>

export const Entity = Type.Object({
  type: EntityType,
  id: EntityKey,
  attributes: AttributeValues,
  roles: Type.Array(Key),
  created_at: Instant,
})
export type Entity = Static<typeof Entity>

const typeParams = Type.Object({ type: EntityType })
const entityParams = Type.Object({ type: EntityType, entity: EntityKey })

export const ListEntities = defineRoute({
  operationId: 'listEntities',
  service: 'authz',
  method: 'GET',
  path: '/v1/authz/entities/:type',
  summary: 'Stored entities of a type, by id, in the organization of the token.',
  auth: 'organization',
  params: typeParams,
  query: Type.Object(PageAtQuery),
  success: { status: 200, body: listOf(Entity), description: 'The entities.' },
  problems: ['forbidden'],
})

export const GetEntity = defineRoute({
  operationId: 'getEntity',
  service: 'authz',
  method: 'GET',
  path: '/v1/authz/entities/:type/:entity',
  summary: 'One stored entity.',
  auth: 'organization',
  params: entityParams,
  success: { status: 200, body: Entity, description: 'The entity, with its `ETag`.' },
  problems: ['forbidden'],
})

export const PutEntity = defineRoute({
  operationId: 'putEntity',
  service: 'authz',
  method: 'PUT',
  path: '/v1/authz/entities/:type/:entity',
  summary:
    'Store an entity. Of a type the catalog knows, only attributes whose provenance lists `stored`; `If-Match` ' +
    'guards against lost updates.',
  auth: 'organization',
  params: entityParams,
  body: EntityContent,
  success: {
    status: 200,
    body: Entity,
    description: 'The entity as it is stored, with its `ETag`; the next check sees it.',
  },
  problems: ['forbidden', 'precondition_failed'],
})

/** As many as one call stores. */
export const mostEntitiesAtOnce = 1_000
/** As many as one call stores that brings them as lines. */
export const mostEntityLines = 10_000

export const StoreEntities = defineRoute({
  operationId: 'storeEntities',
  service: 'authz',
  method: 'PATCH',
  path: '/v1/authz/entities/:type',
  summary:
    'Store many entities of a type, all of them or none; others of the type are left alone. Saying the same again ' +
    'changes nothing, so it may be sent again. As lines (`application/x-ndjson`) a call stores ten times as many.',
  auth: 'organization',
  params: typeParams,
  body: Type.Object({
    entities: Type.Array(Type.Object({ id: EntityKey, ...EntityContent.properties }), {
      minItems: 1,
      maxItems: mostEntitiesAtOnce,
    }),
  }),
  lines: { member: 'entities', mostItems: mostEntityLines, mostBytes: 8_388_608 },
  bodyLimitBytes: 1_048_576,
  deadlineMs: 30_000,
  idempotent: true,
  retryable: true,
  success: {
    status: 200,
    body: Type.Object({ stored: Type.Integer(), unchanged: Type.Integer() }),
    description: 'How many have a new version; the next check sees them.',
  },
  problems: ['forbidden', 'validation_failed'],
})

export const DeleteEntity = defineRoute({
  operationId: 'deleteEntity',
  service: 'authz',
  method: 'DELETE',
  path: '/v1/authz/entities/:type/:entity',
  summary: 'Remove an entity.',
  auth: 'organization',
  params: entityParams,
  success: { status: 204, description: 'Gone.' },
  problems: ['forbidden', 'precondition_failed'],
})
