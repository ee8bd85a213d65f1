/** What workers does without being asked: the pipelines of this process, and the partitions of its schema whichever those are. */
import type { Part } from '@gatehouse/service-kit/concurrency/background'
import { createPartitionUpkeep } from '@gatehouse/service-kit/postgres/partitions'
import type { Config } from './config.ts'
import type { Deps } from './deps.ts'
import { createPipelines } from './pipelines.ts'

export const background = (deps: Deps, config: Config): Part[] => [
  createPartitionUpkeep({ db: deps.system, log: deps.log }),
  ...createPipelines(deps, config),
]
