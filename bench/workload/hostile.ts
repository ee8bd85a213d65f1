/**
 * Conditions made to hurt whoever reads them, each as large as its author could make it; and a body around one, as
 * large as the route takes.
 */
const upTo = (bytes: number, piece: string, { before = '', after = '' } = {}): string =>
  before + piece.repeat(Math.floor((bytes - before.length - after.length) / piece.length)) + after

/** All but the last two within the 2 kB that are read at all. */
const most = 2048

export const hostileSources: Readonly<Record<string, string>> = {
  'brackets within brackets': upTo(most, '('),
  'brackets within brackets, closed': '('.repeat(1000) + 'true' + ')'.repeat(1000),
  'lists within lists': upTo(most, '[', { before: 'resource.owner in ' }),
  'one negation within another': upTo(most, '!(', { after: 'resource.locked' }),
  'a list of thousands': upTo(most, '1,', { before: 'resource.amount in [', after: '1]' }),
  'a chain of ||': upTo(most, 'true||', { after: 'true' }),
  'a chain of &&': upTo(most, 'true&&', { after: 'true' }),
  'a chain of ==': upTo(most, 'true==', { after: 'true' }),
  'a path that never ends': upTo(most, '.a', { before: 'resource' }),
  'one prototype after another': upTo(most, '.__proto__', { before: 'resource' }),
  'the constructor of a constructor': upTo(most, '.constructor', { before: 'user.id' }),
  'a name every object has': 'resource.__proto__ == resource.hasOwnProperty && resource.toString == user.valueOf',
  'quantifiers within quantifiers': upTo(most, 'resource.tags.all(x,', { after: 'true' }),
  'conditions in conditions': upTo(most, 'true?', { after: 'true' }),
  'maps within maps': upTo(most, '{"a":', { after: '1' }),
  'a text that never ends': upTo(most, 'a', { before: 'resource.owner == "' }),
  'nothing but backslashes': upTo(most, '\\', { before: 'resource.owner == "' }),
  'nothing but blanks': upTo(most, ' '),
  'nothing but line breaks': upTo(most, '\n', { after: '!' }),
  'a number without an end': upTo(most, '9', { before: 'resource.amount == ' }),
  'letters outside ASCII': upTo(most, 'ä'),
  'characters of no language': upTo(most, '\u0000\uffff'),
  'a megabyte of blanks': upTo(1_000_000, ' '),
  'a megabyte of brackets': upTo(1_000_000, '('),
}
