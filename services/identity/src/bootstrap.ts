/**
 * Makes the configured administrator while the service starts, trying again until the database is there.
 * The service is not ready before, so whoever waits for readiness can sign in as that administrator.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import type { ReadyCheck } from '@gatehouse/service-kit/health/checks'
import type { Config } from './config.ts'
import type { Deps } from './deps.ts'
import { bootstrapAdmin } from './use-cases/bootstrap-admin.ts'

const retryMs = 1000

export type Bootstrap = { start(): void; stop(): Promise<void>; check(): ReadyCheck }

export function createBootstrap(
  deps: Deps,
  config: Pick<Config, 'BOOTSTRAP_ADMIN_EMAIL' | 'BOOTSTRAP_ADMIN_PASSWORD'>,
): Bootstrap {
  const { BOOTSTRAP_ADMIN_EMAIL: email, BOOTSTRAP_ADMIN_PASSWORD: password } = config
  const stopping = new AbortController()
  let state: 'pending' | 'done' | 'refused' = email !== undefined && password !== undefined ? 'pending' : 'done'
  let running: Promise<void> = Promise.resolve()

  const attempt = async (admin: { email: string; password: string }): Promise<void> => {
    const outcome = await bootstrapAdmin(deps, admin)
    if (outcome.kind === 'address_taken')
      deps.log.error(
        'BOOTSTRAP_ADMIN_EMAIL belongs to an account somebody registered: no administrator was made, name another address',
      )
    if (outcome.kind === 'created')
      deps.log.info({ user_id: outcome.userId }, 'the first platform administrator was made')
    state = 'done'
  }
  const run = async (admin: { email: string; password: string }): Promise<void> => {
    while (state === 'pending' && !stopping.signal.aborted) {
      try {
        await attempt(admin)
      } catch (err) {
        if (isAppError(err, 'weak_password')) {
          state = 'refused'
          deps.log.error('BOOTSTRAP_ADMIN_PASSWORD is too easy to guess: no administrator was made')
        } else {
          deps.log.warn({ err }, 'the first platform administrator could not be made yet')
          await wait(retryMs, undefined, { signal: stopping.signal }).catch(() => {})
        }
      }
    }
  }
  return {
    start() {
      if (email !== undefined && password !== undefined) running = run({ email, password })
    },
    async stop() {
      stopping.abort()
      await running
    },
    check: () =>
      state === 'done'
        ? { name: 'bootstrap_admin', ok: true }
        : {
            name: 'bootstrap_admin',
            ok: false,
            reason: state === 'refused' ? 'BOOTSTRAP_ADMIN_PASSWORD is too easy to guess' : 'not made yet',
          },
  }
}
