/** Pages of one sheet (log-in, refusals): they wear what the console was told to wear. */

import { setUpLook } from "./console/look.js";

setUpLook();
