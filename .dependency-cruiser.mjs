/** Rooms and never-arrows. Each rule names the arrow it forbids and says why in one sentence. */
const room = (...names) => `^services/[^/]+/src/(${names.join('|')})/`
const npm = (...names) => `(^|/)node_modules/(${names.join('|')})/`
const error = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })
const testCode = '^(services|libs|infra)/[^/]+/test/|^tests/|^bench/|^libs/test-kit/|^infra/(local|deploy)/'

export default {
  forbidden: [
    error(
      'no-circular',
      'A cycle means two files are one file.',
      {},
      { circular: true, dependencyTypesNot: ['type-only'] },
    ),
    error(
      'no-unresolvable',
      'An import that resolves to nothing also escapes every other rule.',
      {},
      { couldNotResolve: true },
    ),

    error(
      'service-never-imports-service',
      'Services meet over HTTP and events, described in libs/contracts.',
      { path: '^services/([^/]+)/' },
      { path: '^services/', pathNot: '^services/$1/' },
    ),
    error(
      'lib-never-imports-service',
      'Arrows point from services to libs only.',
      { path: '^libs/' },
      { path: '^(services|infra|tests|bench)/' },
    ),
    error(
      'contracts-are-inert',
      'Contracts are data shapes: TypeBox and nothing else.',
      { path: '^libs/contracts/src/' },
      { pathNot: ['^libs/contracts/src/', npm('typebox')] },
    ),
    error(
      'policy-is-pure',
      'The engine has no I/O; a parser is its only dependency.',
      { path: '^libs/policy/src/' },
      { pathNot: ['^libs/policy/src/', npm('@bufbuild/[^/]+')] },
    ),
    error(
      'cel-parser-behind-one-door',
      'The CEL library is on the write path only, behind one file.',
      { path: '^libs/policy/src/', pathNot: '^libs/policy/src/parse/' },
      { path: npm('@bufbuild/[^/]+') },
    ),
    error(
      'kit-knows-no-caller',
      'The runtime knows neither who calls nor what is announced.',
      { path: '^libs/service-kit/src/' },
      { path: '^libs/(access|spine)/' },
    ),
    error(
      'access-keeps-nothing',
      'Who calls is decided without storage and without the bus.',
      { path: '^libs/access/src/' },
      {
        path: [
          '^libs/spine/',
          '^libs/service-kit/src/(postgres|redis|jobs)/',
          npm('drizzle-orm', 'postgres', 'ioredis', 'bullmq'),
        ],
      },
    ),
    error(
      'spine-bus-serves-both-sides',
      'The bus knows neither who announces nor who reads.',
      { path: '^libs/spine/src/nats/' },
      { path: '^libs/spine/src/(produce|follow|consume|migrate)/' },
    ),
    error(
      'spine-producer-knows-no-reader',
      'Announcing must work with nobody listening.',
      { path: '^libs/spine/src/produce/' },
      {
        path: '^libs/spine/src/(consume|follow)/',
        pathNot: '^libs/spine/src/follow/(spine-client|position-waiters)[.]ts$',
      },
    ),
    error(
      'spine-follower-knows-no-effect',
      'A projection is the same with or without durable consumers.',
      { path: '^libs/spine/src/follow/' },
      { path: '^libs/spine/src/(consume|produce)/' },
    ),
    error(
      'access-tokens-know-no-request',
      'A token or an assertion is verified the same from HTTP, an SDK or a test.',
      { path: '^libs/access/src/tokens/' },
      { path: ['^libs/access/src/(callers|serve|call)/', npm('fastify', '@fastify/[^/]+')] },
    ),
    error(
      'access-callers-stand-between',
      'Who calls is decided before anything is served or called.',
      { path: '^libs/access/src/callers/' },
      { path: '^libs/access/src/(serve|call)/' },
    ),
    error(
      'access-serving-calls-nobody',
      'A bound route answers by its use case; calling a neighbour is the use case’s.',
      { path: '^libs/access/src/serve/' },
      { path: '^libs/access/src/call/' },
    ),
    error(
      'kit-foundations-look-down',
      'Configuration, context, errors, ids, logs and metrics are under everything else.',
      { path: '^libs/service-kit/src/(concurrency|config|context|errors|ids|logging|secrets|telemetry)/' },
      {
        path: '^libs/service-kit/src/(health|http|jobs|lifecycle|postgres|redis)/',
        // How a failure is told in a log without its parameters; it opens nothing.
        pathNot: '^libs/service-kit/src/postgres/errors[.]ts$',
      },
    ),
    error(
      'kit-stores-serve-nobody',
      'A connection to a store is the same in a service, a job and a migration.',
      { path: '^libs/service-kit/src/(postgres|redis)/' },
      { path: '^libs/service-kit/src/(health|http|jobs|lifecycle)/' },
    ),
    error(
      'kit-http-runs-no-jobs',
      'A request and a job share what is under them and nothing of each other.',
      { path: '^libs/service-kit/src/http/' },
      { path: '^libs/service-kit/src/(health|jobs|lifecycle|redis)/' },
    ),
    error(
      'kit-jobs-serve-no-http',
      'A job runs where no server listens.',
      { path: '^libs/service-kit/src/jobs/' },
      { path: '^libs/service-kit/src/(health|http|lifecycle)/' },
    ),
    error(
      'policy-stages-look-left',
      'Parse, check and compile come before decide, explain and plan, and know nothing of them.',
      { path: '^libs/policy/src/(ir|parse|check|compile)/' },
      { path: '^libs/policy/src/(analyze|decide|explain|lint|plan)/' },
    ),
    error(
      'policy-ir-stands-alone',
      'The intermediate representation is what all stages share.',
      { path: '^libs/policy/src/ir/' },
      { path: '^libs/policy/src/(?!ir/)' },
    ),
    error(
      'facts-are-read-by-use-cases',
      'Facts in memory are filled from storage and read by use cases; they start nothing themselves.',
      { path: room('facts', 'decision-log') },
      { path: room('subjects', 'access', 'model', 'announce', 'views', 'use-cases', 'routes', 'events', 'clients') },
    ),
    error(
      'subjects-look-down',
      'Who asks and who is asked about is put together from facts; what they may do is decided above.',
      { path: '^services/authz/src/subjects/' },
      { path: '^services/authz/src/(access|model|announce|views|use-cases|routes|events)/' },
    ),
    error(
      'access-changes-nothing',
      'Whether somebody may do or see something is read; what changes the model asks it.',
      { path: '^services/authz/src/access/' },
      { path: '^services/authz/src/(model|announce|views|use-cases|routes|events)/' },
    ),
    error(
      'model-knows-no-use-case',
      'What all changes of the model share knows none of them.',
      { path: '^services/authz/src/model/' },
      { path: '^services/authz/src/(announce|views|use-cases|routes|events)/' },
    ),
    error(
      'announcing-decides-nothing',
      'An event is told from the row that was written.',
      { path: '^services/authz/src/announce/' },
      { path: '^services/authz/src/(?!announce/|store/)' },
    ),
    error(
      'views-show-rows',
      'A row is shown the same whichever use case read it.',
      { path: '^services/authz/src/views/' },
      { path: '^services/authz/src/(subjects|access|model|announce|use-cases|routes|events)/' },
    ),
    error(
      'projections-decide-nothing',
      'A projection copies what a neighbour said; it must work while no decision can be made.',
      { path: '^services/authz/src/use-cases/projections/' },
      {
        path: [
          '^services/authz/src/use-cases/(?!projections/)',
          '^services/authz/src/(facts|subjects|access|model|decision-log)/',
        ],
      },
    ),
    {
      ...error(
        'rooms-have-no-cycle',
        'Two rooms that import each other are one room: what they share belongs to one of them, or under both.',
        // identity and tokens still have one each.
        { path: '^services/(?!identity|tokens)[^/]+/src/use-cases/[^/]+$' },
        { path: '^services/[^/]+/src/use-cases/[^/]+$', circular: true },
      ),
      scope: 'folder',
    },
    error(
      'gateway-has-no-database',
      'The exposed service holds no database credential and no code to use one.',
      { path: '^services/gateway/' },
      { path: npm('drizzle-orm', 'postgres') },
    ),
    error(
      'src-never-imports-test',
      'Test code does not ship.',
      { path: '^(services|libs)/[^/]+/src/', pathNot: '^libs/test-kit/' },
      { path: ['/test/', '^libs/test-kit/'] },
    ),

    error(
      'domain-is-pure',
      'Domain takes time, randomness and rows as arguments: no I/O, no Node core, no npm.',
      { path: room('domain') },
      { pathNot: [room('domain'), '^libs/contracts/src/', '^libs/policy/src/', npm('typebox')] },
    ),
    error(
      'routes-never-reach-storage',
      'A route binds a contract to a use case and nothing more.',
      { path: room('routes') },
      { path: room('store', 'clients') },
    ),
    error(
      'use-cases-know-no-transport',
      'A use case must run the same from HTTP, an event or a job.',
      { path: room('use-cases') },
      { path: [room('routes'), npm('fastify', '@fastify/[^/]+', 'nats', '@nats-io/[^/]+', 'bullmq')] },
    ),
    error(
      'store-looks-down-only',
      'Storage answers questions; it never decides.',
      { path: room('store') },
      { path: room('routes', 'use-cases', 'events', 'clients', 'processors') },
    ),
    error(
      'effects-go-through-use-cases',
      'An event or a job is one more caller of a use case.',
      { path: room('events', 'processors') },
      { path: room('store', 'routes'), dependencyTypesNot: ['type-only'] },
    ),
    error(
      'mails-are-one-file',
      'A mail says what it asks and what it writes; recording and sending are the same for all of them.',
      { path: room('mails') },
      { path: room('store', 'routes', 'use-cases', 'events', 'processors', 'providers') },
    ),
    error(
      'clients-know-no-storage',
      'A client speaks to a neighbour and keeps nothing.',
      { path: room('clients') },
      { path: room('store', 'routes', 'use-cases') },
    ),
    error(
      'nobody-imports-the-root',
      'main, app and deps compose; nothing is composed of them (types excepted).',
      { path: '^services/[^/]+/src/[^/]+/' },
      { path: '^services/[^/]+/src/(main|app|deps)[.]ts$', dependencyTypesNot: ['type-only'] },
    ),

    error(
      'sql-only-in-store',
      'One door to PostgreSQL.',
      { pathNot: [room('store'), '^libs/(service-kit|spine)/', testCode, '^services/gateway/'] },
      { path: npm('drizzle-orm', 'postgres') },
    ),
    error(
      'nats-only-in-spine',
      'One door to the event bus.',
      { pathNot: ['^libs/spine/', testCode] },
      { path: npm('nats', '@nats-io/[^/]+') },
    ),
    error(
      'bullmq-only-in-service-kit',
      'One door to the job queue.',
      { pathNot: ['^libs/service-kit/', testCode] },
      { path: npm('bullmq') },
    ),
    error(
      'argon2-only-in-identity',
      'Passwords are hashed in one place.',
      { pathNot: ['^services/identity/', testCode] },
      { path: npm('@node-rs/[^/]+') },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Ours only: an npm package that lies in its own dist must be seen, or the rule that names it sees nothing.
    exclude: { path: ['^(dist|coverage|[.]data)/', '^(services|libs|infra)/[^/]+/(dist|coverage|[.]data)/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.d.ts'],
    },
  },
}
