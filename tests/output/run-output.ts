/**
 * What a whole run of the tests writes, and what may stand in none of it. Each test process leaves both in the folder
 * that RUN_OUTPUT names; without one nothing is kept.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesIn, foundIn, keptSecrets } from './sensitive.ts'

const folder = process.env['RUN_OUTPUT']
const outputsOf = (run: string): string => join(run, 'outputs')
const sensitiveOf = (run: string): string => join(run, 'sensitive')

/** Leaves what is sensitive in this process, by a name of its own. */
export function leaveSensitive(name: string, texts: ReadonlySet<string>): void {
  if (folder === undefined || texts.size === 0) return
  mkdirSync(sensitiveOf(folder), { recursive: true })
  writeFileSync(join(sensitiveOf(folder), `${name}.json`), JSON.stringify([...texts]))
}

/** Leaves the logs of a platform that was started for a test, and the secrets it kept. */
export function leavePlatform(data: string): void {
  if (folder === undefined || !existsSync(join(data, 'settings.json'))) return
  const name = `platform-${process.pid}-${Date.now()}`
  cpSync(join(data, 'logs'), join(outputsOf(folder), name), { recursive: true })
  const secrets = new Set<string>()
  keptSecrets(data, secrets)
  leaveSensitive(name, secrets)
}

/** Looks for everything sensitive in all that was written. */
export function lookThrough(run: string): { texts: number; bytes: number; found: string[] } {
  const texts = new Set<string>()
  if (existsSync(sensitiveOf(run)))
    for (const file of readdirSync(sensitiveOf(run)))
      for (const text of JSON.parse(readFileSync(join(sensitiveOf(run), file), 'utf8')) as string[]) texts.add(text)
  if (!existsSync(outputsOf(run))) return { texts: texts.size, bytes: 0, found: [] }
  const bytes = filesIn(outputsOf(run)).reduce((sum, file) => sum + statSync(file).size, 0)
  return { texts: texts.size, bytes, found: foundIn(outputsOf(run), texts) }
}
