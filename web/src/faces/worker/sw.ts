/// <reference lib="webworker" />
// The service worker of /w/: the pages open at once and without network, and go over to a new version only when the page asks for it.
import { keepShell, type Kept } from "../../shared/shell/keep";

keepShell("jingwei-w-shell", (self as unknown as { __WB_MANIFEST: Kept[] }).__WB_MANIFEST, { fresh: false });
