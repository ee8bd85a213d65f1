/** A histogram whose cells are kept by whoever records says what the SDK's own would have said of the same values. */
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider, type HistogramMetricData, type MetricData } from '@opentelemetry/sdk-metrics'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import { createDurationHistogram } from '../../src/telemetry/duration-histogram.ts'
import { durationOf } from '../../src/telemetry/request-duration.ts'

const boundaries = [0.001, 0.01, 0.1, 1]
const seconds = fc.oneof(fc.constantFrom(0, ...boundaries), fc.double({ min: 0, max: 5, noNaN: true }))
const routes = ['/a', '/b']

type Recorded = { readonly route: string; readonly seconds: number }

/** The points of a histogram by route, without the SDK's smallest and largest value, which Prometheus is not told. */
const pointsOf = (data: MetricData | undefined) =>
  Object.fromEntries(
    ((data as HistogramMetricData | undefined)?.dataPoints ?? []).map(({ attributes, value }) => {
      const { buckets, count, sum } = value
      return [String(attributes['route']), { buckets, count, sum }]
    }),
  )

async function bySdk(recorded: readonly Recorded[]) {
  const reader = new PrometheusExporter({ preventServerStart: true })
  const histogram = new MeterProvider({ readers: [reader] })
    .getMeter('test')
    .createHistogram('d', { unit: 's', advice: { explicitBucketBoundaries: boundaries } })
  for (const one of recorded) histogram.record(one.seconds, { route: one.route })
  const { resourceMetrics } = await reader.collect()
  return pointsOf(resourceMetrics.scopeMetrics[0]?.metrics[0])
}

function byCells(recorded: readonly Recorded[]) {
  const histogram = createDurationHistogram('d', 'Durations', boundaries)
  const cells = new Map(routes.map((route) => [route, histogram.cell({ route })]))
  for (const one of recorded) cells.get(one.route)?.record(one.seconds)
  return pointsOf(histogram.read([0, 0], [1, 0]))
}

t.test('counts, sums and buckets are those of the SDK, for any values', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ route: fc.constantFrom(...routes), seconds }), { maxLength: 30 }),
      async (all) => t.same(byCells(all), await bySdk(all)),
    ),
    { numRuns: 100 },
  )
})

t.test('the same labels always have the same cell, whoever asks', async (t) => {
  const labels = { method: 'GET', route: '/v1/cells', status: 200 }
  t.equal(durationOf(labels), durationOf({ ...labels }))
  t.not(durationOf(labels), durationOf({ ...labels, status: 503 }))
  t.not(durationOf(labels), durationOf({ ...labels, method: 'POST' }))
})
