// Ends a page whose kernel was shut down while the page was still being sent.

import { reload } from "./reload.js";

const RETRY = 5_000; // ms

reload();
setInterval(reload, RETRY);
