import { storeSuite } from '../store.suite.ts'
import type { StoreFactory } from '../suite/store-case.suite.ts'
import { openMemoryStore } from './memory-store.ts'

const factory: StoreFactory = async (clock) => ({
  open: async () => openMemoryStore({ clock }),
  destroy: async () => undefined,
})
storeSuite('memory', factory, { skip: {} })
