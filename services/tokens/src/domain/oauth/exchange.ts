/**
 * What a token exchange (RFC 8693) may give: never more scope, audience or time than the token that is exchanged. Pure:
 * who asks and with what is given.
 */
import type { OAuthErrorCode } from '@gatehouse/contracts/problems/oauth-errors'
import type { Act, ClientAccessClaims } from './client-tokens.ts'
import { parseScope } from './scopes.ts'

/** Each service that acts adds one; more in a row are a circle. */
const longestChain = 5

type Asked = { scope: string | undefined; targets: readonly string[] }
type Actor = { id: string; scopes: readonly string[]; audiences: readonly string[] }
type Judged =
  | { kind: 'granted'; scope: string[]; audience: string[]; act: Act }
  | { kind: 'refused'; error: OAuthErrorCode; description: string }

export function judgeExchange(
  subject: Pick<ClientAccessClaims, 'aud' | 'scope' | 'client_id' | 'act'>,
  o: { actor: Actor; asked: Asked },
): Judged {
  const { actor, asked } = o
  const refused = (error: OAuthErrorCode, description: string): Judged => ({ kind: 'refused', error, description })
  // Who finds a token of others can do nothing with it here.
  if (subject.client_id !== actor.id && !subject.aud.some((one) => actor.audiences.includes(one)))
    return refused('invalid_request', 'The subject token is not valid, or not for this client.')
  const strange = asked.targets.find((target) => !subject.aud.includes(target))
  if (strange !== undefined) return refused('invalid_target', 'The subject token is not for this audience.')
  const held = subject.scope.split(' ').filter((one) => one !== 'offline_access' && actor.scopes.includes(one))
  const wanted = asked.scope === undefined ? held : parseScope(asked.scope)
  if (wanted === undefined || wanted.length === 0 || wanted.some((one) => !held.includes(one)))
    return refused('invalid_scope', 'The subject token, or this client, does not have all of this scope.')
  const act: Act = { sub: actor.id, ...(subject.act && { act: subject.act }) }
  if (lengthOf(act) > longestChain) return refused('invalid_request', 'The subject token has been exchanged too often.')
  return { kind: 'granted', scope: wanted, audience: asked.targets.length > 0 ? [...asked.targets] : subject.aud, act }
}

const lengthOf = (act: Act): number => 1 + (act.act === undefined ? 0 : lengthOf(act.act))
