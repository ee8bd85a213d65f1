import t from 'tap'
import Type from 'typebox'
t.test('works', async (t) => { t.equal(Type.String().type, 'string'); t.same({a:1},{a:1}) })
