/** Starts identity: configuration, dependencies, server; the kit does signals, health and drain. */
import { complaintsAboutKeys } from '@gatehouse/access/tokens/service-keys'
import { createUpkeep } from '@gatehouse/service-kit/concurrency/background'
import { createResealing } from '@gatehouse/service-kit/secrets/reseal'
import { runService } from '@gatehouse/service-kit/lifecycle/run-service'
import { buildApp } from './app.ts'
import { createBootstrap } from './bootstrap.ts'
import { config } from './config.ts'
import { openDeps } from './deps.ts'
import { sealedTotp } from './use-cases/factors/sealed-totp.ts'
import { deleteExpired } from './use-cases/account/delete-expired.ts'

const upkeepMs = 10 * 60_000

await runService({
  name: 'identity',
  config,
  inspect: (values) => complaintsAboutKeys('identity', values),
  async start(settings, runtime) {
    const deps = await openDeps(settings, runtime)
    const bootstrap = createBootstrap(deps, settings)
    return {
      app: buildApp(deps),
      ready: () => deps.ready([bootstrap.check()]),
      background: [
        deps.spine,
        bootstrap,
        createResealing({ kind: 'totp', log: deps.log, ...sealedTotp(deps) }),
        createUpkeep({ name: 'expired rows', run: () => deleteExpired(deps), everyMs: upkeepMs, log: deps.log }),
      ],
      close: deps.close,
    }
  },
})
