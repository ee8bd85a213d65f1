/**
 * P11, and the memory of a large installation: how a check grows with roles, policies, memberships and organizations.
 */
import { drawCharts, type Chart, type Curve } from '../report/draw-curves.ts'
import type { PartResult } from '../report/result.ts'
import { rounded } from '../report/statistics.ts'
import { writePicture } from '../report/write-results.ts'
import { measureEngineGrowth } from '../growth/engine-curves.ts'
import {
  addOrganizations,
  makeAlike,
  measureInstallation,
  measurePoint,
  membersEach,
  type GrowthPoint,
  type Installation,
  type Memory,
} from '../growth/service-curves.ts'
import type { Load } from '../load/run-load.ts'
import { startAuthz } from '../servers/authz.ts'
import type { Cleanup } from '../servers/cleanup.ts'
import { declare } from '../servers/tenants.ts'
import { createModel } from '../workload/model.ts'
import type { Effort } from './part.ts'

const steps = [10, 100, 1000, 10_000]
const most = 10_000

export async function measureGrowth(effort: Effort, cleanup: Cleanup): Promise<PartResult> {
  const engine = measureEngineGrowth(effort.rounds)
  effort.note('P11: the engine alone is measured')
  const authz = await startAuthz(cleanup, effort)
  await declare(authz, createModel({ seed: 20251 }))
  const points: GrowthPoint[] = []
  for (const [index, to] of steps.entries()) {
    const from = steps[index - 1] ?? 0
    await addOrganizations(authz, { from, to })
    const point = await measurePoint(authz, { from, to, sample: 200 })
    points.push(point)
    const loads = [point.firstOfOrganization, point.firstOfPerson, point.later]
    effort.note(
      `P11: ${to.toLocaleString('en-US')} organizations: ` +
        `${loads.map((load) => `${rounded(load.latencyUs.p50 / 1000)} ms`).join(', ')}`,
    )
  }
  const different = await measureInstallation(authz, { organizations: most, sample: 200, note: effort.note })
  await makeAlike(authz, most)
  const alike = await measureInstallation(authz, { organizations: most, sample: 200, note: effort.note })
  writePicture('growth.svg', drawCharts(chartsOf(engine, points)))
  return resultOf({ engine, points, different, alike }, effort.note)
}

const quantiles = (
  points: readonly GrowthPoint[],
  of: (point: GrowthPoint) => Load,
  q: 'p50' | 'p99',
): Curve['points'] =>
  points.map((point) => ({ x: point.organizations * membersEach, y: of(point).latencyUs[q] / 1000 }))

function chartsOf(engine: readonly Curve[], points: readonly GrowthPoint[]): Chart[] {
  const [roles, ...policies] = engine as [Curve, ...Curve[]]
  const chart = (q: 'p50' | 'p99'): Chart => ({
    title: `A check at the service, ${q}`,
    xLabel: 'memberships (organizations × 100)',
    yLabel: 'ms',
    curves: [
      {
        name: 'first of an organization',
        points: quantiles(points, ({ firstOfOrganization }) => firstOfOrganization, q),
      },
      { name: 'first of a person', points: quantiles(points, ({ firstOfPerson }) => firstOfPerson, q) },
      { name: 'later', points: quantiles(points, ({ later }) => later, q) },
    ],
  })
  return [
    { title: 'One decision, by number of roles', xLabel: 'roles', yLabel: 'µs', curves: [roles] },
    { title: 'One decision, by number of policies', xLabel: 'policies', yLabel: 'µs', curves: policies },
    chart('p50'),
    chart('p99'),
  ]
}

type Measured = {
  readonly engine: readonly Curve[]
  readonly points: readonly GrowthPoint[]
  readonly different: Installation
  readonly alike: Installation
}

const both = ({ latencyUs }: Load): string => `${rounded(latencyUs.p50 / 1000)} / ${rounded(latencyUs.p99 / 1000)}`
const loadsOf = ({ firstOfOrganization, firstOfPerson, later }: GrowthPoint): Load[] => [
  firstOfOrganization,
  firstOfPerson,
  later,
]
const memoryText = ({ heapMb, rssMb, compiledSets, organizations }: Memory): string =>
  `${rounded(rssMb)} MB RSS, ${rounded(heapMb)} MB of it heap in use, ` +
  `${compiledSets} compiled sets for ${organizations.toLocaleString('en-US')} organizations`

