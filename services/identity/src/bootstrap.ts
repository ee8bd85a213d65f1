/**
 * Makes the configured administrator while the service starts, trying again until the database is there.
 * The service is not ready before, so a client that waits for readiness can sign in as that administrator.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import type { ReadyCheck } from '@gatehouse/service-kit/health/checks'
import type { Part } from '@gatehouse/service-kit/concurrency/background'
import type { Config } from './config.ts'
import type { Deps } from './deps.ts'
import { bootstrapAdmin } from './use-cases/account/bootstrap-admin.ts'

const retryMs = 1000
const weakPassword = 'BOOTSTRAP_ADMIN_PASSWORD is too easy to guess'

export type Bootstrap = Part & { check(): ReadyCheck }
type Admin = { email: string; password: string }
type State = 'pending' | 'done' | 'refused'

export function createBootstrap(
  deps: Deps,
  config: Pick<Config, 'BOOTSTRAP_ADMIN_EMAIL' | 'BOOTSTRAP_ADMIN_PASSWORD'>,
): Bootstrap {
  const admin = configuredAdmin(config)
  const stopping = new AbortController()
  let state: State = admin === undefined ? 'done' : 'pending'
  let running: Promise<void> = Promise.resolve()

  const run = async (configured: Admin): Promise<void> => {
    while (state === 'pending' && !stopping.signal.aborted) {
      state = await attempt(deps, configured)
      if (state === 'pending') await wait(retryMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }
  return {
    start() {
      if (admin !== undefined) running = run(admin)
    },
    async stop() {
      stopping.abort()
      await running
    },
    check: () => checkOf(state),
  }
}

function configuredAdmin({
  BOOTSTRAP_ADMIN_EMAIL: email,
  BOOTSTRAP_ADMIN_PASSWORD: password,
}: Pick<Config, 'BOOTSTRAP_ADMIN_EMAIL' | 'BOOTSTRAP_ADMIN_PASSWORD'>): Admin | undefined {
  return email === undefined || password === undefined ? undefined : { email, password }
}

/** One try; `pending` when the database was not there. */
async function attempt(deps: Deps, admin: Admin): Promise<State> {
  try {
    const outcome = await bootstrapAdmin(deps, admin)
    if (outcome.kind === 'address_taken')
      deps.log.error('BOOTSTRAP_ADMIN_EMAIL is the address of a registered account: name another address')
    if (outcome.kind === 'created')
      deps.log.info({ user_id: outcome.userId }, 'the first platform administrator was made')
    return 'done'
  } catch (err) {
    if (isAppError(err, 'weak_password')) {
      deps.log.error(`${weakPassword}: no administrator was made`)
      return 'refused'
    }
    deps.log.warn({ err }, 'the first platform administrator could not be made yet')
    return 'pending'
  }
}

function checkOf(state: State): ReadyCheck {
  const name = 'bootstrap_admin'
  if (state === 'done') return { name, ok: true }
  return { name, ok: false, reason: state === 'refused' ? weakPassword : 'not made yet' }
}
