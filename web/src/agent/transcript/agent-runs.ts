// The agent's runs as the server said last, for the rows about those that the transcript itself says nothing of.

import { createContext } from "react";

import type { Run } from "../../api/types";

export const AgentRuns = createContext<readonly Run[]>([]);
