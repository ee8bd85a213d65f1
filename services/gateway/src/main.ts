/** Starts the gateway: configuration, dependencies, server; the kit does signals, health and drain. */
import { complaintsAboutKeys } from '@gatehouse/access/tokens/service-keys'
import { runService } from '@gatehouse/service-kit/lifecycle/run-service'
import { buildApp } from './app.ts'
import { config } from './config.ts'
import { openDeps } from './deps.ts'
import { readiness } from './readiness.ts'

await runService({
  name: 'gateway',
  config,
  inspect: (values) => complaintsAboutKeys('gateway', values),
  async start(settings, runtime) {
    const deps = openDeps(settings, runtime)
    return {
      app: await buildApp(deps),
      ready: () => readiness(deps),
      background: [deps.floors],
      close: deps.close,
    }
  },
})
