/** Whether the looks of a run are complete: a page or a way to look at it that was left out is named. */
import { pageRoutes } from '@gatehouse/contracts/http/pages'
import t from 'tap'
import { everyLook, missingLooks } from './looks.ts'

const ways = ['dark', 'german', 'large-text', 'light', 'narrow', 'no-script']

t.test('every page that people see is looked at in six ways', (t) => {
  const seenBy = (path: string) => everyLook.filter((one) => one.startsWith(`${path} `)).map((one) => one.split(' ')[1])
  for (const { path, methods } of pageRoutes)
    if (methods.includes('GET') && !path.startsWith('/assets/')) t.same(seenBy(path).sort(), ways, path)
  t.ok(everyLook.length >= 200, `${everyLook.length} looks`)
  t.end()
})

t.test('one that is missing is named, whichever it is', (t) => {
  t.same(missingLooks(new Set(everyLook)), [])
  for (const left of everyLook) t.same(missingLooks(new Set(everyLook.filter((one) => one !== left))), [left])
  t.end()
})
