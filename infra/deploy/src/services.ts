/** The services in the order of the drawing; everything deployed is made from this list. */
import type { ServiceName } from '@gatehouse/contracts/common/services'

export const SERVICES = [
  'gateway',
  'identity',
  'tokens',
  'orgs',
  'authz',
  'workers',
  'pages',
] as const satisfies readonly ServiceName[]

/** Services that keep state; the gateway and the pages have none. */
export const STORING_SERVICES = SERVICES.filter((service) => service !== 'gateway' && service !== 'pages')
