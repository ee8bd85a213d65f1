/**
 * The Cerbos server on a core of its own, with the policies of the workload said in its language. It sends nothing to
 * anybody.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasPeer, peerFile, peerVersion } from '../engines/peers.ts'
import type { Model } from '../workload/model.ts'
import { answersOk, freePort, startChild } from './child.ts'
import type { Cleanup } from './cleanup.ts'

export type Cerbos = { readonly port: number; readonly pid: number; readonly version: string }

const packageName = '@cerbos/cerbos-linux-x64'
export const hasCerbos = (): boolean => hasPeer(packageName)

export async function startCerbos(cleanup: Cleanup, model: Model): Promise<Cerbos> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-cerbos-'))
  cleanup.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const policies = join(folder, 'policies')
  mkdirSync(policies)
  for (const type of model.types)
    writeFileSync(join(policies, `${type}.yaml`), JSON.stringify(resourcePolicy(model, type)))
  const [port, grpcPort] = [await freePort(), await freePort()]
  const config = {
    server: {
      httpListenAddr: `127.0.0.1:${port}`,
      grpcListenAddr: `127.0.0.1:${grpcPort}`,
      requestLimits: { maxActionsPerResource: 50, maxResourcesPerRequest: 100 },
    },
    storage: { driver: 'disk', disk: { directory: policies, watchForChanges: false } },
    telemetry: { disabled: true },
  }
  const file = join(folder, 'config.yaml')
  writeFileSync(file, JSON.stringify(config))
  const child = await startChild(cleanup, {
    name: 'cerbos',
    command: peerFile(packageName, 'cerbos-linux-x64'),
    args: ['server', `--config=${file}`, '--log-level=warn'],
    env: { PATH: process.env['PATH'], HOME: folder, CERBOS_NO_TELEMETRY: '1' },
    cwd: folder,
    isReady: () => answersOk(`http://127.0.0.1:${port}/_cerbos/health`),
  })
  return { port, pid: child.pid, version: peerVersion(packageName) }
}

/** JSON is YAML. */
function resourcePolicy(model: Model, type: string) {
  const ofRoles = model.roles.flatMap(({ key, permissions }) => {
    const granted = permissions
      .filter((permission) => permission.startsWith(`${type}:`))
      .map((permission) => permission.slice(type.length + 1))
    return granted.length === 0 ? [] : [{ actions: granted, effect: 'EFFECT_ALLOW', roles: [key] }]
  })
  const conditional = model.policies
    .filter((policy) => policy.type === type)
    .map(({ condition, actions, roles }) => ({
      actions,
      effect: condition.effect === 'allow' ? 'EFFECT_ALLOW' : 'EFFECT_DENY',
      roles: roles ?? ['*'],
      condition: { match: { expr: condition.cerbos } },
    }))
  return {
    apiVersion: 'api.cerbos.dev/v1',
    resourcePolicy: { version: 'default', resource: type, rules: [...ofRoles, ...conditional] },
  }
}
