/**
 * Passwords verified and nothing else: argon2id with the parameters of identity, one hash per core at once. What P7
 * compares with.
 */
import { hash, verify } from '@node-rs/argon2'
import { availableParallelism } from 'node:os'
import { closedLoop } from './closed-loop.ts'

const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const password = 'correct horse battery staple'

export async function bareHashesPerSecond(seconds: number): Promise<number> {
  const phc = await hash(password, parameters)
  const loop = await closedLoop({ callers: availableParallelism(), seconds }, () => verify(phc, password))
  return loop.perSecond
}
