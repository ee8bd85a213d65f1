/** Lists of what is kept over time: as it is, or as it was. */
import Type from 'typebox'
import { PageQuery } from '../../common/page.ts'

/** `at`: an RFC 3339 instant of the past; the cursor of a page belongs to its moment. */
export const PageAtQuery = { ...PageQuery, at: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })) }
