import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catching } from './catch.ts'
import { found } from './found.suite.ts'

test('an error that is caught has a name, and nothing goes on after it', () => {
  const says = found(catching, {
    'src/a.ts':
      'const f = () => { try { a() } catch { return } }\n' +
      'try { a() } catch (error) { log(error) }\n' +
      'a()\n  .catch(() => undefined)\na().catch((error) => { log(error) })\n' +
      'try { a() } catch (error) { if (b) throw error }',
  })

  assert.deepEqual(says, [
    'src/a.ts:1 the error has no name; name it, and say by it what to do',
    'src/a.ts:2 goes on after an error; end in throw or return',
    'src/a.ts:4 the error has no name; name it, and say by it what to do',
    'src/a.ts:5 goes on after an error; end in throw or return',
    'src/a.ts:6 goes on after an error; end in throw or return',
  ])
})

test('every way out may throw or return; only the supervisor goes on', () => {
  const says = found(catching, {
    'src/a.ts':
      'const f = () => { try { a() } catch (error) { if (b) { return } else throw error } }\n' +
      'a().catch((error) => answer(error))\nkept.catch(() => undefined)\na().catch(answer)',
    'src/app/supervise.ts': 'try { a() } catch (error) { log(error) }',
  })

  assert.deepEqual(says, [])
})
