// Names for the wire types that the page reads, all of them from the server's own document.

import type { components } from "./schema";

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
export type AgentSummary = Omit<Schemas["AgentSummary"], "state"> & { state: RunState };
export type Run = Omit<Schemas["Run"], "state"> & { state: RunState };
export type Agent = AgentSummary & { runs: Run[] };
export type AgentList = Omit<Schemas["AgentList"], "agents"> & { agents: AgentSummary[] };
export type Facet = Schemas["AgentFacet"];
export type Facets = Schemas["AgentFacets"];

/** What happened, without its place; a server newer than the page may send others, which are passed over. */
export type Happening = Schemas["Happening"];
export type Event = Happening & { seq: number; runId: string; attempt: number; at: string };
export type ToolResult = Schemas["ToolResult"];

export type PullRequest = Schemas["PullRequest"];
export type Artifact = Schemas["V1Artifact"];
export type Secret = Schemas["V1OwnedSecret"];
export type Delivery = Schemas["Delivery"];
export type Attempt = Schemas["DeliveryAttempt"];
export type WebhookEndpoint = Schemas["WebhookEndpoint"];

export type Session = Schemas["Session"];
export type ApiKey = Schemas["Key"];
export type CreatedApiKey = Schemas["MadeKey"];
export type Project = Schemas["Project"];
export type NewProject = Schemas["NewProject"];
export type Model = Schemas["V1ModelListItem"];
export type ServerStatus = Schemas["Server"];
export type Worker = ServerStatus["workers"][number];
export type Check = Schemas["DoctorCheck"];
