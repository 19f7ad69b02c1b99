// Lets an agent carry out the plan that waits for it.

import { ApiError, errorOf } from "../api/error";
import { OURS } from "../api/ours";

/** `wish` is the same for each try, so that a plan is approved once. */
export async function approvePlan(id: string, wish: string): Promise<void> {
  let response: Response;
  try {
    response = await fetch(`/api/v1/agents/${encodeURIComponent(id)}/approve-plan`, { method: "POST", credentials: "same-origin", headers: { ...OURS, "idempotency-key": wish } });
  } catch {
    throw new ApiError(0, "unreachable", "The server cannot be reached. It may be restarting; your work goes on.");
  }
  if (!response.ok) throw errorOf(response.status, await response.json().catch(() => undefined));
}
