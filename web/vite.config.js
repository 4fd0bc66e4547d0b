import { defineConfig } from 'vite';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { packed } from './dev/packed.js';
import { pages } from './dev/pages.js';
import { fakeServer } from './dev/fake_server.js';

/** DOORSTEP_SERVER=http://127.0.0.1:8080 develops against a real server; else a made-up city answers. */
const server = process.env.DOORSTEP_SERVER;

export default defineConfig({
  plugins: [svelte(), packed(), pages(), server ? null : fakeServer()],
  server: server ? { proxy: { '/v1': { target: server, ws: true } } } : {},
  build: {
    outDir: 'dist/site',
    rolldownOptions: { input: ['index.html', 'track.html', 'courier.html', 'shop.html'] },
    target: 'es2022',
    // Nothing inline: the page's policy lets only files of its own origin in.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1800,
  },
});
