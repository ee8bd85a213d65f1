/**
 * State as of a position, for a reader that begins or has lost its place. NDJSON: `{epoch, position}`, the records,
 * `{"end":true}`.
 */

export const snapshotPath = '/internal/snapshot'
export const snapshotMediaType = 'application/x-ndjson'
/** Which state: `state` for projections, `floors` for gateways. */
export const snapshotViewPattern = '^[a-z][a-z0-9-]{0,31}$'
