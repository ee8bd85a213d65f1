/**
 * Which methods each path has, learnt from the routes as they are added: what another method is told in `Allow` (RFC
 * 9110 §15.5.6).
 */
import type { FastifyInstance } from 'fastify'

export type MethodTable = {
  /** The methods of a path, none when no route has it. */
  allowed(url: string): string[]
}

export function createMethodTable(app: FastifyInstance): MethodTable {
  const paths = new Map<string, { form: RegExp; methods: Set<string> }>()
  app.addHook('onRoute', ({ url, method }) => {
    const known = paths.get(url) ?? { form: formOf(url), methods: new Set<string>() }
    for (const one of [method].flat()) known.methods.add(one)
    paths.set(url, known)
  })
  return {
    allowed(url) {
      const queryAt = url.indexOf('?')
      const path = queryAt < 0 ? url : url.slice(0, queryAt)
      const methods = [...paths.values()].filter(({ form }) => form.test(path)).flatMap((known) => [...known.methods])
      return [...new Set(methods)].sort()
    },
  }
}

const formOf = (url: string): RegExp =>
  new RegExp(`^${url.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/:[A-Za-z_]+/g, '[^/]+')}$`)
