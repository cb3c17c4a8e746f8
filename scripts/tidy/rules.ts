import { barrels } from './barrels.ts'
import { catching } from './catch.ts'
import { cycles } from './cycles.ts'
import { dead } from './dead.ts'
import { documents } from './documents.ts'
import { escapes } from './escapes.ts'
import type { Rule } from './finding.ts'
import { layers } from './layers.ts'
import { names } from './names.ts'
import { numbers } from './numbers.ts'
import { process } from './process.ts'
import { pure } from './pure.ts'
import { spec } from './spec.ts'
import { suites } from './suites.ts'
import { titles } from './titles.ts'
import { words } from './words.ts'

/** All that tidy looks at; STYLE.md has the table. */
export const rules: readonly Rule[] = [
  layers,
  cycles,
  barrels,
  dead,
  pure,
  process,
  numbers,
  names,
  escapes,
  catching,
  spec,
  titles,
  suites,
  documents,
  words,
]
