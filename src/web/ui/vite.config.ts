// The screens of Gengfu: sixteen pages, one catalogue of words, no text in code.
//
//   npm ci && npm run build   writes dist/: one HTML file a page (`/wall` is dist/wall.html),
//                             everything else under dist/assets/, and dist/sw.js, which must be
//                             served at /sw.js so that it may hold the shell of /phone.
//   npm run check             svelte-check, strict.
//   npm test                  pure parts: clocks, words, outbox, score, ids, frames.
//   npm run dev               needs a daemon at GENGFU_DAEMON (default http://127.0.0.1:8480).
//
// wall/ console/ replay/ footage/ cameras/ setup/ phone/ inbox/ review/ report/ rules/ policy/ duty/
// handover/ login/ home/ are one page each;
// shared/ is what two or more of them use: api.ts (typed fetch), stream.ts (server-sent events),
// video.ts (live video over WebSocket into MSE), live.ts (JPEG stills where that cannot be played),
// judge.ts (may a picture be trusted), time.ts (clocks, the site's zone), words/ (zh-CN, English).
//
// Content-Security-Policy: nothing inline. Styles are files; positions are set through Svelte's
// `style:` directives, which use the CSSOM. Small files are not turned into data: addresses.
// rollup is pinned through `overrides` to a version whose packages exist for every platform, so that
// the lock file is whole and `npm ci` works anywhere.
//
// mqtt.js is the only run-time library; it is kept on native timers because its worker timers
// would need `worker-src blob:`.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { wallWords } from './wall.words';

const pages = [
  'index',
  'login',
  'wall',
  'console',
  'replay',
  'cameras',
  'phone',
  'review',
  'report',
  'rules',
  'duty',
  'handover',
  'policy',
  'footage',
  'inbox',
  'setup',
];
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const daemon = process.env['GENGFU_DAEMON'] ?? 'http://127.0.0.1:8480';

export default defineConfig({
  plugins: [wallWords(here('./wall/main.ts'), pages), svelte()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: 'es2022',
    // mqtt.js alone is 370 kB; only /phone loads it.
    chunkSizeWarningLimit: 500,
    rollupOptions: {
      input: Object.fromEntries(pages.map((page) => [page, here(`./${page}.html`)])),
    },
  },
  server: {
    proxy: {
      '/api': { target: daemon, ws: true },
      '/mqtt': { target: daemon, ws: true },
    },
  },
  test: { include: ['test/**/*.test.ts'], environment: 'node' },
});
