/** Starts workers: configuration, dependencies, server, pipelines; the kit does signals, health and drain. */
import { complaintsAboutKeys } from '@gatehouse/access/tokens/service-keys'
import { runService } from '@gatehouse/service-kit/lifecycle/run-service'
import { buildApp } from './app.ts'
import { config } from './config.ts'
import { openDeps } from './deps.ts'
import { createPipelines } from './pipelines.ts'

await runService({
  name: 'workers',
  config,
  inspect: (values) => complaintsAboutKeys('workers', values),
  async start(settings, runtime) {
    const deps = openDeps(settings, runtime)
    const pipelines = createPipelines(deps, settings)
    return {
      app: buildApp(deps),
      ready: deps.ready,
      startBackground: pipelines.start,
      async close() {
        await pipelines.stop()
        await deps.close()
      },
    }
  },
})
