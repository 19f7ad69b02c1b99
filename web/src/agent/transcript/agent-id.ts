// Whose transcript it is, for the rows that ask the server for more or have something for its next prompt.

import { createContext } from "react";

export const AgentId = createContext("");
