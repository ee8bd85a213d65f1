/** One JetStream stream per producer; its subjects are the producer's event types. */
import type { ServiceName } from '../common/services.ts'

export const streamOf = (producer: ServiceName): string => `GATEHOUSE_${producer.toUpperCase()}`
export const subjectsOf = (producer: ServiceName): string => `gatehouse.${producer}.>`
