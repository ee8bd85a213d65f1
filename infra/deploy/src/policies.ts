/**
 * Reads rendered NetworkPolicies back into arrows, so that what a cluster would allow can be compared with what the
 * code does. An arrow is `from -> to:port`; `*` stands for anybody, `?` for a peer that is not one component of this
 * release.
 */

type Labels = Record<string, string>
type Peer = { podSelector?: { matchLabels?: Labels }; namespaceSelector?: object; ipBlock?: object }
type Rule = { from?: Peer[]; to?: Peer[]; ports?: { port: number | string }[] }

/** What is needed of any Kubernetes object. */
export type KubernetesObject = {
  kind: string
  metadata: { name: string; labels?: Labels }
  spec?: { podSelector?: { matchLabels?: Labels }; policyTypes?: string[]; ingress?: Rule[]; egress?: Rule[] }
}

const componentOf = (labels: Labels | undefined): string | undefined => labels?.['app.kubernetes.io/component']

const nameOf = (peer: Peer): string =>
  peer.podSelector !== undefined && peer.namespaceSelector === undefined
    ? (componentOf(peer.podSelector.matchLabels) ?? '?')
    : '?'

/** The arrows that both a rule of the one end and a rule of the other end let through are in both lists. */
export function arrowsIn(objects: readonly KubernetesObject[]): { egress: string[]; ingress: string[] } {
  const egress = new Set<string>()
  const ingress = new Set<string>()
  for (const { kind, spec } of objects) {
    if (kind !== 'NetworkPolicy') continue
    const self = componentOf(spec?.podSelector?.matchLabels) ?? '*'
    for (const rule of spec?.egress ?? [])
      for (const to of rule.to?.map(nameOf) ?? ['*'])
        for (const port of portsOf(rule)) egress.add(`${self} -> ${to}:${port}`)
    for (const rule of spec?.ingress ?? [])
      for (const from of rule.from?.map(nameOf) ?? ['*'])
        for (const port of portsOf(rule)) ingress.add(`${from} -> ${self}:${port}`)
  }
  return { egress: [...egress].sort(), ingress: [...ingress].sort() }
}

const portsOf = ({ ports }: Rule): (number | string)[] =>
  ports === undefined || ports.length === 0 ? ['any'] : ports.map(({ port }) => port)

/**
 * Components with pods but without a policy of their own that closes both directions, and whether the release is closed
 * as a whole.
 */
export function openComponents(objects: readonly KubernetesObject[]): string[] {
  const policies = objects.filter(
    ({ kind, spec }) =>
      kind === 'NetworkPolicy' &&
      spec?.policyTypes?.includes('Ingress') === true &&
      spec.policyTypes.includes('Egress'),
  )
  const isClosed = policies.some(
    ({ spec }) =>
      componentOf(spec?.podSelector?.matchLabels) === undefined &&
      spec?.ingress === undefined &&
      spec?.egress === undefined,
  )
  const covered = new Set(policies.map(({ spec }) => componentOf(spec?.podSelector?.matchLabels)))
  const running = objects
    .filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind))
    .map(({ metadata }) => componentOf(metadata.labels) ?? metadata.name)
  return [...(isClosed ? [] : ['(everything)']), ...new Set(running.filter((name) => !covered.has(name)))]
}
