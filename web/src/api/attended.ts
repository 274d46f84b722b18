// Whether somebody sits before the page. What a page asks by itself, of lists that renew and colleagues that are looked for, must not keep a session
// alive that nobody uses: such a request says so, and the server does not count it as a use.

/** Without a touch of key, pointer or wheel for so long, in milliseconds, nobody is there. */
const away = 60_000;

let touched = Date.now();
let displays = 0;

const touch = (): void => void (touched = Date.now());
if (typeof window !== "undefined") for (const name of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) window.addEventListener(name, touch, { capture: true, passive: true });

/** Whether what is asked now is asked by the page alone. */
export const unattended = (): boolean => displays === 0 && Date.now() - touched > away;

/** A page for a wall, which nobody touches, is attended as long as it stands; the answer ends that. */
export function display(): () => void {
  displays += 1;
  return () => void (displays -= 1);
}
