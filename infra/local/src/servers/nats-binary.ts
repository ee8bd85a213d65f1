// Finds a NATS server program: on PATH, in the cache, or unpacked from the distribution's packages. Debian 12 carries a
// server that is too old, so there the package of Debian 13 is taken; it runs wherever glibc is 2.34 or newer.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { launchProblem } from '../launch-problem.ts'
import { firstLine, readDistribution, unpackPackages } from './apt.ts'
import { findOnPath, objectionTo, type Note } from './find-binary.ts'

const FIRST_GOOD_DEBIAN = { version: 13, codename: 'trixie' }

export async function findNatsBinary(o: { cache: string; env: NodeJS.ProcessEnv; note: Note }): Promise<string> {
  const onPath = await findOnPath({ server: 'nats', program: 'nats-server', ...o })
  if (onPath !== undefined) return onPath
  const distribution = readDistribution()
  const folder = join(o.cache, `nats-${distribution?.codename ?? 'none'}-${process.arch}`)
  const program = findProgram(folder)
  if (program !== undefined) return program
  const remedy =
    'Install nats-server 2.10 or newer so that it is on PATH, or set GATEHOUSE_NATS_URL to a server of your own'
  if (distribution === undefined)
    throw launchProblem('No NATS server on PATH, and fetching one works on Debian and Ubuntu only', remedy)
  o.note('fetching NATS from the distribution’s packages')
  const suite =
    distribution.id === 'debian' && distribution.version < FIRST_GOOD_DEBIAN.version
      ? FIRST_GOOD_DEBIAN.codename
      : undefined
  try {
    await unpackPackages({ packages: ['nats-server'], into: folder, distribution, suite })
  } catch (error) {
    throw launchProblem(
      `NATS could not be fetched from the distribution’s packages (${firstLine(error)})`,
      `${remedy}; or try again with the network up`,
    )
  }
  const fetched = findProgram(folder)
  const objection = fetched === undefined ? 'the package holds no nats-server' : await objectionTo('nats', fetched)
  if (fetched === undefined || objection !== undefined)
    throw launchProblem(`The NATS of this distribution cannot be used: ${objection}`, remedy)
  return fetched
}

function findProgram(folder: string): string | undefined {
  return ['usr/sbin/nats-server', 'usr/bin/nats-server']
    .map((path) => join(folder, path))
    .find((file) => existsSync(file))
}
