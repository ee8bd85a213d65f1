/** Makes an authorization code: what it stands for is stored with its hash. */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { type Code, insertCode } from '../../store/oauth-authorizations.ts'

export const codePrefix = 'gtcd_'
/** FAPI 2.0 §5.3.2.1 asks for at most 60 seconds. */
const codeSeconds = 60

/**
 * `sessionId` is the signed-in session: the client's own is made when the code is exchanged.
 * @param store - `insertCodeOfUse` where the browser was let through, which is a use of that session
 */
export async function issueCode(
  system: Queryable,
  o: Pick<Code, 'clientId' | 'userId' | 'organizationId' | 'request'> & { sessionId: string },
  store: typeof insertCode = insertCode,
): Promise<string> {
  const { clientId, userId, organizationId, request } = o
  const { secret, hash } = mintSecret(codePrefix)
  await store(system, {
    id: newId('cod'),
    hash,
    clientId,
    userId,
    parentSessionId: o.sessionId,
    organizationId,
    request,
    lifetimeSeconds: codeSeconds,
  })
  return secret
}