function rowOf(point: GrowthPoint, name: string, again?: Load): string[] {
  const { rssMb, heapMb, compiledSets } = point.memory
  return [
    name,
    (point.organizations * membersEach).toLocaleString('en-US'),
    ...loadsOf(point).map(both),
    again === undefined ? '–' : both(again),
    String(compiledSets),
    rounded(heapMb),
    rounded(rssMb),
  ]
}

const columns = [
  'Organizations',
  'memberships',
  'first of an organization, ms',
  'first of a person, ms',
  'later, ms',
  'again, ms',
  'compiled sets',
  'heap, MB',
  'RSS, MB',
]

const howToRead = [
  'Each organization has 100 members, 20 roles and 20 policies; rows were put straight into the tables. ' +
    'One connection, one request after the other; p50 / p99. ' +
    'In the last row the policies of all organizations say the same, elsewhere no two organizations’.',
  'First of an organization: its roles and policies are loaded and, unless somebody else’s say the same, ' +
    'compiled; the person is looked up, the token is verified. First of a person: the organization is known. ' +
    'Later: all of it is.',
  'In the last two rows the process was started anew, and the memory is that after somebody of each of ' +
    'the 10,000 had asked. Again: the first 200 of them once more, by then; 500 compiled sets are kept.',
]

function resultOf({ engine, points, different, alike }: Measured, note: Effort['note']): PartResult {
  const installations = [different, alike]
  const loads = [
    ...points.flatMap(loadsOf),
    ...installations.flatMap((one) => [...loadsOf(one), ...one.everybody, one.again]),
  ]
  for (const { firstWrong } of loads) if (firstWrong !== undefined) note(`P11: answered wrongly: ${firstWrong}`)
  const name = ({ organizations }: GrowthPoint): string => organizations.toLocaleString('en-US')
  return {
    part: 'P11',
    title: 'How a check grows, and the memory of 10,000 organizations with a million memberships',
    notes: [
      ...howToRead,
      ...engine.map(
        ({ name: by, points: of }) =>
          `The engine alone, by ${by}: ${of.map(({ x, y }) => `${x}: ${rounded(y)} µs`).join(', ')}.`,
      ),
      `Started, nobody has asked: ${memoryText(alike.started)}.`,
      ...installations.map(
        (one) =>
          `All have asked, ${one === different ? 'all different' : 'all alike'}: ${memoryText(one.memory)}; ` +
          `${rounded(perSecondOf(one))} first checks/s over 32 connections.`,
      ),
    ],
    table: {
      columns,
      rows: [
        ...points.map((point) => rowOf(point, name(point))),
        ...installations.map((one) =>
          rowOf(one, `${name(one)}, all ${one === different ? 'different' : 'alike'}`, one.again),
        ),
      ],
    },
    targets: [],
    disagreements: loads.reduce((sum, { wrong }) => sum + wrong, 0),
    compared: loads.reduce((sum, { compared }) => sum + compared, 0),
    measured: {
      engine,
      points: points.map(pointFigures),
      different: installationFigures(different),
      alike: installationFigures(alike),
    },
  }
}

const perSecondOf = ({ everybody }: Installation): number =>
  everybody.reduce((sum, { answered }) => sum + answered, 0) / everybody.reduce((sum, { seconds }) => sum + seconds, 0)

const figures = ({ answered, latencyUs, cpuUs }: Load) => ({ answered, latencyUs, cpuUs })
const pointFigures = ({ organizations, firstOfOrganization, firstOfPerson, later, memory }: GrowthPoint) => ({
  organizations,
  firstOfOrganization: figures(firstOfOrganization),
  firstOfPerson: figures(firstOfPerson),
  later: figures(later),
  memory,
})
const installationFigures = (one: Installation) => ({
  ...pointFigures(one),
  started: one.started,
  again: figures(one.again),
  firstChecksPerSecond: perSecondOf(one),
})
