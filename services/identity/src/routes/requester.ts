/** The far end of the request under way, as the gateway vouched for it: what queues and limits count by. */
import { browserHeader, deviceHeader, rememberedDeviceHeader } from '@gatehouse/contracts/common/services'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import { signalOf } from '@gatehouse/service-kit/http/deadline'
import type { FastifyRequest } from 'fastify'
import { networksOf } from '../domain/network.ts'
import type { Requester } from '../use-cases/requester.ts'

export const requesterOf = (request: FastifyRequest): Requester => ({
  networks: networksOf(currentContext()?.clientAddress),
  signal: signalOf(request),
})

/** The one value of a header; undefined when it is absent. */
export function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

/**
 * What the client says of itself: the device of an earlier sign-in, the secret of a remembered one, and the browser
 * that a sign-in is bound to.
 */
export type SpokenClient = {
  deviceToken: string | undefined
  rememberedDevice: string | undefined
  browser: string | undefined
}
export const clientOf = (request: FastifyRequest): SpokenClient => ({
  deviceToken: headerOf(request, deviceHeader),
  rememberedDevice: headerOf(request, rememberedDeviceHeader),
  browser: headerOf(request, browserHeader),
})
