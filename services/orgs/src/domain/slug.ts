/**
 * Slugs: the short name of an organization in addresses. A derived slug always has the shape of `Key` in the contracts.
 */

const maxLength = 63

/** The slug a name suggests: accents dropped, everything else that is no letter or digit becomes one dash. */
export function slugFrom(name: string): string {
  const words = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, maxLength)
    .replace(/^-+|-+$/g, '')
  if (words === '') return 'org'
  return /^[a-z]/.test(words) ? words : `org-${words}`.slice(0, maxLength)
}

/** The same slug made unlike another's. `suffix` is lower-case letters and digits. */
export const slugWithSuffix = (slug: string, suffix: string): string =>
  `${slug.slice(0, maxLength - 1 - suffix.length).replace(/-+$/, '')}-${suffix}`
