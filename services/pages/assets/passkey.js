/* Passkeys are the one thing that needs a script: a browser speaks to authenticators by no form. Without it the other ways are there. */
/* global document, navigator, fetch, location, PublicKeyCredential, AbortController, URLSearchParams, HTMLElement */
const place = document.querySelector('[data-passkey]')
const form = document.querySelector('#passkey-form')
const button = document.querySelector('#passkey')
const isKnown = typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential

/** Options of a path of ours; where a newer sign-in is asked for first, the browser goes there. */
async function optionsOf(path) {
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ csrf: form.elements.csrf.value }),
    redirect: 'error',
  })
  const { options, go } = await answer.json()
  if (go !== undefined) location.assign(go)
  return options
}

/** @param {PublicKeyCredential | null} credential */
function send(credential) {
  if (credential === null) return
  form.elements.credential.value = JSON.stringify(credential.toJSON())
  form.submit()
}

const get = async (options, more = {}) =>
  send(
    await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options), ...more }),
  )

/** The browser offers passkeys in the address field. Whoever does not take one hears nothing of it. */
async function offerInField() {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return undefined
  const stop = new AbortController()
  const options = await optionsOf('/signin/passkey-options')
  if (options !== undefined) void get(options, { mediation: 'conditional', signal: stop.signal }).catch(() => undefined)
  return stop
}

const acts = {
  'sign-in': async (offered) => {
    ;(await offered)?.abort()
    const options = await optionsOf('/signin/passkey-options')
    if (options !== undefined) await get(options)
  },
  step: () => get(JSON.parse(place.dataset.options)),
  add: async () => {
    const options = await optionsOf('/account/passkey-options')
    if (options === undefined) return
    send(await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }))
  },
}

if (isKnown && place instanceof HTMLElement) {
  place.hidden = false
  const kind = place.dataset.passkey
  const offered = kind === 'sign-in' ? offerInField().catch(() => undefined) : undefined
  button.addEventListener('click', () => {
    button.disabled = true
    acts[kind](offered)
      .catch(() => undefined)
      .finally(() => {
        button.disabled = false
      })
  })
}
