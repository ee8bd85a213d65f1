/**
 * Metrics of this process: OpenTelemetry instruments, read by Prometheus on the management port.
 * Labels are names and codes, never ids, addresses or anything a caller can choose.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Attributes, Counter, Histogram } from '@opentelemetry/api'
import { hrTime } from '@opentelemetry/core'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, type MetricProducer } from '@opentelemetry/sdk-metrics'
import { createDurationHistogram, type DurationHistogram } from './duration-histogram.ts'

let tellName: (name: string) => void = () => {}
/** Instruments are made before a process says which service it is. */
const serviceName = new Promise<string>((resolve) => (tellName = resolve))
const resource = resourceFromAttributes({ 'service.name': serviceName })
/** Histograms whose cells their owners keep, beside those of the SDK. */
const ownHistograms: DurationHistogram[] = []
const startedAt = hrTime()
const ownProducer: MetricProducer = {
  collect: async () => {
    const metrics = ownHistograms.map((one) => one.read(startedAt, hrTime()))
    const filled = metrics.filter(({ dataPoints }) => dataPoints.length > 0)
    return {
      resourceMetrics: { resource, scopeMetrics: [{ scope: { name: 'gatehouse' }, metrics: filled }] },
      errors: [],
    }
  },
}
const exporter = new PrometheusExporter({ preventServerStart: true, metricProducers: [ownProducer] })
const meter = new MeterProvider({ readers: [exporter], resource }).getMeter('gatehouse')

/** Says once which service this process is: `service.name` of the OpenTelemetry resource. */
export function nameService(name: string): void {
  tellName(name)
  // The exporter does not wait for what is not settled.
  void resource.waitForAsyncAttributes?.()
}

/** Seconds; fine around a healthy answer, coarse up to the deadline. */
const durationBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

export const counter = (name: string, description: string): Counter => meter.createCounter(name, { description })

/** Of durations in seconds. */
export const histogram = (name: string, description: string): Histogram =>
  meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries: durationBuckets } })

/** The same for what is recorded with every answer. */
export function durationHistogram(name: string, description: string): Pick<DurationHistogram, 'cell'> {
  const made = createDurationHistogram(name, description, durationBuckets)
  ownHistograms.push(made)
  return made
}

/** A value that is looked up when somebody asks. */
export function gauge(
  name: string,
  description: string,
  read: () => number | readonly { value: number; labels: Attributes }[],
): void {
  meter.createObservableGauge(name, { description }).addCallback((result) => {
    const value = read()
    if (typeof value === 'number') result.observe(value)
    else for (const one of value) result.observe(one.value, one.labels)
  })
}

gauge('process_resident_memory_bytes', 'Resident set size', () => process.memoryUsage.rss())
gauge(
  'process_heap_used_bytes',
  'JavaScript heap in use, garbage not yet collected included',
  () => process.memoryUsage().heapUsed,
)
/**
 * Between two looks, which a look is late by as long as the loop is held. It begins with the first scrape: nobody pays
 * for what nobody reads.
 */
const lookEveryMs = 20
const eventLoop = monitorEventLoopDelay({ resolution: lookEveryMs })
gauge('process_event_loop_delay_max_seconds', 'Longest time the event loop was held since the last scrape', () => {
  const isFirst = eventLoop.enable()
  const seconds = isFirst ? 0 : eventLoop.max / 1e9 - lookEveryMs / 1000
  eventLoop.reset()
  return Math.max(0, seconds)
})
gauge('process_uptime_seconds', 'Seconds since start', () => process.uptime())

/** Answers a scrape. */
export const serveMetrics = (request: IncomingMessage, response: ServerResponse): void =>
  exporter.getMetricsRequestHandler(request, response)
