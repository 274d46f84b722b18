import { QueryClient, VueQueryPlugin } from "@tanstack/vue-query";
import { flushPromises, mount } from "@vue/test-utils";
import { createPinia, type Pinia } from "pinia";
import { vi } from "vitest";
import type { Component } from "vue";
import { createI18n } from "vue-i18n";
import { createMemoryHistory, createRouter } from "vue-router";
import board from "@/locales/zh/board.json";
import common from "@/locales/zh/common.json";
import consoleWords from "@/locales/zh/console.json";
import erasure from "@/locales/zh/erasure.json";
import errors from "@/locales/zh/errors.json";
import fields from "@/locales/zh/fields.json";
import publishing from "@/locales/zh/publishing.json";
import resident from "@/locales/zh/resident.json";
import setup from "@/locales/zh/setup.json";
import supervision from "@/locales/zh/supervision.json";
import list from "@/locales/zh/words.json";
import wallWords from "@/locales/zh/wall.json";
import worker from "@/locales/zh/worker.json";

type Answers = Record<string, { status?: number; body: unknown }>;

/** Answers requests by `METHOD /path`, and keeps what was asked; anything else is a 404 problem. */
export function serve(answers: Answers): { method: string; path: string; body: unknown; key?: string | null }[] {
  const asked: { method: string; path: string; body: unknown; key?: string | null }[] = [];
  vi.stubGlobal("fetch", async (input: Request | string, init?: RequestInit) => {
    const { method, headers, body } = init ?? {};
    const request = input instanceof Request ? input : new Request(new URL(input, location.origin), { ...(method ? { method } : {}), ...(headers ? { headers } : {}), ...(body ? { body } : {}) });
    const path = new URL(request.url).pathname.replace("/api/v1", "");
    const one: (typeof asked)[number] = { method: request.method, path, body: request.method === "POST" || request.method === "PUT" ? await request.clone().json().catch(() => null) : null };
    // Beside what was asked: tests that compare a whole request do not name its key, which is another one each time.
    asked.push(Object.defineProperty(one, "key", { value: request.headers.get("idempotency-key") }));
    const found = answers[`${request.method} ${path}`] ?? { status: 404, body: { code: "not-found" } };
    return new Response(JSON.stringify(found.body), { status: found.status ?? 200, headers: { "content-type": "application/json" } });
  });
  return asked;
}

/** The stores of the page that was mounted last. A store of an earlier page that is still at work would else make its own the ones that are found. */
let last: Pinia | undefined;
export const stores = (): Pinia => last!;

/** Mounts a component as a face would, in Chinese, on an empty page at `path`. */
export async function mounted(component: Component, props: Record<string, unknown> = {}, path = "/") {
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/t/:track", component }, { path: "/sent/:key", component }, { path: "/cases/:id", component }, { path: "/:rest(.*)*", component }] });
  await router.push(path);
  // Two faces may each have a word of the same key; the page's own face says it last.
  const face = /faces\/(\w+)\//.exec((component as { __file?: string }).__file ?? "")?.[1];
  const own = { resident, worker, console: consoleWords }[face ?? ""] ?? {};
  const zh = { ...common, board, erasure, publishing, errors, fields, words: list, setup, supervision, wall: wallWords, ...resident, ...worker, ...consoleWords, ...own };
  const i18n = createI18n({ legacy: false, locale: "zh", messages: { zh } as never });
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const pinia = createPinia();
  last = pinia;
  const wrapper = mount(component, { props, attachTo: document.body, global: { plugins: [pinia, router, i18n, [VueQueryPlugin, { queryClient: queries }]] } });
  await flushPromises();
  return { wrapper, router };
}
