/** RFC 9457 problem details as Gatehouse sends them: `application/problem+json` with three extensions. */
import Type, { type Static } from 'typebox'

export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  /** What the caller may know; absent on 5xx. */
  detail: Type.Optional(Type.String()),
  code: Type.String(),
  request_id: Type.String(),
  errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
})
export type Problem = Static<typeof Problem>

/** Where problem types are explained; the code is the last segment. */
export const problemTypeBase = 'https://gatehouse.dev/problems/'
