/**
 * How many attempts one endpoint may have under way in this process: the others wait their turn and take nobody's
 * place.
 */

export type EndpointSlots = { take(endpointId: string): boolean; free(endpointId: string): void }

export function createEndpointSlots({ most }: { most: number }): EndpointSlots {
  const taken = new Map<string, number>()
  return {
    take(endpointId) {
      const count = taken.get(endpointId) ?? 0
      if (count >= most) return false
      taken.set(endpointId, count + 1)
      return true
    },
    free(endpointId) {
      const count = taken.get(endpointId) ?? 0
      if (count <= 1) taken.delete(endpointId)
      else taken.set(endpointId, count - 1)
    },
  }
}
