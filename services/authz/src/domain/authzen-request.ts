/**
 * One evaluation out of many (AuthZEN 1.0 §7.1): what it does not say itself it takes from the top of the request. An
 * entity replaces the whole default; only what identifies it (`type`, `id`, `name`) is filled in, so properties of one
 * resource never count for another.
 */
import type { Properties } from './attributes.ts'

export type Entity = { readonly type: string; readonly id: string; readonly properties?: Properties | undefined }
export type Action = { readonly name: string; readonly properties?: Properties | undefined }
export type Evaluation = {
  readonly subject: Entity
  readonly action: Action
  readonly resource: Entity
  readonly context?: Properties | undefined
}

/** The top of the request; checked by its schema. */
export type Defaults = {
  readonly subject?: Partial<Entity> | undefined
  readonly action?: Partial<Action> | undefined
  readonly resource?: Partial<Entity> | undefined
  readonly context?: Properties | undefined
}

export type ReadEvaluation =
  { readonly ok: true; readonly evaluation: Evaluation } | { readonly ok: false; readonly message: string }

const most = { name: 256, properties: 100, propertyName: 200 }

/** Reads one after another of a request: those who say nothing of the subject share the one of the top. */
export function evaluationReader(defaults: Defaults): (item: Properties) => ReadEvaluation {
  const subject = readEntity(undefined, defaults.subject)
  return (item) => readEvaluation(item, defaults, subject)
}

function readEvaluation(item: Properties, defaults: Defaults, byDefault: Entity | string): ReadEvaluation {
  const subject = item['subject'] === undefined ? byDefault : readEntity(item['subject'], defaults.subject)
  if (typeof subject === 'string') return refused(`subject${subject}`)
  const action = readAction(item['action'], defaults.action)
  if (typeof action === 'string') return refused(`action${action}`)
  const resource = readEntity(item['resource'], defaults.resource)
  if (typeof resource === 'string') return refused(`resource${resource}`)
  const context = item['context'] ?? defaults.context
  if (context !== undefined && !areProperties(context))
    return refused(`context must be an object of at most ${most.properties} members`)
  return { ok: true, evaluation: { subject, action, resource, context } }
}

const refused = (message: string): ReadEvaluation => ({ ok: false, message })
const isObject = (value: unknown): value is Properties =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= most.name

/** What is wrong, as the end of a sentence that begins with the entity's name. */
function readEntity(said: unknown, byDefault: Partial<Entity> | undefined): Entity | string {
  const value = said ?? byDefault
  if (value === undefined) return ' is required'
  if (!isObject(value)) return ' must be an object'
  const type = value['type'] ?? byDefault?.type
  if (!isName(type)) return '.type must be a text of 1 to 256 characters'
  const id = value['id'] ?? byDefault?.id
  if (!isName(id)) return '.id must be a text of 1 to 256 characters'
  const properties = value['properties']
  return areProperties(properties) ? { type, id, properties } : wrongProperties
}

function readAction(said: unknown, byDefault: Partial<Action> | undefined): Action | string {
  const value = said ?? byDefault
  if (value === undefined) return ' is required'
  if (!isObject(value)) return ' must be an object'
  const name = value['name'] ?? byDefault?.name
  if (!isName(name)) return '.name must be a text of 1 to 256 characters'
  const properties = value['properties']
  return areProperties(properties) ? { name, properties } : wrongProperties
}

const wrongProperties = `.properties must be an object of at most ${most.properties} members`

function areProperties(value: unknown): value is Properties | undefined {
  if (value === undefined) return true
  if (!isObject(value)) return false
  let count = 0
  for (const name in value) if (++count > most.properties || name.length > most.propertyName) return false
  return true
}
