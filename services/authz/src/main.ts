/** Starts authz: configuration, dependencies, server; the kit does signals, health and drain. */
import { complaintsAboutKeys } from '@gatehouse/access/tokens/service-keys'
import { runService } from '@gatehouse/service-kit/lifecycle/run-service'
import { buildApp } from './app.ts'
import { background } from './background.ts'
import { config } from './config.ts'
import { openDeps } from './deps.ts'

await runService({
  name: 'authz',
  config,
  inspect: (values) => complaintsAboutKeys('authz', values),
  async start(settings, runtime) {
    const deps = openDeps(settings, runtime)
    return {
      app: buildApp(deps),
      ready: () => deps.ready(),
      background: background(deps),
      close: deps.close,
    }
  },
})
