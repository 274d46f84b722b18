import { describe, expect, it } from "vitest";
import { firstView } from "../scripts/budget.mjs";

describe("the first view", () => {
  it("counts each script of the page, what these import and their styles, each once, and no page that loads later", () => {
    const manifest = {
      "index.html": { file: "assets/index.js", isEntry: true, css: ["assets/index.css"], imports: ["_vue.js", "_api.js"], dynamicImports: ["map.vue"] },
      "_vue.js": { file: "assets/vue.js" },
      "_api.js": { file: "assets/api.js", imports: ["_vue.js"], css: ["assets/api.css"] },
      "early.ts": { file: "assets/early.js", isEntry: true, imports: ["_api.js"] },
      "map.vue": { file: "assets/map.js", css: ["assets/map.css"] },
    };
    expect(firstView(manifest).sort()).toEqual(["assets/api.css", "assets/api.js", "assets/early.js", "assets/index.css", "assets/index.js", "assets/vue.js", "index.html"]);
  });
});
