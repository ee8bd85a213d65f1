/**
 * A histogram of durations whose cells are found once, by whoever records: the SDK's own makes a text of the labels for
 * each value, which costs more than a fast answer can afford. Read by the same exporter, as a producer beside the SDK's
 * (OpenTelemetry `MetricProducer`).
 */
import { ValueType, type Attributes, type HrTime } from '@opentelemetry/api'
import { AggregationTemporality, DataPointType, type HistogramMetricData } from '@opentelemetry/sdk-metrics'

/** One combination of labels. */
export type DurationCell = { record(seconds: number): void }

export type DurationHistogram = {
  /** A new cell: to be kept by whoever asks, since each call makes one. */
  cell(labels: Attributes): DurationCell
  read(startTime: HrTime, endTime: HrTime): HistogramMetricData
}

type Counts = { readonly labels: Attributes; readonly counts: number[]; sum: number; count: number }

/** @param boundaries - inclusive upper ones, rising */
export function createDurationHistogram(
  name: string,
  description: string,
  boundaries: readonly number[],
): DurationHistogram {
  const cells: Counts[] = []
  return {
    cell(labels) {
      const cell: Counts = { labels, counts: Array<number>(boundaries.length + 1).fill(0), sum: 0, count: 0 }
      cells.push(cell)
      return { record: (seconds) => add(cell, boundaries, seconds) }
    },
    read: (startTime, endTime) => ({
      descriptor: { name, description, unit: 's', valueType: ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: cells
        .filter(({ count }) => count > 0)
        .map(({ labels, counts, sum, count }) => ({
          startTime,
          endTime,
          attributes: labels,
          value: { buckets: { boundaries: [...boundaries], counts: [...counts] }, sum, count },
        })),
    }),
  }
}

function add(cell: Counts, boundaries: readonly number[], seconds: number): void {
  let bucket = 0
  while (bucket < boundaries.length && seconds > (boundaries[bucket] as number)) bucket += 1
  cell.counts[bucket] = (cell.counts[bucket] as number) + 1
  cell.sum += seconds
  cell.count += 1
}
