/** What workers does without being asked: the pipelines of this process, and its spine whichever those are. */
import type { Part } from '@gatehouse/service-kit/concurrency/background'
import type { Config } from './config.ts'
import type { Deps } from './deps.ts'
import { createPipelines } from './pipelines.ts'

export const background = (deps: Deps, config: Config): Part[] => [deps.spine, ...createPipelines(deps, config)]
