/** Cursor lists: `?limit&cursor` in, `{ data, page }` out. */
import Type, { type TSchema } from 'typebox'

export const PageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
}

export const Page = Type.Object({ next_cursor: Type.Union([Type.String(), Type.Null()]), has_more: Type.Boolean() })

/** The list answer for one kind of item. */
export const listOf = <S extends TSchema>(item: S) => Type.Object({ data: Type.Array(item), page: Page })
