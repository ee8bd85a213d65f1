/** What the figures were measured on, without saying where. */
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'

export type Fingerprint = {
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly kernel: string
  readonly node: string
}

export const fingerprint = (): Fingerprint => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memoryGb: Math.round(totalmem() / 2 ** 30),
  kernel: `${type()} ${release()}`,
  node: process.version,
})
