/**
 * The two files of the chart that are made from the services' settings: what its templates iterate over, and the schema
 * of its values.
 */
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { isAlwaysGiven, peerOf, serverOf, type Setting } from './settings.ts'
import { STORING_SERVICES } from './services.ts'

type Settings = Record<ServiceName, Setting[]>
type Schema = Record<string, unknown>

/** `files/settings.json`. */
export function chartSettings(settings: Settings): string {
  const short = ({ name, from, options, ...setting }: Setting) => ({
    name,
    from,
    ...(from === 'secret' && isAlwaysGiven({ name, ...setting }) ? { given: true } : {}),
    ...(peerOf(name) === undefined ? {} : { peer: peerOf(name) }),
    ...(serverOf(name) === undefined ? {} : { server: serverOf(name) }),
    ...(from === 'split' ? { options } : {}),
  })
  const lines = Object.entries(settings).map(
    ([service, list]) =>
      `  ${JSON.stringify(service)}: [\n${list.map((one) => `    ${JSON.stringify(short(one))}`).join(',\n')}\n  ]`,
  )
  return `{\n${lines.join(',\n')}\n}\n`
}

const closed = (properties: Schema, o: { required?: string[]; description?: string } = {}): Schema => ({
  type: 'object',
  additionalProperties: false,
  ...o,
  properties,
})
const list = (items: Schema): Schema => ({ type: 'array', items })
const text: Schema = { type: 'string' }
const flag: Schema = { type: 'boolean' }
const anything: Schema = { type: 'object' }
const whole = (minimum: number, maximum: number): Schema => ({ type: 'integer', minimum, maximum })
const choice = (...options: string[]): Schema => ({ enum: options })
/** RFC 1123 label, as the name of a Secret. */
const objectName: Schema = { type: 'string', pattern: '^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$' }
const maybeObjectName: Schema = { type: 'string', pattern: '^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?$' }
/** Without a trailing slash: it is compared letter by letter with the issuer of every token. */
const origin: Schema = { type: 'string', pattern: '^https?://[^/\\s]+$' }
const quantity: Schema = { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?(m|Ki|Mi|Gi|Ti)?$' }
const quantities = closed({
  cpu: { anyOf: [quantity, { type: 'number' }] },
  memory: quantity,
  'ephemeral-storage': quantity,
})
const resources = closed({ requests: quantities, limits: quantities })

const podProperties: Schema = {
  replicas: whole(0, 100),
  resources,
  autoscaling: closed({
    enabled: flag,
    minReplicas: whole(1, 100),
    maxReplicas: whole(1, 100),
    targetCPUUtilizationPercentage: whole(1, 100),
  }),
  maxUnavailable: { anyOf: [whole(1, 100), { type: 'string', pattern: '^[1-9][0-9]?%$' }] },
  preStopSeconds: whole(0, 120),
  terminationGracePeriodSeconds: whole(15, 600),
  nodeSelector: anything,
  tolerations: list(anything),
  affinity: anything,
  priorityClassName: text,
  podAnnotations: anything,
  serviceAccountAnnotations: anything,
  dnsPolicy: choice('', 'ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'),
  dnsConfig: anything,
  extraEnv: list(anything),
  extraVolumes: list(anything),
  extraVolumeMounts: list(anything),
}

function valueOf({ type, options, minimum, maximum, pattern, description }: Setting): Schema {
  const shown = description === undefined ? {} : { description }
  if (type === 'array') return { type: 'array', items: options === undefined ? text : choice(...options), ...shown }
  if (options !== undefined) return { ...choice(...options), ...shown }
  return {
    type,
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
    ...(pattern === undefined ? {} : { pattern: readableByGo(pattern) }),
    ...shown,
  }
}

/** Helm's regular expressions know `\x1f` and not `\u001f`. */
const readableByGo = (pattern: string): string => pattern.replaceAll(/\\u00([0-9a-f]{2})/gi, '\\x$1')

function serviceSchema(service: ServiceName, settings: readonly Setting[]): Schema {
  const options = settings.filter(({ from }) => from === 'option')
  const required = options.filter((setting) => setting.required).map(({ name }) => name)
  const optional = settings
    .filter((setting) => setting.from === 'secret' && !isAlwaysGiven(setting))
    .map(({ name }) => name)
  const pipelines = settings.find(({ from }) => from === 'split')?.options
  return closed(
    {
      existingSecret: objectName,
      optionalSecrets: { type: 'array', items: optional.length === 0 ? false : choice(...optional), uniqueItems: true },
      ...(STORING_SERVICES.some((one) => one === service) ? { ownerSecret: objectName } : {}),
      config: closed(
        Object.fromEntries(options.map((setting) => [setting.name, valueOf(setting)])),
        required.length === 0 ? {} : { required },
      ),
      ...(pipelines === undefined
        ? {}
        : { pipelines: closed(Object.fromEntries(pipelines.map((name) => [name, closed(podProperties)]))) }),
      ...podProperties,
    },
    { required: ['existingSecret', 'config'] },
  )
}

const serverSchema = (more: Schema): Schema =>
  closed(
    { inCluster: flag, port: whole(1, 65_535), peers: list(anything), image: text, ...more },
    { required: ['inCluster', 'port'] },
  )
const storedServer = (more: Schema = {}): Schema =>
  serverSchema({ existingSecret: objectName, storage: quantity, ...more })

const image = closed({
  registry: text,
  tag: text,
  digests: { type: 'object', additionalProperties: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' } },
  pullPolicy: choice('Always', 'IfNotPresent', 'Never'),
  pullSecrets: list(objectName),
})

const servers = closed(
  {
    postgres: storedServer({ adminSecret: maybeObjectName }),
    redis: storedServer(),
    nats: storedServer(),
    smtp: serverSchema({}),
  },
  { required: ['postgres', 'redis', 'nats', 'smtp'] },
)

const isEnabled: Schema = { properties: { enabled: { const: true } }, required: ['enabled'] }

const ingress: Schema = {
  ...closed({
    enabled: flag,
    className: text,
    annotations: anything,
    hosts: list({ type: 'string', minLength: 1 }),
    tlsSecret: maybeObjectName,
  }),
  if: isEnabled,
  then: { properties: { hosts: { minItems: 1 } } },
}

const httpRoute: Schema = {
  ...closed({ enabled: flag, parentRefs: list(anything), hostnames: list(text) }),
  if: isEnabled,
  then: { properties: { parentRefs: { minItems: 1 } } },
}

const network = closed({
  gatewayFrom: list(anything),
  metricsFrom: list(anything),
  dns: closed({ peers: list(anything) }),
})

const serviceMonitor = closed({
  enabled: flag,
  interval: { type: 'string', pattern: '^[0-9]+(ms|s|m|h)$' },
  labels: anything,
})

/** Behind a proxy that is not trusted every client has the proxy's address: one stranger would lock all out. */
const trustedProxies: Schema = {
  properties: {
    services: {
      properties: {
        gateway: {
          properties: { config: { properties: { TRUSTED_PROXIES: { minItems: 1 } }, required: ['TRUSTED_PROXIES'] } },
        },
      },
    },
  },
}

/** What one value asks of another, refused at the value that is missing. */
const together: Schema[] = [
  ...['ingress', 'httpRoute'].map((name) => ({ if: { properties: { [name]: isEnabled } }, then: trustedProxies })),
  {
    if: { properties: { serviceMonitor: isEnabled } },
    // Nobody may read /metrics unless the network policy names who does.
    then: { properties: { network: { properties: { metricsFrom: { minItems: 1 } } } } },
  },
]

const servicesSchema = (settings: Settings): Schema =>
  closed(
    Object.fromEntries(
      Object.entries(settings).map(([service, own]) => [service, serviceSchema(service as ServiceName, own)]),
    ),
    { required: Object.keys(settings) },
  )

/** `values.schema.json`: closed everywhere, so that a misspelt value is refused and not ignored. */
export function valuesSchema(settings: Settings): string {
  const shared = (name: string) => choice(...(settings.gateway.find((one) => one.name === name)?.options ?? []))
  const properties = {
    // Helm adds it for charts that use this one as a part.
    global: anything,
    issuer: { ...origin, description: 'Public address of the platform, without a trailing slash.' },
    publicUrl: { type: 'string', pattern: '^(https?://[^/\\s]+)?$' },
    environment: shared('GATEHOUSE_ENV'),
    logLevel: shared('LOG_LEVEL'),
    image,
    servers,
    gatewayService: closed({ type: choice('ClusterIP', 'LoadBalancer', 'NodePort'), annotations: anything }),
    ingress,
    httpRoute,
    network,
    serviceMonitor,
    migrations: closed({ backoffLimit: whole(0, 100), restored: flag, resources }),
    defaults: closed(podProperties, { required: Object.keys(podProperties) }),
    services: servicesSchema(settings),
  }
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the Gatehouse chart',
    ...closed(properties, { required: ['issuer', 'environment', 'servers', 'defaults', 'services'] }),
    allOf: together,
  }
  return `${JSON.stringify(schema, null, 2)}\n`
}
