// Runs the journeys in a real browser: every file in journeys/ in name order, or those named on the command line.
//
//   BASE_URL=http://127.0.0.1:8080 DISTRICT=../demo-data node journey/journey.mjs [names of journeys]
//
// A journey exports `run(stage)`; one that fails does not hide the others. The last line is the sum, `N passed, N failed`.
//
// Links: every log-in takes a one-time link. With DISTRICT, the folder of an invented district, they are made as they are wanted, by the
// program JINGWEI (the built one without it) for the accounts of ACCOUNTS (those of the invented district without it). With LINKS, a map from
// roles to a link or a list of links, absolute or from the root, they are taken from there until none is left.
// SHOTS is the folder for the pictures; POSITION (lon,lat) is where people stand, without it the centre of the district; TEXT is what the
// resident reports, without it a sentence that the invented district's catalogue gives to the grid itself.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { tag } from "./ask.mjs";
import { desktop, person, phone, tally } from "./browser.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const base = (process.env.BASE_URL ?? "http://127.0.0.1:8080").replace(/\/$/, "");
const shots = process.env.SHOTS ?? "test-results/journey";

/** Who plays which part in the invented district. */
const accounts = {
  worker: "zhouyining", deputy: "shenhe", head: "hanxi", community: "guan", street: "jiangyue", leader: "luheng",
  dispatcher: "tangxi", callback: "bailu", supervisor: "shiyan", department: "luochuan", handler: "dinghe",
  system: "xuche", security: "menglan", audit: "fangji",
  ...JSON.parse(process.env.ACCOUNTS ?? "{}"),
};
const given = Object.fromEntries(Object.entries(JSON.parse(process.env.LINKS ?? "{}")).map(([role, one]) => [role, [one].flat()]));

/** A fresh one-time link for an account of the invented district, by its name: `linkFor("luochuan")`. */
function linkFor(account) {
  const district = process.env.DISTRICT;
  if (!district) throw new Error(`no link for ${account}: set DISTRICT, or LINKS`);
  const program = process.env.JINGWEI ?? here("../../target/debug/jingwei");
  return execFileSync(program, ["admin", "link", "--demo", "--account", account], { env: { ...process.env, JINGWEI_DATA_DIR: district }, encoding: "utf8" }).trim();
}
/** A fresh one-time link a call, by role: `links.worker()`. */
const links = Object.fromEntries(
  Object.keys({ ...accounts, ...given }).map((role) => [role, () => new URL(given[role]?.shift() ?? linkFor(accounts[role]), base).href]),
);

async function place() {
  if (process.env.POSITION) return process.env.POSITION.split(",").map(Number);
  const answer = await fetch(`${base}/api/v1/district`);
  return (await answer.json()).centre;
}

/** Waits until a one-time link has logged somebody in. The server lets a network in only so often; who comes too soon waits his turn. */
async function loggedIn(page) {
  const again = page.getByRole("button", { name: "再试一次" });
  for (let tries = 0; ; tries += 1) {
    const inside = page.waitForURL((url) => !url.href.includes("/link/")).then(() => true);
    if (await Promise.race([inside, again.waitFor().then(() => false, () => new Promise(() => undefined))])) return;
    inside.catch(() => undefined);
    if (tries === 4) throw new Error("the link was not taken");
    await page.waitForTimeout(31_000);
    await again.click();
    await again.waitFor({ state: "hidden" });
  }
}

/** Runs one journey to its end, whatever happens in it. */
async function go(name, position, check) {
  console.log(`\n— ${name}`);
  const faults = [];
  const people = [];
  const meet = async (options = {}) => {
    const one = await person({ viewport: desktop, ...options, faults, shots, check });
    people.push(one);
    return one;
  };
  const stage = {
    base, links, linkFor, meet, check, position, shots, phone, desktop,
    text: `${process.env.TEXT ?? "三号楼二单元楼道灯不亮，晚上老人下楼看不见"}（${tag()}）`,
    /** Somebody with that role, or else of that account, logged in by a fresh link. */
    async enter(who, options) {
      const one = await meet(options);
      await one.page.goto(links[who] ? links[who]() : new URL(linkFor(who), base).href);
      await loggedIn(one.page);
      return one;
    },
  };
  try {
    const { run } = await import(new URL(`journeys/${name}.mjs`, import.meta.url));
    await run(stage);
  } catch (error) {
    check(`${name} goes through`, false, error instanceof Error ? (error.stack ?? error.message) : String(error));
    for (const [i, one] of people.entries()) await one.page.screenshot({ path: `${shots}/fault-${name}-${i}.png` }).catch(() => undefined);
  } finally {
    for (const one of people) await one.end().catch(() => undefined);
  }
  check(`${name}: no policy violation, exception or warning`, faults.length === 0, [...new Set(faults)].join("\n     "));
}

const all = readdirSync(here("journeys")).filter((it) => it.endsWith(".mjs")).map((it) => it.slice(0, -".mjs".length)).sort();
const asked = process.argv.slice(2);
const unknown = asked.filter((it) => !all.includes(it));
if (unknown.length) throw new Error(`no journey ${unknown.join(", ")}; there are ${all.join(", ")}`);
const { sum, check: count } = tally();
const position = await place();
// A failure names its journey, so that it can be found in a long output.
for (const name of asked.length ? asked : all) await go(name, position, (what, held, more) => count(held ? what : `${name}: ${what}`, held, more));
console.log(`${sum.passed} passed, ${sum.failed} failed`);
process.exit(sum.failed ? 1 : 0);
