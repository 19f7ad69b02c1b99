// Whether what is shown is what is now, for the rows that count time.

import { createContext } from "react";

/** False while the connection is lost: nobody knows then what still runs. */
export const IsConnected = createContext(true);
