/// <reference lib="webworker" />
// The service worker of /m/: the first screen and what was begun open without network. With network a resident gets the newest page, as nobody
// comes here often enough to be asked about versions.
import { keepShell, type Kept } from "../../shared/shell/keep";

keepShell("jingwei-m-shell", (self as unknown as { __WB_MANIFEST: Kept[] }).__WB_MANIFEST, { fresh: true });
