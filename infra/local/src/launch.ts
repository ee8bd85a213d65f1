// One run of the local platform, from nothing to ready: what to start, in which order, and what has to be known by
// whom. Showing it, waiting and stopping are start.ts's.
import { ensureKeys } from '@gatehouse/deploy/secrets/keys'
import { SERVICES } from '@gatehouse/deploy/services'
import { Listr, type ListrTask } from 'listr2'
import { compileTree } from './compile/compile-tree.ts'
import { ensureDemo } from './demo/ensure.ts'
import type { DemoRecord } from './demo/demo-record.ts'
import { serviceUrlsOf } from './platform/service-urls.ts'
import { DATABASE, prepareDatabase } from './platform/database.ts'
import { startBalancer, type Balancer } from './platform/balancer.ts'
import type { PlatformFacts } from './platform/environment.ts'
import { chooseGatewayPort, choosePorts, DEFAULT_GATEWAY_PORT } from './platform/choose-ports.ts'
import { mailboxSpec } from './platform/mailbox.ts'
import { replicaNames, serviceSpec, type Code } from './platform/services.ts'
import type { Supervisor } from './processes/supervisor.ts'
import { REPOSITORY_ROOT } from './servers/folders.ts'
import { planServer } from './servers/plan.ts'
import { freePort } from './servers/ports.ts'
import { REQUIREMENTS, type ServerName } from './servers/versions.ts'
import type { DataFolder } from './state/data-folder.ts'
import type { Settings } from './state/settings.ts'

/** Of starting the services, when ports are taken in between. */
const MAX_TRIES = 5

export type Launch = {
  env: NodeJS.ProcessEnv
  data: DataFolder
  settings: Settings
  supervisor: Supervisor
  withDemo: boolean
  code: Code
  /** Processes of each service; more than one stand behind a balancer. */
  replicas: number
}

/** Filled step by step while starting. */
export type Running = {
  urls: Partial<Record<ServerName, string>>
  /** Of the servers that are started here and not the operator's. */
  ownPorts: Partial<Record<ServerName, number>>
  mailbox?: string
  smtpUrl?: string
  facts?: PlatformFacts
  demo?: DemoRecord | undefined
  notes: string[]
}

export function launchTasks(launch: Launch): Listr<Running> {
  const inner = { concurrent: true, exitOnError: true }
  const tasks: ListrTask<Running>[] = [
    {
      title: 'Sources, compiled',
      task: async (_, task) => {
        const { compiled } = await compileTree(REPOSITORY_ROOT)
        task.title = compiled === 0 ? 'Sources, compiled before' : `Sources, ${compiled} files compiled`
      },
    },
    {
      title: 'Servers',
      task: (_, task) =>
        task.newListr(
          [...(['postgres', 'redis', 'nats'] as const).map((name) => serverTask(launch, name)), mailboxTask(launch)],
          inner,
        ),
    },
    {
      title: 'Keys, database and migrations',
      task: (running, task) =>
        prepare(launch, running, (text) => {
          task.output = text
        }),
    },
    {
      title: 'Services',
      task: (running, task) =>
        startServices(launch, running, (text) => {
          task.output = text
        }),
    },
    demoTask(launch),
  ]
  // Signals are start.ts's to handle: it stops things in order.
  return new Listr<Running>(tasks, {
    concurrent: false,
    registerSignalListeners: false,
    rendererOptions: { collapseSubtasks: true },
  })
}

function demoTask(launch: Launch): ListrTask<Running> {
  return {
    title: 'Demo data',
    enabled: launch.withDemo,
    task: async (running, task) => {
      try {
        if (running.facts === undefined || running.mailbox === undefined)
          throw new Error('the demo is made after the services are ready')
        const { facts, mailbox } = running
        const note = (text: string) => {
          task.output = text
        }
        running.demo = await ensureDemo({ settings: launch.settings, facts, mailbox, note })
      } catch (error) {
        // The platform itself is up: that is worth more than the demo.
        task.title = 'Demo data: not made'
        running.notes.push(
          `The demo could not be made (${error instanceof Error ? error.message : String(error)}); the next start ` +
            `tries again.`,
        )
      }
    },
  }
}

function serverTask(launch: Launch, name: ServerName): ListrTask<Running> {
  const { label, urlVariable } = REQUIREMENTS[name]
  return {
    title: label,
    task: async (running, task) => {
      const { settings, data, env } = launch
      const port = settings.port(name)
      const plan = await planServer[name]({
        env,
        data: data.servers,
        logs: data.logs,
        durable: true,
        password: settings.password,
        passwordOf: settings.password,
        ...(port === undefined ? {} : { ports: { [name]: port } }),
        note: (text) => {
          task.output = text
        },
      })
      running.urls[name] = plan.url
      if (plan.spec === undefined) {
        task.title = `${label} from ${urlVariable}`
        return
      }
      await launch.supervisor.start(plan.spec)
      running.ownPorts[name] = plan.spec.port
      settings.rememberPort(name, plan.spec.port)
      task.title = `${label} on 127.0.0.1:${plan.spec.port}`
    },
  }
}

