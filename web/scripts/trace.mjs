// What a page's main thread did while something ran, from the browser's own trace: how long its tasks took of the processor, and of what a late frame
// consisted. The mark `frames` in the page ties the trace's clock to the page's.

/** Runs `what` under a trace; answers with its result, the tasks of the main thread and the events in it. */
export async function traced(context, page, what, deep = false) {
  const devtools = await context.newCDPSession(page);
  const events = [];
  devtools.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const includedCategories = ["toplevel", "blink.user_timing", ...(deep ? ["devtools.timeline", "v8", "disabled-by-default-v8.gc", "cc"] : [])];
  await devtools.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories, excludedCategories: ["*"] } });
  await page.evaluate(() => performance.mark("frames"));
  const at = await page.evaluate(() => performance.getEntriesByName("frames").at(-1).startTime);
  const result = await what();
  const complete = new Promise((done) => devtools.once("Tracing.tracingComplete", done));
  await devtools.send("Tracing.end");
  await complete;
  await devtools.detach();
  const threads = new Map(events.filter((it) => it.name === "thread_name").map((it) => [`${it.pid} ${it.tid}`, it.args.name]));
  const mark = events.find((it) => it.name === "frames" && it.cat?.includes("blink.user_timing"));
  const main = mark ? `${mark.pid} ${mark.tid}` : undefined;
  // From the trace's microseconds to the page's milliseconds.
  const spans = events.filter((it) => it.ph === "X" && it.dur !== undefined).map((it) => ({ thread: `${it.pid} ${it.tid}`, name: it.name, from: (it.ts - (mark?.ts ?? 0)) / 1_000 + at, took: it.dur / 1_000, work: (it.tdur ?? 0) / 1_000 }));
  const tasks = spans.filter((it) => it.thread === main && it.name === "ThreadControllerImpl::RunTask");
  return { result, tasks, spans, main, threads };
}

/** Of what a stretch of time consisted: milliseconds on the clock (and of the processor) by event of the main thread; and how busy the others were. */
export function consistedOf({ spans, main, threads }, from, to) {
  const sums = [new Map(), new Map()];
  for (const it of spans) {
    const took = Math.min(it.from + it.took, to) - Math.max(it.from, from);
    const own = it.thread === main;
    if (took <= 0.2 || !(own || it.name === "ThreadControllerImpl::RunTask")) continue;
    const name = own ? it.name : (threads.get(it.thread) ?? it.thread);
    const sum = sums[own ? 0 : 1];
    const [clock, work] = sum.get(name) ?? [0, 0];
    sum.set(name, [clock + took, work + (it.work * took) / it.took]);
  }
  const [own, others] = sums;
  const told = (sum, most) => [...sum].sort((a, b) => b[1][0] - a[1][0]).slice(0, most).map(([name, [clock, work]]) => `${name} ${clock.toFixed(0)} (${work.toFixed(0)})`).join(", ");
  return `${told(own, 10)}${others.size ? ` | beside: ${told(others, 5)}` : ""}`;
}
