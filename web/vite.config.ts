import { fileURLToPath, URL } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig, type Plugin } from "vite";
import { VitePWA } from "vite-plugin-pwa";

// One source tree, three builds: the face is chosen by the environment, and each has its own root, base path and output folder.
const faces = {
  // The map is read when it is looked at: keeping it for everybody would more than double what a first visit loads.
  resident: { base: "/m/", out: "m", app: { name: "经纬·社区上报", short_name: "社区上报", first: "report", words: "我要上报" }, leave: ["**/MapCanvas-*"] },
  worker: { base: "/w/", out: "w", app: { name: "经纬·网格员", short_name: "网格员", first: "#/report", words: "快速上报" }, leave: [] },
  console: { base: "/c/", out: "c", app: null, leave: [] },
} as const;

const name = (process.env.FACE ?? "resident") as keyof typeof faces;
const face = faces[name];
if (!face) throw new Error(`FACE must be one of ${Object.keys(faces).join(", ")}`);

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Builds a face's `early.ts` by itself and lets the page run it first, beside everything else that loads. */
function early(): Plugin {
  const source = here(`./src/faces/${name}/early.ts`);
  return {
    name: "early", apply: "build",
    buildStart() {
      this.emitFile({ type: "chunk", id: source });
    },
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle }) {
        const chunk = Object.values(bundle ?? {}).find((it) => it.type === "chunk" && it.facadeModuleId === source);
        if (!chunk) throw new Error(`${source} was not built`);
        return [{ tag: "script", attrs: { type: "module", async: true, src: face.base + chunk.fileName }, injectTo: "head-prepend" }];
      },
    },
  };
}

export default defineConfig({
  root: here(`./src/faces/${name}`),
  base: face.base,
  publicDir: face.app ? here("./src/shared/shell/icons") : false,
  plugins: [
    vue(),
    ...(name === "resident" ? [] : [early()]),
    // The worker's pages open without network: their service worker keeps the shell, in its own scope, and nothing that the server says.
    // So do the residents'. Both can be put on the home screen.
    ...(face.app
      ? [
          VitePWA({
            strategies: "injectManifest", srcDir: ".", filename: "sw.ts", injectRegister: false, includeManifestIcons: false,
            injectManifest: { globPatterns: ["**/*.{js,css,html,svg}"], globIgnores: [...face.leave], maximumFileSizeToCacheInBytes: 2_000_000 },
            manifest: {
              id: face.base, start_url: face.base, scope: face.base, display: "standalone", lang: "zh-CN", dir: "ltr", theme_color: "#0b6068", background_color: "#f6f4ee",
              name: face.app.name, short_name: face.app.short_name,
              icons: [
                { src: "icon-192.png", sizes: "192x192", type: "image/png" },
                { src: "icon-512.png", sizes: "512x512", type: "image/png" },
                { src: "icon-maskable-512.png", sizes: "512x512", type: "image/png", purpose: "maskable" },
              ],
              shortcuts: [{ name: face.app.words, url: `${face.base}${face.app.first}` }],
            },
          }),
        ]
      : []),
  ],
  resolve: { alias: { "@": here("./src") } },
  define: {
    __VUE_OPTIONS_API__: true,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  build: {
    outDir: here(`./dist/${face.out}`),
    emptyOutDir: true,
    target: "es2022",
    // The server sends a strict content policy: nothing inline, so no data: files and no inline polyfill.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: "manifest.json",
    chunkSizeWarningLimit: 900,
  },
  server: {
    proxy: { "/api": { target: process.env.API ?? "http://127.0.0.1:8080", changeOrigin: false } },
  },
});
