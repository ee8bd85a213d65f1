// Finds a Redis server program: on PATH, in the cache, or unpacked from the distribution's packages. The unpacked
// program comes as a small wrapper that gives its own libraries to that one process and to nothing else.
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { launchProblem } from '../launch-problem.ts'
import { firstLine, readDistribution, unpackPackages } from './apt.ts'
import { findOnPath, objectionTo, type Note } from './find-binary.ts'

const PACKAGES = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1']

export async function findRedisBinary(o: { cache: string; env: NodeJS.ProcessEnv; note: Note }): Promise<string> {
  const onPath = await findOnPath({ server: 'redis', program: 'redis-server', ...o })
  if (onPath !== undefined) return onPath
  const distribution = readDistribution()
  const folder = join(o.cache, `redis-${distribution?.codename ?? 'none'}-${process.arch}`)
  const wrapper = join(folder, 'redis-server')
  if (existsSync(wrapper)) return wrapper
  const remedy =
    'Install redis-server 6.2 or newer so that it is on PATH, or set GATEHOUSE_REDIS_URL to a server of your own'
  if (distribution === undefined)
    throw launchProblem('No Redis server on PATH, and fetching one works on Debian and Ubuntu only', remedy)
  o.note('fetching Redis from the distribution’s packages')
  // OpenSSL 3 carries another name since Debian 13 and Ubuntu 24.04 (64-bit time).
  const ssl =
    distribution.id === 'debian'
      ? distribution.version >= 13
        ? 'libssl3t64'
        : 'libssl3'
      : distribution.version >= 24
        ? 'libssl3t64'
        : 'libssl3'
  try {
    await unpackPackages({ packages: [...PACKAGES, ssl], into: folder, distribution, finish: writeWrapper })
  } catch (error) {
    throw launchProblem(
      `Redis could not be fetched from the distribution’s packages (${firstLine(error)})`,
      `${remedy}; or try again with the network up`,
    )
  }
  const objection = await objectionTo('redis', wrapper)
  if (objection !== undefined)
    throw launchProblem(`The Redis of this distribution cannot be used: ${objection}`, remedy)
  return wrapper
}

async function writeWrapper(tree: string): Promise<void> {
  const isLibraryFolder = (name: string) => name.endsWith('-linux-gnu')
  const libraries = ['usr/lib', 'lib']
    .filter((base) => existsSync(join(tree, base)))
    .flatMap((base) =>
      readdirSync(join(tree, base))
        .filter(isLibraryFolder)
        .map((name) => `$here/${base}/${name}`),
    )
  const script = [
    '#!/bin/sh',
    'here=$(cd "$(dirname "$0")" && pwd)',
    `LD_LIBRARY_PATH="${libraries.join(':')}" exec "$here/usr/bin/redis-server" "$@"`,
  ]
  writeFileSync(join(tree, 'redis-server'), script.join('\n') + '\n', { mode: 0o755 })
}
