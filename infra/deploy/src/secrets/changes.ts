/**
 * What making the secrets again would change, in lines that show no secret: of a server's URL the address, of
 * everything else only its name.
 */
import { addressOf } from './given.ts'
import type { Secrets } from './values.ts'

export type Changes = {
  lines: string[]
  /** Something that is there would be another or gone: what runs with it may stop working. */
  isReplacing: boolean
}

export function changesOf(before: Secrets, after: Secrets): Changes {
  const places = [...new Set([...placesIn(before), ...placesIn(after)])].sort()
  const lines: string[] = []
  let isReplacing = false
  for (const place of places) {
    const [reader = '', name = ''] = place.split('/')
    const [old, now] = [before[reader]?.[name], after[reader]?.[name]]
    if (old === now) continue
    if (old !== undefined) isReplacing = true
    lines.push(lineOf(place, old, now))
  }
  return { lines, isReplacing }
}

const placesIn = (secrets: Secrets): string[] =>
  Object.entries(secrets).flatMap(([reader, own]) => Object.keys(own).map((name) => `${reader}/${name}`))

function lineOf(place: string, old: string | undefined, now: string | undefined): string {
  if (old === undefined) return `+ ${place}`
  if (now === undefined) return `- ${place}`
  if (!place.endsWith('_URL')) return `~ ${place}`
  const [from, to] = [addressOf(old), addressOf(now)]
  return from === to ? `~ ${place} ${to}, other credentials` : `~ ${place} ${from} -> ${to}`
}
