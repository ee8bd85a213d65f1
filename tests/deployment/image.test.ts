/**
 * What an image holds starts with nothing around it: the Node that is shipped, the packages its last stage installs,
 * its own files.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { nodeFlags } from '@gatehouse/deploy/node-flags'
import { cacheFolder } from '@gatehouse/local/servers/folders'
import { bareRoot, installedPackages, runInside, shippedNode } from './bare-root.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const dockerfile = readFileSync(join(root, 'infra/docker/service.Dockerfile'), 'utf8')

t.test('every service’s files start in a bare root', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bare-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  // The service with native code of its own stands for all: the others are a part of what it needs.
  const service = 'identity'
  execFileSync(process.execPath, ['--import', 'tsx', 'infra/deploy/src/build.ts', '--out', folder, '--copy', service], {
    cwd: root,
  })
  const node = shippedNode(cacheFolder(process.env))
  const place = { node, service: join(folder, service) }
  const [whole, lacking] = [join(folder, 'whole'), join(folder, 'lacking')]
  await bareRoot({ ...place, into: whole, packages: installedPackages(dockerfile) })
  const version = runInside(whole, ['--version'])
  t.equal(version.status, 0, version.output)
  t.match(version.output, new RegExp(`^v${/^ARG NODE_VERSION=(\d+)/m.exec(dockerfile)?.[1]}\\.`))
  const [, ...flags] = JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[]
  t.same(flags, nodeFlags, 'an image starts Node as a workspace does')
  const printed = runInside(whole, [...flags, '/gatehouse/service/bin/main.mjs', '--print-config'])
  t.equal(printed.status, 0, printed.output)
  t.match(printed.output, `"service": "${service}"`)
  const refused = runInside(whole, ['/gatehouse/service/bin/main.mjs'])
  t.equal(refused.status, 78, refused.output)
  await bareRoot({ ...place, into: lacking, packages: [] })
  t.equal(runInside(lacking, ['--version']).status, 127, 'without those packages nothing starts')
})

t.test('the build takes nothing that a lock file does not name, and bases can be named by digest', async (t) => {
  t.notMatch(dockerfile, /npm (i|install) /)
  for (const [, base = ''] of dockerfile.matchAll(/^FROM (\S+)/gm)) t.match(base, /^\$\{(NODE|BASE)_IMAGE\}$/)
})
