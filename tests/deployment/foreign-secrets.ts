/**
 * Which pods could speak as another service: the user of NATS, of Redis and of PostgreSQL comes with the secret a pod
 * mounts, so each Deployment of a service mounts the secret of that service and no other.
 */
import { SERVICES } from '@gatehouse/deploy/services'
import type { KubernetesObject } from '@gatehouse/deploy/policies'

type PodTemplate = {
  spec?: { template?: { spec?: { volumes?: { name: string; secret?: { secretName?: string } }[] } } }
}

export const foreignSecrets = (objects: readonly KubernetesObject[]): string[] =>
  SERVICES.flatMap((service) => {
    const own = objects.filter(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.labels?.['app.kubernetes.io/component'] === service,
    )
    if (own.length === 0) return [`${service} has no Deployment`]
    return own.flatMap((deployment) => {
      const volumes = (deployment as PodTemplate).spec?.template?.spec?.volumes ?? []
      const mounted = volumes.flatMap(({ secret }) => secret?.secretName ?? [])
      return mounted.length === 1 && mounted[0] === `gatehouse-${service}`
        ? []
        : [`${deployment.metadata.name} mounts ${mounted.join(', ') || 'no secret'} and not gatehouse-${service} alone`]
    })
  })
