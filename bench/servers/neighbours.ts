/**
 * The neighbours a service follows, as far as it needs them: nothing ever happens in them, and the key set holds the
 * key the bench signs with.
 */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { changesRoute } from '@gatehouse/contracts/http/spine/changes'
import { snapshotPath } from '@gatehouse/contracts/http/spine/snapshot'
import { GetInternalJwks } from '@gatehouse/contracts/http/tokens/sessions'
import type { Cleanup } from './cleanup.ts'

export type Neighbours = { readonly url: string; readonly epoch: string }

export async function startNeighbours(cleanup: Pick<Cleanup, 'teardown'>, jwks: object): Promise<Neighbours> {
  const epoch = randomUUID()
  const pages: Record<string, readonly object[]> = {
    [changesRoute('identity').path]: [{ epoch, head: 0, after: 0, events: [], scanned_to: 0 }],
    [snapshotPath]: [{ epoch, position: 0 }, { end: true }],
    [GetInternalJwks.path]: [jwks],
  }
  const server = createServer((request, response) => {
    const page = pages[(request.url ?? '').split('?')[0] ?? '']
    response
      .writeHead(page === undefined ? 404 : 200, { 'content-type': 'application/json' })
      .end((page ?? [{}]).map((line) => `${JSON.stringify(line)}\n`).join(''))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanup.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, epoch }
}
