import { enableAutoUnmount, flushPromises } from "@vue/test-utils";
import { afterEach, describe, expect, it, vi } from "vitest";
import { defineComponent, h, provide, ref } from "vue";
import { keepPhotoKey } from "@/shared/photos/keep";
import PhotoPicker from "@/shared/photos/PhotoPicker.vue";
import { mounted } from "./mounted";

vi.mock("@/shared/photos/smaller", () => ({ prepare: async (file: File) => ({ photo: file, preview: null, at: null }) }));
enableAutoUnmount(afterEach);

/** A page with a picker, where a photograph is kept when the test says so. */
async function picker() {
  const ids = ref<string[]>([]);
  const kept: (() => void)[] = [];
  const { wrapper } = await mounted(defineComponent(() => {
    provide(keepPhotoKey, { keep: (photo) => new Promise((done) => kept.push(() => done(`photo:${(photo as File).name}`))), words: () => null });
    return () => h(PhotoPicker, { modelValue: ids.value, "onUpdate:modelValue": (now: string[]) => (ids.value = now) });
  }));
  const input = wrapper.get("input[type=file]");
  Object.defineProperty(input.element, "files", { value: [new File(["a"], "a"), new File(["b"], "b")], configurable: true });
  await input.trigger("change");
  await flushPromises();
  return { wrapper, ids, kept };
}

describe("a picker of photographs", () => {
  it("does not attach what was taken away while it was made ready", async () => {
    const { wrapper, ids, kept } = await picker();
    await wrapper.get("button.drop").trigger("click");
    for (const done of kept) {
      done();
      await flushPromises();
    }
    expect(ids.value).toEqual(["photo:b"]);
  });
  it("keeps two that are ready in the same moment", async () => {
    const { ids, kept } = await picker();
    for (const done of kept) done();
    await flushPromises();
    expect(ids.value).toEqual(["photo:a", "photo:b"]);
  });
});
