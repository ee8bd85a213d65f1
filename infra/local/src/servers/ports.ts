// Ports of this machine's loopback: finding a free one, and proving that the process we started is the one listening.
import { randomInt } from 'node:crypto'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { launchProblem } from '../launch-problem.ts'

const LISTEN = '0A'

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => {
      resolve(false)
    })
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () =>
      probe.close(() => {
        resolve(true)
      }),
    )
  })
}

/**
 * Below the ports that systems give to outgoing connections, one of which could take a port of ours while its owner
 * restarts.
 */
const RANGE = { first: 20_000, count: 12_000 }
const MAX_TRIES = 200

/** The preferred port if it is free, else any free one. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isPortFree(preferred))) return preferred
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const port = RANGE.first + randomInt(RANGE.count)
    if (await isPortFree(port)) return port
  }
  throw launchProblem(
    `No free port was found between ${RANGE.first} and ${RANGE.first + RANGE.count}`,
    'Stop some of the programs that listen there',
  )
}

/** The first free port at or above the wished one. */
export async function nextFreePort(first: number): Promise<number> {
  for (let port = first; port < first + 100; port++) if (await isPortFree(port)) return port
  return freePort()
}

/**
 * Does this process hold the listening socket on the port? Read from /proc; where that is not to be had (macOS,
 * or an account that may not look) the answer is yes, and passwords and names in the servers' answers have to do.
 */
export function holdsPort(pid: number, port: number): boolean {
  const sockets = new Set<string>()
  try {
    for (const table of ['/proc/net/tcp', '/proc/net/tcp6'])
      for (const inode of listeningInodes(readFileSync(table, 'utf8'), port)) sockets.add(`socket:[${inode}]`)
    return readdirSync(`/proc/${pid}/fd`).some((fd) => sockets.has(readLink(`/proc/${pid}/fd/${fd}`)))
  } catch {
    return true
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

/**
 * Socket inodes that listen on the port, from the text of /proc/net/tcp (proc(5): hexadecimal address, state, …,
 * inode).
 */
export function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) === true && fields[3] === LISTEN)
    .map((fields) => fields[9] ?? '')
}
