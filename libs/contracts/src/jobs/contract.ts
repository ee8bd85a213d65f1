/**
 * A job contract is a name with its version and the shape of the job's data; the queue says which pipeline runs it.
 * Data carries ids only; addresses, names and secrets are asked from their owner while the job runs.
 */
import Type, { type Static, type TObject } from 'typebox'

/** The pipelines of workers. Each can be run, and scaled, alone. */
export const PipelineName = Type.Union([
  Type.Literal('mail'),
  Type.Literal('security-alert'),
  Type.Literal('audit'),
  Type.Literal('webhook'),
  Type.Literal('logout'),
])
export type PipelineName = Static<typeof PipelineName>

export type JobContract = {
  /** `<verb>-<thing>.v<n>`. A breaking change is a new version in a new file. */
  readonly name: string
  readonly data: TObject
}

/** What the ledger keeps of one job: enough to run it again when Redis has lost everything. */
export const JobEnvelope = Type.Object({
  name: Type.String(),
  data: Type.Record(Type.String(), Type.Unknown()),
  /** The thread that led here, for logs and for the calls the job makes. */
  context: Type.Object({
    correlation_id: Type.String(),
    causation_id: Type.String(),
    request_id: Type.Optional(Type.String()),
    traceparent: Type.Optional(Type.String()),
  }),
})
export type JobEnvelope = Static<typeof JobEnvelope>
