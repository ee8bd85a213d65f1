// What one local platform invents for itself and keeps: passwords, ports, the first administrator, the demo accounts.
// Asking twice gives the same answer, on every run, until --reset.
import { randomBytes } from 'node:crypto'
import type { DemoRecord } from '../demo/demo-record.ts'
import { readJson, writeJson } from '@gatehouse/deploy/secrets/json-file'

export type Stored = {
  passwords: Record<string, string>
  ports: Record<string, number>
  /** By the address of the database they live in. */
  demos: Record<string, DemoRecord>
  /** API keys of the demo made later, by database and environment. */
  demoKeys: Record<string, string>
}

export type Settings = {
  /** A generated secret of 24 characters under a name. */
  password: (name: string) => string
  port: (name: string) => number | undefined
  rememberPort: (name: string, port: number) => void
  demo: (database: string) => DemoRecord | undefined
  rememberDemo: (database: string, demo: DemoRecord) => void
  demoKey: (place: string) => string | undefined
  rememberDemoKey: (place: string, key: string) => void
}

export function openSettings(file: string): Settings {
  const stored: Stored = { passwords: {}, ports: {}, demos: {}, demoKeys: {}, ...readJson<Partial<Stored>>(file) }
  const save = () => {
    writeJson(file, stored)
  }
  return {
    password: (name) => {
      const known = stored.passwords[name]
      if (known !== undefined) return known
      const fresh = randomBytes(18).toString('base64url')
      stored.passwords[name] = fresh
      save()
      return fresh
    },
    port: (name) => stored.ports[name],
    rememberPort: (name, port) => {
      if (stored.ports[name] === port) return
      stored.ports[name] = port
      save()
    },
    demo: (database) => stored.demos[database],
    demoKey: (place) => stored.demoKeys[place],
    rememberDemoKey: (place, key) => {
      stored.demoKeys[place] = key
      save()
    },
    rememberDemo: (database, demo) => {
      stored.demos[database] = demo
      save()
    },
  }
}
