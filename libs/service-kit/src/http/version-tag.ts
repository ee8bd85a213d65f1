/** `ETag` and `If-Match` (RFC 9110 §8.8.3, §13.1.1) over the version of a resource, or the tag of its content. */
import type { FastifyReply, FastifyRequest } from 'fastify'

export const sendVersion = (reply: FastifyReply, version: number | string): void =>
  void reply.header('etag', `"${version}"`)

/** Judges a version by the request's `If-Match`: without one every version will do, and a weak tag never matches. */
export function expectedVersion(request: FastifyRequest): (version: number | string) => boolean {
  const header = request.headers['if-match']
  if (header === undefined) return () => true
  const tags = header.split(',').map((tag) => tag.trim())
  return (version) => tags.includes('*') || tags.includes(`"${version}"`)
}
