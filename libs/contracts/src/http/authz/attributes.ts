/** Attributes of the parties to a decision: their names, types and values on the wire. */
import Type, { type Static } from 'typebox'

/** Words of CEL, and those it keeps for later: no condition can spell an attribute of such a name. */
const reservedWords =
  'as|break|const|continue|else|false|for|function|if|import|in|let|loop|namespace|null|package|return|true|var|void|while'

/** An identifier of CEL, in either case. */
export const AttributeName = Type.String({
  pattern: `^(?!(?:${reservedWords})$)[A-Za-z_][A-Za-z0-9_]{0,62}$`,
  maxLength: 63,
})

/**
 * Type of an attribute and who may say its value, first come first believed. A `sensitive` one is left out of recorded
 * decisions.
 */
export const AttributeSchema = Type.Object({
  type: Type.Union([
    Type.Literal('string'),
    Type.Literal('number'),
    Type.Literal('boolean'),
    Type.Literal('timestamp'),
    Type.Literal('string_list'),
  ]),
  provenance: Type.Array(Type.Union([Type.Literal('platform'), Type.Literal('stored'), Type.Literal('caller')]), {
    minItems: 1,
    maxItems: 3,
    uniqueItems: true,
  }),
  sensitive: Type.Optional(Type.Boolean()),
})
export const AttributeSchemas = Type.Record(AttributeName, AttributeSchema, { maxProperties: 100 })

/** A timestamp is RFC 3339 text. */
const AttributeValue = Type.Union([
  Type.String({ maxLength: 4096 }),
  Type.Number(),
  Type.Boolean(),
  Type.Array(Type.String({ maxLength: 4096 }), { maxItems: 200 }),
])
export const AttributeValues = Type.Record(AttributeName, AttributeValue, { maxProperties: 100 })
export type AttributeValues = Static<typeof AttributeValues>

/** Types of resources and of other subjects and things people store. */
export const EntityType = Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_-]{0,62}$', maxLength: 63 })
/** Names of actions, in either case: `read`, `roles.assign`, `GET`. */
export const ActionName = Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,62}$', maxLength: 63 })
/** As AuthZEN has it: any text that names one thing of its type. */
export const EntityKey = Type.String({ minLength: 1, maxLength: 256 })
