/** Domains of an organization, each with the record that proves it. */
import type { ComponentChild } from 'preact'
import type { Domain } from '@gatehouse/contracts/http/orgs/domains'
import type { PageAnswer } from '../serve/answer.ts'
import { Button, Field, Form, type Scene } from './form.tsx'
import { Managing, MoreLink } from './managing.tsx'

type List = { domains: readonly Domain[]; cursor: string | null }

export const domainsPage = (scene: Scene, list: List): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.domains,
  body: <DomainsView scene={scene} {...list} />,
})

function DomainsView({ scene, domains, cursor }: { scene: Scene } & List): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <Managing scene={scene}>
      <p>{texts.domainsText}</p>
      <Form scene={scene} id="add-form">
        <Field visit={visit} name="name" label={texts.domain} autocomplete="off" />
        <Button id="add" name="action" value="add">
          {texts.add}
        </Button>
      </Form>
      <ul class="things" id="domains">
        {domains.map((domain) => (
          <Item scene={scene} domain={domain} />
        ))}
      </ul>
      <MoreLink scene={scene} cursor={cursor} />
    </Managing>
  )
}

function Item({ scene, domain }: { scene: Scene; domain: Domain }): ComponentChild {
  const { texts } = scene.visit
  const { id, name, status, capture, record, last_check } = domain
  const isJoined = capture !== 'off'
  return (
    <li>
      <p>
        <strong>{name}</strong>, {texts[`domain_${status}`]}
        {last_check !== null && ` (${texts[`domain_check_${last_check}`]})`}
      </p>
      {status !== 'verified' && (
        <p>
          {texts.domainRecord} <code>{record.name}</code> TXT <code>{record.value}</code>
        </p>
      )}
      <Form scene={scene}>
        <input type="hidden" name="domain" value={id} />
        <Button id={`verify-${id}`} name="action" value="verify" kind="plain">
          {texts.domainLook} <span class="aside">{name}</span>
        </Button>
        <Button id={`capture-${id}`} name="action" value={isJoined ? 'off' : 'join'} kind="plain">
          {isJoined ? texts.domainClose : texts.domainOpen} <span class="aside">{name}</span>
        </Button>
        <Button id={`remove-${id}`} name="action" value="remove" kind="plain">
          {texts.remove} <span class="aside">{name}</span>
        </Button>
      </Form>
    </li>
  )
}
