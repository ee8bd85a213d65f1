// Which port each process listens on: the one the person asks for, the one of the last run, or a free one.
import { SERVICES } from '@gatehouse/deploy/services'
import { launchProblem } from '../launch-problem.ts'
import { freePort, isPortFree, nextFreePort } from '../servers/ports.ts'
import type { Settings } from '../state/settings.ts'
import type { Place, PlatformFacts } from './environment.ts'

export const DEFAULT_GATEWAY_PORT = 8080

/** Before anything is started: a port that is asked for is there, or the person hears it at once. */
export async function chooseGatewayPort(env: NodeJS.ProcessEnv): Promise<number> {
  const wanted = env['PORT']
  if (wanted === undefined || wanted === '') return nextFreePort(DEFAULT_GATEWAY_PORT)
  const port = Number(wanted)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw launchProblem(`PORT is ${wanted}, which is not a port`, 'Give a number between 1 and 65535, or unset it')
  if (await isPortFree(port)) return port
  throw launchProblem(
    `Port ${port}, which PORT asks for, is taken or not yours to use`,
    'Free it, give another PORT, or unset PORT to have a free one found',
  )
}

/** A port and a management port for each service and each replica, those of the last run where they are free. */
export async function choosePorts(
  settings: Settings,
  gatewayPort: number,
  count: number,
): Promise<Pick<PlatformFacts, 'ports' | 'replicas'>> {
  const ports: Partial<PlatformFacts['ports']> = {}
  const replicas: Partial<PlatformFacts['replicas']> = {}
  const taken = new Set([gatewayPort])
  const choose = async (name: string): Promise<number> => {
    let port = await freePort(settings.port(name))
    while (taken.has(port)) port = await freePort()
    taken.add(port)
    settings.rememberPort(name, port)
    return port
  }
  for (const service of SERVICES) {
    const place = {
      port: service === 'gateway' ? gatewayPort : await choose(service),
      managementPort: await choose(`${service} management`),
    }
    const places: Place[] = count === 1 ? [place] : []
    while (places.length < count)
      places.push({
        port: await choose(`${service} replica ${places.length + 1}`),
        managementPort:
          places.length === 0 ? place.managementPort : await choose(`${service} management ${places.length + 1}`),
      })
    ports[service] = place
    replicas[service] = places
  }
  return { ports, replicas } as Pick<PlatformFacts, 'ports' | 'replicas'>
}