function mailboxTask({ supervisor, settings, data }: Launch): ListrTask<Running> {
  return {
    title: 'Mailbox',
    task: async (running, task) => {
      const smtpPort = await freePort(settings.port('smtp'))
      const httpPort = await freePort(settings.port('mailbox'))
      await supervisor.start(mailboxSpec({ smtpPort, httpPort, mails: data.mails, logs: data.logs }))
      settings.rememberPort('smtp', smtpPort)
      settings.rememberPort('mailbox', httpPort)
      running.mailbox = `http://127.0.0.1:${httpPort}`
      running.smtpUrl = `smtp://127.0.0.1:${smtpPort}`
      task.title = `Mailbox on ${running.mailbox}`
    },
  }
}

async function prepare(
  { env, data, settings, code, replicas }: Launch,
  running: Running,
  note: (text: string) => void,
): Promise<void> {
  const { postgres: adminUrl = '', redis: redisUrl = '', nats: natsUrl = '' } = running.urls
  const gatewayPort = await chooseGatewayPort(env)
  running.facts = {
    mode: code.built === undefined ? 'development' : 'production',
    adminUrl,
    redisUrl,
    natsUrl,
    serviceUrls: serviceUrlsOf(running, settings.password),
    smtpUrl: running.smtpUrl ?? '',
    database: DATABASE,
    rolePassword: (role) => settings.password(`role ${role}`),
    ...(await choosePorts(settings, gatewayPort, replicas)),
    keys: ensureKeys(data.keys, SERVICES),
    publicUrl: env['GATEHOUSE_ISSUER'],
    admin: {
      email: env['BOOTSTRAP_ADMIN_EMAIL'] ?? 'admin@gatehouse.local',
      password: env['BOOTSTRAP_ADMIN_PASSWORD'] ?? settings.password('platform admin'),
    },
  }
  await prepareDatabase({
    code,
    facts: running.facts,
    onService: (service) => {
      note(`migrations of ${service}`)
    },
  })
}

/**
 * Starts all at once. If somebody else takes one of their ports in that moment, all start again with others: they name
 * each other's.
 */
async function startServices(launch: Launch, running: Running, note: (text: string) => void): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await startServicesOnce(launch, running, note)
      const port = running.facts?.ports.gateway.port
      if ((launch.env['PORT'] ?? '') === '' && port !== DEFAULT_GATEWAY_PORT)
        running.notes.push(`Port ${DEFAULT_GATEWAY_PORT} is taken, so the gateway listens on ${port}.`)
      return
    } catch (error) {
      if (
        tries === MAX_TRIES ||
        !(error instanceof Error) ||
        !error.message.includes('EADDRINUSE') ||
        (launch.env['PORT'] ?? '') !== ''
      )
        throw error
      note('a port was taken by somebody else: starting again with others')
      await launch.supervisor.halt(SERVICES.flatMap((service) => replicaNames(service, launch.replicas)))
      if (running.facts !== undefined)
        Object.assign(
          running.facts,
          await choosePorts(launch.settings, await chooseGatewayPort(launch.env), launch.replicas),
        )
    }
  }
}

async function startServicesOnce(
  { supervisor, env, data, code, replicas }: Launch,
  { facts }: Running,
  note: (text: string) => void,
): Promise<void> {
  if (facts === undefined) throw new Error('services start after the database is ready')
  const ready: string[] = []
  const balancers: Balancer[] = []
  try {
    if (replicas > 1)
      for (const service of SERVICES)
        balancers.push(
          await startBalancer({
            port: facts.ports[service].port,
            targets: facts.replicas[service].map(({ port }) => port),
          }),
        )
    await Promise.all(
      SERVICES.flatMap((service) =>
        replicaNames(service, replicas).map((name, index) => ({ service, name, at: facts.replicas[service][index] })),
      ).map(async ({ service, name, at }) => {
        if (at === undefined) throw new Error(`no place for ${name}`)
        await supervisor.start(await serviceSpec({ service, name, at, code, facts, env, logs: data.logs }))
        ready.push(name)
        note(`ready: ${ready.join(', ')}`)
      }),
    )
  } catch (error) {
    for (const balancer of balancers) balancer.close()
    throw error
  }
}
