// Speaking instead of typing, where the browser offers it. It is the browser that listens; nothing here keeps a sound.

interface Heard { readonly resultIndex: number; readonly results: { readonly length: number; [at: number]: { readonly isFinal: boolean; 0: { transcript: string } } } }
interface Listener {
  lang: string;
  continuous: boolean;
  interimResults: boolean;
  onresult: ((heard: Heard) => void) | null;
  onend: (() => void) | null;
  onerror: ((event: { error: string }) => void) | null;
  start(): void;
  stop(): void;
}
type Maker = new () => Listener;

const maker = (): Maker | undefined => {
  const here = globalThis as { SpeechRecognition?: Maker; webkitSpeechRecognition?: Maker };
  return here.SpeechRecognition ?? here.webkitSpeechRecognition;
};

export const canListen = (): boolean => maker() !== undefined;

export interface Listening { stop(): void }

/** Listens until it is stopped or the speaker pauses; what is sure is handed over piece by piece. */
export function listen(lang: string, on: { words: (text: string) => void; end: (problem: string | null) => void }): Listening {
  const Make = maker();
  if (!Make) throw new Error("this browser does not listen");
  const one = new Make();
  Object.assign(one, { lang, continuous: true, interimResults: false });
  let problem: string | null = null;
  one.onresult = (heard) => {
    for (let at = heard.resultIndex; at < heard.results.length; at += 1) {
      const result = heard.results[at];
      if (result?.isFinal) on.words(result[0].transcript.trim());
    }
  };
  one.onerror = (event) => (problem = event.error === "no-speech" || event.error === "aborted" ? null : event.error);
  one.onend = () => on.end(problem);
  one.start();
  return { stop: () => one.stop() };
}

/** What was spoken behind what stands there already, with a comma where no sentence ended. */
export function appended(before: string, words: string): string {
  const text = before.trimEnd();
  return `${text}${text && !/[，。！？,.!?]$/.test(text) ? "，" : ""}${words}`.slice(0, 2000);
}
