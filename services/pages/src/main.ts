/** Starts pages: configuration, dependencies, server; the kit does signals, health and drain. */
import { complaintsAboutKeys } from '@gatehouse/access/tokens/service-keys'
import { runService } from '@gatehouse/service-kit/lifecycle/run-service'
import { buildApp } from './app.ts'
import { config } from './config.ts'
import { openDeps } from './deps.ts'

await runService({
  name: 'pages',
  config,
  inspect: (values) => complaintsAboutKeys('pages', values),
  async start(settings, runtime) {
    const deps = openDeps(settings, runtime)
    // A neighbour that is away is an error page of the request that needs it, as anywhere else.
    return { app: buildApp(deps), ready: () => [], close: deps.close }
  },
})
