import { storeSuite } from '../store.suite.ts'
import { openMemoryStore } from './memory-store.ts'

const factory = async () => ({
  open: async () => openMemoryStore(),
  destroy: async () => undefined,
})
storeSuite('memory', factory, { skip: {} })
