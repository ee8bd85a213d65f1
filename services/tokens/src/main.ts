/** Starts tokens: configuration, dependencies, server; the kit does signals, health and drain. */
import { runService } from '@gatehouse/service-kit/lifecycle/run-service'
import { buildApp } from './app.ts'
import { startBackground } from './background.ts'
import { config } from './config.ts'
import { openDeps } from './deps.ts'

await runService({
  name: 'tokens',
  config,
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
