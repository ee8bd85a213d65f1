/** What is allowed, for the message of an error. */

const mostListed = 20

export function listing(names: Iterable<string>): string {
  const sorted = [...names].sort()
  if (sorted.length === 0) return 'there are none'
  const more = sorted.length > mostListed ? ` and ${sorted.length - mostListed} more` : ''
  return `there are ${sorted.slice(0, mostListed).join(', ')}${more}`
}
