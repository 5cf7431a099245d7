import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where the BFF listens during development. */
const bff = process.env['DROPSAFE_DEV_BFF'] ?? 'http://localhost:8081';

// Same-origin checks of the BFF compare Origin with Host, so the proxy must leave Host as the browser sent it.
const proxy = { target: bff, changeOrigin: false };

export default defineConfig({
  plugins: [react()],
  // The server puts a fresh nonce here with every answer; main.tsx hands it on to the style engine.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    // The content security policy allows no data: address for fonts and images.
    assetsInlineLimit: 0,
    // All browsers that MUI supports know modulepreload.
    modulePreload: { polyfill: false },
    // One stylesheet, in the head: the page has its background before the first script runs.
    cssCodeSplit: false,
    // In kB before compression; the target is 250 kB after it, which `npm run bench` measures.
    chunkSizeWarningLimit: 800,
  },
  server: {
    port: 8080,
    strictPort: true,
    proxy: { '/api': proxy, '/healthz': proxy, '/readyz': proxy },
  },
});
