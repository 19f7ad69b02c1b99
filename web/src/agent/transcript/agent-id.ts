// Whose transcript it is, for the rows that ask the server for more.

import { createContext } from "react";

export const AgentId = createContext("");
