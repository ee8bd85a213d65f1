// The demo application as a client of the platform: registered once, and told its new address when the port has
// changed.
import type { DemoClient } from './client.ts'
import type { DemoApplication } from './demo-record.ts'

/** The addresses that `examples/demo-application` serves. */
const addressesOf = (url: string) => ({
  redirect_uris: [`${url}/callback`],
  post_logout_redirect_uris: [`${url}/`],
  backchannel_logout_uri: `${url}/backchannel-logout`,
})

const clients = '/v1/platform/oauth-clients'

/**
 * @param o.token of the platform's administrator: an application of the platform serves people of every organization
 */
export async function registerApplication(
  client: DemoClient,
  { token, url }: { token: string; url: string },
): Promise<DemoApplication> {
  const body = { name: 'Invoices (demo)', ...addressesOf(url) }
  const made = await client.call<{ id: string; client_secret: string }>('POST', clients, { token, body })
  return { client_id: made.id, client_secret: made.client_secret, url }
}

export async function moveApplication(
  client: DemoClient,
  { token, known, url }: { token: string; known: DemoApplication; url: string },
): Promise<DemoApplication> {
  await client.call('PATCH', `${clients}/${known.client_id}`, { token, body: addressesOf(url) })
  return { ...known, url }
}
