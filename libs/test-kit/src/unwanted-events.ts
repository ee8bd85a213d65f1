/** What a projection would use and never gets, because its subjects leave it out. */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { eventContracts } from '@gatehouse/contracts/events/registry'
import type { ProjectionOptions } from '@gatehouse/spine/follow/projection'

type Projecting = Required<Pick<ProjectionOptions, 'producer' | 'subjects' | 'apply'>>

/** The event types of the producer that `apply` does something with although `subjects` do not cover them. */
export async function usedButUnwanted({ producer, subjects, apply }: Projecting): Promise<string[]> {
  const isWanted = (type: string): boolean =>
    subjects.some((subject) => (subject.endsWith('.>') ? type.startsWith(subject.slice(0, -1)) : type === subject))
  const used: string[] = []
  for (const { type } of eventContracts) {
    if (!type.startsWith(`gatehouse.${producer}.`) || isWanted(type)) continue
    let isUsed = false
    const use = (): never => {
      isUsed = true
      throw new Error('used')
    }
    const tx = new Proxy({}, { get: use }) as Parameters<Projecting['apply']>[0]
    const data = new Proxy({}, { get: use, ownKeys: use, has: use, getOwnPropertyDescriptor: use })
    await apply(tx, { type, version: 1, subject: 'none', data } as unknown as EventEnvelope).catch(
      () => (isUsed = true),
    )
    if (isUsed) used.push(type)
  }
  return used
}
