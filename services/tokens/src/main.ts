/** Starts tokens: configuration, dependencies, server; the kit does signals, health and drain. */
import { complaintsAboutKeys } from '@gatehouse/access/tokens/service-keys'
import { runService } from '@gatehouse/service-kit/lifecycle/run-service'
import { buildApp } from './app.ts'
import { startBackground } from './background.ts'
import { config } from './config.ts'
import { openDeps } from './deps.ts'

await runService({
  name: 'tokens',
  config,
  inspect: (values) => complaintsAboutKeys('tokens', values),
  async start(settings, runtime) {
    const deps = openDeps(settings, runtime)
    const app = buildApp(deps)
    const background = startBackground(deps)
    return {
      app,
      ready: deps.ready,
      async close() {
        await background.stop()
        await deps.close()
      },
    }
  },
})
