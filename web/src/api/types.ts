// Names for the wire types that the page reads, all of them from the server's own document.

import type { components } from "./schema";
import type { pendingSchemas } from "./pending";

type Schemas = components["schemas"];

export type RunState =
  | "queued"
  | "preparing"
  | "working"
  | "publishing"
  | "cancelling"
  | "succeeded"
  | "failed"
  | "cancelled"
  | "expired";

export type AgentRepository = Schemas["AgentRepository"];
export type AgentSummary = Omit<Schemas["AgentSummary"], "state"> & { state: RunState } & pendingSchemas["AgentExtras"];
export type Run = Omit<Schemas["Run"], "state"> & { state: RunState } & pendingSchemas["RunExtras"];
export type Agent = AgentSummary & { runs: Run[] };
export type AgentList = { agents: AgentSummary[]; nextCursor?: string; total?: number };

/** What happened, without its place; a server newer than the page may send others, which are passed over. */
export type Happening = Schemas["Happening"];
export type Event = Happening & { seq: number; runId: string; attempt: number; at: string };
export type ToolResult = Schemas["ToolResult"];
export type TokenUsage = Schemas["TokenUsage"];

export type PullRequest = Schemas["PullRequest"];
export type Artifact = Schemas["V1Artifact"];
export type Usage = Schemas["V1Usage"];
export type Model = Schemas["V1ModelListItem"];
export type Secret = Schemas["V1OwnedSecret"];
export type Delivery = Schemas["Delivery"] & { url?: string; body?: string };
export type WebhookEndpoint = Schemas["WebhookEndpoint"];

export type Session = pendingSchemas["Session"];
export type Facet = pendingSchemas["Facet"];
export type Facets = pendingSchemas["Facets"];
export type ApiKey = pendingSchemas["Key"];
export type NewApiKey = pendingSchemas["NewKey"];
export type CreatedApiKey = pendingSchemas["CreatedKey"];
export type Project = pendingSchemas["Project"];
export type NewProject = pendingSchemas["NewProject"];
export type ServerStatus = pendingSchemas["ServerStatus"];
export type Doctor = pendingSchemas["Doctor"];
export type Check = pendingSchemas["Check"];
