/**
 * What a person sees instead of an error: the sign-in where nobody is signed in, one more step where a stronger or
 * newer sign-in is asked for, the form again where it can be mended, else a page that says what to do.
 */
import { problems, type ProblemCode } from '@gatehouse/contracts/problems/registry'
import type { AppError } from '@gatehouse/service-kit/errors/app-error'
import { OAuthError } from '@gatehouse/service-kit/errors/oauth-error'
import { toAppError } from '@gatehouse/service-kit/errors/problem-handler'
import type { Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { withoutLink } from '../domain/flow.ts'
import { along } from '../domain/way.ts'
import { ruleFields } from '../domain/rule-fields.ts'
import { beginStepUp } from '../use-cases/step-up.ts'
import { errorPage } from '../views/errors.tsx'
import { again, redirect, type PageAnswer } from './answer.ts'

type Refused = { err: unknown; visit: Visit; method: 'GET' | 'POST' }

/** A form with one of these can be sent once more. */
const mendable = new Set<ProblemCode>([
  'validation_failed',
  'weak_password',
  'invalid_credentials',
  'invalid_code',
  'invalid_passkey',
  'step_unavailable',
  'conflict',
  'limit_reached',
  'last_way_in',
  'last_owner',
  'already_member',
  'precondition_failed',
  'own_session_refused',
  'password_required',
  'rate_limited',
  'unavailable',
  'upstream_failed',
  'not_current',
  'deadline_exceeded',
])

export async function answerFor(deps: Deps, { err, visit, method }: Refused): Promise<PageAnswer> {
  const known = toAppError(err)
  if (known.code === 'token_revoked' || known.code === 'unauthenticated') return toSignIn(visit)
  if (known.code === 'insufficient_user_authentication') {
    try {
      return await beginStepUp(deps, visit, known)
    } catch (second) {
      return refusalOf(deps, visit, second)
    }
  }
  if (method === 'POST' && mendable.has(known.code)) return again(visit, errorsOf(known), valuesOf(visit))
  const refusal = refusalOf(deps, visit, known)
  return known.code === 'invalid_token' && refusal.kind === 'page' ? { ...refusal, flow: withoutLink(visit) } : refusal
}

const toSignIn = ({ path, way }: Visit): PageAnswer =>
  redirect(along('/signin', way.request === undefined ? { ...way, next: path } : way))

/** A page that says what cannot go on. */
export function refusalOf({ log }: Pick<Deps, 'log'>, visit: Visit, err: unknown): PageAnswer {
  // Parameters that stand twice or cannot be decoded.
  if (err instanceof OAuthError) return errorPage(visit, { code: 'malformed_request', status: err.status })
  const known = toAppError(err)
  const fields = { code: known.code, route: visit.path, internal: known.internal }
  if (known.code === 'internal_error') log.error({ ...fields, err: known }, 'request failed')
  else if (known.status >= 500) log.warn({ ...fields, err: known.cause }, 'request answered as unavailable')
  return errorPage(visit, { code: known.code, status: problems[known.code].status })
}

/** What the service said of a member, or of one of a list, is said of the field of the same name. */
function errorsOf({ code, errors = [] }: AppError): Record<string, string> {
  const fields = errors.flatMap(({ path }) => {
    const name = /^(?:\/\w+)*?\/([a-z_]+)(?:\/\d+)?$/.exec(path)?.[1]
    return name === undefined ? [] : [[fieldOf(name), code] as const]
  })
  return fields.length > 0 ? Object.fromEntries(fields) : { form: code }
}

/** A new password is the password of its form, and nobody counts lifetimes in seconds. */
const fieldOf = (name: string): string => name.replace(/^new_/, '').replace(/_seconds$/, '_minutes')

/** Fields that may be shown again; never a secret. */
const showable = ['email', 'name', 'background', 'text', 'expires_in_days', 'reason', ...ruleFields]

const valuesOf = ({ form }: Visit): Record<string, string> =>
  Object.fromEntries(showable.flatMap((name) => (form.has(name) ? [[name, form.get(name) ?? '']] : [])))
