import { join } from 'node:path'
import { defineConfig } from 'vite'

/** Builds the wall into `web/dist`: hashed files, nothing inline, so that the strict CSP holds. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    rolldownOptions: { input: join(import.meta.dirname, 'wall.html') },
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'chrome125',
    cssMinify: true,
    sourcemap: false,
  },
})
