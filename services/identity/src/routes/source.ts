/** Where the request under way comes from, as the gateway vouched for it: what queues and throttles count by. */
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import { networkOf } from '../domain/network.ts'

export const sourceOfRequest = (): string => networkOf(currentContext()?.clientAddress)
