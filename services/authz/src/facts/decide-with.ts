/**
 * The regular path of every decision: decide over the facts in memory, get what is missing, decide again. What was
 * loaded for a request answers that request, even when a change drops it from the cache meanwhile; after a poll
 * everything of now is looked at again.
 */
import { awaitRevision, pollOnce, type Following } from './freshness.ts'
import { pastFacts, type FactCache, type FactLoader } from './fact-cache.ts'
import { Miss, peeksBy, type FactNeed, type Facts, type Need, type Producer } from './facts.ts'

export type FactDeps = { readonly factCache: FactCache; readonly following: Following }

/**
 * Decides, and as long as something is missing gets it and decides again. This ends: each round loads facts that were
 * not loaded, or polls a producer that was not polled. @throws AppError `not_current`, `revision_unavailable`
 */
export async function decideWith<T>(deps: FactDeps, decide: (facts: Facts) => T | Miss): Promise<T> {
  let found = decide(deps.factCache.known)
  if (!(found instanceof Miss)) return found
  const { facts, fetch } = createRequestFacts(deps)
  do {
    await fetch(found.needs)
    found = decide(facts)
  } while (found instanceof Miss)
  return found
}

type RequestFacts = { readonly facts: Facts; fetch(needs: readonly Need[]): Promise<void> }

function createRequestFacts({ factCache, following }: FactDeps): RequestFacts {
  const polled = new Set<Producer>()
  const ofNow = new Map<string, unknown>()
  const ofPast = new Map<string, unknown>()
  const find =
    (kept: ReadonlyMap<string, unknown>, otherwise: (need: FactNeed) => unknown) =>
    (need: FactNeed): unknown => {
      const key = keyOf(need)
      return kept.has(key) ? kept.get(key) : otherwise(need)
    }
  const { known } = factCache
  const peekKnown = ({ fact, key }: FactNeed): unknown => (known[fact] as (...key: unknown[]) => unknown)(...key)
  const facts: Facts = {
    ...peeksBy(find(ofNow, peekKnown), undefined),
    hasPolled: (producer) => polled.has(producer),
    asOf: (at) =>
      pastFacts(
        peeksBy(
          find(ofPast, (need) => new Miss([need])),
          at,
        ),
      ),
  }
  const load = async (needs: readonly FactNeed[]): Promise<void> => {
    const loaded = await Promise.all([...groupsOf(needs).values()].map((group) => loadGroup(factCache, group)))
    for (const [need, value] of loaded.flat()) (need.at === undefined ? ofNow : ofPast).set(keyOf(need), value)
  }
  return {
    facts,
    async fetch(needs) {
      const polls = new Set(needs.flatMap((need) => ('poll' in need ? [need.poll] : [])))
      const revisions = new Set(needs.flatMap((need) => ('revision' in need ? [need.revision] : [])))
      await Promise.all([
        load(needs.filter((need) => 'fact' in need)),
        pollOnce(following, [...polls]),
        ...[...revisions].map((revision) => awaitRevision(following, revision)),
      ])
      if (polls.size === 0 && revisions.size === 0) return
      polls.forEach((producer) => polled.add(producer))
      ofNow.clear()
    },
  }
}

const keyOf = ({ fact, key, at }: FactNeed): string => JSON.stringify([fact, at?.getTime(), ...key.map(partsOf)])
/** The parts of a reference in one order, whoever wrote it down. */
const partsOf = (key: string | object | undefined): unknown =>
  typeof key === 'object' ? Object.entries(key).sort(([one], [other]) => (one < other ? -1 : 1)) : key

/** Entities of one type are one look; any other fact is one of its own. The same fact twice is one. */
function groupsOf(needs: readonly FactNeed[]): Map<string, FactNeed[]> {
  const groups = new Map<string, FactNeed[]>()
  const seen = new Set<string>()
  for (const need of needs) {
    const key = keyOf(need)
    if (seen.has(key)) continue
    seen.add(key)
    const name =
      need.fact === 'entity' ? JSON.stringify([need.at?.getTime(), need.key[0].orgId, need.key[0].type]) : key
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [need])
    else group.push(need)
  }
  return groups
}

async function loadGroup(factCache: FactCache, group: readonly FactNeed[]): Promise<(readonly [FactNeed, unknown])[]> {
  const [first] = group as [FactNeed]
  const loader: FactLoader = first.at === undefined ? factCache : factCache.asOf(first.at)
  if (first.fact === 'entity' && group.length > 1) {
    const { orgId, type } = first.key[0]
    const ids = group.map(({ key }) => (key[0] as { id: string }).id)
    const found = await loader.entities({ orgId, type, ids })
    return group.map((need, index) => [need, found[index]] as const)
  }
  const load = loader[first.fact] as (...key: unknown[]) => Promise<unknown>
  return Promise.all(group.map(async (need) => [need, await load(...need.key)] as const))
}
