/** What the launcher writes for scripts. */
import { readFileSync } from 'node:fs'

export type DemoUser = { id: string; email: string; password: string; role: string }
export type PlatformFile = {
  gateway: string
  issuer: string
  mailbox: string
  management: Record<string, string>
  admin: { email: string; password: string }
  processes: Record<string, number>
  demo: {
    organization_id: string
    users: DemoUser[]
    api_key: string
    application: { client_id: string; client_secret: string; url: string }
    catalog: { resource_type: string; policies: string[] }
    other: { organization_id: string; users: DemoUser[] }
  }
}

/** Reads `.data/platform.json`, or the file named by GATEHOUSE_PLATFORM_FILE. */
export const readPlatformFile = (
  path = process.env['GATEHOUSE_PLATFORM_FILE'] ?? '.data/platform.json',
): PlatformFile => JSON.parse(readFileSync(path, 'utf8')) as PlatformFile
