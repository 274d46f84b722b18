import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { display, unattended } from "@/api/attended";
import { ok, wire } from "@/api/client";

describe("a page that nobody touches", () => {
  const sent: (string | null)[] = [];
  const ask = async (): Promise<string | null> => {
    await ok(wire.GET("/api/v1/session"));
    return sent.at(-1) ?? null;
  };
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("fetch", async (request: Request) => {
      sent.push(request.headers.get("x-unattended"));
      return new Response("{}", { status: 200, headers: { "content-type": "application/json" } });
    });
    window.dispatchEvent(new Event("pointerdown"));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
  it("says so from a minute on, until somebody touches it", async () => {
    expect(await ask()).toBeNull();
    vi.advanceTimersByTime(61_000);
    expect(await ask()).toBe("1");
    window.dispatchEvent(new Event("keydown"));
    expect(await ask()).toBeNull();
  });
  it("is attended as long as it hangs on a wall", () => {
    const down = display();
    vi.advanceTimersByTime(3_600_000);
    expect(unattended()).toBe(false);
    down();
    expect(unattended()).toBe(true);
  });
});
