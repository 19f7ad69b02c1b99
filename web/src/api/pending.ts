// Routes that the page uses and the committed OpenAPI document does not describe yet. Whatever the document gains goes from here.

export interface pendingSchemas {
  Session: {
    keyId: string;
    keyName: string;
    email?: string;
    kind: "user" | "service";
    scope: "read" | "write";
    projects: string[];
    createdAt: string;
    expiresAt?: string;
  };
  AgentExtras: {
    runCount?: number;
    tokens?: number;
    costCents?: number;
    lastError?: { cause: string; message: string };
  };
  RunExtras: { commit?: string };
  Facet: { value: string; count: number };
  Facets: {
    states: pendingSchemas["Facet"][];
    repositories: pendingSchemas["Facet"][];
    models: pendingSchemas["Facet"][];
  };
  Key: {
    id: string;
    name: string;
    email?: string;
    kind: "user" | "service";
    scope: "read" | "write";
    projects: string[];
    addresses: string[];
    createdAt: string;
    expiresAt?: string;
    revokedAt?: string;
    lastUsedAt?: string;
    current?: boolean;
  };
  NewKey: { name: string; scope?: "read" | "write"; projects?: string[]; addresses?: string[]; expiresAt?: string };
  CreatedKey: pendingSchemas["Key"] & { apiKey: string };
  Project: {
    id: string;
    repository: string;
    ref?: string;
    alias?: string;
    model?: string;
    models?: Record<string, string>;
    branchPrefix?: string;
    usesPerHour?: number;
    pullRequest?: "ready" | "draft" | "none";
    instructions?: string;
    origin?: string;
  };
  NewProject: {
    id: string;
    repository: string;
    ref?: string;
    alias?: string;
    model?: string;
    branchPrefix?: string;
    pullRequest?: "ready" | "draft" | "none";
  };
  ServerStatus: {
    version: string;
    publicUrl: string;
    startedAt: string;
    sandbox: { level: string };
    workers: { id: string; name?: string; slots: number; busy: number; lastSeenAt?: string; embedded?: boolean }[];
    queue: { waiting: number; active: number };
  };
  Check: { name: string; status: string; found: string; remedy?: string };
  Doctor: { ok: boolean; checks: pendingSchemas["Check"][] };
}

interface Json<Body> {
  headers: Record<string, unknown>;
  content: { "application/json": Body };
}
interface Operation<Parameters, Body, Answers> {
  parameters: Parameters;
  requestBody?: Body;
  responses: Answers;
}
type Plain = { query?: never; header?: never; path?: never; cookie?: never };
type WithPath<Path> = { query?: never; header?: never; path: Path; cookie?: never };
type Sends<Body> = { content: { "application/json": Body } };
type None = { headers: Record<string, unknown>; content?: never };

/** The same form as the generated `paths`. */
export interface PendingPaths {
  "/api/v1/session": {
    get: Operation<Plain, never, { 200: Json<pendingSchemas["Session"]> }>;
    post: { parameters: Plain; requestBody: Sends<{ apiKey: string }>; responses: { 201: Json<pendingSchemas["Session"]> } };
    delete: Operation<Plain, never, { 204: None }>;
  };
  "/api/v1/sessions": { delete: Operation<Plain, never, { 204: None }> };
  "/api/v1/agents/facets": {
    get: Operation<{ query?: Record<string, string | string[] | undefined>; path?: never; header?: never; cookie?: never }, never, { 200: Json<pendingSchemas["Facets"]> }>;
  };
  "/api/v1/agents/{id}/runs/{runId}/diff": {
    get: Operation<WithPath<{ id: string; runId: string }>, never, { 200: { headers: Record<string, unknown>; content: { "text/x-diff": string } } }>;
  };
  "/api/v1/keys": {
    get: Operation<Plain, never, { 200: Json<{ keys: pendingSchemas["Key"][] }> }>;
    post: { parameters: Plain; requestBody: Sends<pendingSchemas["NewKey"]>; responses: { 201: Json<pendingSchemas["CreatedKey"]> } };
  };
  "/api/v1/keys/{id}": { delete: Operation<WithPath<{ id: string }>, never, { 204: None }> };
  "/api/v1/projects": {
    get: Operation<Plain, never, { 200: Json<{ projects: pendingSchemas["Project"][] }> }>;
    post: { parameters: Plain; requestBody: Sends<pendingSchemas["NewProject"]>; responses: { 201: Json<pendingSchemas["Project"]> } };
  };
  "/api/v1/projects/{id}": { delete: Operation<WithPath<{ id: string }>, never, { 204: None }> };
  "/api/v1/server": { get: Operation<Plain, never, { 200: Json<pendingSchemas["ServerStatus"]> }> };
  "/api/v1/doctor": { get: Operation<Plain, never, { 200: Json<pendingSchemas["Doctor"]> }> };
}
