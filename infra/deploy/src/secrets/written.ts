/** The secrets as a deployment reads them: a file each for Compose, one file of Secret manifests for Kubernetes. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments, stringify } from 'yaml'
import type { Secrets } from './values.ts'

export type Written = { read(): Secrets; write(secrets: Secrets): void }

const prefix = 'gatehouse-'

type Manifest = { metadata: { name: string }; stringData: Record<string, string> }

export const writtenAsManifests = (file: string): Written => ({
  read: () =>
    existsSync(file)
      ? Object.fromEntries(
          parseAllDocuments(readFileSync(file, 'utf8')).map((document) => {
            const { metadata, stringData } = document.toJS() as Manifest
            return [metadata.name.slice(prefix.length), stringData]
          }),
        )
      : {},
  write: (secrets) => {
    const manifests = Object.entries(secrets).map(([name, stringData]) =>
      stringify({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: `${prefix}${name}` },
        type: 'Opaque',
        stringData,
      }),
    )
    writeFileSync(file, manifests.join('---\n'), { mode: 0o600 })
  },
})

/**
 * Compose mounts them as they are, for a container that runs as nobody in particular: the folder is closed, not the
 * files.
 */
export const writtenAsFiles = (folder: string): Written => ({
  read: () =>
    existsSync(folder)
      ? Object.fromEntries(
          readdirSync(folder, { withFileTypes: true })
            .filter((entry) => entry.isDirectory() && !entry.name.startsWith('kept'))
            .map(({ name }) => [name, filesIn(join(folder, name))]),
        )
      : {},
  write: (secrets) => {
    for (const [reader, own] of Object.entries(secrets)) {
      rmSync(join(folder, reader), { recursive: true, force: true })
      mkdirSync(join(folder, reader), { recursive: true })
      for (const [name, value] of Object.entries(own)) writeFileSync(join(folder, reader, name), value, { mode: 0o444 })
    }
  },
})

const filesIn = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
