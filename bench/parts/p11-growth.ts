/** P11, and the memory of a large installation: how a check grows with roles, policies, memberships and organizations. */
import { drawCharts, type Chart, type Curve } from '../report/draw-curves.ts'
import type { PartResult } from '../report/result.ts'
import { rounded } from '../report/statistics.ts'
import { writePicture } from '../report/write-results.ts'
import { measureEngineGrowth } from '../growth/engine-curves.ts'
import { addOrganizations, measureMemory, measurePoint, membersEach, type GrowthPoint } from '../growth/service-curves.ts'
import type { Load } from '../load/run-load.ts'
import { startAuthz } from '../servers/authz.ts'
import type { Cleanup } from '../servers/cleanup.ts'
import { declare } from '../servers/tenants.ts'
import { createModel } from '../workload/model.ts'
import type { Effort } from './part.ts'

const steps = [10, 100, 1000, 10_000]

export async function measureGrowth(effort: Effort, cleanup: Cleanup): Promise<PartResult> {
  const engine = measureEngineGrowth(effort.rounds)
  effort.note('P11: the engine alone is measured')
  const authz = await startAuthz(cleanup, effort)
  await declare(authz, createModel({ seed: 20251 }))
  const points: GrowthPoint[] = []
  for (const [index, to] of steps.entries()) {
    const from = steps[index - 1] ?? 0
    const loadSeconds = await addOrganizations(authz, { from, to })
    points.push(await measurePoint(authz, { from, to, loadSeconds, sample: 200 }))
    const { firstOfOrganization, firstOfPerson, later } = points.at(-1) as GrowthPoint
    effort.note(`P11: ${to.toLocaleString('en-US')} organizations: ${[firstOfOrganization, firstOfPerson, later].map((load) => `${rounded(load.latencyUs.p50 / 1000)} ms`).join(', ')}`)
  }
  const large = await measureMemory(authz, steps.at(-1) as number)
  effort.note('P11: memory is measured')
  writePicture('growth.svg', drawCharts(chartsOf(engine, points)))
  return resultOf({ engine, points, large })
}

const quantiles = (points: readonly GrowthPoint[], of: (point: GrowthPoint) => Load, q: 'p50' | 'p99'): Curve['points'] =>
  points.map((point) => ({ x: point.organizations * membersEach, y: of(point).latencyUs[q] / 1000 }))

function chartsOf(engine: readonly Curve[], points: readonly GrowthPoint[]): Chart[] {
  const [roles, ...policies] = engine as [Curve, ...Curve[]]
  const chart = (q: 'p50' | 'p99'): Chart => ({
    title: `A check at the service, ${q}`, xLabel: 'memberships (organizations × 100)', yLabel: 'ms',
    curves: [
      { name: 'first of an organization', points: quantiles(points, ({ firstOfOrganization }) => firstOfOrganization, q) },
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

type Measured = { readonly engine: readonly Curve[]; readonly points: readonly GrowthPoint[]; readonly large: Awaited<ReturnType<typeof measureMemory>> }

function resultOf({ engine, points, large }: Measured): PartResult {
  const loads = [...points.flatMap(({ firstOfOrganization, firstOfPerson, later }) => [firstOfOrganization, firstOfPerson, later]), ...large.loads]
  const both = ({ latencyUs }: Load): string => `${rounded(latencyUs.p50 / 1000)} / ${rounded(latencyUs.p99 / 1000)}`
  return {
    part: 'P11',
    title: 'How a check grows, and the memory of 10,000 organizations with a million memberships',
    notes: [
      'Each organization has 100 members, 20 roles and 20 policies of its own; rows were put straight into the tables. One connection, one request after the other; p50 / p99.',
      'First of an organization: its roles and policies are loaded and compiled, the person is looked up, the token is verified. First of a person: the organization is known. Later: all of it is.',
      ...engine.map(({ name, points: of }) => `The engine alone, by ${name}: ${of.map(({ x, y }) => `${x}: ${rounded(y)} µs`).join(', ')}.`),
      ...large.memory.map(({ when, pssMb, rssMb, perSecond }) => `Memory, ${when}: ${rounded(pssMb)} MB PSS, ${rounded(rssMb)} MB RSS${perSecond === undefined ? '' : `, at ${rounded(perSecond)} checks/s`}.`),
      `From the end of one process to the next one being ready, on these tables: ${rounded(large.restartMs / 1000)} s.`,
    ],
    table: {
      columns: ['Organizations', 'memberships', 'first of an organization, ms', 'first of a person, ms', 'later, ms', 'PSS, MB'],
      rows: points.map(({ organizations, firstOfOrganization, firstOfPerson, later, pssMb }) => [
        organizations.toLocaleString('en-US'), (organizations * membersEach).toLocaleString('en-US'), both(firstOfOrganization), both(firstOfPerson), both(later), rounded(pssMb),
      ]),
    },
    targets: [],
    disagreements: loads.reduce((sum, { wrong }) => sum + wrong, 0),
    compared: loads.reduce((sum, { compared }) => sum + compared, 0),
    measured: { engine, points: points.map(({ firstOfOrganization: a, firstOfPerson: b, later: c, ...point }) => ({ ...point, firstOfOrganization: figures(a), firstOfPerson: figures(b), later: figures(c) })), memory: large.memory, restartMs: large.restartMs },
  }
}

const figures = ({ answered, latencyUs, cpuUs }: Load) => ({ answered, latencyUs, cpuUs })
