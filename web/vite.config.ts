import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Every address is relative: the tenant's API serves the same files under whatever base path
// (`/`, `/v1/`) its gateway has. `assets/` is flat, because the API serves `GET /assets/{name}`.
export default defineConfig({
  base: './',
  plugins: [react()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
});
